// Files in messages: sent in an order and kept in it, seen by those who are in the chat and by nobody else, gone with the
// message.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, kept, leave, makeGroup, messageOf, openDirect, page, say } from '../chats.mjs'
import { connect, refused, soon } from '../client.mjs'
import { settle } from '../people.mjs'
import { png, text } from '../samples.mjs'
import { openSite } from '../site.mjs'
import { readdirSync } from 'node:fs'

const site = await openSite()
const client = connect(site)
const ground = connect(site, undefined, 'http')
const [ann, bob, eve, owner, admin, member, left, removed, other] = await cast(ground, 9)
const gone = await settle(ground)

let n = 0
async function store(person, raw = text(`Лист ${process.pid} ${++n}\n`)) {
  const answer = await ground.post('/files', { token: person.token, raw, type: 'application/octet-stream' })
  assert.equal(answer.status, 201, answer.text)
  return answer.json
}
const post = (person, chatId, body) => client.post(`/messages/${chatId}`, { token: person.token, body })
async function sent(person, chatId, body) {
  const answer = await post(person, chatId, body)
  assert.equal(answer.status, 201, answer.text)
  return answer.json
}
const status = async (person, file, part = '') => (await client.get(`/files/${file.id}${part}`, { token: person.token })).status

test('a message has its files, in their order, wherever it is read', async () => {
  const { id } = await openDirect(ground, ann, bob)
  const { cursor } = (await client.get('/poll', { token: bob.token })).json
  const files = [await store(ann), await store(ann, png(40, 20)), await store(ann)]
  const wanted = [files[2], files[0], files[1]]
  const message = await sent(ann, id, { body: 'Ось слоненята', fileIds: wanted.map(f => f.id) })
  assert.deepEqual(message.files, wanted)
  assert.deepEqual((await messageOf(client, bob, id, message.seq)).files, wanted)
  const { events } = (await client.get(`/poll?cursor=${encodeURIComponent(cursor)}&chatId=${id}`, { token: bob.token })).json
  assert.deepEqual(events.find(e => e.type === 'message').message.files, wanted)
  assert.deepEqual((await client.get(`/messages/search?q=${encodeURIComponent('слоненята')}`, { token: bob.token })).json.items[0].files, wanted)
  assert.deepEqual((await client.get(`/chats/${id}`, { token: bob.token })).json.lastMessage.files, wanted)
  for (const file of wanted) assert.equal(await status(bob, file), 200)
  assert.equal(await status(bob, files[1], '/thumb'), 200)
})

test('files without words are a message; neither is none', async () => {
  const { id } = await openDirect(ground, ann, bob)
  const file = await store(ann)
  const message = await sent(ann, id, { fileIds: [file.id] })
  assert.deepEqual([message.body, message.files], ['', [file]])
  for (const body of [{}, { body: '' }, { fileIds: [] }]) refused(await post(ann, id, body), 422, 'invalid_fields', ['body'])
})

test('words of a message with files may be taken out, of one without they may not; the files stay', async () => {
  const { id } = await openDirect(ground, ann, bob)
  const [file, plain] = [await store(ann), await say(ground, ann, id)]
  const message = await sent(ann, id, { body: 'Дивись', fileIds: [file.id] })
  const edit = (seq, body) => client.patch(`/messages/${id}/${seq}`, { token: ann.token, body: { body } })
  const answer = await edit(message.seq, '')
  assert.deepEqual([answer.status, answer.json.body, answer.json.files], [200, '', [file]])
  refused(await edit(plain.seq, ''), 422, 'invalid_fields', ['body'])
})

test('only one’s own uploads can be sent, and ten at most; otherwise nothing is', async () => {
  const { id } = await openDirect(ground, ann, bob)
  const [mine, theirs] = [await store(ann), await store(bob)]
  const before = (await page(ground, ann, id)).items.length
  for (const fileIds of [[theirs.id], [mine.id, theirs.id], [999999999], [mine.id, 999999999], Array.from({ length: 11 }, (_, i) => i + 1), ['x'], 'x']) {
    refused(await post(ann, id, { body: 'so', fileIds }), 422, 'invalid_fields', ['fileIds'])
  }
  assert.equal((await page(ground, ann, id)).items.length, before)
  // Seen in a chat is not owned.
  await sent(bob, id, { fileIds: [theirs.id] })
  assert.equal(await status(ann, theirs), 200)
  refused(await post(ann, id, { fileIds: [theirs.id] }), 422, 'invalid_fields', ['fileIds'])
})

test('a retry with the same key has the same files, and takes no others', async () => {
  const { id } = await openDirect(ground, ann, bob)
  const [file, more] = [await store(ann), await store(ann)]
  const message = await sent(ann, id, { fileIds: [file.id], clientKey: 'once' })
  const again = await post(ann, id, { fileIds: [more.id], clientKey: 'once' })
  assert.deepEqual([again.status, again.json], [200, message])
  assert.equal(await status(bob, more), 404)
})

