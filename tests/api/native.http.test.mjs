// native.http: /ws, the site's own protocol over WebSocket.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { cast, kept, leave, makeGroup, openDirect, say } from '../chats.mjs'
import { connect } from '../client.mjs'
import { again } from '../people.mjs'
import { png } from '../samples.mjs'
import { openSite } from '../site.mjs'
import { WebSocket, openIo, openSocket, refusal } from '../sockets.mjs'

const site = await openSite()
const client = connect(site)
const [anna, boris, vera, gleb, dora, egor, zoya, ira] = await cast(client, 8)

const isA = type => frame => frame.type === type
async function enter(person, query = '') {
  const socket = await openSocket(site, `/ws${query}`, { token: person.token })
  const hello = await socket.next(isA('hello'))
  return Object.assign(socket, { cursor: hello.cursor })
}

test('a token by header, by the address or by the first frame lets in, and hello comes first', async () => {
  const ways = [
    () => openSocket(site, '/ws', { token: anna.token }),
    () => openSocket(site, `/ws?access_token=${anna.token}`),
    () => openSocket(site, '/any/prefix/ws', { token: anna.token }),
    async () => {
      const socket = await openSocket(site, '/ws')
      socket.say({ auth: anna.token })
      return socket
    }
  ]
  for (const way of ways) {
    const socket = await way()
    const hello = await socket.next()
    assert.deepEqual(Object.keys(hello), ['type', 'cursor'])
    assert.equal(hello.type, 'hello')
    const { code } = await socket.end()
    assert.equal(code, 1005)
  }
})

test('a bad token is 401 at the handshake, and 4401 behind it', async () => {
  const refused = await refusal(openSocket(site, '/ws', { token: `${anna.token}x` }))
  assert.equal(refused.status, 401)
  assert.equal(JSON.parse(refused.text).code, 'unauthorized')
  assert.equal(refused.headers['www-authenticate'], 'Bearer')
  assert.ok(refused.headers['x-request-id'])
  for (const auth of ['nothing', '', 5, null, {}, [anna.token]]) {
    const socket = await openSocket(site, '/ws')
    socket.say({ auth })
    assert.equal((await socket.closed).code, 4401, JSON.stringify(auth))
  }
})

test('a handshake that is taken has a request id, too', async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${site.port}/ws`, { headers: { Authorization: `Bearer ${anna.token}`, 'X-Request-Id': 'mine' } })
  const [{ statusCode, headers }] = await once(socket, 'upgrade')
  assert.deepEqual([statusCode, headers['x-request-id']], [101, 'mine'])
  socket.terminate()
})

test('what is said right behind a token waits until it is known, and answers come in the order of what they answer', async () => {
  const fresh = await again(client, anna)
  const socket = await openSocket(site, '/ws')
  const said = [{ auth: fresh.token }, { req: 1, path: '/account/me' }, { req: 2, method: 'get', path: '/account/me' }, '{', { req: 3, path: '/account/me' }]
  for (const frame of said) socket.say(frame)
  const heard = []
  while (heard.length < said.length) heard.push(await socket.next(frame => 'res' in frame || frame.type === 'hello'))
  assert.deepEqual(heard.map(({ type, res, status }) => type ?? [res, status]), ['hello', [1, 200], [2, 400], [null, 400], [3, 200]])
  assert.deepEqual([heard[2].body.code, heard[3].body.code], ['bad_request', 'malformed_json'])
  await socket.end()
})

test('a header that is no Bearer token is 401 at the handshake', async () => {
  for (const Authorization of ['Basic YTpi', anna.token, 'Bearer', 'Bearer ', 'bearer  ']) {
    const refused = await refusal(openSocket(site, `/ws?access_token=${anna.token}`, { headers: { Authorization } }))
    assert.equal(refused.status, 401, Authorization)
  }
})

test('a handshake of a foreign page, or that is none, is refused', async () => {
  assert.equal((await refusal(openSocket(site, '/ws', { token: anna.token, headers: { Origin: 'https://evil.example' } }))).status, 403)
  const own = await openSocket(site, '/ws', { token: anna.token, headers: { Origin: `http://127.0.0.1:${site.port}` } })
  await own.end()
  const plain = await client.page('/ws')
  assert.equal(plain.status, 426)
})

test('events come as in a poll, each with its cursor, and a cursor goes on where it stood', async () => {
  const chat = await openDirect(client, anna, boris)
  const hears = await enter(boris)
  const { json: { cursor } } = await client.get('/poll', { token: boris.token })
  await say(client, anna, chat.id, 'раз')
  await say(client, anna, chat.id, 'два')
  const one = await hears.next(isA('message'))
  const two = await hears.next(isA('message'))
  assert.deepEqual([one.message.body, two.message.body], ['раз', 'два'])
  const polled = await client.get(`/poll?cursor=${cursor}&chatId=${chat.id}`, { token: boris.token })
  const { cursor: _, ...event } = one
  assert.deepEqual(event, kept(polled.json.events)[0])
  await hears.end()

  await say(client, anna, chat.id, 'три')
  const resumed = await enter(boris, `?cursor=${one.cursor}`)
  assert.equal((await resumed.next(isA('message'))).message.body, 'два')
  const three = await resumed.next(isA('message'))
  assert.equal(three.message.body, 'три')
  // Its cursor is as good for a poll.
  const after = await client.get(`/poll?cursor=${three.cursor}&timeout=0&chatId=${chat.id}`, { token: boris.token })
  assert.deepEqual(kept(after.json.events), [])
  await resumed.end()
})

