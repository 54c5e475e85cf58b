// What the web server tells a program about a request, and how far it is believed: addresses, proxies, https, prefixes,
// foreign origins. Over CGI, where a test can be any web server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BASE, connect, refused } from '../client.mjs'
import { logIn, newcomer, settle } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const { call, get, post } = client

// Registers with an address that is taken, which costs a turn but no time.
const tryFrom = (person, env, headers = {}) =>
  post('/account/register', { body: newcomer({ email: person.email }), env, headers })

async function exhaust(person, envOf) {
  for (let i = 0; i < 20; i++) refused(await tryFrom(person, envOf(i)), 409, 'email_taken')
}

test('twenty registrations an hour from one address, then 429; from loopback there is no limit', async () => {
  const person = await settle(client)
  const home = { REMOTE_ADDR: `198.51.100.${process.pid % 256}` }
  await exhaust(person, () => home)
  const late = await tryFrom(person, home)
  refused(late, 429, 'rate_limited')
  assert.ok(Number(late.headers['retry-after']) <= 3600)
  refused(await tryFrom(person, home, { 'X-Forwarded-For': '203.0.113.9', 'X-Real-IP': '203.0.113.9', Forwarded: 'for=203.0.113.9' }),
    429, 'rate_limited')
  refused(await tryFrom(person, { REMOTE_ADDR: '198.51.99.1' }), 409, 'email_taken')
  for (let i = 0; i < 25; i++) refused(await tryFrom(person, { REMOTE_ADDR: '127.0.0.1' }), 409, 'email_taken')
})

test('an IPv6 household shares its limit', async () => {
  const person = await settle(client)
  const net = `2001:db8:${(process.pid % 65536).toString(16)}`
  await exhaust(person, i => ({ REMOTE_ADDR: `${net}:1:${i + 1}::${i}` }))
  refused(await tryFrom(person, { REMOTE_ADDR: `${net}:1:ffff::1` }), 429, 'rate_limited')
  refused(await tryFrom(person, { REMOTE_ADDR: `${net}:2::1` }), 409, 'email_taken')
})

test('a proxy named in the settings is believed, what stands left of it is not', async () => {
  const person = await settle(client)
  const seen = async (env, headers) => {
    const { json } = await logIn(client, person.email, person.password, { env, headers })
    return (await get('/account/sessions', { token: json.accessToken })).json.items[0].address
  }
  const trusting = { BELLHOP_HTTP_TRUSTED_PROXIES: '10.0.0.1 10.0.0.2' }
  const chain = { 'X-Forwarded-For': '1.1.1.1, 203.0.113.5, 10.0.0.2' }
  assert.equal(await seen({ ...trusting, REMOTE_ADDR: '10.0.0.1' }, chain), '203.0.113.5')
  assert.equal(await seen({ ...trusting, REMOTE_ADDR: '10.0.0.3' }, chain), '10.0.0.3')
  assert.equal(await seen({ REMOTE_ADDR: '10.0.0.1' }, chain), '10.0.0.1')
  assert.equal(await seen({ ...trusting, REMOTE_ADDR: '10.0.0.1' }, {}), '10.0.0.1')
  const nonsense = await seen({ ...trusting, REMOTE_ADDR: '10.0.0.1' }, { 'X-Forwarded-For': '<script>, "x' })
  assert.ok(nonsense === null || nonsense === '10.0.0.1', nonsense)
})

test('over https the cookies are Secure', async () => {
  const person = await settle(client)
  const secure = async (env, headers) => {
    const { cookies } = await logIn(client, person.email, person.password, { env, headers })
    return ['bellhop_refresh', 'bellhop_access'].map(name => cookies[name].attributes.includes('Secure'))
  }
  assert.deepEqual(await secure({ HTTPS: 'on' }), [true, true])
  assert.deepEqual(await secure({ HTTPS: 'off' }), [false, false])
  assert.deepEqual(await secure({}, { 'X-Forwarded-Proto': 'https' }), [false, false])
  const proxy = { BELLHOP_HTTP_TRUSTED_PROXIES: '127.0.0.1' }
  assert.deepEqual(await secure(proxy, { 'X-Forwarded-Proto': 'https' }), [true, true])
})

