// The same with processes that die: kill -9 of the programs, the web server and the database under that load. KILLS says how
// many of each. STRICT=1: the times to the first success are judged too, and not only whether it came.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openSite } from '../site.mjs'
import { chance } from './chance.mjs'
import { kill } from './kills.mjs'
import { SETTINGS, Storm } from './storm.mjs'

const KILLS = process.env.KILLS ? Number(process.env.KILLS) : undefined
const VICTIMS = { messages: KILLS ?? 4, poll: KILLS ?? 4, lighttpd: KILLS ?? 2, mariadbd: KILLS ?? 2 }
const IN_TIME_MS = process.env.STRICT ? { mariadbd: 5000, other: 1000 } : { mariadbd: 30_000, other: 10_000 }
// What dies sooner after it was started waits for its turn; see watch_over in serve.sh.
const AGE_MS = 4000

const site = await openSite({ own: true, settings: SETTINGS })

// What each is for, asked of it.
function signs(storm) {
  const { token } = storm.people[0]
  const answers = (method, path, body) => async () => {
    const answer = await storm.wire.ask({ method, path, token, body }, { timeout_ms: 1000 }).catch(() => undefined)
    return answer?.status < 300
  }
  const message = answers('GET', `/messages/${storm.hot.id}?limit=1`)
  return { messages: message, poll: answers('GET', '/poll'), lighttpd: message, mariadbd: message }
}

test('whatever process dies, nothing acknowledged is lost, doubled or reordered, and nobody is stuck', async t => {
  const storm = new Storm(site, { messages: Infinity, name: 'kills', deadline_ms: 40_000 })
  const luck = chance('kills')
  const [times, young] = [{}, {}]
  let left = Object.entries(VICTIMS).flatMap(([name, n]) => Array(n).fill(name))
  await storm.prepare()
  const working = storm.run()
  const succeeds = signs(storm)
  try {
    while (left.length > 0) {
      await delay(300 + luck.below(700))
      const ripe = left.filter(name => !(young[name] > Date.now()))
      if (ripe.length === 0) continue
      const name = luck.pick(ripe)
      left.splice(left.indexOf(name), 1)
      const { ms, away_ms } = await kill(site, name, succeeds[name])
      ;(times[name] ??= []).push(ms)
      if (away_ms > 0) (times['the database itself'] ??= []).push(away_ms)
      if (name === 'lighttpd' || name === 'mariadbd') young.lighttpd = young.mariadbd = Date.now() + AGE_MS
    }
  } finally {
    storm.left = 0
    await working
  }
  await storm.check()
  t.diagnostic(storm.summary)
  for (const [name, all] of Object.entries(times)) {
    all.sort((a, b) => a - b)
    t.diagnostic(`first success after ${all.length} deaths of ${name}: ${all.length > 8 ? `median ${all[all.length >> 1].toFixed(0)}, at worst ${all.at(-1).toFixed(0)}` : all.map(ms => ms.toFixed(0)).join(', ')} ms`)
  }
  assert.deepEqual(storm.checker.faults, {}, storm.checker.words.join('\n'))
  for (const name of Object.keys(VICTIMS)) {
    assert.ok(times[name].at(-1) <= (IN_TIME_MS[name] ?? IN_TIME_MS.other), `${name}: ${times[name].at(-1).toFixed(0)} ms`)
  }
})
