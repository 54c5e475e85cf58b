// serve.sh: one folder becomes a site, whatever is in the way, and nothing of it is left after stop.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { Site, alive, atEnd, copyOfTree, freePort, isLong, isRoot, run, signal, temporaryFolder, until } from './host.mjs'

const start = async (site, env) => {
  const result = await site.serve('start', env)
  assert.equal(result.code, 0, result.out)
  return result
}

const refuses = async (site, words, env, command = 'start') => {
  const { code, out } = await site.serve(command, env)
  assert.equal(code, 1, out)
  assert.match(out, words)
}

// The last of them may come a moment after the first answer.
const names = site => site.processes().map(({ name }) => name).sort().join()
const isWhole = site => until(() => names(site) === site.expected.join(), `all of ${site.expected}`)

const files = dir => fs.readdirSync(dir).sort()

// Where a link leads; undefined: it is none.
function targetOf(file) {
  try {
    return fs.readlinkSync(file)
  } catch (fault) {
    return fault.code === 'EINVAL' ? undefined : fault.code
  }
}

const person = name => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ email: `${name}@example.org`, password: 'correct horse', firstName: name, lastName: 'Test' })
})

test('start returns when a new site answers, and stop when all of it is gone', async t => {
  const site = await Site.make(t)
  // Others have folders and links there, too, and some come and go meanwhile.
  const isLeft = name => {
    const [, whose] = name.match(/^bellhop-(\w+)/) ?? []
    return whose && !['host', 'unit', 'valgrind'].includes(whose) && [site.var, undefined].includes(targetOf(`/tmp/${name}`))
  }
  const outside = files('/tmp').filter(isLeft)
  const { out, ms } = await start(site)
  assert.match(out, /applying 0001/)
  assert.match(out, new RegExp(`answers at ${site.url}/`))
  assert.ok(await site.answers())
  t.diagnostic(`first start ${ms.toFixed(0)} ms`)

  const processes = site.processes()
  const stopped = await site.serve('stop')
  assert.deepEqual([stopped.code, stopped.out], [0, 'Stopped.\n'])
  t.diagnostic(`stop ${stopped.ms.toFixed(0)} ms`)
  for (const p of processes) assert.ok(!alive(p.pid), `${p.name} is left`)
  assert.deepEqual(site.keepers(), [])
  assert.deepEqual(files(site.var), ['bellhop.conf', 'db', 'files', 'keys', 'log', 'run'])
  assert.deepEqual(files(path.join(site.var, 'run')).filter(name => !['db-tmp', 'deflate', 'lock', 'page', 'places', 'tape'].includes(name)), [])
  assert.deepEqual(files(site.folder), ['var'])
  assert.deepEqual(files('/tmp').filter(isLeft), outside)

  assert.match((await site.serve('stop')).out, /Nothing runs/)
})

test('what people wrote is there after a second start, and the settings file is untouched', async t => {
  const site = await Site.make(t)
  await start(site)
  assert.equal((await site.get('/api/v1/account/register', person('anna'))).status, 201)
  fs.appendFileSync(path.join(site.var, 'bellhop.conf'), '; mine\n')
  const settings = site.read('bellhop.conf')
  await site.serve('stop')
  const { ms } = await start(site)
  t.diagnostic(`second start ${ms.toFixed(0)} ms`)
  assert.equal(site.read('bellhop.conf'), settings)
  const login = { ...person('anna'), body: JSON.stringify({ login: 'anna@example.org', password: 'correct horse' }) }
  assert.equal((await site.get('/api/v1/account/login', login)).status, 200)
})

