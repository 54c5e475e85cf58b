import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, patiently, refused } from '../client.mjs'
import { logIn, newcomer, settle, unique } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const { get, post } = client
const register = (body, options) => patiently(() => post('/account/register', { body, ...options }))
const fullWidth = text => text.replace(/[!-~]/g, c => String.fromCharCode(c.charCodeAt(0) + 0xfee0))

// How many accounts have an address with this in it.
const accounts = async part =>
  Number((await site.sql(`SELECT COUNT(*) AS n FROM person WHERE email LIKE '%${part}%'`))[0].n)

test('the answer is a session whose user is what was sent', async () => {
  const person = newcomer({ username: `u${unique()}`, birthday: '1971-02-25' })
  const answer = await register(person)
  assert.equal(answer.status, 201)
  const { user, sessionId, expiresIn } = answer.json
  const { password, ...sent } = person
  const { id, online, lastSeenAt, createdAt, ...rest } = user
  assert.deepEqual(rest, {
    ...sent,
    fullName: 'Леся Українка',
    imagePath: null,
    locale: null,
    emailVerified: false
  })
  assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 120_000, createdAt)
  assert.ok(sessionId > 0 && expiresIn === 900)
  const me = await get('/account/me', { token: answer.json.accessToken })
  assert.equal(me.json.id, id)
  assert.equal(me.json.email, person.email)
})

test('the access token says who it is for, and no more than that', async () => {
  const person = await settle(client)
  const [head, claims] = person.token.split('.').slice(0, 2).map(part => JSON.parse(Buffer.from(part, 'base64url')))
  assert.equal(head.alg, 'ES256')
  assert.ok(head.kid)
  assert.deepEqual(
    Object.keys(claims).filter(name => !['iss', 'aud', 'nbf', 'jti'].includes(name)).sort(),
    ['email', 'exp', 'firstName', 'iat', 'id', 'sid', 'sub'])
  assert.equal(claims.id, person.id)
  assert.equal(String(claims.sub), String(person.id))
  assert.equal(claims.sid, person.sessionId)
  assert.equal(claims.email, person.email)
  assert.equal(claims.exp - claims.iat, 900)
})

test('a username is not needed, and null stands where there is none', async () => {
  const { user } = await settle(client)
  assert.equal(user.username, null)
  assert.equal(user.birthday, null)
})

test('a form registers like JSON', async () => {
  const person = newcomer({ username: `form-${unique()}`, birthday: '2000-02-29' })
  const answer = await patiently(() => post('/account/register', { form: person }))
  assert.equal(answer.status, 201, answer.text)
  for (const name of ['email', 'username', 'firstName', 'lastName', 'birthday']) {
    assert.equal(answer.json.user[name], person[name])
  }
  assert.equal((await logIn(client, person.email, person.password)).status, 200)
})

test('an address in other case or in full-width letters is the same address', async () => {
  const { email, password } = await settle(client, { email: `Анна.${unique()}@Example.org` })
  for (const same of [email.toUpperCase(), email.toLowerCase(), email.replace(/[a-z0-9]+(?=@)/i, fullWidth)]) {
    refused(await register(newcomer({ email: same })), 409, 'email_taken')
    assert.equal((await logIn(client, same, password)).status, 200, same)
  }
})

test('a username in other case or in full-width letters is the same username', async () => {
  const { username, password } = await settle(client, { username: `Anna_${unique()}` })
  for (const same of [username.toUpperCase(), username.toLowerCase(), username.replace(/[a-z0-9]/gi, fullWidth)]) {
    refused(await register(newcomer({ username: same })), 409, 'username_taken')
    assert.equal((await logIn(client, same, password)).status, 200, same)
  }
})

test('a username in the look-alikes of another alphabet is taken too', async () => {
  const letters = unique().replace(/[^a-f]/g, '')
  const twin = { a: 'а', c: 'с', e: 'е' }
  const latin = `ace.${[...letters].map(c => 'ace'[c.charCodeAt(0) % 3]).join('')}${unique().replace(/\D/g, '')}`
  await settle(client, { username: latin })
  refused(await register(newcomer({ username: latin.replace(/[ace]/g, c => twin[c]) })), 409, 'username_taken')
})

test('words that mix Latin and Cyrillic letters are refused', async () => {
  const part = unique()
  refused(await register(newcomer({ email: `pаypal${part}@example.org` })), 422, 'invalid_fields', ['email'])
  refused(await register(newcomer({ email: `${part}@exаmple.org` })), 422, 'invalid_fields', ['email'])
  refused(await register(newcomer({ email: `${part}@example.org`, username: 'аdmin' })), 422, 'invalid_fields', ['username'])
  assert.equal(await accounts(part), 0)
})

test('ß is not s, an emoji is no other, and composed and decomposed letters are one', async () => {
  const part = unique()
  const made = async local => (await register(newcomer({ email: `${local}${part}@example.org` }))).status
  assert.equal(await made('stras'), 201)
  assert.equal(await made('straß'), 201)
  assert.equal(await made('é'), 201)
  assert.equal(await made('e\u0301'), 409)
  const [first, second] = [await made('😀'), await made('🎉')]
  assert.equal(first, second)
  assert.ok(first === 201 || first === 422, `an emoji is answered ${first}`)
})

test('a space at the end makes no second account', async () => {
  const person = await settle(client, { username: `end${unique()}` })
  for (const email of [`${person.email} `, ` ${person.email}`, `${person.email}\u00a0`]) {
    const { status } = await register(newcomer({ email }))
    assert.ok(status === 409 || status === 422, `${JSON.stringify(email)}: ${status}`)
  }
  for (const username of [`${person.username} `, `${person.username}\u200b`, `${person.username}\t`]) {
    const { status } = await register(newcomer({ username }))
    assert.ok(status === 409 || status === 422, `${JSON.stringify(username)}: ${status}`)
  }
})

