// chats.js - pure changes of the lists: chats, people, rooms, members.
import { put } from './history.js'

// The other one of a direct chat. In a chat with oneself that is oneself.
export function peerOf(chat, me) {
  if (chat.kind !== 'direct') return null
  return chat.members.find(user => user.id !== me?.id) ?? chat.members[0] ?? null
}

export const activity = chat => chat.lastMessage?.createdAt ?? chat.createdAt

export function sortedChats(chats) {
  return Object.values(chats).sort((a, b) => (activity(a) < activity(b) ? 1 : activity(a) > activity(b) ? -1 : b.id - a.id))
}

export const unreadTotal = chats => Object.values(chats).reduce((sum, chat) => sum + chat.unread, 0)

const fold = text => text.normalize('NFKC').toLocaleLowerCase()
// Whether each word of `wanted` begins some word of `name`.
export function matches(name, wanted) {
  const words = fold(name).split(/\s+/)
  return fold(wanted).split(/\s+/).filter(Boolean).every(part => words.some(word => word.startsWith(part)) || fold(name).includes(part))
}

function knowUsers(users, list) {
  const news = list.filter(user => users[user.id] !== user)
  return news.length ? { ...users, ...Object.fromEntries(news.map(user => [user.id, user])) } : users
}

export const withUsers = (state, list) => ({ ...state, users: knowUsers(state.users, list) })

// Chats as the server has just told them. A read mark never moves back, and neither does the last message.
export function withChats(state, list, more = {}) {
  const chats = { ...state.chats }
  for (const chat of list) chats[chat.id] = newer(chats[chat.id], chat)
  const people = { ...state.people, items: without(state.people.items, list, state.me) }
  const ids = new Set(list.map(chat => chat.id))
  const rooms = { ...state.rooms, items: state.rooms.items.filter(room => !ids.has(room.id)) }
  return withUsers({ ...state, chats, people, rooms, ...more }, list.flatMap(chat => chat.members))
}

function newer(known, chat) {
  if (!known) return { ...chat, othersRead: 0 }
  const ahead = known.lastSeq > chat.lastSeq
  return counted({
    ...chat,
    othersRead: known.othersRead ?? 0,
    lastSeq: ahead ? known.lastSeq : chat.lastSeq,
    lastMessage: ahead ? known.lastMessage : chat.lastMessage,
    readSeq: Math.max(known.readSeq, chat.readSeq)
  })
}

export const counted = chat => ({ ...chat, unread: Math.max(0, chat.lastSeq - chat.readSeq) })

// People with whom there is a direct chat now are not among those one could write to first.
function without(people, chats, me) {
  const met = new Set(chats.filter(chat => chat.kind === 'direct').map(chat => peerOf(chat, me)?.id))
  return people.some(user => met.has(user.id)) ? people.filter(user => !met.has(user.id)) : people
}

export function alterChat(state, id, change) {
  const chat = state.chats[id]
  if (!chat) return state
  const next = change(chat)
  return next === chat ? state : { ...state, chats: { ...state.chats, [id]: next } }
}

export function dropChat(state, id) {
  if (!state.chats[id]) return state
  const { [id]: _chat, ...chats } = state.chats
  const { [id]: _history, ...history } = state.history
  return { ...state, chats, history, open: state.open?.chatId === id ? { ...state.open, gone: true } : state.open }
}

// The chats that the server listed are all there are up to there: what an earlier visit remembers beyond is gone.
export function onlyChats(state, list) {
  const ids = new Set(list.map(chat => chat.id))
  return Object.keys(state.chats).reduce((next, id) => (ids.has(Number(id)) ? next : dropChat(next, Number(id))), state)
}

// The next page of a list, or its first.
export function withPage(state, name, page, { first, q = '' }) {
  const known = first ? [] : state[name].items
  const ids = new Set(known.map(one => one.id))
  const items = [...known, ...page.items.filter(one => !ids.has(one.id))]
  const next = { ...state, [name]: { ...state[name], items, next: page.next, ready: true, q, failed: false } }
  return name === 'people' ? withUsers(next, page.items) : next
}

// Somebody new among the people one can write to, in their place by name. While one looks for a name the server decides.
export function withPerson(state, user) {
  const { people, me, filter } = state
  const met = Object.values(state.chats).some(chat => chat.kind === 'direct' && peerOf(chat, me)?.id === user.id)
  if (!people.ready || filter || met || user.id === me?.id || people.items.some(one => one.id === user.id)) return state
  const i = people.items.findIndex(one => one.fullName.localeCompare(user.fullName) > 0)
  // Behind the last one that is loaded there may be others before them.
  if (i < 0 && people.next) return state
  const items = i < 0 ? [...people.items, user] : [...people.items.slice(0, i), user, ...people.items.slice(i)]
  return { ...state, people: { ...people, items } }
}

export const withMessages = (state, chatId, messages, stale) => ({
  ...state,
  history: { ...state.history, [chatId]: put(state.history[chatId], messages, stale) }
})

export function readUpTo(state, chatId, seq) {
  return alterChat(state, chatId, chat => (seq <= chat.readSeq ? chat : counted({ ...chat, readSeq: Math.min(seq, chat.lastSeq) })))
}

// How a chat is opened: unread ones begin at a line, which stays where it was drawn. One that is open already goes to a
// message of it, or to its end.
export function openChat(state, chatId, seq = 0) {
  const chat = state.chats[chatId]
  // What popped up for it has done its work.
  const toasts = state.toasts.some(one => one.chatId === chatId) ? state.toasts.filter(one => one.chatId !== chatId) : state.toasts
  if (toasts !== state.toasts) return openChat({ ...state, toasts }, chatId, seq)
  if (!chat) return { ...state, open: { chatId, newFrom: 0, jump: seq ? { seq } : null } }
  if (state.open?.chatId === chatId) return { ...state, open: { ...state.open, jump: { seq } } }
  const newFrom = chat.unread > 0 ? chat.readSeq + 1 : 0
  return { ...state, open: { chatId, newFrom, jump: seq ? { seq } : null } }
}

export const withMembers = (state, chatId, items, next) =>
  withUsers({ ...state, members: { ...state.members, [chatId]: { items, next } } }, items.map(member => member.user))

// Whether nobody else is on this site: the lobby holds everybody. What it knows of their number may be old, so whoever
// talks with somebody is not alone.
export const isAlone = chats => {
  const all = Object.values(chats)
  return all.some(chat => chat.kind === 'lobby' && chat.memberCount === 1) && !all.some(chat => chat.kind === 'direct')
}
