// bridge.http: the bridge as a process: on a port of its own, switched off, restarted under its sockets, with people who do
// not read, and with too many sockets. On sites of its own.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { makeGroup, say } from '../chats.mjs'
import { connect } from '../client.mjs'
import { pidOf } from '../fault/kills.mjs'
import { settle } from '../people.mjs'
import { UNLIMITED, freePort, openSite } from '../site.mjs'
import { openIo, openSocket, refusal } from '../sockets.mjs'

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
  await assert.rejects(openIo(site, { token: vera.token }), fault => fault.message === 'rate_limited')
  await open.pop().end()
  const again = await openSocket(site, '/ws', { token: vera.token })
  await Promise.all([...open, again].map(socket => socket.end()))
})

test('who does not read is let go, and misses nothing by their cursor', async () => {
  const chat = await makeGroup(client, anna, [boris])
  const deaf = await openSocket(direct, '/ws', { token: boris.token })
  const { cursor } = await deaf.next()
  deaf.socket.pause()
  const body = 'слово '.repeat(1300)
  const n = 700
  for (let i = 0; i < n; i += 50) await Promise.all(Array.from({ length: 50 }, () => say(client, anna, chat.id, body)))
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
