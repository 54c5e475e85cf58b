// What the tests of lib/host share: a site of its own in a temporary folder, taken down whatever happens.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { alive, freePort } from '../site.mjs'

export { alive, freePort }
export const root = path.resolve(new URL('../..', import.meta.url).pathname)
export const isRoot = process.getuid() === 0
export const isLong = process.env.LONG === '1'
const NOBODY = 65534

// Like t.after, but what was set up last is taken down first.
const cleanups = new WeakMap()
export function atEnd(t, work) {
  if (!cleanups.has(t)) {
    cleanups.set(t, [])
    t.after(async () => { for (const each of cleanups.get(t).reverse()) await each() })
  }
  cleanups.get(t).push(work)
}

export function temporaryFolder(t) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'bellhop-host-'))
  fs.chmodSync(dir, 0o755)
  atEnd(t, () => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  return dir
}

// A signal to a process that may have ended on its own.
export function signal(pid, name) {
  try {
    process.kill(pid, name)
  } catch (e) {
    if (e.code !== 'ESRCH') throw e
  }
}

// A copy of what serve.sh needs of the repository, readable by others.
export function copyOfTree(to) {
  const bin = process.env.BIN || path.join(root, '.build/release/bin')
  for (const part of ['lib/host', 'schema', 'www', 'lighttpd.conf', 'apache.conf']) {
    fs.cpSync(path.join(root, part), path.join(to, part), { recursive: true })
  }
  fs.cpSync(bin, path.join(to, '.build/release/bin'), { recursive: true })
  return to
}

// Runs a command to its end: { code, out, ms }, out being both of its outputs.
export async function run(command, args, options = {}) {
  const started = process.hrtime.bigint()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', s => { out += s })
  const [code, signal] = await once(child, 'close')
  return { code: signal || code, out, ms: Number(process.hrtime.bigint() - started) / 1e6 }
}

export async function until(condition, what, ms = 15000) {
  const end = Date.now() + ms
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

export class Site {
  static async make(t, { folder = temporaryFolder(t), name = 'var', user, tree = root, env = {} } = {}) {
    const site = new Site()
    site.folder = folder
    site.tree = tree
    site.var = path.join(folder, name)
    site.port = await freePort()
    site.url = `http://127.0.0.1:${site.port}`
    site.options = { cwd: folder }
    if (user === 'nobody' && isRoot) Object.assign(site.options, { uid: NOBODY, gid: NOBODY })
    site.env = { ...process.env, VAR: site.var, PORT: String(site.port), BIN: '', ADDRESS: '', ...env }
    site.env.BIN ||= process.env.BIN && tree === root ? process.env.BIN : path.join(tree, '.build/release/bin')
    atEnd(t, async () => {
      for (const pid of site.keepers()) signal(pid, 'SIGCONT')
      await site.serve('stop')
      for (const { pid } of site.processes()) signal(pid, 'SIGKILL')
    })
    return site
  }

  serve(command, env = {}) {
    return run(this.script, [command], { ...this.options, env: { ...this.env, ...env } })
  }

  // serve.sh in a process group of its own, as a shell makes it, for the tests that signal it.
  spawn(command, env = {}) {
    const child = spawn(this.script, [command],
      { ...this.options, env: { ...this.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    child.words = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', s => { child.words += s })
    child.ended = once(child, 'close').then(([code, signal]) => signal || code)
    return child
  }

  get script() { return path.join(this.tree, 'lib/host/serve.sh') }

  async get(url, options) { return fetch(this.url + url, options) }

  async answers() {
    try {
      return (await this.get('/api/v1/health')).status === 200
    } catch {
      return false
    }
  }

  read(name) {
    try {
      return fs.readFileSync(path.join(this.var, name), 'utf8')
    } catch {
      return ''
    }
  }

  setting(section, key) {
    const part = this.read('bellhop.conf').split(`[${section}]`)[1]?.split('\n[')[0] ?? ''
    return part.match(new RegExp(`^${key} = (.*)$`, 'm'))?.[1]
  }

  keepers() {
    return pids().filter(pid => {
      const [, script] = words(`/proc/${pid}/cmdline`)
      return script === this.script && words(`/proc/${pid}/environ`).includes(`VAR=${this.var}`)
    })
  }

  // What serve.sh started for this site and still lives. What the programs have in their environment nobody but root may
  // read; they are of one session.
  processes() {
    const session = this.read('run/programs.sid').trim()
    return pids()
      .filter(pid => words(`/proc/${pid}/environ`).includes(`BELLHOP_SITE=${this.var}`) || (session && sessionOf(pid) === session))
      .map(pid => ({ pid, name: words(`/proc/${pid}/comm`)[0]?.trim() }))
      .filter(({ name }) => name)
  }

  // Every program of lighttpd.conf, the one that looks into files, and who holds their sockets; lighttpd and MariaDB.
  get expected() {
    const conf = fs.readFileSync(path.join(this.tree, 'lighttpd.conf'), 'utf8')
    return [...new Set([...conf.matchAll(/^[^#\n]*"socket" => home \+ "\/run\/(\w+)\.sock"/gm)].map(m => m[1]))]
      .concat('bellhop', 'files-clerk', 'lighttpd', 'mariadbd').sort()
  }

  pid(name) { return this.processes().find(p => p.name === name)?.pid }

  sql(user, password, statement) {
    const socket = this.setting('database', 'socket')
    return run('mariadb', ['--no-defaults', '-u', user, `-p${password}`, '-S', socket, '-N', '-e', statement], this.options)
  }
}

function pids() {
  return fs.readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number)
}

// The sixth word; the second, a name in brackets, may hold anything.
function sessionOf(pid) {
  return words(`/proc/${pid}/stat`)[0]?.split(') ').at(-1).split(' ')[3]
}

function words(file) {
  try {
    return fs.readFileSync(file, 'utf8').split('\0')
  } catch {
    return []
  }
}