test('who may read a file of a message', async () => {
  const { id } = await makeGroup(ground, owner, [member, left, removed, gone], { admins: [admin] })
  const file = await store(member, png(30, 30))
  const nowhere = await store(member)
  await sent(member, id, { fileIds: [file.id] })
  await leave(ground, left, id)
  await ground.del(`/chats/${id}/members/${removed.id}`, { token: owner.token })
  await ground.del('/account/me', { token: gone.token, body: { password: gone.password } })
  const expected = { owner: 200, admin: 200, member: 200, left: 404, removed: 404, other: 404, gone: 401 }
  const who = { owner, admin, member, left, removed, other, gone }
  for (const [role, person] of Object.entries(who)) {
    for (const part of ['', '/thumb']) assert.equal(await status(person, file, part), expected[role], `${role}${part}`)
    assert.equal(await status(person, nowhere), { member: 200, gone: 401 }[role] ?? 404, role)
  }
  await ground.post(`/chats/${id}/members`, { token: owner.token, body: { userIds: [left.id] } })
  assert.equal(await status(left, file), 200)
  await ground.del(`/chats/${id}`, { token: owner.token })
  for (const [role, person] of Object.entries(who)) assert.equal(await status(person, file), { member: 200, gone: 401 }[role] ?? 404, role)
})

test('a deleted message takes its files along, at once, for everybody; those of other messages stay', async () => {
  const { id } = await openDirect(ground, ann, bob)
  const there = await openDirect(ground, ann, eve)
  const [only, shared] = [await store(ann, png(33, 17)), await store(ann)]
  const message = await sent(ann, id, { body: 'так', fileIds: [only.id, shared.id] })
  await sent(ann, there.id, { fileIds: [shared.id] })
  const { cursor } = (await client.get('/poll', { token: bob.token })).json
  assert.equal((await client.del(`/messages/${id}/${message.seq}`, { token: ann.token })).status, 204)
  for (const person of [ann, bob]) for (const part of ['', '/thumb']) assert.equal(await status(person, only, part), 404)
  assert.deepEqual([await status(bob, shared), await status(ann, shared), await status(eve, shared)], [404, 200, 200])
  assert.deepEqual((await messageOf(client, bob, id, message.seq)).files, [])
  const { events } = (await client.get(`/poll?cursor=${encodeURIComponent(cursor)}&chatId=${id}`, { token: bob.token })).json
  assert.deepEqual(kept(events).map(e => e.type), ['message.deleted'])
  refused(await post(ann, there.id, { fileIds: [only.id] }), 422, 'invalid_fields', ['fileIds'])
  const told = await site.sql(`SELECT data FROM event WHERE chat_id = ${id} AND data LIKE '%files/${only.id}"%'`)
  assert.deepEqual(told, [], 'the log still tells of it')
})

test('bytes go when the last file of them has gone, and the room comes back', async () => {
  const { id } = await openDirect(ground, ann, bob)
  const bytes = png(64, 48)
  const [mine, theirs] = [await store(ann, bytes), await store(bob, bytes)]
  const used = async () => Number((await site.sql(`SELECT used FROM quota WHERE user_id = ${ann.id}`))[0].used)
  const places = await site.sql(`SELECT c.place, c.thumb_place FROM file f JOIN content c ON c.id = f.content_id WHERE f.id IN (${mine.id}, ${theirs.id})`)
  assert.deepEqual(places[0], places[1], 'the same bytes lie there once')
  const there = () => readdirSync(`${site.var}/files`).filter(name => Object.values(places[0]).includes(name)).length
  const before = await used()
  const take = async (person, file) => {
    const { seq } = await sent(person, id, { fileIds: [file.id] })
    assert.equal((await client.del(`/messages/${id}/${seq}`, { token: person.token })).status, 204)
  }
  await take(ann, mine)
  assert.equal(await used(), before - mine.size)
  assert.equal(await status(bob, theirs), 200)
  await take(bob, theirs)
  // In a spare moment; by CGI, of the next request.
  await soon(1, 20_000, async () => {
    await status(bob, theirs)
    return { status: there() ? 0 : 1 }
  })
})

test('everybody sees the picture of a person or chat, if it is theirs who set it', async () => {
  const [portrait, emblem, secret, letter] = [await store(ann, png(50, 50)), await store(owner, png(51, 51)), await store(bob, png(52, 52)), await store(ann)]
  const me = imagePath => client.patch('/account/me', { token: ann.token, body: { imagePath } })
  assert.equal(await status(eve, portrait), 404)
  assert.equal((await me(portrait.url)).json.imagePath, portrait.url)
  for (const part of ['', '/thumb']) assert.equal(await status(eve, portrait, part), 200)
  await me(letter.url)
  assert.deepEqual([await status(eve, portrait), await status(eve, letter)], [404, 404], 'no picture, or one no more')
  await me(secret.url)
  assert.deepEqual([await status(eve, secret), await status(ann, secret)], [404, 404], 'naming another’s file opens nothing')
  await me(`${portrait.url}/thumb`)
  assert.equal(await status(eve, portrait), 200)

  const chat = await makeGroup(ground, owner, [member], { admins: [admin], imagePath: emblem.url })
  const change = (person, imagePath) => client.patch(`/chats/${chat.id}`, { token: person.token, body: { imagePath } })
  assert.equal(await status(eve, emblem), 200)
  await change(admin, emblem.url)
  assert.equal(await status(eve, emblem), 200, 'another admin leaves it as it is')
  await change(admin, portrait.url)
  assert.equal(await status(eve, emblem), 404)
  await change(owner, emblem.url)
  assert.equal(await status(eve, emblem), 200)
  await ground.del(`/chats/${chat.id}`, { token: owner.token })
  assert.equal(await status(eve, emblem), 404)
})
