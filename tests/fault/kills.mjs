// kills.mjs - ends a site's processes by kill -9, and measures until the first success after.
import { readFileSync } from 'node:fs'
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
  const lighttpd = Number(read(`${site.var}/run/lighttpd.pid`))
  if (name === 'lighttpd') return lighttpd
  if (name === 'bridge') return Number(read(`${site.var}/run/bridge.sid`))
  if (name === 'mariadbd') return Number(read(`${site.var}/run/db.pid`))
  const children = read(`/proc/${lighttpd}/task/${lighttpd}/children`).split(' ').filter(Boolean)
  return Number(children.find(pid => read(`/proc/${pid}/comm`) === name) ?? 0)
}

async function until(done, what) {
  for (const end = Date.now() + GIVE_UP_MS; !(await done()); await delay(LOOK_MS)) {
    if (Date.now() > end) throw new Error(`not within ${GIVE_UP_MS} ms: ${what}`)
  }
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

// Sends the signal to each of these programs in turn.
export async function signalAll(site, names, signal) {
  for (const name of names) process.kill(await living(site, name), signal)
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
