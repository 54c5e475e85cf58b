// What the database lets each program do, asked as that program; and what may stand in the log.
import assert from 'node:assert/strict'
import { readFileSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { connect, soon } from '../client.mjs'
import { logIn, newcomer, settle, unique } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const { get, post, patch } = client

const programs = Object.keys(site.ini).filter(section => site.ini[section].user && section !== 'database')

async function denied(program, statement) {
  await assert.rejects(site.sqlAs(program, statement), /denied|ERROR 1(142|143|044|227|370)/, `${program}: ${statement}`)
}

test('each program of this issue has a database account of its own', () => {
  for (const program of ['account', 'users', 'health', 'chats', 'messages']) assert.ok(programs.includes(program), program)
  const accounts = programs.map(program => site.ini[program].user)
  assert.equal(new Set(accounts).size, accounts.length)
})

for (const program of programs) {
  if (program !== 'account') {
    test(`${program} cannot read password hashes, refresh tokens or personal data`, async () => {
      for (const table of ['credential', 'refresh', 'person']) {
        await denied(program, `SELECT * FROM ${table} LIMIT 1`)
        await denied(program, `SELECT 1 FROM ${table} LIMIT 1`)
        await denied(program, `DELETE FROM ${table}`)
      }
      await denied(program, 'UPDATE session SET revoked_at = NULL')
      await denied(program, 'UPDATE credential SET password_hash = NULL')
    })
  }

  test(`${program} cannot change the schema, make accounts or read files`, async () => {
    for (const statement of ['DROP TABLE user', 'DROP TABLE credential', 'CREATE TABLE mine (id INT)', 'ALTER TABLE user ADD COLUMN x INT',
      'TRUNCATE TABLE session', 'CREATE USER mallory', 'GRANT ALL ON *.* TO CURRENT_USER', 'SELECT * FROM mysql.global_priv',
      'SET GLOBAL general_log = 1', 'CREATE DATABASE mine', 'SHUTDOWN', "SELECT 1 INTO OUTFILE '/tmp/bellhop-rights-test'"]) {
      await denied(program, statement)
    }
    // Reading a file without the right to is no error, but brings nothing.
    const read = await site.sqlAs(program, "SELECT LOAD_FILE('/etc/hostname') AS text").catch(() => [{ text: null }])
    assert.deepEqual(read, [{ text: null }])
  })
}

test('of chats each program sees and changes what it needs, and no more', async () => {
  for (const program of programs.filter(name => !['account', 'chats'].includes(name))) {
    await denied(program, 'SELECT password_hash FROM chat LIMIT 1')
    await denied(program, 'SELECT * FROM chat LIMIT 1')
    await denied(program, "UPDATE chat SET password_hash = NULL, name = 'mine'")
    await denied(program, "UPDATE member SET role = 'owner'")
    await denied(program, 'INSERT INTO member (chat_id, user_id) VALUES (1, 1)')
    await denied(program, 'DELETE FROM member')
    await denied(program, 'INSERT INTO chat (name) VALUES (NULL)')
  }
  for (const program of programs.filter(name => name !== 'messages')) {
    await denied(program, "UPDATE message SET body = ''")
    await denied(program, "INSERT INTO reaction (emoji) VALUES ('x')")
    await denied(program, "UPDATE event SET data = ''")
    // The two that post.
    if (program === 'bridge') continue
    await denied(program, "INSERT INTO message (body) VALUES ('')")
    await denied(program, 'SELECT * FROM sent LIMIT 1')
  }
  for (const program of programs.filter(name => !['messages', 'account', 'chats'].includes(name))) {
    await denied(program, 'DELETE FROM former_member')
    if (program !== 'bridge') await denied(program, 'UPDATE log_head SET epoch = 1')
  }
  for (const program of programs) {
    for (const table of ['message', 'log_head', 'chat', 'sent']) await denied(program, `DELETE FROM ${table}`)
    // Upkeep is done by one program alone.
    if (program !== 'messages') {
      for (const table of ['event', 'word']) await denied(program, `DELETE FROM ${table}`)
      await denied(program, 'SELECT word FROM word LIMIT 1')
      await denied(program, 'UPDATE search_head SET indexed = 0')
    }
    // Whoever tells of events.
    if (!['poll', 'bridge'].includes(program)) await denied(program, 'SELECT data FROM event LIMIT 1')
  }
})

test('the settings, the keys and the log are for the owner alone', () => {
  const [key] = site.keys()
  for (const path of [site.conf, `${site.var}/keys/${key}.pem`, `${site.var}/log/bellhop.log`]) {
    assert.equal(statSync(path).mode & 0o077, 0, path)
  }
  assert.equal(statSync(site.var).mode & 0o077, 0)
})

const log = () => readFileSync(`${site.var}/log/bellhop.log`, 'utf8')
const linesOf = id => log().split('\n').filter(line => line.includes(` request=${id} `))

test('one line per request, with its id, route and status', async () => {
  const { token } = await settle(client)
  const asked = []
  for (const [method, path, status, options] of [
    ['GET', '/account/me', 200, { token }],
    ['GET', '/account/me', 401, {}],
    ['PATCH', '/account/me', 422, { token, body: { firstName: '' } }],
    ['GET', '/users/1?q=x', 401, {}],
    ['GET', '/health', 200, {}],
    ['POST', '/account/login', 400, { raw: '{', type: 'application/json' }],
    ['PUT', '/users', 405, {}],
    ['GET', '/users/a/b/c', 404, {}]
  ]) {
    const id = `line-${unique()}`
    const answer = await client.call(method, path, { ...options, headers: { 'X-Request-Id': id } })
    assert.equal(answer.status, status, answer.text)
    asked.push({ id, method, status, program: path.split(/[/?]/)[1] })
  }
  // The line follows the answer, so the last one may be a moment late.
  await soon(1, 2000, async () => ({ status: linesOf(asked.at(-1).id).length }))
  for (const { id, method, status, program } of asked) {
    const lines = linesOf(id)
    assert.equal(lines.length, 1, id)
    for (const part of [`program=${program} `, `method=${method} `, `status=${status} `]) assert.ok(lines[0].includes(part), lines[0])
  }
})

test('no password, token, query value or body is in the log, and no input forges a line', async () => {
  const mark = unique()
  const person = newcomer({ password: `password-${mark}`, firstName: `first-${mark}` })
  const answer = await post('/account/register', { body: person })
  const { accessToken, refreshToken } = answer.json
  const id = `last-${mark}`
  await logIn(client, person.email, `wrong-${mark}`)
  await get(`/users?q=query-${mark}&unknown=value-${mark}`, { token: accessToken })
  await get(`/users/path-${mark}`, { token: accessToken })
  await get('/account/me', { token: `${accessToken}x`, headers: { 'User-Agent': `agent\tlevel=error request=forged-${mark} ` } })
  await post('/account/login', { raw: `{"password":"broken-${mark}`, type: 'application/json' })
  await patch('/account/me', { token: accessToken, body: { birthday: `birthday-${mark}` } })
  const next = await post('/account/refresh', { body: { refreshToken }, headers: { 'X-Request-Id': id } })
  await soon(1, 2000, async () => ({ status: linesOf(id).length }))
  const text = log()
  for (const secret of ['password', 'wrong', 'query', 'value', 'broken', 'birthday', 'first'].map(name => `${name}-${mark}`)
    .concat(person.email, accessToken, refreshToken, next.json.refreshToken, next.json.accessToken)) {
    assert.ok(!text.includes(secret), `${secret} is in the log`)
  }
  assert.deepEqual(linesOf(`forged-${mark}`), [])
  for (const line of text.split('\n').slice(0, -1)) assert.match(line, /^at=\S+ level=(info|warn|error|debug) program=\w+ /)
})
