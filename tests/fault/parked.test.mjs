// Many who wait: PARKED polls of people to whom nothing happens, while others write to each other.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { cast, makeGroup, say } from '../chats.mjs'
import { connect } from '../client.mjs'
import { openSite } from '../site.mjs'
import { pidOf } from './kills.mjs'
import { SETTINGS } from './storm.mjs'

const PARKED = Number(process.env.PARKED ?? 400)
const ROUNDS = 200
const LOOKS_MAX = 5
const SLOWER_MAX = 3 // times, at the median; a poll that woke with each message would be far beyond

const site = await openSite({ own: true, settings: { ...SETTINGS, BELLHOP_LIMITS_WAITS: '0' } })
const client = connect(site)

const memoryOf = name => Number(readFileSync(`/proc/${pidOf(site, name)}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)[1])
// Nobody but root may see it.
const memory = () => (process.getuid() === 0 ? memoryOf('poll') + memoryOf('lighttpd') : NaN)

// From sending to hearing, in ms: the median.
async function latency(ann, bob, chat) {
  let cursor = (await client.get('/poll', { token: bob.token })).json.cursor
  const times = []
  for (let i = 0; i < ROUNDS; i++) {
    const waiting = client.get(`/poll?cursor=${cursor}&timeout=10&chatId=${chat}`, { token: bob.token })
    await delay(2)
    const began = performance.now()
    const sending = say(client, ann, chat, `${i}`)
    const { json } = await waiting
    times.push(performance.now() - began)
    assert.equal(json.events.length, 1)
    cursor = json.cursor
    await sending
  }
  return times.sort((a, b) => a - b)[ROUNDS >> 1]
}

function park(token, cursor, chat) {
  const socket = net.connect(site.port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(`GET /api/v1/poll?cursor=${cursor}&timeout=60&chatId=${chat} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  return socket
}

test(`${PARKED} who wait hold up nobody`, async t => {
  const [ann, bob, idle] = await cast(client, 3)
  const { id } = await makeGroup(client, ann, [bob])
  const alone = await latency(ann, bob, id)
  const [before, programs] = [memory(), [pidOf(site, 'poll'), pidOf(site, 'lighttpd')]]

  const { cursor } = (await client.get('/poll', { token: idle.token })).json
  let answered = 0
  const sockets = []
  for (let i = 0; i < PARKED; i++) {
    // A chat of its own each, that there is not: otherwise a newer poll releases an older one.
    const socket = park(idle.token, cursor, 1_000_000 + i)
    socket.on('data', () => answered++)
    sockets.push(socket)
    if (i % 50 === 49) await delay(10)
  }
  await delay(500)
  const each = ((memory() - before) * 1024) / PARKED
  // What else the machine does slows now the one and now the other, so the best of a few looks counts. Polls that woke with
  // each message would slow all of them.
  let among = Infinity
  for (let looks = 0; looks < LOOKS_MAX && among > alone * SLOWER_MAX + 5; looks++) {
    if (looks) await delay(1000)
    among = Math.min(among, await latency(ann, bob, id))
  }
  t.diagnostic(`parked ${PARKED}: ${Math.round(each)} bytes each, hub and web server together; a message to others takes ` +
    `${among.toFixed(2)} ms, ${(among / alone).toFixed(2)} times what it takes alone`)
  assert.ok(answered <= PARKED / 10, `${answered} were answered`)
  assert.deepEqual([pidOf(site, 'poll'), pidOf(site, 'lighttpd')], programs, 'something died')
  assert.ok(among <= alone * SLOWER_MAX + 5, `${alone.toFixed(2)} ms alone, ${among.toFixed(2)} among them`)
  for (const socket of sockets) socket.destroy()
})
