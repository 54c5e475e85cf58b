// socketio.http: the chats over Socket.IO, by npm's socket.io-client and by Debian's python3-socketio.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { cast, makeGroup, openDirect, say } from '../chats.mjs'
import { connect } from '../client.mjs'
import { again } from '../people.mjs'
import { openSite } from '../site.mjs'
import { openIo, openSocket } from '../sockets.mjs'

const site = await openSite()
const client = connect(site)
const [anna, boris, vera, gleb, dora, egor, zoya, ira] = await cast(client, 8)
const ways = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] }
const enter = (person, options) => openIo(site, { token: person.token }, options)

for (const [way, transports] of Object.entries(ways)) {
  test(`by ${way}: commands are acknowledged, and others in the chat hear of them`, async () => {
    const chat = await openDirect(client, anna, boris)
    const [one, other] = await Promise.all([enter(anna, { transports }), enter(boris, { transports })])
    if (way === 'upgrade') {
      const engine = other.socket.io.engine
      if (engine.transport.name !== 'websocket') await new Promise(resolve => engine.once('upgrade', resolve))
    }
    const body = `Слово ${way} 🎉`
    const sent = await one.ask('message', { chatId: chat.id, body, clientKey: `key-${way}` })
    assert.equal(sent.ok, true)
    assert.equal(sent.data.body, body)
    const event = await other.next('message', e => e.message.body === body)
    assert.deepEqual(event.message, sent.data)
    assert.equal(event.chatId, chat.id)
    const notice = await other.next('notification')
    assert.deepEqual(notice, { kind: 'message', chatId: chat.id, title: `${anna.firstName} ${anna.lastName}`, body, at: event.at })
    const twice = await one.ask('message', { chatId: chat.id, body, clientKey: `key-${way}` })
    assert.equal(twice.data.id, sent.data.id)
    const many = await Promise.all(Array.from({ length: 20 }, (_, i) => one.ask('message', { chatId: chat.id, body: `${i}` })))
    assert.deepEqual(many.map(({ data }) => data.seq), many.map((_, i) => sent.data.seq + 1 + i))
    for (const { data } of many) assert.equal((await other.next('message')).message.seq, data.seq)
    // To oneself nothing is to be noticed.
    assert.deepEqual(one.heard.left.filter(([name]) => name === 'notification'), [])
    one.end()
    other.end()
  })
}

test('what a program would not read is refused by the acknowledgement, and the socket stays', async () => {
  const chat = await openDirect(client, anna, boris)
  const one = await enter(anna)
  const deep = Array.from({ length: 33 }).reduce(inner => [inner], 1)
  const refused = [
    ['a\u0000b', 'there is a NUL character'], ['half \ud83d', 'there is half a surrogate pair'],
    [deep, 'it is nested too deeply']
  ]
  for (const [body, detail] of refused) {
    const { ok, error } = await one.ask('message', { chatId: chat.id, body })
    assert.deepEqual({ ok, ...error }, { ok: false, status: 400, code: 'malformed_json', detail })
  }
  for (const [name, value, field] of [['message', { body: 'x' }, 'chatId'], ['request', {}, 'method'], ['auth', {}, 'token']]) {
    const { ok, error } = await one.ask(name, value)
    assert.deepEqual([ok, error.status, error.code, Object.keys(error.fields)], [false, 422, 'invalid_fields', [field]])
  }
  assert.deepEqual(await one.ask('dance', {}), { ok: false, error: { status: 404, code: 'not_found', detail: 'There is no command of that name.' } })
  const { ok, error } = await one.ask('message', { chatId: chat.id, body: 9007199254740994 })
  assert.deepEqual([ok, error.status, error.code], [false, 422, 'invalid_fields'])
  const astral = '\u{1D800} \u{2F800}'
  assert.equal((await one.ask('message', { chatId: chat.id, body: astral })).data.body, astral)
  one.end()
})

