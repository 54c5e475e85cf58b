// store.js - the state of one tab, and who watches it. All changes go through pure functions of the files beside this
// one: next = change(state, …).
export function createStore(first) {
  let state = first
  const watchers = new Set()
  return {
    get: () => state,
    update(change, ...values) {
      const next = change(state, ...values)
      if (next === state) return state
      const before = state
      state = next
      for (const watcher of [...watchers]) watcher(state, before)
      return state
    },
    watch(watcher) {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    }
  }
}

// What a tab knows before anybody logged in.
export const EMPTY = {
  me: null,
  chats: {},
  chatsNext: null,
  chatsReady: false,
  people: { items: [], next: null, ready: false },
  rooms: { items: [], next: null, ready: false },
  found: { q: '', chatId: null, items: [], next: null, ready: true },
  users: {},
  history: {},
  members: {},
  typing: {},
  outbox: [],
  trays: {},
  open: null,
  net: { status: 'connecting' },
  toasts: [],
  muted: [],
  filter: '',
  dialog: null,
  failure: null,
  offer: false,
  language: null
}

// The change that sets one member of the state.
export const set = (state, name, value) => (state[name] === value ? state : { ...state, [name]: value })
export const merge = (state, values) => ({ ...state, ...values })
