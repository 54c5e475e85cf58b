// FastCGI as a web server speaks it, on the socket of a program: when an answer comes, and when its connection ends.
import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { openSite } from '../site.mjs'

const site = await openSite()

const [BEGIN, PARAMS, STDIN, STDOUT, END] = [1, 4, 5, 6, 3]

function record(type, body = Buffer.alloc(0)) {
  const head = Buffer.from([1, type, 0, 1, body.length >> 8, body.length & 255, 0, 0])
  return Buffer.concat([head, body])
}

const params = variables => Buffer.concat(Object.entries(variables).map(([name, value]) =>
  Buffer.concat([Buffer.from([name.length, value.length]), Buffer.from(name + value, 'latin1')])))

const request = variables => [
  record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
  record(PARAMS, params({ SERVER_PROTOCOL: 'HTTP/1.1', REMOTE_ADDR: '127.0.0.1', ...variables })),
  record(PARAMS)
]

const GET = { REQUEST_METHOD: 'GET', REQUEST_URI: '/api/v1/users/none-such', QUERY_STRING: '' }
const POST = { REQUEST_METHOD: 'POST', REQUEST_URI: '/api/v1/account/login', QUERY_STRING: '', CONTENT_TYPE: 'application/json' }

// What the program says until it closes, while our side stays open; and whether anybody is there behind that.
async function talk(program, parts) {
  const socket = net.connect({ path: `${site.ini.paths.run}/${program}.sock`, allowHalfOpen: true })
  const said = []
  socket.on('data', bytes => said.push(bytes))
  socket.write(Buffer.concat(parts))
  await new Promise((done, failed) => socket.once('end', done).once('error', failed))
  const gone = new Promise(done => socket.once('error', fault => done(fault.code)))
  socket.write(record(STDIN), fault => fault || socket.destroy(new Error('somebody takes it')))
  const answer = { text: '', ended: false, gone: await gone }
  for (let bytes = Buffer.concat(said); bytes.length >= 8;) {
    const [type, n, pad] = [bytes[1], bytes.readUInt16BE(4), bytes[6]]
    if (type === STDOUT) answer.text += bytes.toString('utf8', 8, 8 + n)
    answer.ended ||= type === END
    bytes = bytes.subarray(8 + n + pad)
  }
  return answer
}

// Else a thread would wait for the server to close its side, and nobody else be served meanwhile.
test('a request that has come whole is answered, and its connection closed at once', async () => {
  for (let i = 0; i < 20; i++) {
    const { text, ended, gone } = await talk('users', [...request(GET), record(STDIN)])
    assert.match(text, /^Status: 401\r/)
    assert.ok(ended)
    assert.equal(gone, 'EPIPE')
  }
})

test('so is one with a body', async () => {
  const body = Buffer.from('{"email":"nobody@example.org","password":"none at all"}')
  const { text, ended, gone } = await talk('account',
    [...request({ ...POST, CONTENT_LENGTH: `${body.length}` }), record(STDIN, body), record(STDIN)])
  assert.match(text, /^Status: 401\r/)
  assert.ok(ended)
  assert.equal(gone, 'EPIPE')
})

test('a body that is refused is not waited for: the answer goes first', async () => {
  const { text, ended } = await talk('account',
    [...request({ ...POST, CONTENT_LENGTH: '99999999' }), record(STDIN, Buffer.from('{"email":'))])
  assert.match(text, /^Status: 413\r/)
  assert.ok(ended)
})

// A thread waits for each, but nobody else's turn does.
test('who connects and says nothing holds nobody up', async () => {
  const silent = Array.from({ length: 3 }, () => net.connect(`${site.ini.paths.run}/users.sock`))
  for (const socket of silent) socket.on('error', () => {})
  const { text } = await talk('users', [...request(GET), record(STDIN)])
  assert.match(text, /^Status: 401\r/)
  for (const socket of silent) socket.destroy()
})
