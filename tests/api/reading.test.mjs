// The list of one's chats, what is unread in them, and who has read what.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, look, makeGroup, messageOf, openDirect, page, say, walk } from '../chats.mjs'
import { connect, refused, transport } from '../client.mjs'
import { openSite } from '../site.mjs'
import { readLog } from '../truth.mjs'

const site = await openSite()
const client = connect(site)
const ground = connect(site, undefined, 'http')
const { get, post } = client

const read = async (person, id, seq) => {
  const { status, text } = await post(`/chats/${id}/read`, { token: person.token, body: { seq } })
  assert.equal(status, 204, text)
}
const marks = async (person, id) => {
  const { lastSeq, readSeq, unread } = await look(client, person, id)
  return [lastSeq, readSeq, unread]
}
const status = async (person, id, seq) => (await messageOf(client, person, id, seq)).status

test('the list: latest activity first, with the last message and what is unread', async () => {
  const [me, other] = await cast(ground, 2)
  const chats = []
  for (const name of ['a', 'b', 'c']) chats.push(await makeGroup(ground, me, [other], { name }))
  chats.push(await openDirect(ground, other, me))
  const groups = async query => (await get(`/chats?${new URLSearchParams(query)}`, { token: me.token })).json.items
    .filter(chat => chat.kind !== 'lobby')
  const [a, b, c, direct] = chats.map(chat => chat.id)
  assert.deepEqual((await groups()).map(chat => chat.id), [direct, c, b, a])
  await say(client, other, a, 'перше')
  await say(client, other, a, 'друге')
  await say(client, me, c, 'третє')
  const list = await groups()
  assert.deepEqual(list.map(chat => chat.id), [c, a, direct, b])
  assert.deepEqual(list.map(chat => [chat.lastMessage?.body, chat.unread]),
    [['третє', 0], ['друге', 2], [undefined, 0], [undefined, 0]])
  for (const chat of list) assert.deepEqual(chat, await look(client, me, chat.id))
})

test('the list in pages: each chat once, while others become active', async () => {
  const [me, other] = await cast(ground, 2)
  const ids = []
  for (let i = 0; i < 9; i++) ids.unshift((await makeGroup(ground, me, [other])).id)
  const seen = (await walk(client, me, '/chats', { limit: 2 }, 'before', () => say(client, other, ids[0]))).flat()
  assert.deepEqual(seen.filter(chat => chat.kind === 'group').map(chat => chat.id), ids)
  assert.equal(seen.length, 10, 'and the lobby')
})

test('unread follows what is said and read; one’s own words are read', async () => {
  const [a, b] = await cast(ground, 2)
  const { id } = await makeGroup(ground, a, [b])
  for (let i = 0; i < 3; i++) await say(client, a, id)
  assert.deepEqual([await marks(a, id), await marks(b, id)], [[3, 3, 0], [3, 0, 3]])
  await read(b, id, 2)
  assert.deepEqual(await marks(b, id), [3, 2, 1])
  await say(client, b, id)
  assert.deepEqual([await marks(a, id), await marks(b, id)], [[4, 3, 1], [4, 4, 0]])
})

test('a read mark never moves back, and beyond the end is the end', async () => {
  const [a, b] = await cast(ground, 2)
  const { id } = await makeGroup(ground, a, [b])
  for (let i = 0; i < 3; i++) await say(client, a, id)
  await read(b, id, 0)
  assert.deepEqual(await marks(b, id), [3, 0, 3])
  await read(b, id, 2)
  for (const seq of [1, 0, 2]) await read(b, id, seq)
  assert.deepEqual(await marks(b, id), [3, 2, 1])
  const events = (await readLog(site, id)).filter(event => event.type === 'read')
  assert.deepEqual(events.map(event => [event.userId, event.seq]), [[b.id, 2]], 'what moves nothing is not told')
  await read(b, id, 9007199254740991)
  assert.deepEqual(await marks(b, id), [3, 3, 0])
  assert.equal((await post(`/chats/${id}/read`, { token: b.token, form: { seq: '3' } })).status, 204)
  for (const seq of [-1, 1.5, '3', null]) {
    refused(await post(`/chats/${id}/read`, { token: b.token, body: { seq } }), 422, 'invalid_fields', ['seq'])
  }
})

test('status: true once another member has read it; the author’s own reading does not count', async () => {
  const [a, b, c] = await cast(ground, 3)
  const { id } = await makeGroup(ground, a, [b, c])
  assert.equal((await say(client, a, id)).status, false)
  await say(client, a, id)
  await read(a, id, 2)
  assert.deepEqual([await status(a, id, 1), await status(b, id, 1)], [false, false])
  await read(b, id, 1)
  assert.deepEqual([await status(a, id, 1), await status(c, id, 1), await status(a, id, 2)], [true, true, false])
  assert.equal((await look(client, a, id)).lastMessage.status, false)
  await read(b, id, 2)
  assert.equal((await look(client, a, id)).lastMessage.status, true)
  // Now b is the furthest reader, and what b says is read by nobody.
  await say(client, b, id)
  assert.equal(await status(b, id, 3), false)
  await read(c, id, 3)
  assert.equal(await status(b, id, 3), true)
})

test('who comes later and reads what was said before has read it', async () => {
  const [a, b] = await cast(ground, 2)
  const { id } = await makeGroup(ground, a, [], { public: true })
  await say(client, a, id)
  await post(`/chats/${id}/join`, { token: b.token })
  assert.equal(await status(a, id, 1), false, 'coming is not reading')
  await read(b, id, 1)
  assert.equal(await status(a, id, 1), true)
  const events = (await readLog(site, id)).length
  await read(b, id, 1)
  assert.equal((await readLog(site, id)).length, events)
})

test('status and unread agree with a plain account of who read what, whatever the order', async () => {
  const people = await cast(ground, 4)
  const { id } = await makeGroup(ground, people[0], people.slice(1))
  const seqs = []
  const reached = people.map(() => 0)
  for (let step = 0; step < (transport === 'http' ? 60 : 25); step++) {
    const i = Math.floor(Math.random() * people.length)
    if (Math.random() < 0.5) {
      seqs.push(i)
      reached[i] = (await say(client, people[i], id)).seq
    } else {
      const seq = Math.floor(Math.random() * (seqs.length + 2))
      await read(people[i], id, seq)
      reached[i] = Math.max(reached[i], Math.min(seq, seqs.length))
    }
    if (step % 5 > 0) continue
    const { items } = await page(client, people[0], id, { limit: 200 })
    assert.deepEqual(items.map(message => message.status),
      seqs.map((author, k) => reached.some((seq, who) => who !== author && seq > k)))
    assert.deepEqual(await marks(people[i], id), [seqs.length, reached[i], seqs.length - reached[i]])
  }
})
