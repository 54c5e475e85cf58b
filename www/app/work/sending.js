// sending.js - the outbox: messages appear at once, are kept until the server has them, and get there exactly once. Each
// chat is sent in order, by one tab at a time; the clientKey makes every repetition harmless.
import { store } from '../model.js'
import { call, token } from '../net/session.js'
import { Problem } from '../net/api.js'
import { pauseMs } from '../net/live.js'
import * as list from '../state/outbox.js'
import { withMessages } from '../state/chats.js'
import { applied } from '../state/events.js'
import { set } from '../state/store.js'
import { dropItem, keepItem, outbox as keptItems } from './keep.js'
import { alone, hear, tell } from './tabs.js'

let failures = 0
let timer = 0
const uploads = new Map()

export async function start() {
  failures = 0
  hear('outbox', refresh)
  await refresh()
  drain()
}

const update = (change, ...values) => store.update(state => set(state, 'outbox', change(state.outbox, ...values)))

// What other tabs, or this one before a reload, have put in and taken out.
async function refresh() {
  const kept = await keptItems()
  if (kept.length || store.get().outbox.length) update(list.reconciled, kept)
}

// Where a site has no https, browsers keep randomUUID to themselves.
const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, '0')).join('')

export async function send(chatId, { body, files = [], replyTo = null }) {
  const item = { key: newKey(), chatId, body, files, replyTo, at: Date.now(), tries: 0, state: 'waiting' }
  update(list.queued, item)
  await keepItem(item)
  tell('outbox', {})
  drain()
}

// Again what was refused, or at once what waits for its turn.
export function again(key) {
  clearTimeout(timer)
  failures = 0
  update(list.changed, key, { state: 'waiting', problem: null })
  drain()
}

export async function cancel(key) {
  uploads.get(key)?.abort()
  update(list.dropped, key)
  await dropItem(key)
  tell('outbox', {})
}

export function drain() {
  clearTimeout(timer)
  for (const chatId of list.chatsWaiting(store.get().outbox)) {
    alone(`send:${chatId}`, () => drainChat(chatId)).catch(() => {})
  }
}
window.addEventListener('online', () => {
  failures = 0
  if (store.get().me) drain()
})

async function drainChat(chatId) {
  // Another tab may have sent some of it while this one stood in line.
  await refresh()
  for (let item; (item = list.next(store.get().outbox, chatId)) && store.get().me; ) {
    update(list.changed, item.key, { state: 'sending', tries: item.tries + 1 })
    try {
      const message = await deliver(item)
      failures = 0
      store.update(state => set(arrived(state, message), 'outbox', list.dropped(state.outbox, item.key)))
      await dropItem(item.key)
      tell('outbox', {})
    } catch (fault) {
      const problem = fault instanceof Problem ? fault : new Problem({ detail: fault.message })
      const { passing, code, fields, retryAfter } = problem
      // Taken back meanwhile; or the session has ended, and the item waits for the next one.
      if (!store.get().outbox.some(one => one.key === item.key)) continue
      if (problem.status === 401) return
      update(list.changed, item.key, { state: passing ? 'waiting' : 'failed', problem: { code, fields, retryAfter } })
      if (!passing) {
        await keepItem(store.get().outbox.find(one => one.key === item.key))
        continue
      }
      failures++
      clearTimeout(timer)
      timer = setTimeout(drain, Math.max(pauseMs(failures), retryAfter * 1000))
      return
    }
  }
}

// The answer is as good as the event that tells of it.
const arrived = (state, message) => {
  const next = withMessages(state, message.chatId, [message])
  return applied(next, { type: 'message', chatId: message.chatId, message })
}

async function deliver(item) {
  const fileIds = []
  for (const [i, file] of item.files.entries()) fileIds.push(file.id ?? (await deliverFile(item, file, i)))
  const { key: clientKey, chatId, body, replyTo } = item
  return call('POST', `messages/${chatId}`, {
    body: { body, clientKey, ...(fileIds.length ? { fileIds } : {}), ...(replyTo ? { replyTo } : {}) }
  })
}

async function deliverFile(item, file, i) {
  const stop = new AbortController()
  uploads.set(item.key, stop)
  const alter = values => {
    const known = store.get().outbox.find(one => one.key === item.key)
    if (!known) return undefined
    const files = known.files.map((one, n) => (n === i ? { ...one, ...values } : one))
    update(list.changed, item.key, { files })
    return files
  }
  try {
    const { upload } = await import('./uploads.js')
    const { id } = await upload(file, { token: await token(), signal: stop.signal, onPart: part => alter({ part }) })
    const files = alter({ id, part: 1 })
    // Not sent twice after a reload.
    if (files) await keepItem({ ...item, files: files.map(one => ({ ...one, part: undefined })) })
    return id
  } finally {
    uploads.delete(item.key)
  }
}
