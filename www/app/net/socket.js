// socket.js - events over the bridge's WebSocket, where there is one.
import { Problem, SITE, Unusable, query } from './api.js'

const HELLO_MS = 6000
// A line that died without a word is found out by asking.
const ASK_EVERY_MS = 30_000
const BAD_TOKEN = 4401
const EXPIRED = 4410

export async function* bySocket({ token, cursor, signal }) {
  let mine = await token()
  const address = new URL(`ws${query({ cursor })}`, SITE)
  address.protocol = address.protocol.replace('http', 'ws')
  const socket = new WebSocket(address)
  const inbox = []
  let wake = () => {}
  let ended = null
  let greeted = false
  let asked = 0
  const end = why => {
    ended ??= why
    wake()
  }
  const hello = setTimeout(() => end(new Unusable('no greeting')), HELLO_MS)
  const asking = setInterval(async () => {
    if (asked) return end(new Problem({ detail: 'the socket is silent' }))
    if (!greeted) return
    asked = 1
    socket.send(JSON.stringify({ req: 1, method: 'GET', path: '/health' }))
    // A token ends sooner than a socket.
    const next = await token().catch(() => mine)
    if (next !== mine && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ auth: next }))
    mine = next
  }, ASK_EVERY_MS)
  socket.onopen = () => socket.send(JSON.stringify({ auth: mine, cursor }))
  socket.onmessage = ({ data }) => {
    asked = 0
    const { type, cursor: reached, ...rest } = JSON.parse(data)
    if (rest.res !== undefined) return
    if (type === 'hello') {
      greeted = true
      clearTimeout(hello)
    }
    inbox.push({ cursor: reached, events: type === 'hello' ? [] : [{ type, ...rest }] })
    wake()
  }
  socket.onclose = ({ code, reason }) => {
    if (code === BAD_TOKEN) end(new Problem({ status: 401, code: 'unauthorized', detail: reason }))
    else if (code === EXPIRED) end(new Problem({ status: 410, code: 'cursor_expired', detail: reason }))
    else end(greeted ? new Problem({ detail: 'the socket closed' }) : new Unusable('no socket here'))
  }
  const leave = () => end(signal.reason)
  signal.addEventListener('abort', leave, { once: true })
  try {
    for (;;) {
      while (inbox.length) {
        const all = inbox.splice(0)
        yield { cursor: all.findLast(one => one.cursor !== undefined)?.cursor, events: all.flatMap(one => one.events) }
      }
      if (ended) throw ended
      await new Promise(resolve => (wake = resolve))
    }
  } finally {
    clearTimeout(hello)
    clearInterval(asking)
    signal.removeEventListener('abort', leave)
    socket.onclose = null
    socket.close()
  }
}
