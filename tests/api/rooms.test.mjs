// Public groups: finding them and joining them, with and without a password.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, leave, look, makeGroup, openDirect, roles, say, walk } from '../chats.mjs'
import { connect, refused } from '../client.mjs'
import { settle, unique } from '../people.mjs'
import { openSite } from '../site.mjs'
import { readLog } from '../truth.mjs'

const site = await openSite()
const client = connect(site)
const ground = connect(site, undefined, 'http')
const { get, post, patch, del } = client

const [owner, seeker] = await cast(ground, 2)
const rooms = (person, query) => get(`/chats/rooms?${new URLSearchParams(query)}`, { token: person.token })
const names = async (person, query) => (await rooms(person, query)).json.items.map(room => room.name)
const join = (person, id, body) => post(`/chats/${id}/join`, { token: person.token, body })
const publicRoom = (name, with_ = {}) => makeGroup(ground, owner, [], { name, public: true, ...with_ })

test('a room is a public group that one is not in', async () => {
  const q = unique()
  const { id, createdAt } = await publicRoom(`Кімната ${q}`, { password: 'двері', imagePath: 'files/1' })
  const open = await publicRoom(`Зала ${q}`)
  await makeGroup(ground, owner, [], { name: `Таємна ${q}` })
  const { items, next } = (await rooms(seeker, { q })).json
  assert.equal(next, null)
  assert.deepEqual(items.map(room => [room.name, room.protected]), [[`Зала ${q}`, false], [`Кімната ${q}`, true]])
  assert.deepEqual(items[1], {
    id, kind: 'group', name: `Кімната ${q}`, imagePath: 'files/1', memberCount: 1, protected: true, createdAt
  })
  assert.deepEqual(await names(owner, { q }), [], 'one is in there already')

  await join(seeker, open.id)
  assert.deepEqual(await names(seeker, { q }), [`Кімната ${q}`])
  await leave(client, seeker, open.id)
  assert.deepEqual(await names(seeker, { q }), [`Зала ${q}`, `Кімната ${q}`])
  await patch(`/chats/${id}`, { token: owner.token, body: { public: false } })
  assert.deepEqual(await names(seeker, { q }), [`Зала ${q}`])
  await del(`/chats/${open.id}`, { token: owner.token })
  assert.deepEqual(await names(seeker, { q }), [])
})

test('a search finds parts of names in whatever case and alphabet, and signs mean themselves', async () => {
  const part = unique()
  const name = `50%_Їжаки ${part} Müller! a\\b`
  await publicRoom(name)
  for (const q of [`їжаки ${part}`, `ЇЖАКИ ${part.toUpperCase()}`, `${part} MÜLL`, `50%_їжаки ${part}`, `${part} müller! A\\B`]) {
    assert.deepEqual(await names(seeker, { q }), [name], q)
  }
  for (const q of [`%${part}`, `_${part}`, `їжаки%${part}`, `${part}' OR '1'='1`, `5_%_їжаки ${part}`]) {
    assert.deepEqual(await names(seeker, { q }), [], q)
  }
})

test('a changed name is found as the new one', async () => {
  const q = unique()
  const { id } = await publicRoom(`Стара ${q}`)
  await patch(`/chats/${id}`, { token: owner.token, body: { name: `НОВА ${q}` } })
  assert.deepEqual(await names(seeker, { q: `стара ${q}` }), [])
  for (const blank of [' ', '  ', '\t']) assert.deepEqual(await names(seeker, { q: `${blank}нова${blank}${q}${blank}` }), [`НОВА ${q}`])
})

test('130 rooms in pages, by name, without gap or double while others come', async () => {
  const q = unique()
  const makers = await cast(ground, 2)
  const wanted = Array.from({ length: 130 }, (_, i) => `p${q}${String(i * 7919 % 130).padStart(3, '0')}`)
  const make = (name, i) => makeGroup(ground, makers[i % 2], [], { name, public: true })
  for (let i = 0; i < wanted.length; i += 13) await Promise.all(wanted.slice(i, i + 13).map(make))
  await make(wanted[0], 0)
  let i = 0
  const pages = await walk(client, seeker, '/chats/rooms', { q, limit: 50 }, 'after', async () => {
    await makeGroup(ground, owner, [], { name: `a${q}${i++}`, public: true })
    await makeGroup(ground, owner, [], { name: `z${q}${i++}`, public: true })
  })
  const found = pages.flat()
  assert.equal(new Set(found.map(room => room.id)).size, found.length)
  assert.deepEqual(found.map(room => room.name).filter(name => name.startsWith('p')), [...wanted, wanted[0]].sort())
})

test('names that are very long when folded are paged like all others', async () => {
  const q = unique()
  const long = '\ufdfa'.repeat(80)
  for (const end of ['a', 'b', 'c']) await publicRoom(`${q}${long}${end}`)
  const changed = await publicRoom('short')
  assert.equal((await patch(`/chats/${changed.id}`, { token: owner.token, body: { name: `${q}${long}d` } })).status, 200)
  const found = (await walk(client, seeker, '/chats/rooms', { q, limit: 1 }, 'after')).flat()
  assert.deepEqual(found.map(room => room.name.at(-1)).sort(), ['a', 'b', 'c', 'd'])
})

