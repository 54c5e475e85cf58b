// Socket.IO 5 as its description says it, byte by byte, asked of the echo server.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { HEART, openEcho } from './echo.mjs'

const echo = await openEcho('socket')
after(() => echo.end())

async function begin(say = '40') {
  const socket = await echo.open()
  await socket.next()
  socket.say(say)
  return socket
}
async function enter() {
  const socket = await begin()
  await socket.next()
  await socket.next()
  return socket
}

test('namespaces: the main one, another, with what was said, and one that is not there', async () => {
  const socket = await begin('40{"token":"123"}')
  const first = await socket.next()
  assert.deepEqual(Object.keys(JSON.parse(first.slice(2))), ['sid'])
  assert.equal(await socket.next(), '42["auth",{"token":"123"}]')
  socket.say('40/custom,')
  assert.match(await socket.next(), /^40\/custom,\{"sid":"[^"]+"\}$/)
  assert.equal(await socket.next(), '42/custom,["auth",{}]')
  socket.say('40/random,')
  assert.equal(await socket.next(), '44/random,{"message":"Invalid namespace"}')
  socket.say('41/custom,')
  socket.say('42/custom,["message","nobody"]')
  socket.say('42["message","somebody"]')
  assert.equal(await socket.next(), '42["message-back","somebody"]')
  socket.socket.close()
})

test('events and acknowledgements, with attachments and without', async () => {
  const socket = await enter()
  socket.say('42["message",1,"2",{"3":[true]}]')
  assert.equal(await socket.next(), '42["message-back",1,"2",{"3":[true]}]')
  socket.say('42456["message-with-ack",1,"2",{"3":[false]}]')
  assert.equal(await socket.next(), '43456[1,"2",{"3":[false]}]')
  const places = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
  for (const [sent, back] of [[`452-["message",${places}]`, `452-["message-back",${places}]`], [`452-789["message-with-ack",${places}]`, `462-789[${places}]`]]) {
    socket.say(sent)
    socket.socket.send(Buffer.from([1, 2, 3]))
    socket.socket.send(Buffer.from([4, 5, 6]))
    assert.equal(await socket.next(), back)
    assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3]))
    assert.deepEqual(await socket.next(), Buffer.from([4, 5, 6]))
  }
  socket.socket.close()
})

test('what is no packet ends the connection', async () => {
  const binary = Symbol('binary')
  const began = performance.now()
  for (const bad of ['4abc', '42{}', '42', '42[]', '42[{}]', '42abc["x"]', '42["a","a"', '45["x"]', '4511-["x"]', '451["x"]', '44"x"', '41{}', '40[]', '40',
    '42["x"]["y"]', '4', '43{}', binary]) {
    const socket = await enter()
    if (bad === binary) socket.socket.send(Buffer.from([1]))
    else socket.say(bad)
    await socket.closed
  }
  const early = await enter()
  early.say('451-["message",{"_placeholder":true,"num":0}]')
  early.say('42["message"]')
  await early.closed
  assert.ok(performance.now() - began < HEART.interval, 'it was not for want of a pong')
})

test('who joins no namespace is not kept', async () => {
  const began = performance.now()
  await (await echo.open()).closed
  assert.ok(performance.now() - began < HEART.interval, 'it was not for want of a pong')
})
