// live.js - the one stream of events, over the best way that works: WebSocket, else a stream, else long-poll. A chain of
// cursors runs through all of them, so changing the way loses and doubles nothing. One tab of a browser does this.
import { SITE, Unusable, ask as plainly } from './api.js'

const WAYS = [
  ['socket', () => import('./socket.js').then(file => file.bySocket)],
  ['stream', () => import('./sse.js').then(file => file.byStream)],
  ['poll', () => import('./poll.js').then(file => file.byPoll)]
]
const REMEMBERED = `bellhop:${SITE.pathname}:way`
const REMEMBER_MS = 86_400_000
// A way that was given up is tried again after this, unless it is known not to work here.
const BETTER_MS = 300_000
const PAUSE_MAX_MS = 30_000

// The pause before try number n (from 1), spread so that a thousand clients do not come back at once.
export const pauseMs = (n, chance = Math.random()) => Math.min(PAUSE_MAX_MS, 500 * 2 ** Math.min(n, 8)) * (0.5 + chance / 2)

// Ways that did not work here within a day are not tried first again.
function firstWay() {
  try {
    const { way, at } = JSON.parse(localStorage.getItem(REMEMBERED))
    if (Date.now() - at < REMEMBER_MS && WAYS[way]) return way
  } catch {
    // Nothing is remembered.
  }
  return 0
}

// Follows the log from `cursor` until the signal ends it. Told are: onEvents({cursor, events}), onState('live' with the
// way, 'waiting' or 'offline'), and onExpired(), which answers a new cursor after loading all afresh. `session` has
// token() and renew().
export async function follow({ cursor, session, signal, onEvents, onState, onExpired }) {
  let way = firstWay()
  let failures = 0
  let down = null
  while (!signal.aborted) {
    const round = restartable(signal)
    let heard = false
    try {
      const [name, load] = WAYS[way]
      const open = await load()
      const ask = async (method, path, options) => plainly(method, path, { ...options, token: await session.token() })
      for await (const got of open({ ask, token: session.token, cursor, signal: round.signal })) {
        cursor = got.cursor ?? cursor
        failures = 0
        heard = true
        if (down?.sure && Date.now() - down.at < 30_000) remember(way)
        onState({ status: 'live', way: name })
        if (got.events.length || got.cursor) onEvents({ cursor, events: got.events })
        round.alive()
        if (down && !down.sure && Date.now() - down.at > BETTER_MS) break
      }
      if (down && Date.now() - down.at > BETTER_MS) {
        way = firstWay()
        down = null
        continue
      }
    } catch (fault) {
      if (signal.aborted) return
      if (round.signal.aborted) continue
      if (way < WAYS.length - 1 && (fault instanceof Unusable || (fault.status === 0 && !heard && failures > 0))) {
        // Sure only where the server was there to be asked: the way that follows will show it.
        down = { at: Date.now(), sure: fault instanceof Unusable && navigator.onLine }
        way++
        if (down.sure) continue
      }
      if (fault.status === 401) await session.renew().catch(() => {})
      if (fault.status === 410) cursor = await onExpired().catch(() => cursor)
    } finally {
      round.end()
    }
    failures++
    // The first failure is silent: lines break, and mostly come back at once.
    if (failures > 1 || !navigator.onLine) onState({ status: 'offline', since: Date.now() })
    await pause(failures === 1 ? 50 : pauseMs(failures), signal)
  }
}

const remember = way => localStorage.setItem(REMEMBERED, JSON.stringify({ way, at: Date.now() }))

let nudge = () => {}
// "Retry now", the network is back, the machine woke up: do not wait any longer.
export const hurry = () => nudge()

function pause(ms, signal) {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    nudge = () => {
      clearTimeout(timer)
      resolve()
    }
    signal.addEventListener('abort', nudge, { once: true })
  })
}

// A signal for one connection, which is given up when one should rather begin anew: after a sleep nobody knows whether
// the old line is still there.
function restartable(signal) {
  const stop = new AbortController()
  let heard = Date.now()
  const leave = () => stop.abort(signal.reason)
  const back = () => {
    if (document.visibilityState === 'visible' && Date.now() - heard > 45_000) stop.abort()
  }
  const online = () => stop.abort()
  signal.addEventListener('abort', leave, { once: true })
  document.addEventListener('visibilitychange', back)
  window.addEventListener('online', online)
  return {
    signal: stop.signal,
    alive: () => (heard = Date.now()),
    end() {
      signal.removeEventListener('abort', leave)
      document.removeEventListener('visibilitychange', back)
      window.removeEventListener('online', online)
    }
  }
}
