// Groups: making and changing them, who is in them and with which role, and how they end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, leave, look, makeGroup, roles, say, walk } from '../chats.mjs'
import { connect, refused } from '../client.mjs'
import { settle, unique } from '../people.mjs'
import { openSite } from '../site.mjs'
import { readLog } from '../truth.mjs'

const site = await openSite()
const client = connect(site)
const ground = connect(site, undefined, 'http')
const { get, post, patch, del } = client

const [owner, admin, member, other, stranger] = await cast(ground, 5)
const create = (person, body) => post('/chats', { token: person.token, body })
const change = (person, id, body) => patch(`/chats/${id}`, { token: person.token, body })
const add = (person, id, ...people) => post(`/chats/${id}/members`, { token: person.token, body: { userIds: people.map(p => p.id) } })
const remove = (person, id, target) => del(`/chats/${id}/members/${target.id}`, { token: person.token })
const setRole = (person, id, target, role) => patch(`/chats/${id}/members/${target.id}`, { token: person.token, body: { role } })
const status = async asked => (await asked).status

const NAMES = {
  good: ['x', 'я'.repeat(100), '😀'.repeat(100), '\ufdfa'.repeat(100), "a'b\"c\\d<e>&f", '👩‍👩‍👧'],
  bad: ['', ' ', '\u00a0\u2003', '\u200d', 'x'.repeat(101), '😀'.repeat(101), 'a\nb', 'a\tb', 'a\u202eb', '\u0007', 'a\u2028b']
}

test('a new group: whoever makes it is its owner, and the answer is the chat', async () => {
  const answer = await create(owner, { name: '  Гурт  ', imagePath: 'files/3', public: true })
  assert.equal(answer.status, 201)
  const chat = answer.json
  assert.deepEqual(chat.members.map(user => user.id), [owner.id])
  const { id, createdAt, updatedAt, members, ...rest } = chat
  assert.deepEqual(rest, {
    kind: 'group', name: 'Гурт', imagePath: 'files/3', memberCount: 1, lastMessage: null, lastSeq: 0, readSeq: 0, unread: 0,
    role: 'owner', public: true, protected: false
  })
  assert.deepEqual(await look(client, owner, id), chat)
  const { items } = (await get('/chats?limit=1', { token: owner.token })).json
  assert.deepEqual(items, [chat])
  assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000)
  assert.ok(updatedAt >= createdAt)
})

test('people named in userIds are in at once, each once, and naming oneself changes nothing', async () => {
  const { status, json } = await create(owner, { name: 'x', userIds: [member.id, other.id, member.id, owner.id] })
  assert.equal(status, 201)
  assert.equal(json.memberCount, 3)
  assert.equal(json.public, false)
  assert.deepEqual(await roles(client, other, json.id), { [owner.id]: 'owner', [member.id]: 'member', [other.id]: 'member' })
})

test('the same by a form', async () => {
  const form = { name: 'Форма', userIds: `${member.id}, ${other.id}`, public: 'true', imagePath: '', password: '' }
  const { status, json } = await post('/chats', { token: owner.token, form })
  assert.equal(status, 201)
  assert.deepEqual([json.name, json.memberCount, json.public, json.protected, json.imagePath], ['Форма', 3, true, false, null])
})

test('somebody who does not exist, or is no more, in userIds: 422 that names the field, and no group', async () => {
  const gone = await settle(client)
  await del('/account/me', { token: gone.token, body: { password: gone.password } })
  const maker = await settle(client)
  const count = async () => (await get('/chats', { token: maker.token })).json.items.length
  const before = await count()
  for (const userIds of [[gone.id], [member.id, gone.id], [9007199254740991, member.id]]) {
    refused(await create(maker, { name: 'x', userIds }), 422, 'invalid_fields', ['userIds'])
  }
  assert.equal(await count(), before)
})

test('names: up to 100 characters on one line, in a new group and in a change', async () => {
  const { id } = await makeGroup(ground, owner)
  for (const name of NAMES.good) {
    const made = await create(admin, { name })
    assert.equal(made.status, 201, name)
    assert.equal(made.json.name, name)
    const changed = await change(owner, id, { name })
    assert.equal(changed.status, 200, name)
    assert.equal(changed.json.name, name)
  }
  for (const name of NAMES.bad) {
    refused(await create(admin, { name }), 422, 'invalid_fields', ['name'])
    refused(await change(owner, id, { name }), 422, 'invalid_fields', ['name'])
  }
  assert.equal((await look(client, owner, id)).name, NAMES.good.at(-1))
})