test('both register at once: one account, whoever wins', async () => {
  const email = `${unique()}@example.org`
  const spellings = [email, email.toUpperCase(), fullWidth(email.split('@')[0]) + '@example.org']
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, i) => register(newcomer({ email: spellings[i % spellings.length] }))))
  const statuses = answers.map(a => a.status).sort()
  assert.deepEqual(statuses, [201, ...Array(15).fill(409)])
  for (const answer of answers) if (answer.status === 409) assert.equal(answer.code, 'email_taken')
  const users = await site.sql(`SELECT COUNT(*) AS n FROM person WHERE email_key = '${email}'`)
  assert.equal(users[0].n, '1')
})

test('twenty-four who register at once are all taken', async () => {
  const answers = await Promise.all(Array.from({ length: 24 }, () => post('/account/register', { body: newcomer() })))
  assert.deepEqual(answers.map(answer => answer.status), Array(24).fill(201))
})

test('both take one username at once: one has it', async () => {
  const username = `race${unique()}`
  const answers = await Promise.all(Array.from({ length: 8 }, () => register(newcomer({ username }))))
  assert.deepEqual(answers.map(a => a.status).sort(), [201, ...Array(7).fill(409)])
  const left = await site.sql(`SELECT COUNT(*) AS n FROM user WHERE username = '${username}'`)
  assert.equal(left[0].n, '1')
})

const BAD = {
  email: ['', 'x', '@', 'a@', '@example.org', 'a@b@c.org', 'a b@example.org', 'a@exam ple.org', 'a\u0007@example.org',
    'a\n@example.org', 'a@example.org\u202e', `${'x'.repeat(243)}@example.org`],
  password: ['', '1234567', 'x'.repeat(257), 'пас', 'я'.repeat(7), '😀'.repeat(7), 'я'.repeat(129)],
  firstName: ['', ' ', '\t\n', 'x'.repeat(101), 'я'.repeat(101), 'a\u0000b'.replace('\u0000', '\u0001'), 'a\u202eb', '\u200d',
    'a\nb'],
  lastName: ['', '   ', 'x'.repeat(101), '\u2028'],
  username: ['ab', 'x'.repeat(33), 'with space', 'sla/sh', 'at@sign', 'semi;colon', '😀😀😀', 'a\u0301\u0007bc', 'me\u200bme'],
  birthday: ['2023-02-29', '1900-02-29', '2024-13-01', '2024-00-10', '2024-04-31', '24-04-01', '2024-4-1', '2024/04/01',
    '2024-04-01T00:00:00Z', '1899-12-31', '9999-12-31', 'yesterday', '٢٠٠٠-٠١-٠١']
}
for (const [name, values] of Object.entries(BAD)) {
  test(`a bad ${name} is refused by name, in JSON and as a form`, async () => {
    const part = unique()
    for (const value of values) {
      const body = newcomer({ email: `${part}@example.org`, [name]: value })
      refused(await post('/account/register', { body }), 422, 'invalid_fields', [name])
      refused(await post('/account/register', { form: body }), 422, 'invalid_fields', [name])
    }
    assert.equal(await accounts(part), 0)
  })
}

test('all wrong fields are named at once', async () => {
  const body = { email: 'x', password: 'short', firstName: '', lastName: 'x'.repeat(101), username: '?', birthday: 'never' }
  refused(await post('/account/register', { body }), 422, 'invalid_fields', Object.keys(body))
})

const GOOD = {
  password: ['12345678', 'я'.repeat(8), '😀'.repeat(8), 'x'.repeat(256), ' 1234567 ', 'a"\\\n\tb<>&;\'--'],
  firstName: ['x', 'я'.repeat(100), '👩‍👩‍👧', 'O’Brien', 'José', 'शिव', '"><script>alert(1)</script>', "'; DROP TABLE user; --",
    '%s%n', '\\'],
  birthday: ['1900-01-01', '2000-02-29', '2024-02-29'],
  username: ['леся', 'a.b_c-d', 'x'.repeat(32), '123']
}
for (const [name, values] of Object.entries(GOOD)) {
  test(`an unusual ${name} is kept exactly as sent`, async () => {
    for (const value of values) {
      // A username must be new, without a second alphabet.
      const sent = name === 'username' ? `${value}${parseInt(unique(), 16)}`.slice(-32) : value
      const person = await settle(client, { [name]: sent })
      if (name === 'password') assert.equal((await logIn(client, person.email, sent)).status, 200, sent)
      else assert.equal(person.user[name], sent)
    }
  })
}

test('letters that grow when they are compared do no harm', async () => {
  // One such letter is eighteen when folded.
  const long = '\ufdfa'
  for (const with_ of [{ firstName: long.repeat(100), lastName: long.repeat(100) }, { username: long.repeat(32) },
    { email: `${long.repeat(240)}@example.org` }]) {
    const { status, text } = await register(newcomer(with_))
    assert.ok(status === 201 || status === 422, text)
  }
})

test('a long password counts to its last byte', async () => {
  const password = 'x'.repeat(100)
  const person = await settle(client, { password })
  refused(await logIn(client, person.email, 'x'.repeat(99) + 'y'), 401, 'bad_credentials')
  refused(await logIn(client, person.email, 'x'.repeat(99)), 401, 'bad_credentials')
  assert.equal((await logIn(client, person.email, password)).status, 200)
})
