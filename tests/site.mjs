// site.mjs - a real site for the tests: lib/host/serve.sh with a folder of its own under .build/test, on a free port.
//
// tests/api/run.mjs starts one for all test files; a file that is run by itself starts its own, and so does a test that
// breaks things. BIN says which programs (.build/release/bin). A site ends with the process that started it, however
// that ends.
import assert from 'node:assert/strict'
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
export const BIN = process.env.BIN ?? `${ROOT}/.build/release/bin`
const FOLDER = `${ROOT}/.build/test`

const run = promisify(execFile)

// A port that is free now, below those that the kernel gives to outgoing connections: one of these may be taken again
// before it is used.
export async function freePort() {
  for (;;) {
    const port = 10000 + Math.floor(Math.random() * 20000)
    const server = createServer().listen(port)
    const free = await new Promise(resolve => server.on('listening', () => resolve(true)).on('error', () => resolve(false)))
    if (!free) continue
    server.close()
    await once(server, 'close')
    return port
  }
}

function parseIni(text) {
  const sections = {}
  let section
  for (const line of text.split('\n')) {
    const head = line.match(/^\s*\[(\w+)\]/)
    const pair = line.match(/^\s*(\w+)\s*=\s*(.*?)\s*$/)
    if (head) section = sections[head[1]] ??= {}
    else if (pair && section) section[pair[1]] = pair[2]
  }
  return sections
}

// The rows of `mariadb --batch`: names first, columns by tabs, NULL as a word.
function parseRows(text) {
  const [head, ...lines] = text.split('\n').slice(0, -1)
  if (head === undefined) return []
  const names = head.split('\t')
  const plain = word => (word === 'NULL' ? null : word.replace(/\\[nt0\\]/g, c => ({ n: '\n', t: '\t', 0: '\0', '\\': '\\' })[c[1]]))
  return lines.map(line => Object.fromEntries(line.split('\t').map((word, i) => [names[i], plain(word)])))
}

export class Site {
  // settings: environment variables BELLHOP_SECTION_KEY that override the settings file.
  constructor({ var: folder, port, bin = BIN, settings = {} }) {
    Object.assign(this, { var: folder, port, bin, settings, conf: `${folder}/bellhop.conf` })
  }

  #serve(command) {
    const env = { ...process.env, ...this.settings, PORT: this.port, VAR: this.var, BIN: this.bin, DB_POOL: '32M' }
    return spawnSync(`${ROOT}/lib/host/serve.sh`, [command], { env, encoding: 'utf8', timeout: 120_000 })
  }

  start() {
    const { status, stdout, stderr } = this.#serve('start')
    assert.equal(status, 0, `the site in ${this.var} did not start:\n${stdout}${stderr}`)
  }

  stop() {
    // A test may have ended while it held the keeper.
    if (existsSync(`${this.var}/run/serve.pid`)) this.#signalKeeper('SIGCONT')
    this.#serve('stop')
  }

  get ini() {
    return parseIni(readFileSync(this.conf, 'utf8'))
  }

  // The key ids, the newest last.
  keys() {
    return readdirSync(`${this.var}/keys/public`).map(name => name.replace('.pem', '')).sort()
  }

  // The names of the uploads on the disk; what begins with a dot is the programs' own.
  uploads() {
    return readdirSync(`${this.var}/files`).filter(name => !name.startsWith('.')).sort()
  }

  sql(statement) {
    const { admin_user: user, admin_password: password } = this.ini.database
    return this.#query(user, password, statement)
  }

  // As the database account of a program.
  sqlAs(program, statement) {
    const { user, password } = this.ini[program]
    return this.#query(user, password, statement)
  }

  // Statements that lock, and so many seconds behind them. When this ends they have begun; `ended` says that they are over.
  async hold(statements, seconds) {
    const ended = this.sql(`${statements}; DO SLEEP(${seconds})`)
    const asleep = async () => (await this.sql("SELECT 1 FROM information_schema.processlist WHERE state = 'User sleep'")).length > 0
    await this.#until(asleep, 'nobody holds it')
    return { ended }
  }

  async #query(user, password, statement) {
    const { socket, name } = this.ini.database
    const options = ['--no-defaults', `--socket=${socket}`, `--user=${user}`, '--default-character-set=utf8mb4', '--batch',
      `--execute=${statement}`, name]
    const { stdout } = await run('mariadb', options, { env: { ...process.env, MYSQL_PWD: password }, maxBuffer: 1 << 26 })
    return parseRows(stdout)
  }

  // What the programs say that they answer: {name: "GET /users/{id}", bodyMax, fields, …}.
  routes() {
    return this.programs().flatMap(program =>
      execFileSync(`${this.bin}/${program}`, ['--routes'], { encoding: 'utf8' })
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line))
        .map(route => ({ ...route, name: `${route.method} /${route.program}${route.path === '/' ? '' : route.path}` })))
  }

  // The web programs that are built: every source file but the command line, which has no routes, and the bridge, which
  // answers nobody but its own sockets.
  programs() {
    return readdirSync(`${ROOT}/cgi-bin`)
      .filter(file => file.endsWith('.c') && !['bellhop.c', 'bridge.c'].includes(file))
      .map(file => file.slice(0, -2))
  }

  #signalKeeper(signal) {
    const pid = Number(readFileSync(`${this.var}/run/serve.pid`, 'utf8'))
    if (alive(pid)) process.kill(pid, signal)
  }

  // Shuts the database down in order, and keeps the site's keeper from starting it again until startDatabase().
  async stopDatabase() {
    const database = Number(readFileSync(`${this.var}/run/db.pid`, 'utf8'))
    this.#signalKeeper('SIGSTOP')
    process.kill(database, 'SIGTERM')
    await this.#until(() => !alive(database))
  }

  async startDatabase() {
    this.#signalKeeper('SIGCONT')
    await this.#until(() => existsSync(this.ini.database.socket))
  }

  async #until(done, otherwise = 'the database does not do as it is told') {
    for (const end = Date.now() + 60_000; !(await done()); ) {
      assert.ok(Date.now() < end, otherwise)
      await new Promise(again => setTimeout(again, 20))
    }
  }
}