test('a password protects a group, is kept as a hash, and shows nowhere', async () => {
  const password = `двері ${unique()}`
  const { id, protected: closed } = await makeGroup(ground, owner, [member], { public: true, password })
  assert.equal(closed, true)
  const [{ password_hash: hash }] = await site.sql(`SELECT password_hash FROM chat WHERE id = ${id}`)
  assert.match(hash, /^\$y\$/)
  assert.equal((await look(client, member, id)).protected, true)
  const log = JSON.stringify(await readLog(site, id))
  assert.ok(!log.includes(password) && !log.includes(hash))

  for (const none of [null, '']) {
    assert.equal((await change(owner, id, { password: none })).json.protected, false)
    assert.equal((await change(owner, id, { password })).json.protected, true)
    const plain = await create(owner, { name: 'x', password: none })
    assert.equal(plain.json.protected, false)
  }
  assert.equal((await change(owner, id, { name: 'y' })).json.protected, true, 'what is not given stays')
  refused(await change(owner, id, { password: 'я'.repeat(129) }), 422, 'invalid_fields', ['password'])
})

test('a change is by the owner and admins, of what is given alone', async () => {
  const { id } = await makeGroup(ground, owner, [member], { admins: [admin], imagePath: 'https://example.org/a.png' })
  const was = await look(client, admin, id)
  const { status, json } = await change(admin, id, { public: true })
  assert.equal(status, 200)
  assert.deepEqual(json, { ...was, public: true, updatedAt: json.updatedAt })
  assert.ok(json.updatedAt > was.updatedAt)
  assert.equal((await change(owner, id, { imagePath: null })).json.imagePath, null)
  refused(await change(member, id, { name: 'mine' }), 403, 'forbidden')
  refused(await change(stranger, id, { name: 'mine' }), 404, 'not_found')
  refused(await change(owner, id, { name: 'new', imagePath: 'javascript:alert(1)' }), 422, 'invalid_fields', ['imagePath'])
  assert.equal((await look(client, member, id)).name, was.name, 'nothing of a wrong request is done')
})

test('what is as it was is no change: the same updatedAt, and nothing is told', async () => {
  const { id } = await makeGroup(ground, owner, [member], { name: 'Гурт', public: true, imagePath: 'https://example.org/a.png' })
  const was = await look(client, owner, id)
  const told = (await readLog(site, id)).length
  const same = { name: ' Гурт', public: true, imagePath: 'https://example.org/a.png', password: null }
  const bodies = [{}, same, ...Object.entries(same).map(([name, value]) => ({ [name]: value }))]
  for (const body of bodies) assert.deepEqual((await change(owner, id, body)).json, was)
  assert.equal((await readLog(site, id)).length, told)
  refused(await change(member, id, {}), 403, 'forbidden')
  for (const [name, value] of Object.entries({ name: 'гурт', public: false, imagePath: null, password: 'двері' })) {
    assert.ok((await change(owner, id, { ...same, [name]: value })).json.updatedAt > was.updatedAt)
    assert.equal((await readLog(site, id)).at(-1).type, 'chat')
    assert.equal((await change(owner, id, same)).status, 200)
  }
  assert.equal((await readLog(site, id)).length, told + 8)
})

test('a deleted group is gone for all', async () => {
  const { id } = await makeGroup(ground, owner, [member], { admins: [admin], public: true })
  await say(client, member, id)
  for (const person of [admin, member]) refused(await del(`/chats/${id}`, { token: person.token }), 403, 'forbidden')
  assert.equal(await status(del(`/chats/${id}`, { token: owner.token })), 204)
  for (const person of [owner, admin, member, stranger]) {
    const { token } = person
    refused(await get(`/chats/${id}`, { token }), 404, 'not_found')
    refused(await get(`/messages/${id}`, { token }), 404, 'not_found')
    refused(await post(`/messages/${id}`, { token, body: { body: 'x' } }), 404, 'not_found')
    refused(await post(`/chats/${id}/join`, { token }), 404, 'not_found')
    refused(await del(`/chats/${id}`, { token }), 404, 'not_found')
    const pages = await walk(client, person, '/chats', { limit: 200 }, 'before')
    assert.ok(!pages.flat().some(chat => chat.id === id))
  }
})

