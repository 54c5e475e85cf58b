// deeds.js - what a person does that changes something on the server, other than writing (sending.js) and reading
// (reading.js). What can be shown at once is; the server's refusal takes it back.
import { explain } from '../i18n.js'
import { store } from '../model.js'
import { call } from '../net/session.js'
import * as chats from '../state/chats.js'
import { applied } from '../state/events.js'
import { set } from '../state/store.js'
import { loadChat, loadMessages, loadPeople, loadRooms } from './sync.js'
import { say } from './telling.js'
import { go, goAgain, goBack } from './way.js'

const complain = problem => say(explain(problem), { bad: true })

function entered({ chat, messages }) {
  store.update(chats.withChats, [chat])
  store.update(chats.withMessages, chat.id, messages)
  go(chat.id)
}

// The chat opens at once, with what is known of the person, while the server makes or finds it.
export async function openDirect(user) {
  store.update(set, 'open', { chatId: null, user })
  try {
    entered(await call('POST', 'chats/direct', { body: { userId: user.id } }))
  } catch (problem) {
    if (store.get().open?.user === user) goAgain()
    complain(problem)
  }
}

export async function joinRoom(id, password) {
  try {
    entered(await call('POST', `chats/${id}/join`, { body: password ? { password } : {} }))
  } catch (problem) {
    if (problem.status === 404) loadRooms()
    throw problem
  }
}

export async function makeGroup(values) {
  const chat = await call('POST', 'chats', { body: values })
  store.update(chats.withChats, [chat])
  go(chat.id)
}

export async function changeChat(id, values) {
  store.update(chats.withChats, [await call('PATCH', `chats/${id}`, { body: values })])
}

export async function leaveChat(id) {
  await call('POST', `chats/${id}/leave`)
  gone(id)
}

export async function deleteChat(id) {
  await call('DELETE', `chats/${id}`)
  gone(id)
}

function gone(id) {
  if (store.get().open?.chatId === id) {
    store.update(set, 'open', null)
    goBack()
  }
  store.update(chats.dropChat, id)
  loadRooms()
}

export async function addMembers(id, userIds) {
  store.update(chats.withChats, [await call('POST', `chats/${id}/members`, { body: { userIds } })])
}

export async function removeMember(chatId, user) {
  await call('DELETE', `chats/${chatId}/members/${user.id}`)
  store.update(applied, { type: 'member.left', chatId, user })
  loadChat(chatId)
}

export async function setRole(chatId, user, role) {
  await call('PATCH', `chats/${chatId}/members/${user.id}`, { body: { role } })
  store.update(applied, { type: 'member.joined', chatId, user, role })
  // Who makes another the owner is not it any more.
  loadChat(chatId)
}

// --- messages ---

// Shows a change at once, and what the server has instead when it refuses.
async function boldly(chatId, seq, event, asked) {
  store.update(applied, event)
  try {
    await asked()
  } catch (problem) {
    complain(problem)
    loadMessages(chatId, { after: seq - 1, limit: 1 }).catch(() => {})
  }
}

export function editMessage(message, body) {
  const { chatId, seq } = message
  const edited = { ...message, body, editedAt: new Date().toISOString() }
  return boldly(chatId, seq, { type: 'message.edited', chatId, message: edited },
    () => call('PATCH', `messages/${chatId}/${seq}`, { body: { body } }))
}

export function deleteMessage({ chatId, seq }) {
  return boldly(chatId, seq, { type: 'message.deleted', chatId, seq, at: new Date().toISOString() },
    () => call('DELETE', `messages/${chatId}/${seq}`))
}

export function react({ chatId, seq, reactions }, emoji) {
  const userId = store.get().me.id
  const on = !reactions.some(one => one.emoji === emoji && one.userIds.includes(userId))
  return boldly(chatId, seq, { type: 'reaction', chatId, seq, emoji, userId, on },
    () => call(on ? 'PUT' : 'DELETE', `messages/${chatId}/${seq}/reactions/${encodeURIComponent(emoji)}`))
}

// --- oneself ---

export async function changeMe(values) {
  const me = await call('PATCH', 'account/me', { body: values })
  store.update(set, 'me', me)
}

let asking = 0
export function changeFilter(filter) {
  store.update(set, 'filter', filter)
  clearTimeout(asking)
  asking = setTimeout(() => {
    loadPeople()
    loadRooms()
  }, 200)
}
