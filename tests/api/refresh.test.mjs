import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BASE, connect, refused, soon } from '../client.mjs'
import { again, settle, signedIn, unique } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const { get, post } = client
const refresh = (refreshToken, options) => post('/account/refresh', { body: { refreshToken }, ...options })
const own = () => ({ Origin: `http://127.0.0.1:${site.port}` })

async function next(token) {
  const answer = await refresh(token)
  assert.equal(answer.status, 200, answer.text)
  return signedIn(answer)
}

const age = (person, seconds) =>
  site.sql(`UPDATE refresh SET used_at = used_at - INTERVAL ${seconds} SECOND WHERE session_id = ${person.sessionId}`)

async function dead(person, ...refreshTokens) {
  await soon(401, 2000, () => get('/account/me', { token: person.token }))
  await soon(401, 2000, () => get('/users', { token: person.token }))
  for (const token of refreshTokens) refused(await refresh(token), 401, 'refresh_invalid')
  const [row] = await site.sql(`SELECT revoked_at FROM session WHERE id = ${person.sessionId}`)
  assert.notEqual(row.revoked_at, null)
}

test('brings the next pair for the same session', async () => {
  const person = await settle(client)
  const { token, refreshToken, sessionId, user } = await next(person.refreshToken)
  assert.equal(sessionId, person.sessionId)
  assert.equal(user.id, person.id)
  assert.notEqual(refreshToken, person.refreshToken)
  assert.equal((await get('/account/me', { token })).status, 200)
  assert.equal((await get('/account/me', { token: person.token })).status, 200, 'the token before is good until it expires')
})

test('a form refreshes like JSON', async () => {
  const person = await settle(client)
  const answer = await post('/account/refresh', { form: { refreshToken: person.refreshToken } })
  assert.equal(answer.status, 200, answer.text)
})

test('no token, a foreign one, half of one: 401', async () => {
  const { refreshToken, token } = await settle(client)
  refused(await post('/account/refresh', {}), 401, 'refresh_invalid')
  refused(await post('/account/refresh', { body: {} }), 401, 'refresh_invalid')
  const flipped = (refreshToken[0] === 'A' ? 'B' : 'A') + refreshToken.slice(1)
  for (const bad of ['x', refreshToken.slice(1), `${refreshToken}A`, flipped, 'A'.repeat(refreshToken.length)]) {
    refused(await refresh(bad), 401, 'refresh_invalid')
  }
  refused(await refresh(token.slice(0, 100)), 401, 'refresh_invalid')
  assert.equal((await refresh(refreshToken)).status, 200)
})

test('raced 64 times: all get the same successor, and there is only one', async () => {
  const person = await settle(client)
  const answers = await Promise.all(Array.from({ length: 64 }, () => refresh(person.refreshToken)))
  for (const answer of answers) assert.equal(answer.status, 200, answer.text)
  assert.equal(new Set(answers.map(a => a.json.refreshToken)).size, 1)
  const rows = await site.sql(`SELECT used_at FROM refresh WHERE session_id = ${person.sessionId}`)
  assert.equal(rows.length, 2)
  assert.equal(rows.filter(row => row.used_at === null).length, 1)
  assert.equal((await refresh(answers[0].json.refreshToken)).status, 200)
})

test('the parent again within the grace brings the same successor', async () => {
  const person = await settle(client)
  const first = await next(person.refreshToken)
  const second = await next(person.refreshToken)
  assert.equal(second.refreshToken, first.refreshToken)
  assert.equal(second.sessionId, first.sessionId)
  await next(first.refreshToken)
})

test('the grandparent within the grace: reused, and the session is over', async () => {
  const person = await settle(client)
  const child = await next(person.refreshToken)
  const grandchild = await next(child.refreshToken)
  refused(await refresh(person.refreshToken), 401, 'refresh_reused')
  await dead(person, grandchild.refreshToken, child.refreshToken)
})

test('the parent after the grace: reused, and the session is over', async () => {
  const person = await settle(client)
  const child = await next(person.refreshToken)
  await age(person, 11)
  refused(await refresh(person.refreshToken), 401, 'refresh_reused')
  await dead(person, child.refreshToken)
})

test('a reuse ends the one session, not the others of the same person', async () => {
  const person = await settle(client)
  const other = await again(client, person)
  await next(person.refreshToken)
  await age(person, 11)
  refused(await refresh(person.refreshToken), 401, 'refresh_reused')
  await dead(person)
  assert.equal((await get('/account/me', { token: other.token })).status, 200)
  await next(other.refreshToken)
})