test('members: pages by id, with roles and how far each has read', async () => {
  const crowd = await cast(ground, 12)
  const { id } = await makeGroup(ground, owner, crowd.slice(1), { admins: crowd.slice(0, 1) })
  await say(client, crowd[3], id)
  const pages = await walk(client, crowd[5], `/chats/${id}/members`, { limit: 5 }, 'after')
  assert.deepEqual(pages.map(page => page.length), [5, 5, 3])
  const items = pages.flat()
  const expected = [owner, ...crowd].sort((a, b) => a.id - b.id)
  assert.deepEqual(items.map(m => m.user.id), expected.map(p => p.id))
  assert.deepEqual(items.map(m => m.role), expected.map(p => (p === owner ? 'owner' : p === crowd[0] ? 'admin' : 'member')))
  assert.deepEqual(items.map(m => m.readSeq), expected.map(p => (p === crowd[3] ? 1 : 0)))
  const { json } = await get(`/users/${crowd[3].id}`, { token: owner.token })
  assert.deepEqual(items.find(m => m.user.id === crowd[3].id).user, json)
  const chat = await look(client, owner, id)
  assert.deepEqual([chat.memberCount, chat.members.map(user => user.id)], [13, expected.slice(0, 10).map(p => p.id)])
  refused(await get(`/chats/${id}/members`, { token: stranger.token }), 404, 'not_found')
})

test('any member brings people into a group without a password', async () => {
  const { id } = await makeGroup(ground, owner, [member])
  await say(client, owner, id)
  const answer = await add(member, id, other, admin, other)
  assert.equal(answer.status, 200)
  assert.deepEqual([answer.json.memberCount, answer.json.id], [4, id])
  const chat = await look(client, other, id)
  assert.deepEqual([chat.role, chat.lastSeq, chat.readSeq, chat.unread], ['member', 1, 1, 0], 'what was said before counts as read')
  refused(await add(stranger, id, stranger), 404, 'not_found')
})

test('only the owner and admins bring people into a group with a password', async () => {
  const { id } = await makeGroup(ground, owner, [member], { admins: [admin], password: 'двері' })
  refused(await add(member, id, other), 403, 'forbidden')
  assert.equal((await add(admin, id, other)).json.memberCount, 4)
  assert.equal((await add(owner, id, stranger)).json.memberCount, 5)
})

test('who is in already stays as they are; who does not exist keeps everybody out', async () => {
  const { id } = await makeGroup(ground, owner, [member], { admins: [admin] })
  const events = (await readLog(site, id)).length
  assert.equal((await add(member, id, owner, admin, member)).json.memberCount, 3)
  assert.equal((await readLog(site, id)).length, events, 'nothing to tell')
  refused(await add(member, id, other, { id: 9007199254740991 }), 422, 'invalid_fields', ['userIds'])
  refused(await post(`/chats/${id}/members`, { token: member.token, body: { userIds: [] } }), 422, 'invalid_fields', ['userIds'])
  assert.deepEqual(await roles(client, member, id), { [owner.id]: 'owner', [admin.id]: 'admin', [member.id]: 'member' })
  assert.equal((await add(member, id, member, other)).json.memberCount, 4)
})

test('more than two hundred at once: 422; two hundred are added', async () => {
  const { id } = await makeGroup(ground, owner)
  const name = unique()
  await site.sql(`INSERT INTO user (first_name, last_name, name_key, created_at)
    SELECT 'Crowd', '${name}', '${name}', UTC_TIMESTAMP(3) FROM seq_1_to_201`)
  const userIds = (await site.sql(`SELECT id FROM user WHERE name_key = '${name}'`)).map(row => Number(row.id))
  const ask = ids => post(`/chats/${id}/members`, { token: owner.token, body: { userIds: ids } })
  refused(await ask(userIds), 422, 'invalid_fields', ['userIds'])
  assert.equal((await ask(userIds.slice(0, 200))).json.memberCount, 201)
  assert.equal((await ask(userIds.slice(1))).json.memberCount, 202)
})