test('the database has no TCP port, is durable, and only its settings open it', async t => {
  const site = await Site.make(t)
  await start(site)
  const pid = site.pid('mariadbd')
  const sockets = fs.readdirSync(`/proc/${pid}/fd`).flatMap(fd => {
    try {
      return fs.readlinkSync(`/proc/${pid}/fd/${fd}`).match(/^socket:\[(\d+)\]$/)?.[1] ?? []
    } catch {
      return []
    }
  })
  const tcp = ['tcp', 'tcp6'].flatMap(file => fs.readFileSync(`/proc/net/${file}`, 'utf8').split('\n'))
    .map(line => line.trim().split(/\s+/)[9])
  assert.deepEqual(sockets.filter(inode => tcp.includes(inode)), [])

  const admin = [site.setting('database', 'admin_user'), site.setting('database', 'admin_password')]
  const variables = await site.sql(...admin, 'SELECT @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite, ' +
    '@@character_set_server, @@collation_server, @@tx_isolation, @@innodb_lock_wait_timeout, @@performance_schema')
  assert.equal(variables.out, '1\t1\tutf8mb4\tutf8mb4_nopad_bin\tREAD-COMMITTED\t3\t0\n')
  for (const user of ['root', 'mysql', 'nobody', 'mariadb.sys', admin[0]]) {
    assert.match((await site.sql(user, '', 'SELECT 1')).out, /Access denied|is locked/, user)
  }
  assert.match((await site.sql('root', 'root', 'SELECT 1')).out, /Access denied/)
})

test('an admin password that was changed in the settings file holds from the next start on', async t => {
  const site = await Site.make(t)
  await start(site)
  await site.serve('stop')
  const odd = "it's \\ \"new\""
  const file = path.join(site.var, 'bellhop.conf')
  fs.writeFileSync(file, site.read('bellhop.conf').replace(/^admin_password = .*$/m, () => `admin_password = ${odd}`))
  await start(site)
  assert.equal((await site.sql(site.setting('database', 'admin_user'), odd, 'SELECT 1')).out, '1\n')
})

test('everything in the folder is the owner\'s alone', async t => {
  const site = await Site.make(t)
  await start(site)
  assert.equal(fs.statSync(site.var).mode & 0o777, 0o700)
  assert.equal(fs.statSync(path.join(site.var, 'bellhop.conf')).mode & 0o777, 0o600)
  const secrets = site.read('bellhop.conf').match(/password = (.+)/g)
  assert.ok(secrets.length >= 9 && new Set(secrets).size === secrets.length)
  for (const { pid } of site.processes()) {
    const argv = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    assert.ok(!secrets.some(secret => argv.includes(secret.split(' = ')[1])), argv)
  }
})

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`run ends with 0 on ${name} to its whole process group, everything stopped in order`, async t => {
    const site = await Site.make(t)
    const child = site.spawn('run')
    await until(() => /answers at/.test(child.words), 'the address')
    const processes = site.processes()
    process.kill(-child.pid, name)
    assert.equal(await child.ended, 0, child.words)
    for (const p of processes) assert.ok(!alive(p.pid), `${p.name} is left`)
    assert.match(site.read('log/lighttpd.log'), /graceful shutdown started[^]*server stopped/)
    assert.match(site.read('log/mariadb.log'), /Shutdown complete\n$/)
  })
}

test('requests that are being answered when it stops are answered', async t => {
  const site = await Site.make(t)
  await start(site)
  const answers = Promise.all(['a', 'b', 'c'].map(name =>
    site.get('/api/v1/account/register', { ...person(name), headers: { ...person(name).headers, Connection: 'close' } })))
  await new Promise(resolve => setTimeout(resolve, 20))
  await site.serve('stop')
  for (const answer of await answers) assert.ok([201, 429].includes(answer.status), answer.status)
})

test('somebody who waits for events when it stops is answered, and soon', async t => {
  const site = await Site.make(t)
  await start(site)
  const { accessToken } = await (await site.get('/api/v1/account/register', person('anna'))).json()
  const headers = { Authorization: `Bearer ${accessToken}`, Connection: 'close' }
  const { cursor } = await (await site.get('/api/v1/poll', { headers })).json()
  const waiting = site.get(`/api/v1/poll?cursor=${cursor}&timeout=60`, { headers })
  await new Promise(resolve => setTimeout(resolve, 300))
  const began = performance.now()
  const stopping = site.serve('stop')
  const answer = await waiting
  assert.ok(performance.now() - began < 10_000, `${performance.now() - began} ms`)
  assert.deepEqual([answer.status, (await answer.json()).events], [200, []])
  assert.equal((await stopping).code, 0)
})