test('under a prefix the cookies are for the prefix', async () => {
  for (const prefix of ['/chat', '/a/b-c/d_e.f~1', '/my%20chat', '/%D1%87%D0%B0%D1%82', '/a+b', '/a@b/app']) {
    const { email, password } = await settle(client)
    const { json, cookies } = await logIn(client, email, password, { prefix })
    assert.ok(cookies.bellhop_refresh.attributes.includes(`Path=${prefix}${BASE}/account/refresh`))
    assert.ok(cookies.bellhop_access.attributes.includes(`Path=${prefix}${BASE}/`))
    assert.equal((await get('/account/me', { token: json.accessToken, prefix })).json.email, email)
  }
})

test('a prefix that could break out of a cookie is no address of ours', async () => {
  const person = newcomer()
  for (const prefix of ['/a;Domain=evil.example', '/a%0d%0aSet-Cookie:x=y', '/a%', '/a b', '/<script>']) {
    refused(await post('/account/register', { body: person, prefix }).catch(fault => {
      // The document knows this call, so it takes 404 for a fault; here it is the right answer.
      assert.match(fault.message, /answered 404, which the document does not promise/)
      return { status: 404, code: 'not_found' }
    }), 404, 'not_found')
  }
  refused(await logIn(client, person.email, person.password), 401, 'bad_credentials')
})

const APP = 'https://app.example'
const open = { BELLHOP_HTTP_ORIGINS: `https://other.example ${APP}` }

test('an origin named in the settings may call, and is told so', async () => {
  const person = await settle(client)
  const headers = { Origin: APP }
  const before = await call('OPTIONS', '/account/me', {
    env: open, headers: { ...headers, 'Access-Control-Request-Method': 'PATCH', 'Access-Control-Request-Headers': 'authorization' }
  })
  assert.equal(before.status, 204)
  assert.equal(before.headers['access-control-allow-origin'], APP)
  assert.match(before.headers['access-control-allow-methods'], /\bPATCH\b/)
  assert.match(before.headers['access-control-allow-headers'], /\bAuthorization\b/i)
  for (const answer of [
    await client.patch('/account/me', { env: open, headers, token: person.token, body: { firstName: 'App' } }),
    await get('/account/me', { env: open, headers, token: person.token }),
    await get('/account/me', { env: open, headers }),
    await get('/account/nowhere', { env: open, headers }),
    await get('/account/me/', { env: open, headers })
  ]) {
    assert.equal(answer.headers['access-control-allow-origin'], APP)
    assert.match(answer.headers.vary, /\bOrigin\b/)
    assert.equal(answer.headers['access-control-allow-credentials'], undefined)
  }
})

test('other origins may not, nor may anybody refresh by cookie from elsewhere', async () => {
  const person = await settle(client)
  for (const Origin of ['https://evil.example', `${APP}.evil.example`, `${APP}:8443`, 'http://app.example', 'null', '*']) {
    const options = { env: open, headers: { Origin }, token: person.token }
    refused(await client.patch('/account/me', { ...options, body: { firstName: 'X' } }), 403, 'cross_origin')
    const read = await get('/account/me', options)
    assert.equal(read.headers['access-control-allow-origin'], undefined)
  }
  const cookie = `bellhop_refresh=${person.refreshToken}`
  refused(await post('/account/refresh', { env: open, headers: { Origin: APP }, cookie }), 403, 'cross_origin')
})

test('variables beyond all measure: 400', async () => {
  const many = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`X-Many-${i}`, 'x']))
  refused(await get('/health', { headers: many }), 400, 'bad_request')
  refused(await get('/health', { headers: { 'X-Long': 'x'.repeat(70_000) } }), 400, 'bad_request')
  refused(await get(`/health?${'x'.repeat(9000)}`), 400, 'bad_request')
})

test('a length of the body that is none, or not its length: 400', async () => {
  const { email, password } = await settle(client)
  const raw = JSON.stringify({ login: email, password })
  for (const CONTENT_LENGTH of ['x', '-1', '1e2', ' 5', '99999999999999999999', String(raw.length + 1)]) {
    const answer = await post('/account/login', { raw, type: 'application/json', env: { CONTENT_LENGTH } })
    assert.ok([400, 413].includes(answer.status), `${CONTENT_LENGTH}: ${answer.text}`)
  }
  assert.equal((await post('/account/login', { raw, type: 'application/json' })).status, 200)
})
