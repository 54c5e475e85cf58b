// bridge.http: the bridge as a process: on a port of its own, switched off, restarted under its sockets, with people who do
// not read, and with too many sockets. On sites of its own.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { before, test } from 'node:test'
import { makeGroup, say } from '../chats.mjs'
import { connect, soon } from '../client.mjs'
import { halt, kill, pidOf } from '../fault/kills.mjs'
import { settle } from '../people.mjs'
import { UNLIMITED, freePort, openSite } from '../site.mjs'
import { WebSocket, io, openIo, openSocket, refusal } from '../sockets.mjs'

const own = await freePort()
const site = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_LIMITS_MESSAGES: '0', BELLHOP_LIMITS_SOCKETS: '3', BELLHOP_BRIDGE_PORT: String(own),
  BELLHOP_HTTP_ORIGINS: 'https://app.example' } })
const without = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_BRIDGE_ON: '0' } })
const direct = { port: own }
const client = connect(site)
let anna, boris, vera
before(async () => {
  [anna, boris, vera] = await Promise.all([settle(client), settle(client), settle(client)])
})

const isA = type => frame => frame.type === type
const pid = () => pidOf(site, 'bridge')

test('it answers on a port of its own, all protocols', async () => {
  const socket = await openSocket(direct, '/ws', { token: anna.token })
  assert.equal((await socket.next()).type, 'hello')
  assert.equal((await socket.ask('GET', '/account/me')).body.email, anna.email)
  await socket.end()
  for (const transports of [['polling'], ['websocket']]) {
    const one = await openIo(direct, { token: anna.token }, { transports })
    assert.equal((await one.ask('request', { method: 'GET', path: '/account/me' })).ok, true)
    one.end()
  }
  const classic = await openSocket(direct, '/', { token: anna.token })
  classic.say({})
  assert.equal((await classic.next()).error, true)
  await classic.end()
  assert.equal((await fetch(`http://127.0.0.1:${own}/nothing`)).status, 404)
})

test('a configured origin may read what Engine.IO answers, errors too; others may not even ask', async () => {
  const ask = (query, origin, method = 'GET') => fetch(`http://127.0.0.1:${own}/socket.io/?${query}`, { method, headers: { Origin: origin } })
  for (const [query, method, status] of [['EIO=4&transport=polling', 'GET', 200], ['EIO=4&transport=polling&sid=x', 'GET', 400], ['EIO=4&transport=polling', 'OPTIONS', 204]]) {
    const answer = await ask(query, 'https://app.example', method)
    assert.deepEqual([answer.status, answer.headers.get('access-control-allow-origin')], [status, 'https://app.example'])
    await answer.text()
  }
  assert.equal((await ask('EIO=4&transport=polling', 'https://evil.example')).status, 403)
})

