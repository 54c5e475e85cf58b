// kills.mjs - ends a site's processes by kill -9, and measures until the first success after.
import { readFileSync, readdirSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const LOOK_MS = 5
const GIVE_UP_MS = 60_000

export const pidIn = file => Number(readFileSync(file, 'utf8'))

function read(file) {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

// The pid of one of the site's processes; 0 where it is between two lives.
export function pidOf(site, name) {
  if (name === 'lighttpd') return Number(read(`${site.var}/run/lighttpd.pid`))
  if (name === 'mariadbd') return Number(read(`${site.var}/run/db.pid`))
  const holder = read(`${site.var}/run/programs.sid`)
  const children = read(`/proc/${holder}/task/${holder}/children`).split(' ').filter(Boolean)
  return Number(children.find(pid => read(`/proc/${pid}/comm`) === name) ?? 0)
}

async function until(done, what) {
  for (const end = Date.now() + GIVE_UP_MS; !(await done()); await delay(LOOK_MS)) {
    if (Date.now() > end) throw new Error(`not within ${GIVE_UP_MS} ms: ${what}`)
  }
}

// Halts a process, until SIGCONT. A signal is not there at once: its threads may go on for a moment.
export async function halt(pid) {
  process.kill(pid, 'SIGSTOP')
  const stands = thread => /^State:\tT/m.test(read(`/proc/${pid}/task/${thread}/status`))
  await until(() => readdirSync(`/proc/${pid}/task`).every(stands), `${pid} stands`)
}

// Whether a MariaDB greets at the socket.
function greets(path) {
  return new Promise(resolve => {
    const socket = net.connect(path)
    socket.setTimeout(1000, () => socket.destroy())
    socket.on('data', () => resolve(true) || socket.destroy())
    socket.on('error', () => {})
    socket.on('close', () => resolve(false))
  })
}

// The pid of a program that lives, waiting until it does: 0 as a pid would be ourselves.
async function living(site, name) {
  let pid
  await until(() => (pid = pidOf(site, name)), `${name} lives`)
  return pid
}

// Ends these programs as a restart does, and waits until others live in their place: what is asked then, they answer.
export async function renew(site, names) {
  const old = await Promise.all(names.map(name => living(site, name)))
  for (const pid of old) process.kill(pid, 'SIGTERM')
  await until(() => names.every((name, i) => ![0, old[i]].includes(pidOf(site, name))), `${names} are new`)
}

// Kills it and answers {ms, away_ms}: milliseconds to the first success, for MariaDB from when it is back, and how long
// that was.
export async function kill(site, name, succeeds) {
  const pid = await living(site, name)
  process.kill(pid, 'SIGKILL')
  const killed = performance.now()
  let back = killed
  if (name === 'mariadbd') {
    await until(async () => ![0, pid].includes(pidOf(site, name)) && greets(site.ini.database.socket), 'MariaDB is back')
    back = performance.now()
  }
  await until(succeeds, `success after the death of ${name}`)
  return { ms: performance.now() - back, away_ms: back - killed }
}
