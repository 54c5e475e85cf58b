// The list of chats, latest activity first, when their activity lies hours apart: only the newest hours are looked at.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, makeGroup, openDirect, say, walk } from '../chats.mjs'
import { connect } from '../client.mjs'
import { openSite } from '../site.mjs'
import { NO_HOUR } from '../truth.mjs'

const HOUR_MS = 3_600_000
const MANY = 64

const site = await openSite()
const ground = connect(site, undefined, 'http')
const client = connect(site)

// As if nothing had been said in the chat since.
async function setBack(chatId, hours, minutes = 0) {
  const active = Date.now() - hours * HOUR_MS - minutes * 60_000
  await site.sql(`UPDATE chat SET active = ${active} WHERE id = ${chatId};
    UPDATE member m JOIN chat c ON c.id = m.chat_id SET m.hour = c.hour WHERE c.id = ${chatId}`)
}

const listed = async (person, limit) =>
  (await walk(client, person, '/chats', { limit }, 'before')).flat().filter(({ kind }) => kind !== 'lobby').map(({ id }) => id)

const hours = async chatId =>
  (await site.sql(`SELECT DISTINCT hour FROM member WHERE chat_id = ${chatId}`)).map(({ hour }) => Number(hour))

test('in order of activity, whatever the hours and the size of a page', async () => {
  const [person, other] = await cast(ground, 2)
  const made = []
  // Several in one hour, hours with one, and a long time with none.
  for (const [h, m] of [[0, 0], [0, 5], [1, 0], [3, 0], [3, 1], [3, 2], [3, 3], [30, 0], [900, 0], [901, 0], [901, 30], [9000, 0]]) {
    const { id } = await makeGroup(ground, person, [other])
    await setBack(id, h, m)
    made.push(id)
  }
  for (const limit of [1, 2, 3, 5, 7, 11, 12, 13, 200]) assert.deepEqual(await listed(person, limit), made, `limit ${limit}`)
  const { items, next } = (await client.get('/chats?limit=1', { token: person.token })).json
  assert.deepEqual([items.length, items[0].kind === 'lobby' || items[0].id === made[0], next !== null], [1, true, true])
})

test('a message brings its chat to the top for all who are in it', async () => {
  const people = await cast(ground, 3)
  const [person] = people
  const made = []
  for (let i = 0; i < 6; i++) {
    const { id } = await makeGroup(ground, person, people.slice(1))
    await setBack(id, 10 * (i + 1))
    made.push(id)
  }
  const direct = await openDirect(ground, person, people[1])
  await setBack(direct.id, 5)
  await say(client, people[2], made[5])
  assert.deepEqual((await hours(made[5])).length, 1)
  for (const someone of people) assert.equal((await listed(someone, 2))[0], made[5])
  await say(client, people[1], direct.id)
  assert.deepEqual(await listed(person, 3), [direct.id, made[5], ...made.slice(0, 5)])
})

test('who comes into an old chat finds it where it belongs', async () => {
  const [person, newcomer] = await cast(ground, 2)
  const old = await makeGroup(ground, person)
  await setBack(old.id, 100)
  const fresh = await makeGroup(ground, newcomer)
  await setBack(fresh.id, 1)
  await ground.post(`/chats/${old.id}/members`, { token: person.token, body: { userIds: [newcomer.id] } })
  assert.deepEqual(await listed(newcomer, 1), [fresh.id, old.id])
})

test('a chat that grows large is found in its place before and after', async () => {
  const [person, last] = await cast(ground, 2)
  const crowd = await site.sql(`SELECT id FROM user WHERE deleted_at IS NULL AND id NOT IN (${person.id}, ${last.id}) LIMIT ${MANY - 1}`)
  const more = crowd.length < MANY - 1 ? await cast(ground, MANY - 1 - crowd.length) : []
  const { id: large } = await makeGroup(ground, person, [...crowd.map(({ id }) => ({ id: Number(id) })), ...more])
  const { id: small } = await makeGroup(ground, person)
  await setBack(small, 2)
  await setBack(large, 4)
  assert.deepEqual(await listed(person, 1), [small, large])
  await ground.post(`/chats/${large}/members`, { token: person.token, body: { userIds: [last.id] } })
  assert.deepEqual(await hours(large), [NO_HOUR])
  assert.deepEqual(await listed(person, 1), [small, large])
  await say(client, person, large)
  assert.deepEqual(await listed(person, 1), [large, small])
  assert.equal((await listed(last, 5))[0], large)
  // Fewer again: from the next hour on it tells its hour again.
  await ground.del(`/chats/${large}/members/${last.id}`, { token: person.token })
  await site.sql(`UPDATE chat SET active = active - ${3 * HOUR_MS} WHERE id = ${large}`)
  assert.deepEqual(await listed(person, 1), [small, large])
  await say(client, person, large)
  assert.equal((await hours(large)).includes(NO_HOUR), false)
  assert.deepEqual(await listed(person, 1), [large, small])
})