test('a cursor that is none: 422', async () => {
  for (const after of ['x', '!', '0', '-1', 'я', 'A'.repeat(3000)]) {
    refused(await rooms(seeker, { after }), 422, 'invalid_fields', ['after'])
    refused(await get(`/chats?${new URLSearchParams({ before: after })}`, { token: seeker.token }), 422, 'invalid_fields', ['before'])
  }
})

test('joining an open room: the chat with its latest messages; once more is harmless', async () => {
  const { id } = await publicRoom('Відкрита')
  for (let i = 1; i <= 12; i++) await say(client, owner, id, `${i}`)
  const first = await join(seeker, id)
  assert.equal(first.status, 200)
  const { chat, messages } = first.json
  assert.deepEqual([chat.role, chat.memberCount, chat.lastSeq, chat.readSeq, chat.unread], ['member', 2, 12, 12, 0])
  assert.deepEqual(messages.map(message => message.seq), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  const events = (await readLog(site, id)).length
  const again = await join(seeker, id, { password: 'not needed' })
  assert.equal(again.status, 200)
  assert.equal(again.json.chat.memberCount, 2)
  assert.equal((await readLog(site, id)).length, events)
  assert.equal((await post(`/chats/${id}/join`, { token: (await settle(client)).token, form: { password: '' } })).status, 200)
})

test('what is not public is not there, but for those who are in', async () => {
  const [member] = await cast(ground, 1)
  const { id } = await makeGroup(ground, owner, [member])
  refused(await join(seeker, id), 404, 'not_found')
  refused(await join(seeker, id, { password: 'x' }), 404, 'not_found')
  assert.equal((await join(member, id)).status, 200)
  assert.deepEqual(await roles(client, owner, id), { [owner.id]: 'owner', [member.id]: 'member' })
})

test('the lobby and a direct chat, too, are got by joining, by who is in them', async () => {
  const [one, two] = await cast(ground, 2)
  const direct = await openDirect(ground, one, two)
  const lobby = (await get('/chats', { token: one.token })).json.items.find(chat => chat.kind === 'lobby')
  await say(client, two, direct.id, 'привіт')
  const told = async id => (await readLog(site, id)).filter(event => event.type === 'member.joined' && event.user.id === one.id).length
  for (const { id, kind } of [lobby, direct]) {
    const before = await told(id)
    const { status, json } = await join(one, id)
    assert.equal(status, 200)
    assert.deepEqual([json.chat.id, json.chat.kind, json.chat.role], [id, kind, 'member'])
    assert.equal(await told(id), before)
  }
  assert.deepEqual((await join(one, direct.id)).json.messages.map(message => message.body), ['привіт'])
  refused(await join(seeker, direct.id), 404, 'not_found')
})

test('a password: wrong, empty or none 403, right 200; a changed one counts at once', async () => {
  const [one, two] = await cast(ground, 2)
  const { id } = await publicRoom('Замкнена', { password: 'двері' })
  for (const body of [undefined, {}, { password: null }, { password: '' }, { password: 'вікно' }, { password: 'двері ' }]) {
    refused(await join(one, id, body), 403, 'wrong_password')
  }
  assert.equal((await look(client, owner, id)).memberCount, 1)
  assert.equal((await join(one, id, { password: 'двері' })).json.chat.memberCount, 2)
  assert.equal((await join(one, id)).status, 200, 'who is in needs none')
  await patch(`/chats/${id}`, { token: owner.token, body: { password: 'брама' } })
  refused(await join(two, id, { password: 'двері' }), 403, 'wrong_password')
  assert.equal((await join(two, id, { password: 'брама' })).status, 200)
  await leave(client, two, id)
  await patch(`/chats/${id}`, { token: owner.token, body: { password: null } })
  assert.equal((await join(two, id)).status, 200)
})

test('ten wrong passwords, and a room is shut to this person for a while, and to nobody else', async () => {
  const [guesser, other] = await cast(ground, 2)
  const { id } = await publicRoom('Замкнена', { password: 'двері' })
  const next = await publicRoom('Сусідня', { password: 'двері' })
  // A right one is not counted.
  assert.equal((await join(guesser, id, { password: 'двері' })).status, 200)
  await leave(client, guesser, id)
  for (let i = 0; i < 10; i++) refused(await join(guesser, id, { password: `${i}` }), 403, 'wrong_password')
  for (const password of ['10', 'двері']) {
    const answer = refused(await join(guesser, id, { password }), 429, 'rate_limited')
    assert.ok(Number(answer.headers['retry-after']) <= 900)
  }
  assert.equal((await join(other, id, { password: 'двері' })).status, 200)
  assert.equal((await join(guesser, next.id, { password: 'двері' })).status, 200)
})
