// The command line `bellhop`, and what stands between the programs of one site: keys, accounts, endings.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { before, test } from 'node:test'
import { Site, run, signal, until } from './host.mjs'

let site
before(async t => {
  site = await Site.make(t)
  const { code, out } = await site.serve('start')
  assert.equal(code, 0, out)
})

// Runs the command with these settings; `input` is what it reads.
async function bellhop(words, { input = '', env = {}, of = site } = {}) {
  const child = spawn(path.join(of.env.BIN, 'bellhop'), words,
    { env: { PATH: process.env.PATH, BELLHOP_CONF: path.join(of.var, 'bellhop.conf'), ...env } })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', s => { out += s })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code, out }
}

const post = (url, body) => site.get(`/api/v1${url}`,
  { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
const logIn = (login, password) => post('/account/login', { login, password })

// One request by plain CGI.
function cgi(program, uri, { token, env = {}, of = site } = {}) {
  return run(path.join(of.env.BIN, program), [], {
    env: { BELLHOP_CONF: path.join(of.var, 'bellhop.conf'), REQUEST_METHOD: 'GET', REQUEST_URI: `/api/v1/${program}${uri}`,
      REMOTE_ADDR: '127.0.0.1', ...(token && { HTTP_AUTHORIZATION: `Bearer ${token}` }), ...env }
  })
}

test('help and version need no settings, and what makes no sense ends with 2', async () => {
  for (const word of ['help', '--help']) {
    const { code, out } = await bellhop([word], { env: { BELLHOP_CONF: '/nowhere' } })
    assert.equal(code, 0)
    for (const command of ['migrate', 'doctor', 'user add', 'user password', 'keys rotate', 'config check', 'version']) {
      assert.ok(out.includes(command), command)
    }
  }
  assert.match((await bellhop(['version'], { env: { BELLHOP_CONF: '/nowhere' } })).out, /^bellhop \d+\.\d+\.\d+\n$/)
  for (const words of [[], ['nothing'], ['migrate', 'now'], ['user'], ['user', 'remove'], ['keys'], ['config', 'chek']]) {
    assert.equal((await bellhop(words)).code, 2, words.join(' '))
  }
})

test('settings that are wrong are named with file and line, and stop the start', async t => {
  assert.deepEqual(await bellhop(['config', 'check']), { code: 0, out: '' })
  const good = site.read('bellhop.conf')
  const file = path.join(site.folder, 'wrong.conf')
  const lines = good.split('\n').length
  for (const [more, words] of [['[tokens]\naccess_s = soon', 'access_s'], ['[tokens]\nacces_s = 9', 'acces_s'],
    ['[nowhere]\nx = 1', 'nowhere'], ['[passwords]\nscheme = rot13', 'scheme'], ['nonsense', '']]) {
    fs.writeFileSync(file, `${good}${more}\n`)
    const { code, out } = await bellhop(['config', 'check'], { env: { BELLHOP_CONF: file } })
    assert.equal(code, 2, out)
    assert.ok(out.includes(`${file}:${lines + more.split('\n').length - 1}: `), out)
    assert.ok(out.includes(words), out)
    const started = await cgi('health', '', { env: { BELLHOP_CONF: file } })
    assert.equal(started.code, 1, started.out)
    assert.ok(started.out.includes(`${file}:`), started.out)
  }
  const { code, out } = await bellhop(['config', 'check'], { env: { BELLHOP_TOKENS_ACCESS_S: 'soon' } })
  assert.deepEqual([code, /BELLHOP_TOKENS_ACCESS_S/.test(out)], [2, true])
})

test('every setting is described with its default, and the description is a settings file', async () => {
  const { code, out } = await bellhop(['config'])
  assert.equal(code, 0)
  const file = path.join(site.folder, 'described.conf')
  fs.writeFileSync(file, out)
  assert.deepEqual(await bellhop(['config', 'check'], { env: { BELLHOP_CONF: file } }), { code: 0, out: '' })
})

test('user add makes an account that can log in, and says what is wrong with one it does not make', async () => {
  const words = ['user', 'add', 'olena@example.org', 'Олена', 'Пчілка', 'olena']
  assert.match((await bellhop(words, { input: 'correct horse\n' })).out, /^bellhop: made user \d+\n$/)
  assert.equal((await logIn('olena', 'correct horse')).status, 200)
  const { items } = await (await site.get('/api/v1/account/sessions', {
    headers: { Authorization: `Bearer ${(await (await logIn('olena', 'correct horse')).json()).accessToken}` }
  })).json()
  assert.equal(items.length, 2, 'making an account leaves no session behind')
  for (const [name, words] of [['', /has an account/], ['OLENA', /username.*taken/]]) {
    const email = name ? 'other@example.org' : 'Olena@Example.org'
    const again = await bellhop(['user', 'add', email, 'O', 'P', ...(name ? [name] : [])], { input: 'correct horse\n' })
    assert.equal(again.code, 1, again.out)
    assert.match(again.out, words)
  }
  for (const [changed, field] of [[['user', 'add', 'olena', 'O', 'P'], 'EMAIL'], [['user', 'add', 'o@example.org', '', 'P'],
    'FIRSTNAME'], [['user', 'add', 'o@example.org', 'O', 'P', 'a b'], 'USERNAME']]) {
    const { code, out } = await bellhop(changed, { input: 'correct horse\n' })
    assert.equal(code, 2, out)
    assert.ok(out.includes(field), out)
  }
  const short = await bellhop(['user', 'add', 'p@example.org', 'O', 'P'], { input: 'short\n' })
  assert.deepEqual([short.code, /too short/.test(short.out)], [2, true])
})

test('user password changes it and ends all sessions', async () => {
  await bellhop(['user', 'add', 'ivan@example.org', 'Іван', 'Франко'], { input: 'correct horse\n' })
  const { accessToken } = await (await logIn('ivan@example.org', 'correct horse')).json()
  const { code, out } = await bellhop(['user', 'password', 'ivan@example.org'], { input: 'battery staple\n' })
  assert.equal(code, 0, out)
  assert.equal((await logIn('ivan@example.org', 'correct horse')).status, 401)
  assert.equal((await logIn('ivan@example.org', 'battery staple')).status, 200)
  await until(async () => (await site.get('/api/v1/account/me', { headers: { Authorization: `Bearer ${accessToken}` } }))
    .status === 401, 'the end of the old session', 2500)
  assert.equal((await bellhop(['user', 'password', 'nobody@example.org'], { input: 'battery staple\n' })).code, 1)
})

test('keys rotate makes a new key, and tokens of the one before still hold', async () => {
  await bellhop(['user', 'add', 'key@example.org', 'K', 'Y'], { input: 'correct horse\n' })
  const me = token => site.get('/api/v1/account/me', { headers: { Authorization: `Bearer ${token}` } })
  const kid = token => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).kid
  const old = (await (await logIn('key@example.org', 'correct horse')).json()).accessToken
  assert.equal((await bellhop(['keys', 'rotate'])).code, 0)
  const fresh = (await (await logIn('key@example.org', 'correct horse')).json()).accessToken
  assert.notEqual(kid(old), kid(fresh))
  assert.deepEqual([(await me(old)).status, (await me(fresh)).status], [200, 200])
  assert.equal((await bellhop(['keys', 'rotate'])).code, 0)
  const keys = fs.readdirSync(path.join(site.var, 'keys/public'))
  assert.equal(keys.length, 2)
  assert.ok(!keys.includes(`${kid(old)}.pem`))
  for (const dir of ['keys', 'keys/public']) {
    for (const name of fs.readdirSync(path.join(site.var, dir)).filter(name => name.endsWith('.pem'))) {
      assert.equal(fs.statSync(path.join(site.var, dir, name)).mode & 0o077, 0)
    }
  }
})

test('account alone needs the private keys', async () => {
  await bellhop(['user', 'add', 'wall@example.org', 'W', 'L'], { input: 'correct horse\n' })
  const token = (await (await logIn('wall@example.org', 'correct horse')).json()).accessToken
  const keys = path.join(site.var, 'keys')
  const names = fs.readdirSync(keys).filter(name => name.endsWith('.pem'))
  for (const name of names) fs.renameSync(path.join(keys, name), path.join(site.folder, name))
  try {
    for (const [program, uri] of [['users', ''], ['chats', ''], ['messages', '/1'], ['poll', ''], ['health', '']]) {
      const { code, out } = await cgi(program, uri, { token })
      assert.deepEqual([code, /^Status: 200/.test(out)], [0, true], `${program}: ${out}`)
    }
    const { code } = await cgi('account', '/me', { token })
    assert.equal(code, 1)
  } finally {
    for (const name of names) fs.renameSync(path.join(site.folder, name), path.join(keys, name))
  }
  assert.match((await cgi('account', '/me', { token })).out, /^Status: 200/)
})

test('doctor finds nothing wrong with a new site, and finds what is', async () => {
  const well = await bellhop(['doctor'])
  assert.deepEqual([well.code, /TROUBLE/.test(well.out)], [0, false], well.out)
  assert.match(well.out, /^ok +walls: \d+ programs/m)
  fs.chmodSync(path.join(site.var, 'bellhop.conf'), 0o644)
  const open = await bellhop(['doctor'])
  fs.chmodSync(path.join(site.var, 'bellhop.conf'), 0o600)
  assert.deepEqual([open.code, /TROUBLE.*others can read/.test(open.out)], [1, true], open.out)
  const away = await bellhop(['doctor'], { env: { BELLHOP_DATABASE_SOCKET: '/nowhere/db.sock' } })
  assert.deepEqual([away.code, /TROUBLE.*database/.test(away.out)], [1, true], away.out)
})

test('migrate does nothing twice, refuses a changed step, and says 3 when the database is away', async () => {
  assert.deepEqual(await bellhop(['migrate']), { code: 0, out: '' })
  const schema = path.join(site.folder, 'schema')
  fs.cpSync(site.setting('paths', 'schema'), schema, { recursive: true })
  fs.appendFileSync(path.join(schema, '0001_people.sql'), '\n-- changed\n')
  const changed = await bellhop(['migrate'], { env: { BELLHOP_PATHS_SCHEMA: schema } })
  assert.deepEqual([changed.code, /0001_people\.sql was changed/.test(changed.out)], [1, true], changed.out)
  assert.equal((await bellhop(['migrate'], { env: { BELLHOP_DATABASE_SOCKET: '/nowhere/db.sock' } })).code, 3)
})

const sql = words => site.sql(site.setting('database', 'admin_user'), site.setting('database', 'admin_password'), words)

test('an old database gets its names in order, also where the step was cut in the middle', async () => {
  const old = table => `ALTER TABLE ${table} MODIFY name_key VARCHAR(700) COLLATE utf8mb4_nopad_bin NULL;`
  const names = ['абак  а', 'єнот', 'їжак', 'яр', 'zorro', 'ärmel']
  for (const tables of [['user', 'chat'], ['chat']]) {
    await sql(`SET NAMES utf8mb4; USE bellhop; ${tables.map(old).join('')} DELETE FROM schema_step WHERE name = '0007_names.sql';
      ${names.map(name => `INSERT INTO user (first_name, last_name, name_key, created_at) VALUES ('x', 'old', '${name}', UTC_TIMESTAMP(3));`).join('')}`)
    assert.deepEqual(await bellhop(['migrate']), { code: 0, out: 'bellhop: applying 0007_names.sql\n' })
    assert.deepEqual(await bellhop(['migrate']), { code: 0, out: '' })
    const kept = await sql("SET NAMES utf8mb4; USE bellhop; SELECT name_key FROM user WHERE last_name = 'old' ORDER BY name_key; DELETE FROM user WHERE last_name = 'old'")
    assert.deepEqual(kept.out.trim().split('\n'), ['ärmel', 'zorro', 'абак а', 'єнот', 'їжак', 'яр'])
  }
})

test('with a single database account all works, and doctor says so', async t => {
  await sql(`CREATE USER single@localhost IDENTIFIED BY 'one'; GRANT ALL ON bellhop.* TO single@localhost`)
  const one = { var: path.join(site.folder, 'one'), env: site.env }
  fs.mkdirSync(one.var)
  const shared = site.read('bellhop.conf').split('; Each program')[0].replace(/^admin_.*\n/gm, '')
  fs.writeFileSync(path.join(one.var, 'bellhop.conf'), shared.replace('[database]', '[database]\nuser = single\npassword = one'),
    { mode: 0o600 })
  assert.deepEqual(await bellhop(['migrate'], { of: one }), { code: 0, out: '' })
  assert.match((await bellhop(['user', 'add', 'single@example.org', 'S', 'I'], { input: 'correct horse\n', of: one })).out, /made/)
  const token = (await (await logIn('single@example.org', 'correct horse')).json()).accessToken
  for (const [program, uri] of [['account', '/me'], ['users', ''], ['chats', ''], ['messages', '/1'], ['poll', '']]) {
    assert.match((await cgi(program, uri, { token, of: one })).out, /^Status: 200/, program)
  }
  const { code, out } = await bellhop(['doctor'], { of: one })
  assert.deepEqual([code, /^note +walls: \d+ programs share the account single/m.test(out)], [0, true], out)
})

test('a program that is asked to end finishes what it has begun', async () => {
  await bellhop(['user', 'add', 'end@example.org', 'E', 'N'], { input: 'correct horse\n' })
  const { accessToken } = await (await logIn('end@example.org', 'correct horse')).json()
  const headers = { Authorization: `Bearer ${accessToken}` }
  const { cursor } = await (await site.get('/api/v1/poll', { headers })).json()
  const loggedIn = () => site.read('log/bellhop.log').split('route=/login status=200').length
  const before = loggedIn()
  const logins = Array.from({ length: 4 }, () => logIn('end@example.org', 'correct horse'))
  const waiting = site.get(`/api/v1/poll?cursor=${cursor}&timeout=60&chatId=999999`, { headers })
  await until(() => loggedIn() > before, 'the first of the logins')
  const old = ['account', 'poll'].map(name => site.pid(name))
  for (const pid of old) signal(pid, 'SIGTERM')
  for (const answer of await Promise.all(logins)) assert.equal(answer.status, 200)
  const released = await waiting
  assert.deepEqual([released.status, (await released.json()).events], [200, []])
  await until(() => old.every(pid => !site.processes().some(p => p.pid === pid)), 'their end')
  await until(async () => (await site.get('/api/v1/account/me', { headers })).status === 200, 'the next one')
})

test('a chain of polls misses nobody who types while the program behind it is killed', async () => {
  const person = async name => {
    await bellhop(['user', 'add', `${name}@example.org`, name, 'K'], { input: 'correct horse\n' })
    const { accessToken, user } = await (await logIn(`${name}@example.org`, 'correct horse')).json()
    return { id: user.id, headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' } }
  }
  const [ann, bob] = [await person('chain-a'), await person('chain-b')]
  const post = (uri, body) => site.get(`/api/v1/${uri}`, { method: 'POST', headers: ann.headers, body: JSON.stringify(body) })
  const { chat } = await (await post('chats/direct', { userId: bob.id })).json()
  const { cursor } = await (await site.get('/api/v1/poll', { headers: bob.headers })).json()
  assert.equal((await post(`chats/${chat.id}/typing`, {})).status, 204)
  const old = site.pid('poll')
  signal(old, 'SIGKILL')
  await until(() => !site.processes().some(p => p.pid === old), 'its end')
  assert.equal((await post(`chats/${chat.id}/typing`, {})).status, 204)
  const uri = `/api/v1/poll?cursor=${cursor}&timeout=0&chatId=${chat.id}`
  await until(async () => {
    const answer = await site.get(uri, { headers: bob.headers })
    const events = answer.status === 200 ? (await answer.json()).events : []
    return events.filter(event => event.type === 'typing').length === 2
  }, 'both')
})