test('a second start says that the first one runs, and does not touch it', async t => {
  const site = await Site.make(t)
  await start(site)
  await isWhole(site)
  const before = site.processes()
  await refuses(site, new RegExp(`runs in .*already.*${site.url}.*make stop`, 's'))
  await refuses(site, /already/, { PORT: String(await freePort()) }, 'run')
  assert.deepEqual(site.processes(), before)
  assert.ok(await site.answers())
})

test('of several starts at once exactly one makes the site', async t => {
  const site = await Site.make(t)
  const results = await Promise.all([1, 2, 3].map(() => site.serve('start')))
  assert.deepEqual(results.map(r => r.code).sort(), [0, 1, 1], results.map(r => r.out).join('\n'))
  assert.ok(await site.answers())
  assert.equal(site.processes().filter(p => p.name === 'mariadbd').length, 1)
})

for (const address of ['127.0.0.1', '0.0.0.0', '::']) {
  test(`a port that somebody has at ${address} is named before anything is made`, async t => {
    const site = await Site.make(t)
    const server = net.createServer().listen(site.port, address)
    await once(server, 'listening')
    atEnd(t, () => server.close())
    await refuses(site, /in use.*PORT=/)
    assert.ok(!fs.existsSync(site.var))
  })
}

test('a full disk is named before anything is made', async t => {
  const site = await Site.make(t)
  await refuses(site, /MiB left, and 99999999 MiB are needed/, { DISK_MIN_MIB: '99999999' })
  assert.ok(!fs.existsSync(site.var))
})

test('programs that are not built are named before anything is made', async t => {
  const site = await Site.make(t)
  await refuses(site, /not built.*make/, { BIN: path.join(site.folder, 'none') })
  fs.mkdirSync(path.join(site.folder, 'half'))
  await refuses(site, /not built.*bellhop.*make/, { BIN: path.join(site.folder, 'half') })
  assert.ok(!fs.existsSync(site.var))
})

test('values that cannot be meant are named', async t => {
  const site = await Site.make(t)
  for (const PORT of ['0', '65536', 'x', '80 80', '-1']) await refuses(site, /is not a port/, { PORT })
  for (const ADDRESS of ['localhost', '::1', '1.2.3']) await refuses(site, /is not an IPv4 address/, { ADDRESS })
  await refuses(site, /plainer/, { VAR: `${site.var}\nx` })
  await refuses(site, /usage/, {}, 'begin')
  assert.ok(!fs.existsSync(site.var))
})

test('a folder with something else in it is left alone', async t => {
  const site = await Site.make(t)
  fs.mkdirSync(site.var)
  fs.writeFileSync(path.join(site.var, 'diary.txt'), 'dear diary')
  await refuses(site, /is no site/)
  assert.deepEqual(files(site.var), ['diary.txt'])
})

test('a site whose folder was moved says which paths to correct', async t => {
  const site = await Site.make(t)
  await start(site)
  await site.serve('stop')
  fs.renameSync(site.var, site.var + '2')
  await refuses(site, /moved or copied\? Correct the paths/, { VAR: site.var + '2' })
})

test('a start that fails says why, with the last words of the log, and leaves nothing running', async t => {
  const site = await Site.make(t)
  await start(site)
  await site.serve('stop')
  fs.writeFileSync(path.join(site.var, 'db/ibdata1'), 'no database at all')
  await refuses(site, /The last lines of .*mariadb\.log:[^]*MariaDB did not start/)
  assert.deepEqual([site.processes(), site.keepers()], [[], []])
})

test('the path may have blanks and quotes, and the tree another', async t => {
  const folder = temporaryFolder(t)
  const tree = copyOfTree(path.join(folder, 'a tree'))
  const site = await Site.make(t, { folder, tree, name: "it's a  site" })
  await start(site)
  assert.ok(await site.answers())
  assert.match((await site.serve('stop')).out, /^Stopped/)
})