test('a cursor in the address holds for a token that comes behind it, unless that brings one', async () => {
  const chat = await openDirect(client, anna, boris)
  const first = await enter(boris)
  await say(client, anna, chat.id, 'спершу')
  const { cursor } = await first.next(isA('message'))
  await say(client, anna, chat.id, 'потім')
  const later = await first.next(isA('message'))
  await first.end()
  for (const [auth, hello] of [[{}, cursor], [{ cursor: later.cursor }, later.cursor]]) {
    const socket = await openSocket(site, `/ws?cursor=${cursor}`)
    socket.say({ auth: boris.token, ...auth })
    assert.equal((await socket.next(isA('hello'))).cursor.split('-')[1], hello.split('-')[1])
    if (!auth.cursor) assert.equal((await socket.next(isA('message'))).message.body, 'потім')
    await socket.end()
  }
})

test('what is no JSON is refused as such, and the connection stays', async () => {
  const picture = (await client.post('/files', { token: anna.token, raw: png(40, 30), type: 'application/octet-stream' })).json
  const socket = await enter(anna)
  for (const path of [`/files/${picture.id}`, `/files/${picture.id}/thumb`, '/health/metrics']) {
    const { status, body } = await socket.ask('GET', path)
    assert.deepEqual([status, body.status, body.code], [415, 415, 'not_json'], path)
    assert.match(body.detail, /HTTP/)
  }
  assert.equal((await socket.ask('GET', '/account/me')).body.id, anna.id)
  assert.equal((await socket.ask('GET', '/files/999999999')).body.code, 'not_found')
  await socket.end()
  const one = await openIo(site, { token: anna.token })
  const ack = await one.ask('request', { method: 'GET', path: `/files/${picture.id}` })
  assert.deepEqual([ack.ok, ack.error.status, ack.error.code], [false, 415, 'not_json'])
  assert.equal((await one.ask('request', { method: 'GET', path: '/account/me' })).data.id, anna.id)
  one.end()
})

test('a cursor from long ago is caught up with page by page, without a gap and in order', async () => {
  const writers = [gleb, zoya, ira]
  const chat = await makeGroup(client, gleb, [dora, ...writers.slice(1)])
  const { json: { cursor } } = await client.get('/poll', { token: dora.token })
  // As many as one may send at once, by three people: more than a page, and more than what is looked for in the tail.
  const n = 540
  await Promise.all(Array.from({ length: n }, (_, i) => say(client, writers[i % 3], chat.id)))
  const socket = await openSocket(site, `/ws?cursor=${cursor}`, { token: dora.token })
  for (let seq = 1; seq <= n; ) {
    const frame = await socket.next(isA('message'))
    assert.equal(frame.message.seq, seq++)
  }
  await say(client, gleb, chat.id, 'остання')
  assert.equal((await socket.next(isA('message'))).message.body, 'остання')
  await socket.end()
})

test('a cursor that leads nowhere is 410, one that is none 422', async () => {
  assert.equal((await refusal(openSocket(site, '/ws?cursor=9-1-1', { token: anna.token }))).status, 410)
  const wrong = await refusal(openSocket(site, '/ws?cursor=x%26y', { token: anna.token }))
  assert.equal(wrong.status, 422)
  assert.deepEqual(Object.keys(JSON.parse(wrong.text).fields), ['cursor'])
  const late = await openSocket(site, '/ws')
  late.say({ auth: anna.token, cursor: '9-1-1' })
  assert.equal((await late.closed).code, 4410)
})

test('commands are answered as by REST, in their order, and are heard by others', async () => {
  const chat = await openDirect(client, anna, vera)
  const [one, other] = await Promise.all([enter(anna), enter(vera)])
  const sent = await one.ask('POST', `/messages/${chat.id}`, { body: 'Привіт', clientKey: 'k1' })
  assert.equal(sent.status, 201)
  assert.equal(sent.body.body, 'Привіт')
  assert.deepEqual((await other.next(isA('message'))).message, sent.body)
  const twice = await one.ask('POST', `/messages/${chat.id}`, { body: 'Привіт', clientKey: 'k1' })
  assert.deepEqual([twice.status, twice.body.id], [200, sent.body.id])
  const many = await Promise.all(Array.from({ length: 30 }, (_, i) => one.ask('POST', `/messages/${chat.id}`, { body: `${i}` })))
  assert.deepEqual(many.map(answer => answer.body.seq), many.map((_, i) => i + 2))
  const me = await one.ask('GET', '/account/me')
  assert.equal(me.body.email, anna.email)
  assert.equal((await one.ask('POST', `/chats/${chat.id}/read`, { seq: 1 })).status, 204)
  assert.equal((await one.ask('POST', `/chats/${chat.id}/read`, { seq: 1 })).body, null)
  assert.equal((await one.ask('GET', '/messages/999999999')).status, 404)
  assert.equal((await one.ask('GET', '/nothing/here')).status, 404)
  assert.equal((await one.ask('GET', '/poll')).status, 404)
  const wrong = await one.ask('POST', `/messages/${chat.id}`, { body: '' })
  assert.deepEqual([wrong.status, wrong.body.code], [422, 'invalid_fields'])
  const history = await one.ask('GET', `/messages/${chat.id}?limit=2`)
  assert.equal(history.body.items.length, 2)
  await Promise.all([one.end(), other.end()])
})

