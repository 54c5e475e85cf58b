// Engine.IO 4 as its description says it, byte by byte, asked of the echo server.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HEART, openEcho } from './echo.mjs'

const echo = await openEcho('engine')
const { ask, handshake, open, polled } = echo
after(() => echo.end())

const code = (answer, status, n) => assert.deepEqual([answer.status, answer.json?.code], [status, n], answer.text)

test('a handshake says how the session lives', async () => {
  const { hello } = await handshake()
  assert.deepEqual({ ...hello, sid: typeof hello.sid },
    { sid: 'string', upgrades: ['websocket'], pingInterval: HEART.interval, pingTimeout: HEART.timeout, maxPayload: 1000000 })
  const socket = await open()
  const first = await socket.next()
  assert.equal(first[0], '0')
  assert.deepEqual(JSON.parse(first.slice(1)).upgrades, [])
  socket.socket.close()
})

test('what is no handshake is refused with the code of its fault', async () => {
  code(await ask({ EIO: 4 }), 400, 0)
  code(await ask({ EIO: 4, transport: 'pigeon' }), 400, 0)
  code(await ask({ ...polled, sid: 'nobody' }), 400, 1)
  code(await ask(polled, { method: 'POST', body: '4x' }), 400, 2)
  code(await ask(polled, { method: 'PUT' }), 400, 2)
  code(await ask({ EIO: 4, transport: 'websocket' }), 400, 3)
  code(await ask({ transport: 'polling' }), 400, 5)
  code(await ask({ EIO: 3, transport: 'polling' }), 400, 5)
  await assert.rejects(open({ EIO: 3 }))
})

test('packets of a body come back in one answer, text and binary, in order', async () => {
  const { get, post } = await handshake()
  const body = '4раз\x1ebAQIDBA==\x1e4\x1eb\x1e4два'
  const sent = await post(body)
  assert.deepEqual([sent.status, sent.text], [200, 'ok'])
  const answer = await get()
  assert.equal(answer.headers['content-type'], 'text/plain; charset=UTF-8')
  assert.equal(answer.text, body)
})

test('a body that is none ends the session', async () => {
  for (const bad of ['', 'abc', '7', '4a\x1e', 'b===', 'bAQ', 'bA Q=', Buffer.from([0x34, 0xff])]) {
    const { get, post } = await handshake()
    code(await post(bad), 400, 3)
    code(await get(), 400, 1)
  }
  const { get, post } = await handshake()
  const answer = await post(`4${'x'.repeat(1000001)}`)
  assert.equal(answer.status, 413)
  await post('4x')
  assert.equal((await get()).text, '4x')
})

test('a held GET holds up no POST; two of them end the session', async () => {
  const { get, post } = await handshake()
  const held = get()
  assert.equal((await post('4hi')).text, 'ok')
  assert.equal((await held).text, '4hi')
  const both = (await Promise.all([get(), get()])).sort((a, b) => a.status - b.status)
  assert.deepEqual([both[0].text, both[1].status], ['1', 400])
  code(await get(), 400, 1)
})

test('the heart: a ping in time, a pong that is waited for, and an end without it', async () => {
  const [interval, timeout] = [300, 2000]
  const quick = await openEcho('engine', { interval, timeout })
  const { get, post } = await quick.handshake()
  for (let i = 0; i < 2; i++) {
    assert.equal((await get()).text, '2')
    assert.equal((await post('3')).text, 'ok')
  }
  const began = performance.now()
  const socket = await quick.open()
  await socket.next()
  assert.equal(await socket.next(), '2')
  assert.ok(performance.now() - began >= interval)
  await socket.closed
  assert.ok(performance.now() - began >= interval + timeout)
  await quick.end()
})

test('a close packet ends the session, and lets the held GET go', async () => {
  const { get, post } = await handshake()
  const held = get()
  assert.equal((await post('1')).text, 'ok')
  assert.equal((await held).text, '6')
  code(await get(), 400, 1)
  const socket = await open()
  socket.say('1')
  await socket.closed
})

test('an upgrade takes what waits along, in order, and behind it polling is refused', async () => {
  const { hello, query, get, post } = await handshake()
  const held = get()
  const socket = await open({ sid: hello.sid })
  socket.say('2probe')
  assert.equal(await socket.next(), '3probe')
  assert.equal((await held).text, '6')
  assert.equal((await get()).text, '6')
  await post('4раз\x1ebAQID\x1e4два')
  socket.say('5')
  socket.say('4три')
  assert.equal(await socket.next(), '4раз')
  assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3]))
  assert.equal(await socket.next(), '4два')
  assert.equal(await socket.next(), '4три')
  code(await ask(query), 400, 3)
  const another = await open({ sid: hello.sid })
  await another.closed
  socket.socket.send(Buffer.from([4, 5]))
  assert.deepEqual(await socket.next(), Buffer.from([4, 5]))
  socket.socket.close()
})

test('a probe that fails leaves the session where it was', async () => {
  const { hello, get, post } = await handshake()
  const odd = await open({ sid: hello.sid })
  odd.say('4hello')
  await odd.closed
  const gone = await open({ sid: hello.sid })
  gone.say('2probe')
  await gone.next()
  gone.socket.terminate()
  await gone.closed
  await post('4ще тут')
  assert.match((await get()).text, /^(6|4ще тут)$/)
})
