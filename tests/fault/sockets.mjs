// sockets.mjs - ways to read and to write over the bridge, in the forms of readers.mjs and wire.mjs: each loses its
// connection at any moment and goes on from its last cursor.
import { setTimeout as delay } from 'node:timers/promises'
import { WebSocket, io } from '../sockets.mjs'
import { API } from './wire.mjs'

const REST_MS = 20
const TIMEOUT_MS = 10_000

const ended = signal => new Promise(resolve => (signal.aborted ? resolve() : signal.addEventListener('abort', resolve, { once: true })))

// /ws, resumed by its cursor.
export function native(site) {
  return async function native(chain) {
    const { luck, token, signal } = chain
    while (!signal.aborted) {
      const socket = new WebSocket(`ws://127.0.0.1:${site.port}/ws?cursor=${chain.cursor}`, { headers: { Authorization: `Bearer ${token}` }, perMessageDeflate: false })
      const closed = new Promise(resolve => socket.on('close', resolve))
      let over = false
      socket.on('error', fault => signal.aborted || chain.error(fault.code ?? fault.message))
      socket.on('message', data => {
        if (over) return
        const frame = JSON.parse(data)
        if (frame.type !== 'hello') chain.hear(frame)
        chain.cursor = frame.cursor
      })
      const span = chain.drops ? 20 + luck.below(2000) : 60_000
      await Promise.race([delay(span), closed, ended(signal)])
      over = true
      socket.terminate()
      await closed
      if (!signal.aborted) await delay(luck.below(REST_MS))
    }
  }
}

// Socket.IO with its own recovery, or by the cursor where that is too late.
export function socketIo(site, transports) {
  return async function socketIo(chain) {
    const { luck, token, signal } = chain
    const socket = io(`http://127.0.0.1:${site.port}`, { transports, forceNew: true, reconnectionDelay: 10, reconnectionDelayMax: 200, timeout: TIMEOUT_MS,
      auth: say => say({ token, cursor: chain.cursor }) })
    socket.on('connect_error', fault => {
      if (signal.aborted) return
      chain.error(fault.message)
      // Refused, and not merely unreachable: it will not try again by itself.
      if (!socket.active) setTimeout(() => signal.aborted || socket.connect(), REST_MS)
    })
    socket.onAny((name, event) => {
      if (name !== 'hello' && name !== 'notification') chain.hear(event)
      if (event.cursor) chain.cursor = event.cursor
    })
    while (!signal.aborted) {
      await Promise.race([delay(chain.drops ? 20 + luck.below(2000) : 60_000), ended(signal)])
      // As a network would: not while the client still hands on what it has read (an upgrade among it), nor while it
      // opens, when it would only wait for its own timeout.
      await new Promise(resolve => setImmediate(resolve))
      if (chain.drops && !signal.aborted && socket.connected && !socket.io.engine.upgrading) socket.io.engine.close()
    }
    socket.disconnect()
  }
}

// A wire whose requests go over a WebSocket of each person's own.
export class SocketWire {
  #open = new Map()

  constructor(site) {
    this.port = site.port
  }

  #socketOf(token) {
    const known = this.#open.get(token)
    if (known) return known
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/ws`, { headers: { Authorization: `Bearer ${token}` }, perMessageDeflate: false })
    const it = { socket, waiting: new Map(), asked: 0 }
    it.opened = new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    it.opened.catch(() => {})
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#open.get(token) === it) this.#open.delete(token)
      for (const { reject } of it.waiting.values()) reject(new Error(it.dropped ? 'dropped' : 'closed'))
    })
    socket.on('message', data => {
      const frame = JSON.parse(data)
      const { resolve } = it.waiting.get(frame.res) ?? {}
      it.waiting.delete(frame.res)
      resolve?.({ status: frame.status, json: frame.body ?? undefined })
    })
    this.#open.set(token, it)
    return it
  }

  async ask({ method, path, token, body }, { drop_ms, signal } = {}) {
    const it = this.#socketOf(token)
    await it.opened
    const req = ++it.asked
    const answer = new Promise((resolve, reject) => it.waiting.set(req, { resolve, reject }))
    const timer = setTimeout(() => {
      it.dropped = drop_ms !== undefined
      it.socket.terminate()
    }, drop_ms ?? TIMEOUT_MS)
    const stop = () => it.socket.terminate()
    signal?.addEventListener('abort', stop)
    it.socket.send(JSON.stringify({ req, method, path: path.replace(API, ''), body }))
    try {
      return await answer
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  }

  end() {
    for (const { socket } of this.#open.values()) socket.terminate()
  }
}