test('every answer has the id of its request and is data that nobody keeps, one to HEAD no body, and a refusal of the bytes may be read too', async () => {
  const at = path => `http://127.0.0.1:${own}${path}`
  const long = { method: 'POST', body: 'x'.repeat(200_000), headers: { Origin: 'https://app.example' } }
  const asked = [['/ws', {}, 426], ['/ws', { headers: { Origin: 'https://evil.example' } }, 403], ['/socket.io/?EIO=4&transport=polling', {}, 200],
    ['/socket.io/?EIO=3&transport=polling', {}, 400], ['/nothing', {}, 404], ['/socket.io/?EIO=4&transport=polling', long, 413]]
  for (const [path, init, status] of asked) {
    const own = await fetch(at(path), { ...init, headers: { ...init.headers, 'X-Request-Id': 'mine-1' } })
    assert.deepEqual([own.status, own.headers.get('x-request-id')], [status, 'mine-1'], path)
    assert.deepEqual([own.headers.get('x-content-type-options'), own.headers.get('cache-control')], ['nosniff', 'no-store'], path)
    await own.text()
    const ours = await fetch(at(path), { ...init, headers: { ...init.headers, 'X-Request-Id': 'not sane' } })
    assert.match(ours.headers.get('x-request-id'), /^[\w-]{16}$/)
    await ours.text()
    if (status === 413) assert.equal(ours.headers.get('access-control-allow-origin'), 'https://app.example')
  }
  const socket = net.connect(own, '127.0.0.1')
  socket.end('HEAD /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const bytes = Buffer.concat(await socket.toArray()).toString()
  assert.match(bytes, /^HTTP\/1.1 404 [^]*Content-Length: [1-9][^]*\r\n\r\n$/)
})

test('who connects is known by their own address, whatever they say', async () => {
  const headers = { 'X-Forwarded-For': '203.0.113.9' }
  for (const at of [site, direct]) await (await openSocket(at, '/ws', { token: anna.token, headers })).end()
  const lines = readFileSync(`${site.var}/log/bellhop.log`, 'utf8').split('\n').filter(line => line.includes('program=bridge'))
  assert.ok(lines.length > 0)
  assert.deepEqual(lines.filter(line => !/ address=127\.0\.0\.1( |$)/.test(line)), [])
})

test('more sockets than one may have are refused', async () => {
  const open = []
  for (let i = 0; i < 3; i++) {
    open.push(await openSocket(site, '/ws', { token: vera.token }))
    await open[i].next()
  }
  const refused = await refusal(openSocket(site, '/ws', { token: vera.token }))
  assert.deepEqual([refused.status, JSON.parse(refused.text).code], [429, 'rate_limited'])
  assert.ok(refused.headers['retry-after'])
  assert.equal(refused.headers['x-content-type-options'], 'nosniff')
  await assert.rejects(openIo(site, { token: vera.token }), fault => fault.message === 'rate_limited')
  await open.pop().end()
  const again = await openSocket(site, '/ws', { token: vera.token })
  await Promise.all([...open, again].map(socket => socket.end()))
})

test('a thousand commands may wait at one socket, and what is more is answered so', async () => {
  const socket = await openSocket(site, '/ws', { token: anna.token })
  const all = n => Array.from({ length: n }, () => socket.ask('GET', '/account/me'))
  const halted = pidOf(site, 'account')
  await halt(halted)
  try {
    const waiting = all(1024)
    for (const { status, body } of await Promise.all(all(200))) {
      assert.deepEqual([status, body.status, body.code], [429, 429, 'rate_limited'])
    }
    process.kill(halted, 'SIGCONT')
    assert.ok((await Promise.all(waiting)).every(answer => answer.status === 200))
  } finally {
    process.kill(halted, 'SIGCONT')
  }
  assert.equal((await socket.ask('GET', '/account/me')).status, 200)
  await socket.end()
})

test('who does not read is let go, and misses nothing by their cursor', async () => {
  const chat = await makeGroup(client, anna, [boris])
  const deaf = await openSocket(direct, '/ws', { token: boris.token })
  const { cursor } = await deaf.next()
  deaf.socket.pause()
  const witness = await openSocket(direct, '/ws', { token: anna.token })
  const body = 'слово '.repeat(1300)
  const n = 700
  for (let i = 0; i < n; i += 50) await Promise.all(Array.from({ length: 50 }, () => say(client, anna, chat.id, body)))
  await witness.next(frame => frame.chatId === chat.id && frame.message?.seq === n)
  await witness.end()
  deaf.socket.resume()
  const { code } = await deaf.closed
  assert.ok([1013, 1006].includes(code), code)
  const seen = deaf.frames.left.filter(isA('message'))
  assert.ok(seen.length < n)
  const resumed = await openSocket(direct, `/ws?cursor=${seen.at(-1)?.cursor ?? cursor}`, { token: boris.token })
  for (let seq = seen.length + 1; seq <= n; seq++) assert.equal((await resumed.next(isA('message'))).message.seq, seq)
  await resumed.end()
})

test('a restart of the bridge loses nobody anything', async () => {
  const chat = await makeGroup(client, anna, [boris])
  const one = await openIo(site, { token: boris.token })
  await say(client, anna, chat.id, 'до')
  await one.next('message')
  const socket = await openSocket(site, '/ws', { token: boris.token })
  await socket.next()
  const back = new Promise(resolve => one.socket.on('connect', resolve))
  process.kill(pid(), 'SIGTERM')
  assert.equal((await socket.closed).code, 1012)
  await say(client, anna, chat.id, 'між')
  await back
  assert.equal(one.socket.recovered, true)
  assert.equal((await one.next('message')).message.body, 'між')
  await say(client, anna, chat.id, 'після')
  assert.equal((await one.next('message')).message.body, 'після')
  assert.deepEqual(one.heard.left.filter(([name]) => name === 'message'), [])
  one.end()
})

test('switched off, it is not there, and all else is', async () => {
  const other = connect(without)
  const person = await settle(other)
  assert.equal((await other.get('/account/me', { token: person.token })).status, 200)
  assert.equal((await refusal(openSocket(without, '/ws', { token: person.token }))).status, 503)
})

// One that hears by a cursor of its own, which it says whenever it comes back. Each time it is another client: one that was
// lost the moment it was there believes for ever that it is connected. And each event has a thread of its own.
const PYTHON = `
import socketio, sys, threading, time
url, token, transport = sys.argv[1:4]
lock = threading.Lock()
at = {}
def say(line):
    sys.stdout.write(line + '\\n')
    sys.stdout.flush()
def on_any(name, event):
    with lock:
        if name == 'message':
            say(event['message']['body'])
        if 'cursor' in event:
            at['cursor'] = max(event['cursor'], at.get('cursor', ''), key=lambda cursor: [int(n) for n in cursor.split('-') if n])
def on_connect():
    with lock:
        say('in')
while True:
    client = socketio.Client(reconnection=False)
    client.on('*', on_any)
    client.on('connect', on_connect)
    try:
        client.connect(url, auth={'token': token, **at}, transports=[transport], wait_timeout=20)
        client.wait()
    except socketio.exceptions.ConnectionError:
        pass
    time.sleep(0.05)
`

function listenByPython(person, transport) {
  const child = spawn('/usr/bin/python3', ['-c', PYTHON, `http://127.0.0.1:${site.port}`, person.token, transport], { stdio: ['ignore', 'pipe', 'inherit'] })
  const heard = []
  const ready = new Promise(resolve => createInterface({ input: child.stdout }).on('line', line => (line === 'in' ? resolve() : heard.push(line))))
  return { heard, ready, end: () => child.kill('SIGKILL') }
}

function listenByIo(person, transports) {
  const at = {}
  const socket = io(`http://127.0.0.1:${site.port}`, { transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200,
    auth: say => say({ token: person.token, ...at }) })
  const heard = []
  socket.onAny((name, event) => {
    if (name === 'message') heard.push(event.message.body)
    if (event.cursor) at.cursor = event.cursor
  })
  socket.on('connect_error', () => socket.active || setTimeout(() => socket.connect(), 50))
  return { heard, ready: new Promise(resolve => socket.once('connect', resolve)), end: () => socket.disconnect() }
}

function listenByWs(person) {
  const heard = []
  let cursor = '', socket, over = false, told
  const ready = new Promise(resolve => { told = resolve })
  const open = () => {
    if (over) return
    socket = new WebSocket(`ws://127.0.0.1:${site.port}/ws?cursor=${cursor}`, {
      headers: { Authorization: `Bearer ${person.token}` }, handshakeTimeout: 5000
    })
    socket.on('message', data => {
      const frame = JSON.parse(data)
      if (frame.type === 'hello') told()
      if (frame.type === 'message') heard.push(frame.message.body)
      cursor = frame.cursor
    })
    socket.on('error', () => {})
    socket.on('close', () => setTimeout(open, 50))
  }
  open()
  return { heard, ready, end: () => { over = true; socket.terminate() } }
}

test('whatever is started anew, no client misses anything, and none hears it twice', async () => {
  const people = await Promise.all(Array.from({ length: 6 }, () => settle(client)))
  const chat = await makeGroup(client, anna, people)
  const listeners = {
    'npm ws': listenByWs(people[0]),
    'socket.io-client by WebSocket': listenByIo(people[1], ['websocket']),
    'socket.io-client by polling': listenByIo(people[2], ['polling']),
    'socket.io-client with upgrade': listenByIo(people[3], ['polling', 'websocket']),
    'python3-socketio by WebSocket': listenByPython(people[4], 'websocket'),
    'python3-socketio by polling': listenByPython(people[5], 'polling')
  }
  const said = []
  const speak = async body => {
    said.push(body)
    const post = () => client.post(`/messages/${chat.id}`, { token: anna.token, body: { body, clientKey: body } })
    await soon('said', 30_000, () => post().then(({ status }) => ({ status: status < 300 ? 'said' : status }), fault => ({ status: fault.code })))
  }
  const deaf = () => Object.keys(listeners).filter(name => !listeners[name].heard.includes(said.at(-1)))
  const allHear = () => soon('', 120_000, async () => ({ status: deaf().map(name => `${name} has not heard “${said.at(-1)}”`).join() }))
  try {
    await Promise.all(Object.values(listeners).map(({ ready }) => ready))
    for (const name of ['bridge', 'lighttpd', 'mariadbd']) {
      await speak(`before ${name}`)
      await allHear()
      await kill(site, name, async () => (await client.get('/users?limit=1', { token: anna.token }).catch(() => ({}))).status === 200)
      await speak(`behind ${name}`)
      await allHear()
    }
  } finally {
    for (const listener of Object.values(listeners)) listener.end()
  }
  for (const [name, { heard }] of Object.entries(listeners)) assert.deepEqual(heard, said, name)
})
