// The log: one event for every change that somebody may need to hear of, and none for what changes nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, leave, look, makeGroup, openDirect, page, roles, say } from '../chats.mjs'
import { connect, refused } from '../client.mjs'
import { openSite } from '../site.mjs'
import { readLog } from '../truth.mjs'

const site = await openSite()
const client = connect(site)
const ground = connect(site, undefined, 'http')
const { get, post, patch, put, del } = client

// What a chat's log says since the last time: type and what counts of each event.
function follow(chatId) {
  let last = 0
  const brief = {
    chat: ({ chat }) => [chat.name, chat.memberCount],
    'chat.deleted': () => [],
    'member.joined': ({ user, role }) => [user.id, role],
    'member.left': ({ user }) => [user.id],
    message: ({ message }) => [message.seq, message.body],
    'message.edited': ({ message }) => [message.seq, message.body],
    'message.deleted': ({ seq }) => [seq],
    reaction: ({ seq, emoji, userId, on }) => [seq, emoji, userId, on],
    read: ({ userId, seq }) => [userId, seq]
  }
  return async () => {
    const events = (await readLog(site, chatId)).filter(event => event.id > last)
    last = events.at(-1)?.id ?? last
    return events.map(event => [event.type, ...brief[event.type](event)])
  }
}

const byId = (...people) => people.map(person => person.id).sort((a, b) => a - b)

test('each change of a chat is one event, in order', async () => {
  const [owner, admin, member] = await cast(ground, 3)
  const { id } = await makeGroup(ground, owner, [member], { name: 'Гурт', public: true })
  const news = follow(id)
  const [o, a, m] = [owner.token, admin.token, member.token]
  const done = async (asked, ...told) => {
    const { status, text } = await asked
    assert.ok(status < 300, text)
    assert.deepEqual(await news(), told)
  }

  assert.deepEqual(await news(),
    [...byId(owner, member).map(who => ['member.joined', who, who === owner.id ? 'owner' : 'member']), ['chat', 'Гурт', 2]])
  await done(post(`/chats/${id}/join`, { token: a }), ['member.joined', admin.id, 'member'], ['chat', 'Гурт', 3])
  await done(patch(`/chats/${id}/members/${admin.id}`, { token: o, body: { role: 'admin' } }), ['member.joined', admin.id, 'admin'])
  await done(patch(`/chats/${id}`, { token: a, body: { name: 'Інша' } }), ['chat', 'Інша', 3])
  await done(post(`/messages/${id}`, { token: m, body: { body: 'раз', clientKey: 'log' } }), ['message', 1, 'раз'])
  await done(post(`/messages/${id}`, { token: m, body: { body: 'раз', clientKey: 'log' } }))
  await done(post(`/chats/${id}/read`, { token: o, body: { seq: 5 } }), ['read', owner.id, 1])
  await done(post(`/chats/${id}/read`, { token: o, body: { seq: 1 } }))
  await done(put(`/messages/${id}/1/reactions/%F0%9F%91%8D`, { token: a }), ['reaction', 1, '👍', admin.id, true])
  await done(put(`/messages/${id}/1/reactions/%F0%9F%91%8D`, { token: a }))
  await done(del(`/messages/${id}/1/reactions/%F0%9F%91%8D`, { token: a }), ['reaction', 1, '👍', admin.id, false])
  await done(patch(`/messages/${id}/1`, { token: m, body: { body: 'два' } }), ['message.edited', 1, 'два'])
  await done(del(`/messages/${id}/1`, { token: a }), ['message.deleted', 1])
  await done(del(`/chats/${id}/members/${member.id}`, { token: a }), ['member.left', member.id], ['chat', 'Інша', 2])
  await done(post(`/chats/${id}/members`, { token: a, body: { userIds: [member.id, owner.id] } }),
    ['member.joined', member.id, 'member'], ['chat', 'Інша', 3])
  await done(patch(`/chats/${id}/members/${member.id}`, { token: o, body: { role: 'owner' } }),
    ['member.joined', member.id, 'owner'], ['member.joined', owner.id, 'admin'])
  await done(post(`/chats/${id}/leave`, { token: m }),
    ['member.left', member.id], ['member.joined', owner.id, 'owner'], ['chat', 'Інша', 2])
  await done(post(`/chats/${id}/leave`, { token: o }),
    ['member.left', owner.id], ['member.joined', admin.id, 'owner'], ['chat', 'Інша', 1])
  await done(get(`/messages/${id}`, { token: a }))
  await done(del(`/chats/${id}`, { token: a }), ['chat.deleted'])
})