test('the owner removes anybody, an admin plain members, a member nobody else', async () => {
  const [second] = await cast(ground, 1)
  const { id } = await makeGroup(ground, owner, [member, other], { admins: [admin, second] })
  for (const target of [owner, admin, other]) refused(await remove(member, id, target), 403, 'forbidden')
  for (const target of [owner, second]) refused(await remove(admin, id, target), 403, 'forbidden')
  refused(await remove(admin, id, stranger), 404, 'not_found')
  refused(await remove(stranger, id, member), 404, 'not_found')
  assert.equal(await status(remove(admin, id, other)), 204)
  assert.equal(await status(remove(owner, id, second)), 204)
  refused(await remove(owner, id, second), 404, 'not_found')
  for (const out of [other, second]) refused(await get(`/chats/${id}`, { token: out.token }), 404, 'not_found')
  const chat = await look(client, member, id)
  assert.deepEqual([chat.memberCount, chat.members.map(user => user.id).sort((a, b) => a - b)],
    [3, [owner.id, admin.id, member.id].sort((a, b) => a - b)])
})

test('removing oneself is leaving, for the owner too', async () => {
  const { id } = await makeGroup(ground, owner, [member])
  assert.equal(await status(remove(owner, id, owner)), 204)
  assert.deepEqual(await roles(client, member, id), { [member.id]: 'owner' })
  assert.equal(await status(remove(member, id, member)), 204)
  refused(await get(`/chats/${id}`, { token: member.token }), 404, 'not_found')
})

test('roles are the owner’s to give; a group is handed over with the role', async () => {
  const { id } = await makeGroup(ground, owner, [member, other], { admins: [admin] })
  for (const person of [admin, member]) {
    for (const role of ['owner', 'admin', 'member']) refused(await setRole(person, id, other, role), 403, 'forbidden')
  }
  refused(await setRole(stranger, id, other, 'admin'), 404, 'not_found')
  refused(await setRole(owner, id, stranger, 'admin'), 404, 'not_found')
  for (const role of ['king', '', 'Owner', 'admin ']) refused(await setRole(owner, id, other, role), 422, 'invalid_fields', ['role'])

  assert.equal(await status(setRole(owner, id, other, 'admin')), 204)
  assert.equal(await status(setRole(owner, id, admin, 'member')), 204)
  for (const role of ['admin', 'member']) refused(await setRole(owner, id, owner, role), 403, 'forbidden')
  assert.deepEqual(await roles(client, member, id),
    { [owner.id]: 'owner', [admin.id]: 'member', [member.id]: 'member', [other.id]: 'admin' })

  assert.equal(await status(setRole(owner, id, member, 'owner')), 204)
  assert.deepEqual(await roles(client, member, id),
    { [owner.id]: 'admin', [admin.id]: 'member', [member.id]: 'owner', [other.id]: 'admin' })
  refused(await setRole(owner, id, other, 'member'), 403, 'forbidden')
  assert.equal(await status(setRole(member, id, member, 'owner')), 204, 'what one is already is no change')
})

test('an owner who leaves hands over to the longest-serving admin, then member; the last one out deletes', async () => {
  const { id } = await makeGroup(ground, owner)
  // Not in the order of their ids.
  const order = [stranger, other, member, admin]
  for (const person of order) await add(owner, id, person)
  for (const person of [admin, member]) await setRole(owner, id, person, 'admin')
  const heirs = [member, admin, stranger, other]
  let leaver = owner
  for (const heir of heirs) {
    await leave(client, leaver, id)
    assert.equal((await roles(client, heir, id))[heir.id], 'owner')
    refused(await get(`/chats/${id}`, { token: leaver.token }), 404, 'not_found')
    leaver = heir
  }
  await leave(client, leaver, id)
  refused(await get(`/chats/${id}`, { token: leaver.token }), 404, 'not_found')
  assert.equal((await readLog(site, id)).at(-1).type, 'chat.deleted')
})

test('who left sees nothing, and finds it all when they are back', async () => {
  const { id } = await makeGroup(ground, owner, [member])
  await say(client, member, id, 'перед')
  await leave(client, member, id)
  for (const path of [`/chats/${id}`, `/chats/${id}/members`, `/messages/${id}`]) {
    refused(await get(path, { token: member.token }), 404, 'not_found')
  }
  refused(await post(`/chats/${id}/leave`, { token: member.token }), 404, 'not_found')
  await say(client, owner, id, 'без тебе')
  await add(owner, id, member)
  const { items } = (await get(`/messages/${id}`, { token: member.token })).json
  assert.deepEqual(items.map(message => message.body), ['перед', 'без тебе'])
})
