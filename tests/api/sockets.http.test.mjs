// sockets.http: what holds at every kind of socket alike: the rules of REST, the order of what one says, and the words of the
// document.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { cast, makeGroup, page, say } from '../chats.mjs'
import { connect } from '../client.mjs'
import { api, deref, problemsOf } from '../document.mjs'
import { again, settle } from '../people.mjs'
import { png } from '../samples.mjs'
import { UNLIMITED, openSite } from '../site.mjs'
import { openIo, openSocket, refusal } from '../sockets.mjs'

// Whatever becomes of a test, its sockets do not keep the file waiting.
const open = []
const enter = async (...options) => {
  const socket = await openSocket(...options)
  open.push(() => socket.socket.terminate())
  return socket
}
const enterIo = async (...options) => {
  const io = await openIo(...options)
  open.push(io.end)
  return io
}
after(() => open.forEach(end => end()))

const site = await openSite()
const client = connect(site)
const [anna, boris, vera] = await cast(client, 3)

const schema = name => ({ $ref: `#/components/schemas/${name}` })
const fits = (name, value) => assert.deepEqual(problemsOf(schema(name), value), [], JSON.stringify(value))
const promised = (path, status, method = 'get') => {
  const node = deref(api.paths[path][method].responses[status])
  assert.ok(node, `${method} ${path} answered ${status}, which the document does not promise`)
  return node
}

// Both ways to post, as {status, body}, beside REST.
async function ways() {
  const native = await enter(site, '/ws', { token: anna.token })
  const io = await enterIo(site, { token: anna.token })
  return {
    rest: async (chat, body) => {
      const { status, json } = await client.post(`/messages/${chat}`, { token: anna.token, body })
      return { status, body: json }
    },
    native: async (chat, body) => {
      const { status, body: answer } = await native.ask('POST', `/messages/${chat}`, body)
      return { status, body: answer }
    },
    io: async (chat, body) => {
      const { ok, data, error } = await io.ask('message', { chatId: chat, ...body })
      return ok ? { body: data } : { status: error.status, body: error }
    }
  }
}

test('what REST refuses, a socket refuses with the same words', async () => {
  const chat = await makeGroup(client, anna, [boris])
  const foreign = await makeGroup(client, boris)
  const { rest, native, io } = await ways()
  for (const [where, body, status] of [
    [chat.id, {}, 422],
    [chat.id, { body: '' }, 422],
    [chat.id, { body: 5 }, 422],
    [chat.id, { body: 'x'.repeat(8001) }, 422],
    [chat.id, { body: 'x', replyTo: 99 }, 422],
    [chat.id, { body: 'x', fileIds: [2 ** 40] }, 422],
    [chat.id, { body: 'x', clientKey: 'k'.repeat(65) }, 422],
    [foreign.id, { body: 'x' }, 404],
    [2 ** 50, { body: 'x' }, 404]
  ]) {
    const [wanted, one, other] = await Promise.all([rest(where, body), native(where, body), io(where, body)])
    assert.equal(wanted.status, status, JSON.stringify(wanted))
    assert.deepEqual(one, wanted)
    const { status: said, code, detail, fields } = wanted.body
    assert.deepEqual(other.body, { status: said, code, detail, ...fields && { fields } })
  }
  assert.deepEqual((await page(client, anna, chat.id)).items, [])
})

test('what REST takes, a socket takes, and a clientKey counts once for all of them', async () => {
  const chat = await makeGroup(client, anna, [boris])
  const { rest, native, io } = await ways()
  const first = await native(chat.id, { body: 'перше', clientKey: 'one' })
  assert.equal(first.status, 201)
  assert.deepEqual(await rest(chat.id, { body: 'інше', clientKey: 'one' }), { status: 200, body: first.body })
  assert.deepEqual((await io(chat.id, { body: 'ще', clientKey: 'one' })).body, first.body)
  const second = await io(chat.id, { body: 'відповідь 🎉', replyTo: 1 })
  assert.deepEqual([second.body.seq, second.body.replyTo, second.body.body], [2, 1, 'відповідь 🎉'])
  const third = await native(chat.id, { body: 'третє' })
  assert.deepEqual((await page(client, boris, chat.id)).items.map(m => m.body), ['перше', 'відповідь 🎉', 'третє'])
  assert.deepEqual(Object.keys(third.body).sort(), Object.keys((await rest(chat.id, { body: 'x' })).body).sort())
})

