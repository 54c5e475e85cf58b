// Direct chats, of which two people have one; and the lobby, which everybody is in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, look, openDirect, say, walk } from '../chats.mjs'
import { connect, refused } from '../client.mjs'
import { settle } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const ground = connect(site, undefined, 'http')
const { get, post, patch, del } = client

const open = (person, userId) => post('/chats/direct', { token: person.token, body: { userId } })

test('201 when it is made, 200 when it is there, whoever asks; it goes by the other person', async () => {
  const [a, b] = [await settle(client, { firstName: 'Іван', lastName: 'Франко' }), await settle(client)]
  await patch('/account/me', { token: a.token, body: { imagePath: 'files/5' } })
  const made = await open(b, a.id)
  assert.equal(made.status, 201)
  const { chat, messages } = made.json
  assert.deepEqual(messages, [])
  const { id, members, createdAt, updatedAt, ...rest } = chat
  assert.deepEqual(rest, {
    kind: 'direct', name: 'Іван Франко', imagePath: 'files/5', memberCount: 2, lastMessage: null, lastSeq: 0, readSeq: 0,
    unread: 0, role: 'member', public: false, protected: false
  })
  assert.deepEqual(members.map(user => user.id), [a.id, b.id])
  const again = await open(b, a.id)
  assert.equal(again.status, 200)
  assert.deepEqual(again.json, made.json)
  const other = await open(a, b.id)
  assert.equal(other.status, 200)
  assert.deepEqual([other.json.chat.id, other.json.chat.name, other.json.chat.imagePath], [id, 'Леся Українка', null])
})

test('it comes with the latest ten messages', async () => {
  const [a, b] = await cast(ground, 2)
  const { id } = await openDirect(ground, a, b)
  for (let i = 1; i <= 12; i++) await say(client, a, id, `${i}`)
  const { chat, messages } = (await open(b, a.id)).json
  assert.deepEqual(messages.map(message => message.body), ['3', '4', '5', '6', '7', '8', '9', '10', '11', '12'])
  assert.deepEqual([chat.unread, chat.lastMessage.body], [12, '12'])
})

test('sixteen on each side at once: one chat, one 201', async () => {
  const [a, b] = await cast(ground, 2)
  const answers = await Promise.all(Array.from({ length: 16 }, () => [open(a, b.id), open(b, a.id)]).flat())
  const ids = new Set(answers.map(answer => answer.json.chat.id))
  assert.equal(ids.size, 1)
  assert.deepEqual(answers.map(answer => answer.status).sort(), [...Array(31).fill(200), 201])
  const [{ n }] = await site.sql(`SELECT COUNT(*) AS n FROM member m JOIN chat c ON c.id = m.chat_id
    WHERE c.kind = 'direct' AND m.user_id IN (${a.id}, ${b.id})`)
  assert.equal(n, '2')
})

test('with oneself: 422; with nobody: 404', async () => {
  const person = await settle(client)
  refused(await open(person, person.id), 422, 'invalid_fields', ['userId'])
  refused(await open(person, 9007199254740991), 404, 'not_found')
})

test('with somebody who left: the chat that was there stays, a new one is not made', async () => {
  const [a, b, gone] = await cast(ground, 3)
  const { id } = await openDirect(ground, a, gone)
  await say(client, gone, id, 'бувай')
  await del('/account/me', { token: gone.token, body: { password: gone.password } })
  refused(await open(b, gone.id), 404, 'not_found')
  const { status, json } = await open(a, gone.id)
  assert.equal(status, 200)
  assert.deepEqual([json.chat.id, json.chat.name, json.chat.memberCount], [id, 'deleted user', 2])
  assert.deepEqual(json.messages.map(message => [message.author.fullName, message.body]), [['deleted user', 'бувай']])
})

test('a third person knows of nothing', async () => {
  const [a, b, c] = await cast(ground, 3)
  const { id } = await openDirect(ground, a, b)
  await say(client, a, id)
  for (const path of [`/chats/${id}`, `/chats/${id}/members`, `/messages/${id}`]) {
    refused(await get(path, { token: c.token }), 404, 'not_found')
  }
})

const lobbyOf = async (person, of = client) =>
  (await walk(of, person, '/chats', { limit: 200 }, 'before')).flat().filter(chat => chat.kind === 'lobby')

// On a site of its own: elsewhere people come and go, and what is said in the lobby is heard by all.
test('whoever registers is in the lobby', async () => {
  const alone = connect(await openSite({ own: true }))
  const person = await settle(alone)
  const [lobby, ...others] = await lobbyOf(person, alone)
  assert.deepEqual(others, [])
  assert.deepEqual([lobby.name, lobby.role, lobby.unread, lobby.public, lobby.memberCount], ['all', 'member', 0, false, 1])
  const late = await settle(alone)
  const [same] = await lobbyOf(late, alone)
  assert.deepEqual([same.id, same.memberCount], [lobby.id, 2])
  const message = await say(alone, late, lobby.id, 'вітаю всіх')
  const { items } = (await alone.get(`/messages/${lobby.id}`, { token: person.token })).json
  assert.deepEqual(items.map(item => item.id), [message.id])
})

test('nobody leaves, changes, deletes or enlarges the lobby', async () => {
  const [person, other] = await cast(ground, 2)
  const [{ id }] = await lobbyOf(person)
  const { token } = person
  refused(await post(`/chats/${id}/leave`, { token }), 403, 'forbidden')
  refused(await patch(`/chats/${id}`, { token, body: { name: 'mine' } }), 403, 'forbidden')
  refused(await del(`/chats/${id}`, { token }), 403, 'forbidden')
  refused(await del(`/chats/${id}/members/${other.id}`, { token }), 403, 'forbidden')
  refused(await del(`/chats/${id}/members/${person.id}`, { token }), 403, 'forbidden')
  refused(await patch(`/chats/${id}/members/${person.id}`, { token, body: { role: 'owner' } }), 403, 'forbidden')
  refused(await post(`/chats/${id}/members`, { token, body: { userIds: [other.id] } }), 403, 'forbidden')
  assert.equal((await look(client, person, id)).name, 'all')
})
