// The Node peer on the site's own database: what its users get from it, to compare ours with.
import { execFile, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ROOT, freePort } from '../../site.mjs'
import { cpu, load, median, noiseInWords, pssMb, rate } from '../measure.mjs'
import { stage } from '../stage.mjs'

const ROUNDS = 3
const USERS = 8300
const SENDERS = 32
const START_MAX_MS = 10_000
const HERE = `${ROOT}/tests/bench/peer-node`

const execute = promisify(execFile)

// Ends with this process, and carries the site's mark for the case that this one is killed.
export async function startPeer(site) {
  const { socket: DB_SOCKET, admin_user: DB_USER, admin_password: DB_PASSWORD } = site.ini.database
  const port = await freePort()
  const tokens = `${site.var}/peer-tokens`
  const env = { ...process.env, DB_SOCKET, DB_USER, DB_PASSWORD, NODE_ENV: 'production', PORT: port, BELLHOP_SITE: site.var }
  await execute(`${ROOT}/lib/host/npm.sh`, [HERE, `${ROOT}/.build/npm/peer-node`])
  await execute(process.execPath, [`${HERE}/seed.mjs`, USERS, tokens], { env })
  const server = spawn(process.execPath, [`${HERE}/server.mjs`], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  server.unref()
  process.on('exit', () => server.kill())
  for (const end = Date.now() + START_MAX_MS; ; await delay(20)) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/health`).catch(() => undefined)
    if (answer?.status === 200) return { port, pid: server.pid, tokens }
    if (Date.now() > end) throw new Error('the peer does not answer')
  }
}

export default async function peer({ figure, raw }) {
  const { site, database } = await stage()
  const { port, pid, tokens } = await startPeer(site)
  const idle = pssMb(pid)
  const lines = []
  for (let i = 0; i < ROUNDS; i++) {
    lines.push(await load('post', {
      port,
      tokens,
      rooms: SENDERS,
      'post-path': '/api/chats/{r}/messages',
      'post-body': '{"content":"{m}"}',
      time: 4,
      warm: 1,
      settle: 100,
      label: 'peer-post',
      pids: { peer: pid, database }
    }))
    raw(lines.at(-1))
  }
  figure({
    what: `Node peer: durable posts over REST, ${SENDERS} senders`,
    figure: median(lines.map(rate)),
    unit: 'per s',
    detail: `CPU ${median(lines.map(cpu)).toFixed(3)} s/1,000 with the database; ${noiseInWords(lines)}`
  })
  if (idle) figure({ what: 'Node peer: memory when idle', figure: idle, unit: 'MB' })
}