// A zombie that its parent has not waited for is not alive any more.
export function alive(pid) {
  try {
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

// Sites whose tests were killed before they could stop them. The name of a site begins with the process it belongs to.
function sweep() {
  for (const name of readdirSync(FOLDER)) {
    const owner = name.match(/^([0-9a-z]+)-[0-9a-z]+$/)
    if (!owner || alive(parseInt(owner[1], 36))) continue
    new Site({ var: `${FOLDER}/${name}`, port: 1 }).stop()
    rmSync(`${FOLDER}/${name}`, { recursive: true, force: true })
  }
}

// No test of something else depends on how quick the machine is; the limits themselves are tested on sites of their own.
export const UNLIMITED = { BELLHOP_LIMITS_WRITES: '0', BELLHOP_LIMITS_READS: '0' }

// The site of this test run; with `own`, one that nobody else uses.
export async function openSite({ own = false, settings = own ? {} : UNLIMITED, bin = BIN } = {}) {
  if (process.env.SITE && !own) return new Site(JSON.parse(process.env.SITE))
  mkdirSync(FOLDER, { recursive: true })
  sweep()
  const folder = `${FOLDER}/${process.pid.toString(36)}-${Date.now().toString(36)}`
  const site = new Site({ var: folder, port: await freePort(), settings, bin })
  process.on('exit', () => {
    site.stop()
    checkLog(site)
    rmSync(folder, { recursive: true, force: true })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))
  site.start()
  return site
}

// Sanitizers speak to standard error.
function checkLog(site) {
  const log = existsSync(`${site.var}/log/programs.log`) ? readFileSync(`${site.var}/log/programs.log`, 'utf8') : ''
  const fault = log.match(/^.*(?:runtime error|ERROR: \w+Sanitizer).*$/m)
  if (!fault) return
  console.error(`a sanitizer complained:\n${log.slice(log.indexOf(fault[0])).slice(0, 8000)}`)
  process.exitCode = 1
}

// The command line of a site: {code, out}, out being both of its outputs.
export async function bellhop(site, ...words) {
  const env = { ...process.env, ...site.settings, BELLHOP_CONF: site.conf }
  const { code, stdout, stderr } = await run(`${site.bin}/bellhop`, words, { env }).catch(fault => fault)
  return { code: code ?? 0, out: stdout + stderr }
}

// All that the database knows of a person, but what moves by itself; for "nothing was changed".
export async function facts(site, id) {
  return site.sql(`SELECT u.username, u.first_name, u.last_name, u.name_key, u.image_path, u.deleted_at, p.email, p.email_key,
    p.birthday, p.locale, c.password_hash, c.changed_at,
    (SELECT GROUP_CONCAT(s.id, IFNULL(s.revoked_at, '') ORDER BY s.id) FROM session s WHERE s.user_id = u.id) AS sessions,
    (SELECT COUNT(*) FROM refresh r JOIN session s ON s.id = r.session_id WHERE s.user_id = u.id) AS tokens
    FROM user u LEFT JOIN person p ON p.user_id = u.id LEFT JOIN credential c ON c.user_id = u.id WHERE u.id = ${id}`)
}