test('a path longer than the names of sockets may be works, and leaves no link behind', async t => {
  const folder = temporaryFolder(t)
  const site = await Site.make(t, { folder, name: Array(6).fill('a-folder-with-a-long-name-indeed').join('/') })
  await start(site)
  assert.ok(await site.answers())
  const link = path.dirname(path.dirname(site.setting('database', 'socket')))
  assert.equal(fs.readlinkSync(link), site.var)
  await site.serve('stop')
  assert.ok(!fs.existsSync(link))
  await start(site)
})

test('a folder that cannot be written is named', async t => {
  const site = await Site.make(t, { user: 'nobody', tree: isRoot ? copyOfTree(temporaryFolder(t)) : undefined })
  fs.chmodSync(site.folder, 0o555)
  atEnd(t, () => fs.chmodSync(site.folder, 0o755))
  await refuses(site, /cannot be made/)
})

test('an ordinary user has a site, too, and somebody else\'s is left alone', { skip: !isRoot && 'needs root' }, async t => {
  const folder = temporaryFolder(t)
  fs.chmodSync(folder, 0o777)
  const tree = copyOfTree(path.join(folder, 'tree'))
  const site = await Site.make(t, { folder, tree, user: 'nobody' })
  await start(site)
  await isWhole(site)
  const processes = site.processes()
  for (const { pid } of processes) assert.equal(fs.statSync(`/proc/${pid}/task`).uid === 0, false)
  const asRoot = await run(site.script, ['start'], { env: { ...site.env, PORT: String(await freePort()) } })
  assert.match(asRoot.out, /belongs to nobody/)
  assert.equal((await site.serve('stop')).out, 'Stopped.\n')
  for (const p of processes) assert.ok(!alive(p.pid), `${p.name} is left`)
})

test('two sites live side by side', async t => {
  const [one, two] = [await Site.make(t), await Site.make(t)]
  await Promise.all([start(one), start(two)])
  assert.equal((await one.get('/api/v1/account/register', person('anna'))).status, 201)
  assert.equal((await two.get('/api/v1/account/register', person('anna'))).status, 201)
  await one.serve('stop')
  assert.ok(await two.answers())
})

test('MariaDB, lighttpd, a program or who holds their sockets comes back by itself', async t => {
  const site = await Site.make(t)
  await start(site)
  for (const name of ['mariadbd', 'lighttpd', 'account', 'bellhop']) {
    const before = site.pid(name)
    signal(before, 'SIGKILL')
    await until(() => site.pid(name) && site.pid(name) !== before, `another ${name}`)
    await until(() => site.answers(), `an answer after ${name}`)
    await until(async () => (await site.get('/api/v1/account/register', person(name))).status === 201, 'the database')
  }
  await isWhole(site)
})

test('several that die at once all come back', async t => {
  const site = await Site.make(t)
  await start(site)
  const names = ['mariadbd', 'lighttpd', 'bellhop']
  const before = names.map(name => site.pid(name))
  for (const pid of before) signal(pid, 'SIGKILL')
  for (const [i, name] of names.entries()) await until(() => site.pid(name) && site.pid(name) !== before[i], `another ${name}`)
  await until(() => site.answers(), 'an answer')
  await until(async () => (await site.get('/api/v1/account/register', person('anna'))).status === 201, 'the database')
  await isWhole(site)
})

test('what a killed keeper left is taken down by the next start', async t => {
  const site = await Site.make(t)
  await start(site)
  const before = site.processes()
  // Halted, MariaDB cannot follow the keeper into its end.
  process.kill(site.pid('mariadbd'), 'SIGSTOP')
  for (const pid of site.keepers()) signal(pid, 'SIGKILL')
  const { out } = await start(site)
  assert.match(out, /Ending what a killed site left/)
  for (const { pid, name } of before) assert.ok(!alive(pid), `the old ${name}`)
})

