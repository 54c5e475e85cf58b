// sync.js - keeps the state true to the server: what is kept from before is shown at once, then the cursor is taken, the
// lists are loaded, and events follow from that cursor, so that nothing falls between.
import { store } from '../model.js'
import { query } from '../net/api.js'
import { follow, hurry } from '../net/live.js'
import { call, renew, token } from '../net/session.js'
import * as chats from '../state/chats.js'
import { TYPING_MS, applied, quietened, wanted } from '../state/events.js'
import { age, latest } from '../state/history.js'
import { merge, set } from '../state/store.js'
import { keep, recall } from './keep.js'
import { hear, lead, tell } from './tabs.js'

const KEPT_CHATS = 60
const KEPT_MESSAGES = 60
const LATEST = 10
const RECENT_MAX = 500
const ROOMS_MS = { least: 4000, most: 30_000 }

let cursor = null
let ending
let onNews
let leading = false
let unwatch = () => {}
let looking = 0
// The latest events, each with a number: a page that was asked for before they came gets them once more.
let recent = []
let heard = 0

// `news(events)` is told of what has just happened, not of what was loaded.
export async function start(news) {
  onNews = news
  ending = new AbortController()
  const { signal } = ending
  hear('events', got => take(got.events, got.cursor))
  hear('net', ({ net }) => store.update(set, 'net', net))
  hear('stale', () => reload().catch(() => {}))
  hear('hello', () => leading && tell('net', { net: store.get().net }))
  await remember()
  await load(signal)
  if (signal.aborted) return
  unwatch = store.watch(keepSoon)
  tell('hello', {})
  lookAgain(performance.now())
  lead(signal, () => {
    leading = true
    return follow({
      cursor,
      session: { token, renew },
      signal,
      onEvents(got) {
        tell('events', got)
        take(got.events, got.cursor)
      },
      onState(net) {
        const known = store.get().net
        if (known.status === net.status && known.way === net.way) return
        store.update(set, 'net', net)
        tell('net', { net })
      },
      async onExpired() {
        tell('stale', {})
        return reload()
      }
    })
  })
}

export function stop() {
  ending?.abort()
  unwatch()
  clearTimeout(keeping)
  clearTimeout(looking)
  leading = false
  cursor = null
  recent = []
}

async function remember() {
  const { me } = store.get()
  const kept = await recall('state')
  if (!kept || kept.userId !== me.id) return
  store.update(chats.withChats, kept.chats)
  for (const [id, messages] of Object.entries(kept.messages)) store.update(chats.withMessages, Number(id), messages, true)
}

// What was never loaded cannot be now; what is kept from before stays.
function unreached(state, failure) {
  const failed = list => (list.ready ? list : { ...list, ready: true, failed: true })
  return merge(state, { failure, people: failed(state.people), rooms: failed(state.rooms), net: { status: 'offline', since: Date.now() } })
}