test('a session that has expired refreshes no more', async () => {
  const person = await settle(client)
  await site.sql(`UPDATE session SET expires_at = UTC_TIMESTAMP(3) - INTERVAL 1 SECOND WHERE id = ${person.sessionId}`)
  refused(await refresh(person.refreshToken), 401, 'refresh_invalid')
})

test('a refresh prolongs the session', async () => {
  const person = await settle(client)
  await site.sql(`UPDATE session SET expires_at = UTC_TIMESTAMP(3) + INTERVAL 1 HOUR WHERE id = ${person.sessionId}`)
  await next(person.refreshToken)
  const [row] = await site.sql(
    `SELECT expires_at > UTC_TIMESTAMP(3) + INTERVAL 29 DAY AS far FROM session WHERE id = ${person.sessionId}`)
  assert.equal(row.far, '1')
})

test('tokens are stored as hashes only', async () => {
  const person = await settle(client)
  const child = await next(person.refreshToken)
  const [row] = await site.sql(`SELECT GROUP_CONCAT(HEX(hash), IFNULL(HEX(salt), '')) AS stored FROM refresh
    WHERE session_id = ${person.sessionId}`)
  for (const token of [person.refreshToken, child.refreshToken]) {
    for (const form of [Buffer.from(token), Buffer.from(token, 'base64url')]) {
      assert.ok(!row.stored.includes(form.toString('hex').toUpperCase()))
    }
  }
})

test('the cookies: whose, where to, and out of reach of scripts', async () => {
  const { cookies, refreshToken, token } = await settle(client)
  assert.deepEqual(Object.keys(cookies).sort(), ['bellhop_access', 'bellhop_refresh'])
  const { bellhop_refresh: forRefresh, bellhop_access: forFiles } = cookies
  assert.equal(forRefresh.value, refreshToken)
  assert.equal(forFiles.value, token)
  for (const { attributes } of [forRefresh, forFiles]) {
    assert.ok(attributes.includes('HttpOnly') && attributes.includes('SameSite=Strict'), attributes.join())
    assert.ok(!attributes.includes('Secure'), 'this site is not https')
    assert.ok(!attributes.some(a => a.startsWith('Domain')))
  }
  assert.ok(forRefresh.attributes.includes(`Path=${BASE}/account/refresh`))
  assert.ok(forFiles.attributes.includes(`Path=${BASE}/`))
})

test('by cookie, from a page of this site', async () => {
  for (const headers of [own(), { 'Sec-Fetch-Site': 'same-origin' }]) {
    const { refreshToken } = await settle(client)
    const answer = await post('/account/refresh', { cookie: `other=1; bellhop_refresh=${refreshToken}; x=y`, headers })
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.cookies.bellhop_refresh.value, answer.json.refreshToken)
  }
})

test('by cookie, from anywhere else: 403, and the token is not used up', async () => {
  const { refreshToken } = await settle(client)
  const port = site.port
  for (const headers of [
    {},
    { 'Sec-Fetch-Site': 'cross-site' },
    { 'Sec-Fetch-Site': 'same-site' },
    { 'Sec-Fetch-Site': 'none' },
    { Origin: 'null' },
    { Origin: 'https://evil.example' },
    { Origin: `http://127.0.0.1:${port + 1}` },
    { Origin: `http://127.0.0.1:${port}.evil.example` },
    { Origin: `http://127.0.0.1:${port}/` },
    { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' }
  ]) {
    refused(await post('/account/refresh', { cookie: `bellhop_refresh=${refreshToken}`, headers }), 403, 'cross_origin')
  }
  assert.equal((await refresh(refreshToken)).status, 200)
})

test('a cookie that is nobody’s: 401', async () => {
  for (const value of ['', 'x', `"${unique()}"`]) {
    refused(await post('/account/refresh', { cookie: `bellhop_refresh=${value}`, headers: own() }), 401, 'refresh_invalid')
  }
})

test('the body wins over the cookie', async () => {
  const [first, second] = [await settle(client), await settle(client)]
  const answer = await refresh(first.refreshToken, { cookie: `bellhop_refresh=${second.refreshToken}`, headers: own() })
  assert.equal(answer.json.user.id, first.id)
})

test('the access cookie opens nothing but files and the event stream', async () => {
  const { token, id } = await settle(client)
  for (const path of ['/account/me', '/account/sessions', '/users', `/users/${id}`]) {
    refused(await get(path, { cookie: `bellhop_access=${token}`, headers: own() }), 401, 'unauthorized')
  }
  refused(await post('/account/logout', { cookie: `bellhop_access=${token}`, headers: own() }), 401, 'unauthorized')
})