test('programs that nobody holds any more are found, by an ordinary user too', async t => {
  const tree = isRoot ? copyOfTree(temporaryFolder(t)) : undefined
  const site = await Site.make(t, { user: 'nobody', tree })
  if (isRoot) fs.chmodSync(site.folder, 0o777)
  await start(site)
  const before = site.processes()
  // One of these may be about to become another program, which would keep the lock if it stayed halted.
  const keepers = site.keepers()
  for (const pid of keepers) signal(pid, 'SIGSTOP')
  // Halted, it does not hear that it is to end with who held its socket.
  process.kill(site.pid('account'), 'SIGSTOP')
  for (const name of ['bellhop', 'lighttpd']) process.kill(site.pid(name), 'SIGKILL')
  for (const pid of [...keepers, ...site.keepers()]) signal(pid, 'SIGKILL')
  assert.ok(before.some(({ pid, name }) => name === 'account' && alive(pid)))
  assert.equal((await site.serve('stop')).out, 'Stopped.\n')
  for (const { pid, name } of before) assert.ok(!alive(pid), `the old ${name}`)
})

test('stale pid files and sockets are no hindrance, and no stranger is killed for them', async t => {
  const site = await Site.make(t)
  await start(site)
  await site.serve('stop')
  const stranger = spawn('sleep', ['60'], { detached: true })
  atEnd(t, () => stranger.kill())
  for (const name of ['serve.pid', 'db.pid', 'lighttpd.pid', 'programs.sid']) {
    fs.writeFileSync(path.join(site.var, 'run', name), `${stranger.pid}\n`)
  }
  for (const name of ['db.sock', 'account.sock', 'users.sock']) {
    const stale = spawn(process.execPath, ['-e', `require('net').createServer().listen(${JSON.stringify(
      path.join(site.var, 'run', name))}, () => process.kill(process.pid, 'SIGKILL'))`])
    await once(stale, 'exit')
    assert.ok(fs.existsSync(path.join(site.var, 'run', name)))
  }
  await site.serve('stop')
  assert.ok(alive(stranger.pid))
  await start(site)
  assert.ok(await site.answers())
  assert.ok(alive(stranger.pid))
})

const moments = isLong ? Array.from({ length: 80 }, (_, i) => i * 10) : [0, 50, 120, 180, 250]
test(`a first start killed at any of ${moments.length} moments is made good by the next`, async t => {
  const site = await Site.make(t)
  for (const ms of moments) {
    const child = site.spawn('run')
    await new Promise(resolve => setTimeout(resolve, ms))
    for (const pid of site.keepers()) signal(pid, 'SIGKILL')
    child.kill('SIGKILL')
    await child.ended
    const { code, out } = await site.serve('start')
    assert.equal(code, 0, `killed after ${ms} ms: ${out}`)
    assert.equal((await site.get('/api/v1/account/register', person('anna'))).status, 201, `killed after ${ms} ms`)
    await site.serve('stop')
    assert.deepEqual(files(site.var), ['bellhop.conf', 'db', 'files', 'keys', 'log', 'run'])
    fs.rmSync(site.var, { recursive: true })
  }
})

test('stop ends a start that is under way', async t => {
  const site = await Site.make(t)
  const child = site.spawn('run')
  await until(() => fs.existsSync(path.join(site.var, 'run/serve.pid')), 'the keeper')
  assert.equal((await site.serve('stop')).code, 0)
  assert.equal(await child.ended, 0, child.words)
  assert.deepEqual(site.processes(), [])
})

test('the template of databases is made whole by any number at once, and after a kill', async t => {
  const folder = temporaryFolder(t)
  const script = path.join(new URL('../../lib/host/dbtemplate.sh', import.meta.url).pathname)
  const dest = path.join(folder, 'deep/template')
  const killed = spawn(script, [dest], { detached: true, stdio: 'ignore' })
  await until(() => fs.existsSync(path.dirname(dest)) && files(path.dirname(dest)).length, 'its beginning')
  process.kill(-killed.pid, 'SIGKILL')
  await once(killed, 'exit')
  // Those that make others at the same time must not be disturbed either.
  const results = await Promise.all([dest, dest, dest, `${dest}-2`, `${dest}-3`].map(to => run(script, [to])))
  for (const { code, out } of results) assert.deepEqual([code, out], [0, ''])
  assert.deepEqual(files(path.dirname(dest)), ['template', 'template-2', 'template-3'])
  assert.ok(fs.existsSync(path.join(dest, 'mysql/global_priv.frm')))
})