// Until the first answer: the list cannot be shown as complete before.
async function load(signal) {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      await reload()
      return
    } catch (problem) {
      if (problem.status === 401) return
      store.update(unreached, problem)
      await new Promise(resolve => {
        const timer = setTimeout(resolve, Math.min(30_000, 1000 * 2 ** tries))
        retry = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}

let retry = () => {}
export function retryNow() {
  retry()
  hurry()
}
window.addEventListener('online', retryNow)

// Everything afresh; answers the cursor from which events are to follow.
async function reload() {
  const at = (await call('GET', 'poll')).cursor
  const page = await call('GET', 'chats')
  cursor = at
  if (page.next === null) store.update(chats.onlyChats, page.items)
  store.update(state => ({ ...state, history: Object.fromEntries(Object.entries(state.history).map(([id, one]) => [id, age(one)])) }))
  store.update(chats.withChats, page.items, { chatsNext: page.next, chatsReady: true, failure: null, members: {} })
  store.update(state => (state.net.status === 'live' ? state : set(state, 'net', { status: 'connecting' })))
  await Promise.all([loadPeople(), loadRooms()])
  return at
}

// --- events ---

function take(events, reached) {
  cursor = reached ?? cursor
  for (const event of events) {
    recent.push([++heard, event])
    const chatId = wanted(store.get(), event)
    store.update(applied, event)
    if (chatId) loadChat(chatId)
  }
  if (recent.length > RECENT_MAX) recent = recent.slice(-RECENT_MAX)
  if (events.some(event => event.type === 'typing')) setTimeout(() => store.update(quietened), TYPING_MS + 50)
  if (events.length) onNews(events, leading)
}

// Runs a load, puts its answer in, and then once more what happened while it was under way: the answer may be older.
async function loaded(asked, put) {
  const from = heard
  const answer = await asked
  put(answer)
  for (const [n, event] of recent) if (n > from) store.update(applied, event)
  return answer
}

// What is asked for already is not asked for twice.
const loading = new Map()
function once(path, put) {
  if (!loading.has(path)) loading.set(path, loaded(call('GET', path), put).finally(() => loading.delete(path)))
  return loading.get(path)
}

export const loadChat = id => once(`chats/${id}`, chat => store.update(chats.withChats, [chat])).catch(problem => {
  if (problem.status === 404) store.update(chats.dropChat, id)
})

// --- pages of lists and histories ---

export const loadMessages = (chatId, which) =>
  once(`messages/${chatId}${query(which)}`, page => store.update(chats.withMessages, chatId, page.items))
export const loadLatest = chatId => loadMessages(chatId, { limit: LATEST })

export async function moreChats() {
  const { chatsNext } = store.get()
  if (!chatsNext) return
  await loaded(call('GET', `chats${query({ before: chatsNext })}`),
    page => store.update(chats.withChats, page.items, { chatsNext: page.next }))
}

async function page(name, path, values, first) {
  const q = store.get().filter.trim()
  const after = first ? undefined : store.get()[name].next
  try {
    const answer = await call('GET', `${path}${query({ ...values, q, after })}`)
    // What was asked for may have changed while one typed.
    if (store.get().filter.trim() === q) store.update(chats.withPage, name, answer, { first, q })
  } catch {
    store.update(state => set(state, name, { ...state[name], ready: true, failed: true }))
  }
}

export const loadPeople = (first = true) => page('people', 'users', { contactable: true, limit: 200 }, first)
export const loadRooms = (first = true) => page('rooms', 'chats/rooms', {}, first)

// No event tells of rooms that one is not in, so the list is looked at again by who has it before them: often by who has
// just come and looks around, later now and then.
function lookAgain(from) {
  const ms = Math.min(Math.max((performance.now() - from) / 8, ROOMS_MS.least), ROOMS_MS.most)
  looking = setTimeout(() => {
    lookAtRooms()
    lookAgain(from)
  }, ms)
}

function lookAtRooms() {
  const { net, filter, rooms } = store.get()
  if (document.visibilityState === 'visible' && net.status === 'live' && !filter && !rooms.next) loadRooms()
}
window.addEventListener('focus', () => store.get().chatsReady && lookAtRooms())

// Messages that hold these words, in one chat or in all.
export async function search(q, chatId, before) {
  if (!before) store.update(set, 'found', { q, chatId, items: [], next: null, ready: !q })
  if (!q) return
  const wantedNow = () => store.get().found.q === q && store.get().found.chatId === chatId
  try {
    const answer = await call('GET', `messages/search${query({ q, chatId, before, limit: 30 })}`)
    if (!wantedNow()) return
    store.update(state => set(state, 'found', {
      ...state.found, items: [...state.found.items, ...answer.items], next: answer.next, ready: true
    }))
    // A page may come empty though there is more.
    if (!answer.items.length && answer.next) await search(q, chatId, answer.next)
  } catch (problem) {
    if (wantedNow()) store.update(state => set(state, 'found', { ...state.found, ready: true, problem }))
  }
}

export async function loadMembers(chatId) {
  const items = []
  let after
  // A list of the first thousand is what a dialog can show.
  do {
    const answer = await call('GET', `chats/${chatId}/members${query({ limit: 200, after })}`)
    items.push(...answer.items)
    after = answer.next
  } while (after !== null && items.length < 1000)
  store.update(chats.withMembers, chatId, items, after)
}

// --- for reading offline ---

let keeping = 0
function keepSoon(state, before) {
  if (state.chats === before.chats && state.history === before.history) return
  keeping ||= setTimeout(() => {
    keeping = 0
    const { me, chats: all, history } = store.get()
    if (!me) return
    const first = chats.sortedChats(all).slice(0, KEPT_CHATS)
    const messages = {}
    for (const chat of first) {
      const known = latest(history[chat.id], chat.lastSeq, KEPT_MESSAGES)
      if (known.length) messages[chat.id] = known
    }
    keep('state', { userId: me.id, chats: first, messages })
  }, 1500)
}
