// readers.mjs - ways to read the stream. Each follows one chain of cursors until its signal, dropping its connection at any
// moment, or an answer it has got, and going on from its last cursor.
//
// chain: {wire, token, cursor, wish: {limit, chatId, maxBytes}, luck, drops, signal, hear(event), error(what)}
import { setTimeout as delay } from 'node:timers/promises'
import { connect } from '../client.mjs'

const REST_MS = 20

async function poll(chain, ask) {
  while (!chain.signal.aborted) {
    const { luck, wish } = chain
    const query = new URLSearchParams({ cursor: chain.cursor, timeout: String(1 + luck.below(20)), ...clean(wish) })
    let answer
    try {
      answer = await ask(`/poll?${query}`)
    } catch (fault) {
      if (chain.signal.aborted) return
      if (fault.message !== 'dropped') {
        chain.error(fault.code ?? fault.message)
        await delay(REST_MS)
      }
      continue
    }
    const { status, json } = answer
    if (status !== 200) {
      chain.error(`${status} ${json?.code}`)
      await delay(REST_MS)
      continue
    }
    // Some answers never arrive.
    if (chain.drops && luck.sometimes(0.02)) continue
    json.events.forEach(chain.hear)
    chain.cursor = json.cursor
    if (json.retryMs) await delay(luck.below(json.retryMs))
  }
}

const clean = wish => Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined).map(([name, value]) => [name, String(value)]))

export function longPoll(chain) {
  const { luck, token, signal } = chain
  return poll(chain, path => chain.wire.ask({ method: 'GET', path, token },
    { drop_ms: chain.drops && luck.sometimes(0.1) ? luck.below(40) : undefined, timeout_ms: 40_000, signal }))
}

export async function stream(chain) {
  const { luck, token, signal } = chain
  for (let turn = 0; !signal.aborted; turn++) {
    const query = new URLSearchParams({ ...clean(chain.wish), ...(turn % 2 ? { cursor: chain.cursor } : {}) })
    const headers = turn % 2 ? {} : { 'Last-Event-ID': chain.cursor }
    const hear = ({ id, data }) => {
      if (data) chain.hear(JSON.parse(data))
      if (id) chain.cursor = id
    }
    try {
      const status = await chain.wire.follow({ method: 'GET', path: `/poll/stream?${query}`, token, headers }, hear,
        { drop_ms: chain.drops ? 20 + luck.below(2000) : 60_000, signal })
      if (status !== 200 && !signal.aborted) chain.error(status)
      if (status !== 200) await delay(REST_MS)
    } catch (fault) {
      if (!signal.aborted) chain.error(fault.code ?? fault.message)
      await delay(REST_MS)
    }
  }
}

// A process for each poll, as on the plainest of web hosts.
export function process_(site) {
  const client = connect(site, undefined, 'cgi')
  return async function process(chain) {
    await poll({ ...chain, wish: { ...chain.wish } }, path => client.get(path.replace(/timeout=\d+/, 'timeout=1'), { token: chain.token }))
  }
}