test('the last one out ends a group as deleting it does', async () => {
  const [owner] = await cast(ground, 1)
  const { id } = await makeGroup(ground, owner)
  const news = follow(id)
  await news()
  await leave(client, owner, id)
  assert.deepEqual(await news(), [['chat.deleted']])
})

test('a direct chat is told to both, once', async () => {
  const [a, b] = await cast(ground, 2)
  const { id } = await openDirect(ground, a, b)
  await openDirect(ground, b, a)
  const coming = [a, b].map(who => ['member.joined', who.id, 'member'])
  assert.deepEqual(await follow(id)(), [...coming, ['chat', null, 2]], 'who opened it comes first')
})

test('an event of a person tells what everybody may see of them', async () => {
  const [person] = await cast(ground, 1)
  await patch('/account/me', { token: person.token, body: { firstName: 'Лариса', imagePath: 'files/2' } })
  const event = (await readLog(site)).filter(({ type, of }) => type === 'user' && of === person.id).at(-1)
  assert.deepEqual(event.user, (await get(`/users/${person.id}`, { token: person.token })).json)
  const log = JSON.stringify((await readLog(site)).filter(({ of, user }) => of === person.id || user?.id === person.id))
  assert.ok(!log.includes(person.email))
})

test('deleting an account: groups are handed over or end, direct chats stay, words stay by “deleted user”', async () => {
  const [gone, admin, friend] = await cast(ground, 3)
  const owned = await makeGroup(ground, gone, [friend], { admins: [admin] })
  const alone = await makeGroup(ground, gone)
  const guest = await makeGroup(ground, friend, [gone])
  const direct = await openDirect(ground, gone, friend)
  for (const chat of [owned, guest, direct]) {
    await say(client, gone, chat.id, 'прощавайте')
    assert.equal((await put(`/messages/${chat.id}/1/reactions/%E2%9D%A4`, { token: gone.token })).status, 204)
  }
  const news = {}
  for (const chat of [owned, alone, guest, direct]) {
    news[chat.id] = follow(chat.id)
    await news[chat.id]()
  }
  assert.equal((await del('/account/me', { token: gone.token, body: { password: gone.password } })).status, 204)

  assert.deepEqual(await news[owned.id](),
    [['member.left', gone.id], ['member.joined', admin.id, 'owner'], ['chat', owned.name, 2]])
  assert.deepEqual(await news[alone.id](), [['chat.deleted']])
  assert.deepEqual(await news[guest.id](), [['member.left', gone.id], ['chat', guest.name, 1]])
  assert.deepEqual(await news[direct.id](), [])
  const event = (await readLog(site)).filter(({ type, of }) => type === 'user' && of === gone.id).at(-1)
  assert.deepEqual([event.user.fullName, event.user.firstName, event.user.username, event.user.imagePath],
    ['deleted user', '', null, null])

  assert.deepEqual(await roles(client, friend, owned.id), { [admin.id]: 'owner', [friend.id]: 'member' })
  assert.deepEqual(await roles(client, friend, guest.id), { [friend.id]: 'owner' })
  const chat = await look(client, friend, direct.id)
  assert.deepEqual([chat.name, chat.memberCount], ['deleted user', 2])
  for (const { id } of [owned, guest, direct]) {
    const { items } = await page(client, friend, id)
    assert.deepEqual(items.map(message => [message.author, message.body]),
      [[{ id: gone.id, fullName: 'deleted user', imagePath: null }, 'прощавайте']])
  }
  assert.equal((await say(client, friend, direct.id, 'де ти?')).seq, 2)
  refused(await post(`/chats/${guest.id}/members`, { token: friend.token, body: { userIds: [gone.id] } }), 422, 'invalid_fields', ['userIds'])
  for (const path of [`/chats/${direct.id}`, `/messages/${direct.id}`]) refused(await get(path, { token: gone.token }), 401, 'unauthorized')
})
