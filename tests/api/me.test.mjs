import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, patiently, refused, soon } from '../client.mjs'
import { again, logIn, newcomer, settle, unique } from '../people.mjs'
import { facts, openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const { get, post, patch, del } = client
const me = async ({ token }) => (await get('/account/me', { token })).json
const change = ({ token }, body) => patiently(() => patch('/account/me', { token, body }))

// What a change may change: without what moves by itself.
function still({ lastSeenAt, online, ...rest }) {
  return rest
}

test('each field changes alone, and the others stay', async () => {
  const person = await settle(client, { birthday: '1971-02-25' })
  let expected = still(await me(person))
  for (const [name, value] of Object.entries({
    firstName: 'Лариса',
    lastName: 'Косач 🙂',
    username: `me${unique()}`,
    birthday: '1971-02-26',
    imagePath: 'files/12',
    locale: 'uk-UA'
  })) {
    const answer = await change(person, { [name]: value })
    assert.equal(answer.status, 200, answer.text)
    expected = { ...expected, [name]: value }
    expected.fullName = `${expected.firstName} ${expected.lastName}`
    assert.deepEqual(still(answer.json), expected)
    assert.deepEqual(still(await me(person)), expected)
  }
})

test('a form changes like JSON', async () => {
  const [first, second] = [await settle(client), await settle(client)]
  const change = { firstName: 'Анна & Ко', lastName: 'a=b%20+c', birthday: '1999-12-31', locale: 'de' }
  const json = (await patch('/account/me', { token: first.token, body: change })).json
  const form = (await patch('/account/me', { token: second.token, form: change })).json
  for (const name of Object.keys(change)) {
    assert.equal(json[name], change[name])
    assert.equal(form[name], change[name])
  }
})

test('nothing to change is no fault', async () => {
  const person = await settle(client)
  const before = still(await me(person))
  assert.deepEqual(still((await change(person, {})).json), before)
})

test('the picture: a path or an https address, and empty or null takes it away', async () => {
  const person = await settle(client)
  for (const good of ['files/12', 'https://example.org/a.png?x=1', 'x'.repeat(500)]) {
    assert.equal((await change(person, { imagePath: good })).json.imagePath, good)
  }
  assert.equal((await change(person, { imagePath: null })).json.imagePath, null)
  await change(person, { imagePath: 'files/12' })
  assert.equal((await change(person, { imagePath: '' })).json.imagePath, null)
  for (const bad of ['http://example.org/a.png', 'javascript:alert(1)', 'JavaScript:alert(1)', 'data:image/png;base64,AA==',
    '//evil.example/a.png', 'x'.repeat(501), 'a b', 'a\nb', 'java\tscript:alert(1)', '\\\\evil.example\\a', 'https://', 'ftp:x']) {
    refused(await change(person, { imagePath: bad }), 422, 'invalid_fields', ['imagePath'])
  }
  assert.equal((await me(person)).imagePath, null)
})

test('what is not needed can be taken away, by null or by nothing', async () => {
  const person = await settle(client)
  for (const nothing of [null, '']) {
    const change_ = { username: `some${unique()}`, birthday: '1971-02-25', locale: 'uk', imagePath: 'files/12' }
    await change(person, change_)
    for (const name of Object.keys(change_)) {
      assert.equal((await change(person, { [name]: nothing })).json[name], null, name)
    }
  }
  const form = await patch('/account/me', { token: person.token, form: { birthday: '', locale: '' } })
  assert.equal(form.json.birthday, null)
})

test('bad values are refused by name and change nothing', async () => {
  const person = await settle(client)
  const before = await facts(site, person.id)
  for (const [name, values] of Object.entries({
    firstName: ['', ' ', null, 'x'.repeat(101), 'a\u202eb'],
    lastName: ['', null, 'x'.repeat(101)],
    username: ['ab', 'a b', 'x'.repeat(33), 'аdmin'],
    birthday: ['2023-02-29', '1899-12-31', '9999-01-01', 'x', ' '],
    locale: ['x', 'english!', 'de_DE', 'x'.repeat(36), '../etc'],
    email: ['x', 'a@b@c', null, '']
  })) {
    for (const value of values) {
      const body = { firstName: 'Changed', lastName: 'Changed', password: person.password, [name]: value }
      refused(await change(person, body), 422, 'invalid_fields', [name])
    }
  }
  assert.deepEqual(await facts(site, person.id), before)
})

test('another e-mail address needs the password', async () => {
  const person = await settle(client)
  const before = await facts(site, person.id)
  const email = `${unique()}@example.org`
  refused(await change(person, { email }), 422, 'invalid_fields', ['password'])
  refused(await change(person, { email, firstName: 'Changed', password: 'not the one' }), 403, 'wrong_password')
  assert.deepEqual(await facts(site, person.id), before)
  const answer = await change(person, { email, password: person.password })
  assert.equal(answer.json.email, email)
  assert.equal(answer.json.emailVerified, false)
  assert.equal((await logIn(client, email, person.password)).status, 200)
  refused(await logIn(client, person.email, person.password), 401, 'bad_credentials')
})

test('an e-mail address or username that somebody else has: 409, and nothing changes', async () => {
  const other = await settle(client, { username: `other${unique()}` })
  const person = await settle(client)
  const before = await facts(site, person.id)
  refused(await change(person, { email: other.email.toUpperCase(), password: person.password, firstName: 'Changed' }),
    409, 'email_taken')
  refused(await change(person, { username: other.username.toUpperCase(), firstName: 'Changed' }), 409, 'username_taken')
  assert.deepEqual(await facts(site, person.id), before)
})

test('one’s own address and username in another spelling are free to oneself', async () => {
  const person = await settle(client, { username: `own${unique()}` })
  const username = person.username.toUpperCase()
  assert.equal((await change(person, { username })).json.username, username)
  const email = person.email.toUpperCase()
  assert.equal((await change(person, { email, password: person.password })).json.email, email)
})

test('one’s own address, told again, needs no password and changes nothing', async () => {
  const person = await settle(client)
  const before = await me(person)
  for (const email of [person.email, ` ${person.email.toUpperCase()} `]) {
    const { status, json } = await change(person, { email, firstName: 'Олена' })
    assert.deepEqual([status, json.firstName, json.email], [200, 'Олена', person.email])
  }
  assert.equal((await me(person)).emailVerified, before.emailVerified)
  refused(await change(person, { email: `x${person.email}`, firstName: 'Інша' }), 422, 'invalid_fields', ['password'])
  assert.equal((await me(person)).firstName, 'Олена')
})

test('two take one username at once: one has it', async () => {
  const people = await Promise.all(Array.from({ length: 4 }, () => settle(client)))
  const username = `both${unique()}`
  const answers = await Promise.all(people.map(person => change(person, { username })))
  assert.deepEqual(answers.map(a => a.status).sort(), [200, 409, 409, 409])
})

test('others see the new name at once', async () => {
  const [person, other] = [await settle(client), await settle(client)]
  const firstName = `Нова${unique()}`
  await change(person, { firstName })
  assert.equal((await get(`/users/${person.id}`, { token: other.token })).json.firstName, firstName)
  const found = await get(`/users?q=${encodeURIComponent(firstName.toUpperCase())}`, { token: other.token })
  assert.deepEqual(found.json.items.map(user => user.id), [person.id])
})

test('leaving needs the password', async () => {
  const person = await settle(client)
  const before = await facts(site, person.id)
  refused(await del('/account/me', { token: person.token, body: { password: 'not the one' } }), 403, 'wrong_password')
  refused(await del('/account/me', { token: person.token, body: {} }), 422, 'invalid_fields', ['password'])
  assert.deepEqual(await facts(site, person.id), before)
  assert.equal((await get('/account/me', { token: person.token })).status, 200)
})

test('leaving erases everything personal and frees the names', async () => {
  const person = await settle(client, { username: `gone${unique()}`, birthday: '1971-02-25' })
  const other = await again(client, person)
  const witness = await settle(client)
  await change(person, { imagePath: 'files/12', locale: 'uk' })
  for (const { token } of [person, other]) await get('/users', { token })

  assert.equal((await del('/account/me', { token: person.token, body: { password: person.password } })).status, 204)

  for (const { token, refreshToken } of [person, other]) {
    await soon(401, 2000, () => get('/account/me', { token }))
    await soon(401, 2000, () => get('/users', { token }))
    refused(await post('/account/refresh', { body: { refreshToken } }), 401, 'refresh_invalid')
  }
  refused(await logIn(client, person.email, person.password), 401, 'bad_credentials')
  refused(await logIn(client, person.username, person.password), 401, 'bad_credentials')
  refused(await get(`/users/${person.id}`, { token: witness.token }), 404, 'not_found')

  for (const table of ['person', 'credential']) {
    assert.deepEqual(await site.sql(`SELECT * FROM ${table} WHERE user_id = ${person.id}`), [])
  }
  assert.deepEqual(await site.sql(`SELECT r.hash FROM refresh r JOIN session s ON s.id = r.session_id
    WHERE s.user_id = ${person.id}`), [])
  const left = JSON.stringify([
    await site.sql(`SELECT * FROM user WHERE id = ${person.id}`),
    await site.sql(`SELECT * FROM session WHERE user_id = ${person.id}`)
  ])
  for (const personal of [person.username, 'Леся', 'Українка', 'files/12', '127.0.0.1']) {
    assert.ok(!left.includes(personal), `${personal} is still there`)
  }

  const successor = await settle(client, { email: person.email, username: person.username })
  assert.notEqual(successor.id, person.id)
  assert.equal((await get('/users', { token: successor.token })).status, 200)
})

test('leaving with a form', async () => {
  const person = await settle(client)
  assert.equal((await del('/account/me', { token: person.token, form: { password: person.password } })).status, 204)
  assert.equal((await patiently(() => post('/account/register', { body: newcomer({ email: person.email }) }))).status, 201)
})

test('nobody sees another one’s private data', async () => {
  const person = await settle(client, { birthday: '1971-02-25', lastName: `Private${unique()}` })
  const other = await settle(client)
  const one = await get(`/users/${person.id}`, { token: other.token })
  const list = await get(`/users?q=${person.lastName}`, { token: other.token })
  assert.equal(list.json.items[0].id, person.id)
  for (const { text } of [one, list]) {
    assert.ok(!text.includes(person.email) && !text.includes('1971'), text)
  }
})

// `account` remembers the people it has read; the counter says when that ends (lib/data/news.h).
test('what changes elsewhere, on another machine say, is seen within two seconds', async () => {
  const person = await settle(client)
  assert.equal((await me(person)).firstName, person.firstName)
  await site.sql(`UPDATE user SET first_name = 'Ольга' WHERE id = ${person.id}`)
  await site.sql('UPDATE revocation SET n = n + 1 WHERE id = 2')
  await soon('Ольга', 2000, async () => ({ status: (await me(person)).firstName }))
})