test('what one says in a row stands in that order, and so do its answers', async () => {
  const chat = await makeGroup(client, anna, [boris])
  const native = await enter(site, '/ws', { token: anna.token })
  const n = 60
  for (let i = 1; i <= n; i++) native.say({ req: i, method: 'POST', path: `/messages/${chat.id}`, body: { body: `${i}` } })
  for (let i = 1; i <= n; i++) {
    const { res, status, body } = await native.next(frame => 'res' in frame)
    assert.deepEqual([res, status, body.seq, body.body], [i, 201, i, `${i}`])
  }
})

// The rate is as good as none, so that no clock has a part in it.
test('a limit is one for all ways: what is spent at a socket is spent for REST', async () => {
  const strict = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_LIMITS_MESSAGES: '1', BELLHOP_LIMITS_MESSAGES_BURST: '30' } })
  const there = connect(strict)
  const greedy = await settle(there)
  const { id } = await makeGroup(there, greedy)
  const native = await enter(strict, '/ws', { token: greedy.token })
  const io = await enterIo(strict, { token: greedy.token })
  const began = Date.now()
  const taken = { native: 0, io: 0, rest: 0 }
  const count = (way, good, refusal) => (good ? taken[way]++ : assert.deepEqual([refusal.code, refusal.retryAfter], ['rate_limited', 1]))
  for (let i = 0; i < 20; i++) {
    const one = await native.ask('POST', `/messages/${id}`, { body: 'x' })
    count('native', one.status === 201, one.body)
    const other = await io.ask('message', { chatId: id, body: 'x' })
    count('io', other.ok, other.error)
    const third = await there.post(`/messages/${id}`, { token: greedy.token, body: { body: 'x' } })
    count('rest', third.status === 201, third.json)
  }
  const all = taken.native + taken.io + taken.rest
  assert.ok(all >= 30 && all <= 31 + (Date.now() - began) / 1000, JSON.stringify(taken))
  assert.ok(Math.min(...Object.values(taken)) >= 10, JSON.stringify(taken))
})

test('a session that ends while it posts is told so, and what it had yet to say is not said', async () => {
  const chat = await makeGroup(client, vera)
  const other = await again(client, vera)
  const socket = await enter(site, '/ws', { token: other.token })
  await socket.next()
  for (let i = 1; i <= 40; i++) socket.say({ req: i, method: 'POST', path: `/messages/${chat.id}`, body: { body: `${i}` } })
  await client.post('/account/logout', { token: other.token })
  assert.equal((await socket.closed).code, 4401)
  // What was being asked when it ended is done; what waited behind it is not.
  const { seq } = await say(client, vera, chat.id, 'позначка')
  await say(client, vera, chat.id, 'позначка')
  const { items } = await page(client, vera, chat.id, { after: seq })
  assert.ok(items.filter(({ body }) => body !== 'позначка').length <= 1, JSON.stringify(items.map(({ body }) => body)))
})