test('what is no request gets an answer that says so, and the connection stays', async () => {
  const socket = await enter(anna)
  const bad = {
    malformed_json: ['{', '[]', '"x"', '{"req":1,"req":1,"path":"/chats"}'],
    bad_request: ['{"req":1}', '{"req":1,"path":"messages"}', '{"req":1,"path":"/a b"}', '{"method":"GET","path":"/chats"}',
      '{"req":1,"method":"TRACE","path":"/chats"}', '{"req":{},"path":"/chats"}']
  }
  for (const [code, frames] of Object.entries(bad))
    for (const frame of frames) {
      socket.say(frame)
      const { status, body } = await socket.next(frame => 'res' in frame)
      assert.deepEqual([status, body.code], [400, code], frame)
    }
  assert.equal((await socket.ask('GET', '/account/me')).status, 200)
  const silent = await openSocket(site, '/ws')
  silent.say({ req: 7, path: '/chats' })
  const answer = await silent.next()
  assert.deepEqual([answer.res, answer.status], [7, 401])
  await Promise.all([socket.end(), silent.end()])
})

test('frames: fragments, pings between them, no binary, nothing too large, UTF-8 alone', async () => {
  const socket = await enter(anna)
  const pong = new Promise(resolve => socket.socket.on('pong', data => resolve(data.toString())))
  socket.socket.send('{"req":"слово","pa', { fin: false })
  socket.socket.ping('між')
  socket.socket.send('th":"/acco', { fin: false })
  socket.socket.send('unt/me"}', { fin: true })
  assert.equal(await pong, 'між')
  assert.equal((await socket.next(frame => frame.res === 'слово')).status, 200)
  socket.socket.send(Buffer.from([1, 2, 3]))
  assert.equal((await socket.closed).code, 1003)

  const large = await enter(anna)
  large.say('x'.repeat(65537))
  assert.equal((await large.closed).code, 1009)

  const odd = await enter(anna)
  odd.socket.send(Buffer.from([0x22, 0xff, 0x22]), { binary: false })
  assert.equal((await odd.closed).code, 1007)

  const raw = await enter(anna)
  raw.socket._socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]))
  assert.equal((await raw.closed).code, 1002)
})

test('a session that ends closes its sockets and no others; who is out of a chat hears no more of it', async () => {
  const other = await again(client, egor)
  const chat = await makeGroup(client, anna, [egor])
  const [first, second] = await Promise.all([enter(egor), enter(other)])
  assert.equal((await client.post('/account/logout', { token: egor.token })).status, 204)
  const { code, reason } = await first.closed
  assert.deepEqual([code, reason], [4401, 'the session has ended'])
  await say(client, anna, chat.id, 'ще тут')
  assert.equal((await second.next(isA('message'))).message.body, 'ще тут')
  await leave(client, other, chat.id)
  await second.next(frame => frame.type === 'member.left' && frame.userId === undefined)
  await say(client, anna, chat.id, 'без тебе')
  assert.equal((await second.ask('GET', '/account/me')).status, 200)
  assert.deepEqual(second.frames.left.filter(isA('message')), [])
  await second.end()
})

test('a token can be renewed on an open socket, by one of the same session alone', async () => {
  const socket = await enter(boris)
  const { json } = await client.post('/account/refresh', { body: { refreshToken: boris.refreshToken } })
  socket.say({ auth: json.accessToken })
  await socket.next(isA('hello'))
  assert.equal((await socket.ask('GET', '/account/me')).status, 200)
  socket.say({ auth: anna.token })
  assert.equal((await socket.next(frame => 'res' in frame)).status, 403)
  assert.equal((await socket.ask('GET', '/account/me')).body.email, boris.email)
  await socket.end()
})

test('typing and presence come too', async () => {
  const chat = await openDirect(client, anna, gleb)
  const [one, other] = await Promise.all([enter(anna), enter(gleb)])
  assert.equal((await one.ask('POST', `/chats/${chat.id}/typing`)).status, 204)
  const typing = await other.next(isA('typing'))
  assert.deepEqual([typing.chatId, typing.userId, typing.id], [chat.id, anna.id, undefined])
  assert.ok(typing.cursor)
  await Promise.all([one.end(), other.end()])
})
