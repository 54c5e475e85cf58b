// The storm with sockets among the readers and the writers, while the bridge and a program it asks die under them; with KILLS,
// so many of each, the web server and the database too. MESSAGES says how many messages there are.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openSite } from '../site.mjs'
import { chance } from './chance.mjs'
import { kill } from './kills.mjs'
import { longPoll } from './readers.mjs'
import { SocketWire, native, socketIo } from './sockets.mjs'
import { SETTINGS, Storm } from './storm.mjs'

const MESSAGES = Number(process.env.MESSAGES ?? 1000)
const KILLS = Number(process.env.KILLS ?? 1)
const VICTIMS = process.env.KILLS ? ['bridge', 'messages', 'mariadbd', 'lighttpd'] : ['bridge', 'messages']
const AGE_MS = 4000

const site = await openSite({ own: true, settings: { ...SETTINGS, BELLHOP_LIMITS_SOCKETS: '0' } })

// Every way to read over the bridge, and polls beside them.
function mixture(_, people) {
  const ways = [native(site), socketIo(site, ['websocket']), socketIo(site, ['polling']), socketIo(site, ['polling', 'websocket']), longPoll]
  return people.flatMap((person, i) => [{ person, read: ways[i % ways.length], wish: {} }])
}

test('with sockets as readers and writers, whatever dies, nothing is lost, doubled or reordered', async t => {
  const wire = new SocketWire(site)
  const storm = new Storm(site, { messages: MESSAGES, chats: 40, readers: mixture, writers: writer => (writer % 2 ? wire : undefined), name: 'sockets', deadline_ms: 40_000 })
  const luck = chance('sockets')
  await storm.prepare()
  const { token } = storm.people[0]
  const working = storm.run()
  const succeeds = path => async () => (await storm.wire.ask({ method: 'GET', path, token }, { timeout_ms: 1000 }).catch(() => undefined))?.status < 300
  const greeted = async () => (await wire.ask({ method: 'GET', path: '/account/me', token }).catch(() => undefined))?.status === 200
  try {
    for (let i = 0; i < KILLS; i++) {
      for (const name of VICTIMS) {
        await delay(300 + luck.below(500))
        await kill(site, name, name === 'bridge' ? greeted : succeeds(`/messages/${storm.hot.id}?limit=1`))
        if (process.env.KILLS) await delay(AGE_MS)
      }
    }
  } finally {
    await working
    wire.end()
  }
  await storm.check()
  t.diagnostic(storm.summary)
  assert.deepEqual(storm.checker.faults, {}, storm.checker.words.join('\n'))
})