test('every command does what its call does', async () => {
  const one = await enter(vera)
  const good = async (name, value) => {
    const ack = await one.ask(name, value)
    assert.equal(ack.ok, true, `${name}: ${JSON.stringify(ack)}`)
    return ack.data
  }
  const users = await good('users', { q: '', contactable: true })
  assert.ok(users.items.every(user => user.id !== vera.id))
  const { chat } = await good('direct', { userId: gleb.id })
  assert.equal(chat.kind, 'direct')
  const group = await good('group', { name: 'Гурт', userIds: [gleb.id], password: 'таємниця' })
  assert.equal(group.role, 'owner')
  const first = await good('message', { chatId: group.id, body: 'раз' })
  await good('message', { chatId: group.id, body: 'два' })
  const history = await good('history', { chatId: group.id, before: 2, limit: 5 })
  assert.deepEqual(history.items.map(m => m.body), ['раз'])
  assert.deepEqual((await good('chats', { limit: 1 })).items.map(c => c.id), [group.id])
  assert.equal(await good('read', { chatId: group.id, seq: 1 }), null)
  assert.equal(await good('typing', { chatId: group.id }), null)
  const room = (await client.post('/chats', { token: gleb.token, body: { name: 'Двері', public: true, password: 'стук' } })).json
  const wrong = await one.ask('join', { chatId: room.id, password: 'не те' })
  assert.deepEqual([wrong.ok, wrong.error.status, wrong.error.code], [false, 403, 'wrong_password'])
  assert.equal((await good('join', { chatId: room.id, password: 'стук' })).chat.id, room.id)
  assert.equal(await good('leave', { chatId: room.id }), null)
  assert.equal((await good('request', { method: 'GET', path: '/account/me' })).email, vera.email)
  const edited = await good('request', { method: 'PATCH', path: `/messages/${group.id}/${first.seq}`, body: { body: 'раз!' } })
  assert.equal(edited.body, 'раз!')
  const refusals = [
    ['message', { chatId: 999999999, body: 'x' }, 404, 'not_found'],
    ['message', { chatId: group.id, body: '' }, 422, 'invalid_fields'],
    ['message', { body: 'x' }, 422, 'invalid_fields'],
    ['history', undefined, 422, 'invalid_fields'],
    ['request', { method: 'GET', path: 'account' }, 422, 'invalid_fields'],
    ['request', { method: 'GET', path: '/poll?timeout=0' }, 404, 'not_found'],
    ['dance', {}, 404, 'not_found']
  ]
  for (const [name, value, status, code] of refusals) {
    const { ok, error } = await one.ask(name, value)
    assert.deepEqual([ok, error.status, error.code, typeof error.detail], [false, status, code, 'string'], name)
  }
  one.end()
})

test('a new chat is heard at once, and an invitation is noticed by who was invited', async () => {
  const [one, other] = await Promise.all([enter(dora), enter(egor)])
  const { data: group } = await one.ask('group', { name: 'Нове', userIds: [egor.id] })
  const invite = await other.next('notification')
  assert.deepEqual([invite.kind, invite.chatId, invite.title], ['invite', group.id, 'Нове'])
  await one.ask('message', { chatId: group.id, body: 'вітаю' })
  assert.equal((await other.next('message')).message.body, 'вітаю')
  const { data: { chat } } = await one.ask('direct', { userId: egor.id })
  const direct = await other.next('notification', n => n.kind === 'invite')
  assert.deepEqual([direct.chatId, direct.title], [chat.id, `${dora.firstName} ${dora.lastName}`])
  assert.deepEqual(one.heard.left.filter(([name]) => name === 'notification'), [])
  one.end()
  other.end()
})

test('an invitation is one of somebody else, also while one does other things, and also in one\'s absence', async () => {
  const [host, guest] = await cast(client, 2)
  const made = async (person, body) => (await client.post('/chats', { token: person.token, body })).json
  const isInvite = chat => n => n.kind === 'invite' && n.chatId === chat.id
  let one = await enter(guest)
  // Oneself: a group, a public room entered, a direct chat opened; by REST, at this socket, and at another.
  const room = await made(host, { name: 'Двері', public: true })
  const hall = await made(host, { name: 'Зала', public: true })
  await client.post(`/chats/${room.id}/join`, { token: guest.token, body: {} })
  await one.ask('join', { chatId: hall.id })
  await made(guest, { name: 'Своє', userIds: [host.id] })
  await client.post('/chats/direct', { token: guest.token, body: { userId: host.id } })
  await client.post('/chats/direct', { token: guest.token, body: { userId: dora.id } })
  // Others, while one is at work in a chat oneself.
  await one.ask('read', { chatId: room.id, seq: 0 })
  await one.ask('typing', { chatId: room.id })
  const first = await made(host, { name: 'Запрошення', userIds: [guest.id] })
  const open = await made(host, { name: 'Відкрите', public: true, userIds: [guest.id] })
  for (const chat of [first, open]) await one.next('notification', isInvite(chat))
  assert.deepEqual(one.heard.left.filter(([name]) => name === 'notification').map(([, n]) => n), [])
  const { cursor } = await (await say(client, host, first.id, 'далі'), one.next('message'))
  await one.next('notification', n => n.kind === 'message')
  one.end()

  const missed = await made(host, { name: 'Пропущене', userIds: [guest.id] })
  const own = await made(guest, { name: 'Знову своє' })
  await client.patch(`/chats/${missed.id}`, { token: host.token, body: { name: 'Інше' } })
  const mark = await made(host, { name: 'Мітка', userIds: [guest.id] })
  one = await openIo(site, { token: guest.token, cursor })
  await one.next('notification', isInvite(missed))
  await one.next('notification', isInvite(mark))
  assert.ok(own.id)
  assert.deepEqual(one.heard.left.filter(([name]) => name === 'notification'), [])
  one.end()
})

