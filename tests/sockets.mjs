// sockets.mjs - sockets of the site under test, as a test wants them: what came is kept in order, and is waited for.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { require } from './npm.mjs'

export const { WebSocket } = require('ws')
export const { io } = require('socket.io-client')

const TIMEOUT_MS = 20_000

// A test that failed leaves its sockets open, and an open socket would keep the process alive.
const opened = []
after(() => opened.forEach(end => end()))

// Values that come by and by, and those who wait for them.
export class Inbox {
  #values = []
  #waiting = []

  put(value) {
    const taker = this.#waiting.findIndex(({ wants }) => wants(value))
    if (taker >= 0) this.#waiting.splice(taker, 1)[0].take(value)
    else this.#values.push(value)
  }

  // The first one that `wants` takes, now or later.
  next(wants = () => true) {
    const at = this.#values.findIndex(wants)
    if (at >= 0) return Promise.resolve(this.#values.splice(at, 1)[0])
    return new Promise((resolve, reject) => {
      const hurry = setTimeout(() => reject(new Error(`nothing came; there is ${JSON.stringify(this.#values).slice(0, 2000)}`)), TIMEOUT_MS)
      this.#waiting.push({ wants, take: value => { clearTimeout(hurry); resolve(value) } })
    })
  }

  get left() {
    return this.#values
  }
}

// A WebSocket of npm's `ws`; `frames` holds JSON that came (with `raw` the text itself), `closed` becomes {code, reason}. A handshake that is refused
// rejects with {status, text, headers}.
export function openSocket(site, path, { token, headers = {}, raw = false, ...options } = {}) {
  const all = token === undefined ? headers : { Authorization: `Bearer ${token}`, ...headers }
  const socket = new WebSocket(`ws://127.0.0.1:${site.port}${path}`, { headers: all, perMessageDeflate: false, handshakeTimeout: TIMEOUT_MS, ...options })
  opened.push(() => socket.terminate())
  const frames = new Inbox()
  const closed = new Promise(resolve => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })))
  let answers = 0
  socket.on('message', (data, isBinary) => frames.put(isBinary ? data : raw ? data.toString() : JSON.parse(data.toString())))
  const it = {
    socket,
    frames,
    closed,
    next: wants => frames.next(wants),
    say: value => socket.send(typeof value === 'string' ? value : JSON.stringify(value)),
    // A command by the native protocol.
    async ask(method, path, body) {
      const req = ++answers
      it.say({ req, method, path, ...(body === undefined ? {} : { body }) })
      return frames.next(frame => frame.res === req)
    },
    async end() {
      socket.close()
      return closed
    }
  }
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(it))
    socket.on('unexpected-response', (_, response) => {
      const parts = []
      response.on('data', part => parts.push(part))
      response.on('end', () => reject(Object.assign(new Error(`refused: ${response.statusCode}`), {
        status: response.statusCode, headers: response.headers, text: Buffer.concat(parts).toString()
      })))
    })
    socket.on('error', reject)
  })
}

// How a handshake was refused.
export async function refusal(opening) {
  try {
    await opening
  } catch (fault) {
    if (fault.status === undefined) throw fault
    return fault
  }
  assert.fail('the handshake was taken')
}

// A client of npm's socket.io-client, connected; `heard` holds [name, …arguments] of every event that came. One that is not
// let in rejects with its error.
export function openIo(site, auth, { transports = ['websocket'], ...options } = {}) {
  const socket = io(`http://127.0.0.1:${site.port}`, { auth, transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options })
  opened.push(() => socket.disconnect())
  const heard = new Inbox()
  socket.onAny((...all) => heard.put(all))
  const it = {
    socket,
    heard,
    // The first argument of the next event of that name that `wants` takes.
    next: async (name, wants = () => true) => (await heard.next(([n, value]) => n === name && wants(value)))[1],
    ask: (name, value) => socket.timeout(20_000).emitWithAck(name, value),
    end: () => socket.disconnect()
  }
  return new Promise((resolve, reject) => {
    const refused = fault => {
      socket.disconnect()
      reject(fault)
    }
    socket.once('connect_error', refused)
    socket.once('connect', () => {
      socket.off('connect_error', refused)
      resolve(it)
    })
  })
}
