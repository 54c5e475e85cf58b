// The database goes away and comes back. On a site of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeGroup, say } from '../chats.mjs'
import { connect, refused, soon } from '../client.mjs'
import { logIn, newcomer, settle } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite({ own: true })
const client = connect(site)
const { get, post, patch } = client

test('without the database: 503 with Retry-After everywhere, and all is well again when it is back', async () => {
  const person = await settle(client)
  const { token } = person
  const late = newcomer()
  const { id } = await makeGroup(client, person)
  await say(client, person, id, 'before')
  assert.equal((await get('/users', { token })).status, 200)

  for (let time = 0; time < 2; time++) {
    await site.stopDatabase()
    const away = async ask => {
      const start = Date.now()
      refused(await ask(), 503, 'database_away')
      assert.ok(Date.now() - start < 10_000, 'waiting for nothing')
    }
    try {
      await away(() => get('/health'))
      await away(() => get('/account/me', { token }))
      await away(() => get('/users', { token }))
      await away(() => get(`/users/${person.id}`, { token }))
      await away(() => get('/account/sessions', { token }))
      await away(() => patch('/account/me', { token, body: { firstName: 'Nobody' } }))
      await away(() => post('/account/register', { body: late }))
      await away(() => get('/chats', { token }))
      await away(() => post('/chats', { token, body: { name: 'Nobody' } }))
      await away(() => post(`/chats/${id}/leave`, { token }))
      await away(() => get(`/messages/${id}`, { token }))
      await away(() => post(`/messages/${id}`, { token, body: { body: 'x', clientKey: 'late' } }))
      await away(() => patch(`/messages/${id}/1`, { token, body: { body: 'after' } }))
      await away(() => post('/account/login', { body: { login: person.email, password: person.password } }))
      await away(() => post('/account/refresh', { body: { refreshToken: person.refreshToken } }))
      await away(() => post('/account/logout', { token }))
      assert.equal((await get('/health/metrics')).status, 200, 'the counters need no database')
      refused(await get('/account/me'), 401, 'unauthorized')
      refused(await client.put('/account/me', { token }), 405, 'method_not_allowed')
    } finally {
      await site.startDatabase()
    }

    await soon(200, 30_000, () => get('/health'))
    const me = await soon(200, 5000, () => get('/account/me', { token }))
    assert.equal(me.json.firstName, person.firstName)
    await soon(200, 5000, () => get('/users', { token }))
    const { items } = (await soon(200, 5000, () => get(`/messages/${id}`, { token }))).json
    assert.deepEqual(items.map(message => message.body), ['before'])
    assert.equal((await soon(200, 5000, () => get('/chats', { token }))).json.items.length, 2, 'the group and the lobby')
    assert.equal((await logIn(client, person.email, person.password)).status, 200)
  }
  const answer = await post('/account/refresh', { body: { refreshToken: person.refreshToken } })
  assert.equal(answer.status, 200, 'the refresh token was not used up by the failed calls')
  assert.equal((await post('/account/register', { body: late })).status, 201, 'nothing of the failed registration is left')
})

test('requests under way when the database goes are answered, with 503 at worst', async () => {
  const person = await settle(client)
  let going = true
  const answers = []
  const workers = Array.from({ length: 8 }, async () => {
    while (going) {
      const { status, code } = await get('/account/me', { token: person.token })
      answers.push(status)
      if (status !== 200) assert.ok(['database_away', 'rate_limited'].includes(code), code)
    }
  })
  try {
    await soon(200, 5000, () => get('/health'))
    await site.stopDatabase()
    await soon(503, 5000, () => get('/health'))
  } finally {
    await site.startDatabase()
  }
  await soon(200, 30_000, () => get('/health'))
  going = false
  await Promise.all(workers)
  for (const status of answers) assert.ok([200, 429, 503].includes(status), String(status))
})
