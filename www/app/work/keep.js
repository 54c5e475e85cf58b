// keep.js - what a browser keeps of one person between visits: the outbox, and enough of the chats to read offline. In
// IndexedDB; where a browser has none to give, nothing is kept and everything else works.
import { SITE } from '../net/api.js'

const NAME = `bellhop:${SITE.pathname}`
let opening = null

function open() {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1)
    request.onupgradeneeded = () => {
      request.result.createObjectStore('kept')
      request.result.createObjectStore('outbox', { keyPath: 'key' })
    }
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close()
      resolve(request.result)
    }
    request.onerror = () => reject(request.error)
  })
  return opening
}

async function run(mode, store, work) {
  try {
    const db = await open()
    return await new Promise((resolve, reject) => {
      const deal = db.transaction(store, mode)
      const request = work(deal.objectStore(store))
      deal.oncomplete = () => resolve(request?.result)
      deal.onabort = deal.onerror = () => reject(deal.error)
    })
  } catch {
    return undefined
  }
}

export const recall = name => run('readonly', 'kept', store => store.get(name))
export const keep = (name, value) => run('readwrite', 'kept', store => store.put(value, name))
export const outbox = async () => (await run('readonly', 'outbox', store => store.getAll())) ?? []
export const keepItem = item => run('readwrite', 'outbox', store => store.put(item))
export const dropItem = key => run('readwrite', 'outbox', store => store.delete(key))

// Another person must not find what the one before has left.
export async function forget() {
  await run('readwrite', 'kept', store => store.clear())
  await run('readwrite', 'outbox', store => store.clear())
  for (const name of Object.keys(localStorage)) {
    if (name.startsWith(`${NAME}:draft:`)) localStorage.removeItem(name)
  }
  localStorage.removeItem(choiceName('muted'))
  await globalThis.caches?.delete(`${NAME}:pictures`)
}

const draftName = chatId => `${NAME}:draft:${chatId}`
export const draft = chatId => JSON.parse(localStorage.getItem(draftName(chatId)) ?? 'null')
export function keepDraft(chatId, value) {
  if (value) localStorage.setItem(draftName(chatId), JSON.stringify(value))
  else localStorage.removeItem(draftName(chatId))
}

const choiceName = name => `${NAME}:choice:${name}`
export const choice = (name, standard) => localStorage.getItem(choiceName(name)) ?? standard
export const keepChoice = (name, value) => localStorage.setItem(choiceName(name), value)
