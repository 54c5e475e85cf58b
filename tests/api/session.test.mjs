import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, refused, soon } from '../client.mjs'
import { again, logIn, settle } from '../people.mjs'
import { facts, openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const { get, post, put, del } = client
const refresh = refreshToken => post('/account/refresh', { body: { refreshToken } })

// Every program that takes a token, so that each has looked the session up and has something to forget.
const DOORS = ['/account/me', '/account/sessions', '/users', '/users/1']

async function inside({ token, id }) {
  for (const door of DOORS) {
    const { status } = await get(door.replace('1', id), { token })
    assert.equal(status, 200, door)
  }
}

async function out({ token, refreshToken, id }) {
  for (const door of DOORS) {
    const path = door.replace('1', id)
    refused(await soon(401, 2000, () => get(path, { token })), 401, 'unauthorized')
    refused(await get(path, { token }), 401, 'unauthorized')
  }
  refused(await refresh(refreshToken), 401, 'refresh_invalid')
}

test('logout ends the session everywhere, and only that one', async () => {
  const person = await settle(client)
  const other = await again(client, person)
  await inside(person)
  await inside(other)
  const answer = await post('/account/logout', { token: person.token })
  assert.equal(answer.status, 204)
  for (const name of ['bellhop_refresh', 'bellhop_access']) {
    const { value, attributes } = answer.cookies[name]
    assert.equal(value, '')
    assert.ok(attributes.includes('Max-Age=0'), attributes.join())
  }
  await out(person)
  await inside(other)
})

test('logout twice: the second time 401', async () => {
  const person = await settle(client)
  await post('/account/logout', { token: person.token })
  refused(await soon(401, 2000, () => post('/account/logout', { token: person.token })), 401, 'unauthorized')
})

test('the list of sessions says which, whence, and which is this one', async () => {
  const person = await settle(client)
  const answer = await logIn(client, person.email, person.password, { headers: { 'User-Agent': 'Bell/1 "q" <b> \u00e9' } })
  const other = answer.json
  const { json } = await get('/account/sessions', { token: person.token })
  assert.equal(json.next, null)
  assert.deepEqual(json.items.map(item => item.id), [other.sessionId, person.sessionId])
  assert.deepEqual(json.items.map(item => item.current), [false, true])
  assert.equal(json.items[0].address, '127.0.0.1')
  assert.match(json.items[1].lastUsedAt, /Z$/)
  assert.ok(Date.parse(json.items[0].expiresAt) > Date.now() + 29 * 86_400_000)
  const seenThere = (await get('/account/sessions', { token: other.accessToken })).json
  assert.deepEqual(seenThere.items.map(item => item.current), [true, false])
})

test('the list of sessions comes in pages, the newest first', async () => {
  const person = await settle(client)
  const ids = [person.sessionId]
  for (let i = 0; i < 4; i++) ids.unshift((await logIn(client, person.email, person.password)).json.sessionId)
  const seen = []
  for (let after = '', pages = 0; after !== null && pages < 5; pages++) {
    const { json } = await get(`/account/sessions?limit=2${after && `&after=${after}`}`, { token: person.token })
    seen.push(json.items.map(item => item.id))
    after = json.next
  }
  assert.deepEqual(seen, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)])
  for (const query of ['limit=0', 'limit=201', 'limit=some', 'after=x'])
    refused(await get(`/account/sessions?${query}`, { token: person.token }), 422, 'invalid_fields', [query.split('=')[0]])
})

test('a user agent is shown as it was sent', async () => {
  const person = await settle(client)
  await logIn(client, person.email, person.password, { headers: { 'User-Agent': 'Bell/1 "quoted" <b>' } })
  const { json } = await get('/account/sessions', { token: person.token })
  assert.equal(json.items[0].userAgent, 'Bell/1 "quoted" <b>')
})

test('a session that is over is not listed', async () => {
  const person = await settle(client)
  const other = await again(client, person)
  await post('/account/logout', { token: other.token })
  await site.sql(`UPDATE session SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND
    WHERE id = ${(await again(client, person)).sessionId}`)
  const { json } = await get('/account/sessions', { token: person.token })
  assert.deepEqual(json.items.map(item => item.id), [person.sessionId])
})

test('ending another session of one’s own', async () => {
  const person = await settle(client)
  const other = await again(client, person)
  await inside(other)
  assert.equal((await del(`/account/sessions/${other.sessionId}`, { token: person.token })).status, 204)
  await out(other)
  await inside(person)
  refused(await del(`/account/sessions/${other.sessionId}`, { token: person.token }), 404, 'not_found')
})

test('ending this very session is a logout', async () => {
  const person = await settle(client)
  assert.equal((await del(`/account/sessions/${person.sessionId}`, { token: person.token })).status, 204)
  await out(person)
})

test('somebody else’s session: 404, and it goes on', async () => {
  const [person, stranger] = [await settle(client), await settle(client)]
  refused(await del(`/account/sessions/${person.sessionId}`, { token: stranger.token }), 404, 'not_found')
  await inside(person)
})

test('a new password ends all other sessions, and this one goes on', async () => {
  const person = await settle(client)
  const others = [await again(client, person), await again(client, person)]
  for (const one of [person, ...others]) await inside(one)
  const answer = await put('/account/password', { token: person.token, body: { current: person.password, new: 'brand new one' } })
  assert.equal(answer.status, 204, answer.text)
  for (const other of others) await out(other)
  await inside(person)
  assert.equal((await refresh(person.refreshToken)).status, 200)
  refused(await logIn(client, person.email, person.password), 401, 'bad_credentials')
  assert.equal((await logIn(client, person.email, 'brand new one')).status, 200)
})

test('a new password as a form', async () => {
  const person = await settle(client)
  const answer = await put('/account/password', { token: person.token, form: { current: person.password, new: 'нове слово' } })
  assert.equal(answer.status, 204, answer.text)
  assert.equal((await logIn(client, person.email, 'нове слово')).status, 200)
})

test('a new password needs the one before', async () => {
  const person = await settle(client)
  const before = await facts(site, person.id)
  const change = body => put('/account/password', { token: person.token, body })
  refused(await change({ current: 'wrong password', new: 'brand new one' }), 403, 'wrong_password')
  refused(await change({ current: person.password, new: 'short' }), 422, 'invalid_fields', ['new'])
  refused(await change({ current: person.password, new: 'x'.repeat(257) }), 422, 'invalid_fields', ['new'])
  assert.deepEqual(await facts(site, person.id), before)
})

test('guessing the password with a stolen token is counted like guessing at the door', async () => {
  const person = await settle(client)
  const guess = n => put('/account/password', { token: person.token, body: { current: `guess ${n}`, new: 'brand new one' } })
  for (let i = 0; i < 10; i++) refused(await guess(i), 403, 'wrong_password')
  refused(await guess(10), 429, 'rate_limited')
  refused(await del('/account/me', { token: person.token, body: { password: 'guess 11' } }), 429, 'rate_limited')
})