test('who has no good token is not let in, and learns why', async () => {
  await assert.rejects(openIo(site, {}), fault => fault.message === 'unauthorized' && fault.data.status === 401)
  await assert.rejects(openIo(site, { token: 'x' }), fault => fault.message === 'unauthorized' && fault.data.code === 'unauthorized')
  await assert.rejects(openIo(site, { token: anna.token, cursor: '9-1-1' }), fault => fault.message === 'cursor_expired')
  const raw = await openSocket(site, '/socket.io/?EIO=4&transport=websocket', { raw: true })
  raw.say('40/nowhere,')
  assert.equal(await raw.next(text => text.startsWith('44')), '44/nowhere,{"message":"Invalid namespace"}')
  await raw.end()
})

test('a session that ends disconnects its sockets for good', async () => {
  const other = await again(client, zoya)
  const one = await enter(other)
  const why = new Promise(resolve => one.socket.once('disconnect', resolve))
  await client.post('/account/logout', { token: other.token })
  assert.equal(await why, 'io server disconnect')
})

test('a cursor resumes; a broken connection is recovered with what was missed, once and in order', async () => {
  const chat = await makeGroup(client, gleb, [ira])
  for (const transports of [['websocket'], ['polling']]) {
    const one = await enter(ira, { transports })
    await say(client, gleb, chat.id, 'до')
    const before = await one.next('message')
    assert.ok(before.cursor)
    const { id } = one.socket
    const gone = new Promise(resolve => one.socket.once('disconnect', resolve))
    const back = new Promise(resolve => one.socket.once('connect', resolve))
    one.socket.io.engine.close()
    await gone
    await Promise.all(['раз', 'два', 'три'].map(word => say(client, gleb, chat.id, word)))
    await back
    assert.equal(one.socket.recovered, true)
    assert.equal(one.socket.id, id)
    const missed = []
    for (let i = 0; i < 3; i++) missed.push((await one.next('message')).message.seq)
    assert.deepEqual(missed, [1, 2, 3].map(n => before.message.seq + n))
    one.end()
    const resumed = await openIo(site, { token: ira.token, cursor: before.cursor }, { transports })
    assert.equal(resumed.socket.recovered, false)
    assert.notEqual(resumed.socket.id, id)
    for (const seq of missed) assert.equal((await resumed.next('message')).message.seq, seq)
    assert.deepEqual(resumed.heard.left.filter(([name]) => name === 'message'), [])
    resumed.end()
  }
})

test('a token is renewed on an open socket', async () => {
  const other = await again(client, boris)
  const one = await enter(other)
  const { json } = await client.post('/account/refresh', { body: { refreshToken: other.refreshToken } })
  assert.deepEqual(await one.ask('auth', { token: json.accessToken }), { ok: true, data: null })
  const refused = await one.ask('auth', { token: anna.token })
  assert.deepEqual([refused.ok, refused.error.status], [false, 403])
  one.end()
})

test('python3-socketio connects by polling and by WebSocket, is acknowledged and hears', async () => {
  const [vira, luka, mark] = await cast(client, 3)
  const chat = await openDirect(client, vira, luka)
  const script = `
import socketio, sys, threading
url, token, chat, transport = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
client = socketio.Client()
heard = threading.Event()
said = []
@client.on('message')
def on_message(event):
    said.append(event['message']['body'])
    heard.set()
client.connect(url, auth={'token': token}, transports=[transport], wait_timeout=20)
ack = client.call('message', {'chatId': chat, 'body': 'змія'}, timeout=20)
assert ack['ok'] and ack['data']['body'] == 'змія', ack
assert heard.wait(20)
assert said == ['змія'], said
refused = client.call('message', {'chatId': chat, 'body': ''}, timeout=20)
assert refused['error']['status'] == 422, refused
client.disconnect()
print('well')
`
  const run = promisify(execFile)
  const outs = await Promise.all(['polling', 'websocket'].map(async (transport, i) => {
    const person = [vira, mark][i]
    const { id } = i ? await makeGroup(client, mark) : chat
    return run('/usr/bin/python3', ['-c', script, `http://127.0.0.1:${site.port}`, person.token, String(id), transport], { timeout: 60_000 })
  }))
  assert.deepEqual(outs.map(out => out.stdout), ['well\n', 'well\n'])
})
