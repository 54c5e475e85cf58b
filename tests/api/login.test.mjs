import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, patiently, refused } from '../client.mjs'
import { logIn, settle, unique } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const { get, post } = client

test('by e-mail address, by username, by the name `email`, as a form', async () => {
  const person = await settle(client, { username: `in${unique()}` })
  const { email, username, password } = person
  for (const options of [
    { body: { login: email, password } },
    { body: { login: username, password } },
    { body: { email, password } },
    { form: { login: email, password } },
    { form: { email: username, password } }
  ]) {
    const answer = await patiently(() => post('/account/login', options))
    assert.equal(answer.status, 200, answer.text)
    assert.equal(answer.json.user.id, person.id)
    assert.notEqual(answer.json.sessionId, person.sessionId)
    assert.equal((await get('/account/me', { token: answer.json.accessToken })).json.email, email)
  }
})

test('neither `login` nor `email`: 422', async () => {
  refused(await post('/account/login', { body: { password: 'something' } }), 422, 'invalid_fields', ['login'])
})

test('an unknown user and a wrong password get the same answer, byte for byte', async () => {
  const person = await settle(client)
  const shape = ({ status, text, headers }) => {
    const { 'x-request-id': _, date: __, ...rest } = headers
    return { status, text, rest }
  }
  const wrong = shape(await logIn(client, person.email, 'not the password'))
  assert.equal(wrong.status, 401)
  for (const login of [`${unique()}@example.org`, unique(), '@', '\u0378', `${person.email} x`]) {
    assert.deepEqual(shape(await logIn(client, login, 'not the password')), wrong)
  }
})

test('a password that could not be one is only wrong', async () => {
  const person = await settle(client)
  for (const password of ['x', '1234567']) {
    const answer = await logIn(client, person.email, password)
    assert.ok([401, 422].includes(answer.status), answer.text)
  }
})

test('beyond ten wrong passwords 429 with Retry-After, for that account alone', async () => {
  const username = `u${unique()}`
  const person = await settle(client, { username })
  const other = await settle(client)
  const answers = []
  // By whichever name, however spelt, and by whoever is signed in already.
  for (let i = 0; i < 12; i++) {
    const name = [person.email, person.email.toUpperCase(), ` ${person.email}`, username][i % 4]
    answers.push((await logIn(client, name, `guess ${i}`)).status)
  }
  assert.deepEqual(answers.slice(0, 10), Array(10).fill(401))
  assert.deepEqual(answers.slice(10), [429, 429])
  const change = { token: person.token, body: { current: 'another guess', new: 'a new password' } }
  refused(await client.put('/account/password', change), 429, 'rate_limited')
  const late = await logIn(client, person.email, person.password)
  refused(late, 429, 'rate_limited')
  assert.ok(Number(late.headers['retry-after']) <= 900, late.headers['retry-after'])
  assert.equal((await logIn(client, other.email, other.password)).status, 200)
  assert.equal((await get('/account/me', { token: person.token })).status, 200, 'who is signed in stays so')
})

test('guesses at a name that nobody has are counted too', async () => {
  const nobody = `${unique()}@example.org`
  const answers = []
  for (let i = 0; i < 11; i++) answers.push((await logIn(client, nobody, `guess ${i}`)).status)
  assert.deepEqual(answers, [...Array(10).fill(401), 429])
})

test('sixty-four guesses at once: no more than ten are looked at', async () => {
  const person = await settle(client)
  const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => logIn(client, person.email, `guess ${i}`)))
  const count = status => answers.filter(a => a.status === status).length
  assert.equal(count(401) + count(429), 64)
  assert.ok(count(401) <= 10, `${count(401)} were looked at`)
})

test('the right password does not count as a try', async () => {
  const person = await settle(client)
  for (let i = 0; i < 12; i++) assert.equal((await logIn(client, person.email, person.password)).status, 200)
})