test('the document promises every refusal of a handshake', async () => {
  const { token } = anna
  for (const [path, options, status] of [
    ['/ws', { token: 'x' }, 401],
    ['/ws', { token, headers: { Origin: 'https://evil.example' } }, 403],
    ['/ws?cursor=1-1', { token }, 410],
    ['/ws?cursor=x', { token }, 422],
    ['/ws', { token, protocolVersion: 8 }, 426],
    ['/', {}, 401],
    ['/', { token: 'x' }, 401],
    ['/', { token, headers: { Origin: 'https://evil.example' } }, 403],
    ['/', { token, protocolVersion: 8 }, 426]
  ]) {
    const refused = await refusal(openSocket(site, path, options))
    assert.equal(refused.status, status, path)
    assert.match(refused.headers['content-type'], /^application\/problem\+json/)
    promised(path.split('?')[0], status)
    fits('Problem', JSON.parse(refused.text))
  }
  for (const [query, method, status] of [
    ['transport=polling', 'GET', 400],
    ['EIO=4&transport=x', 'GET', 400],
    ['EIO=4&transport=polling&sid=x', 'GET', 400],
    ['EIO=4&transport=polling&sid=x', 'POST', 400],
    ['EIO=4&transport=polling', 'POST', 400],
    ['EIO=4&transport=websocket', 'GET', 400],
    ['EIO=4&transport=polling', 'GET', 200]
  ]) {
    const answer = await fetch(`http://127.0.0.1:${site.port}/socket.io/?${query}`, { method, ...method === 'POST' && { body: '1' } })
    assert.equal(answer.status, status, query)
    promised('/socket.io/', status, method.toLowerCase())
    if (status === 400) fits('EngineFault', await answer.json())
    else assert.match(await answer.text(), /^0\{/)
  }
})

test('the document describes every frame', async () => {
  const chat = await makeGroup(client, anna, [boris])
  const native = await enter(site, '/ws', { token: boris.token })
  const io = await enterIo(site, { token: boris.token })
  const classic = await enter(site, '/', { token: boris.token })
  for (const frame of [{ auth: boris.token }, { req: 1, method: 'GET', path: '/chats' }]) fits('SocketCommand', frame)
  fits('SocketFrame', await native.next())
  fits('SocketFrame', await native.ask('GET', '/account/me'))
  fits('SocketFrame', await native.ask('POST', `/chats/${chat.id}/read`, { seq: 0 }))
  fits('SocketFrame', await native.ask('GET', '/nothing'))
  fits('SocketAck', await io.ask('chats', {}))
  fits('SocketAck', await io.ask('typing', { chatId: chat.id }))
  fits('SocketAck', await io.ask('message', { chatId: chat.id, body: '' }))
  const command = { type: 'messageInGroup', params: { groupId: chat.id, content: 'lol' } }
  fits('ClassicCommand', command)
  classic.say(command)
  const answer = await classic.next()
  assert.equal(answer.success, true)
  fits('ClassicFrame', answer)
  classic.say({ type: 'listLastMessage', params: { limit: 1, page: 1 } })
  fits('ClassicFrame', await classic.next())
  classic.say('{')
  fits('ClassicFrame', await classic.next())
  await say(client, anna, chat.id, 'слово')
  const told = await native.next(frame => frame.message?.body === 'слово')
  fits('SocketFrame', told)
  const { cursor, ...event } = told
  assert.ok(cursor)
  fits('Event', event)
  fits('Notification', await io.next('notification'))
  fits('ClassicFrame', await classic.next())
})

test('what the web server refuses of a socket\'s bytes is a problem document, too', async () => {
  const answer = await fetch(`http://127.0.0.1:${site.port}/socket.io/?EIO=4&transport=polling`, { method: 'POST', body: 'x'.repeat(2 << 20) })
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [413, 'application/problem+json'])
  assert.equal((await answer.json()).code, 'too_large')
})

test('a notification says the beginning of a long message, whole characters of it, and quotes as they are', async () => {
  const chat = await makeGroup(client, anna, [boris])
  const io = await enterIo(site, { token: boris.token })
  for (const body of ['"\\\n\t\u0001/', 'я'.repeat(500), '\n"'.repeat(150), '🎉'.repeat(201), `${'x'.repeat(199)}\u0007y`, '","body":"ні"}']) {
    await say(client, anna, chat.id, body)
    assert.equal((await io.next('notification', ({ kind }) => kind === 'message')).body, [...body].slice(0, 200).join(''))
  }
  const file = await client.post('/files', { token: anna.token, raw: png(2, 2), type: 'image/png', headers: { 'Content-Disposition': 'attachment; filename="cat.png"' } })
  await client.post(`/messages/${chat.id}`, { token: anna.token, body: { fileIds: [file.json.id] } })
  assert.equal((await io.next('notification', ({ kind }) => kind === 'message')).body, file.json.name)
})
