// reading.js - what others are told of this person: how far they have read, and that they are typing.
import { store } from '../model.js'
import { call } from '../net/session.js'
import { readUpTo } from '../state/chats.js'

const MARK_AFTER_MS = 250
const TYPING_EVERY_MS = 4000

let timer = 0
const marks = new Map()
const typed = new Map()

// The message was in front of somebody's eyes.
export function seen(chatId, seq) {
  const chat = store.get().chats[chatId]
  if (!chat || seq <= chat.readSeq || !document.hasFocus()) return
  store.update(readUpTo, chatId, seq)
  marks.set(chatId, Math.max(seq, marks.get(chatId) ?? 0))
  timer ||= setTimeout(mark, MARK_AFTER_MS)
}

function mark() {
  timer = 0
  for (const [chatId, seq] of marks) {
    marks.delete(chatId)
    call('POST', `chats/${chatId}/read`, { body: { seq } }).catch(problem => {
      if (!problem.passing) return
      marks.set(chatId, Math.max(seq, marks.get(chatId) ?? 0))
      timer ||= setTimeout(mark, 5000)
    })
  }
}

export function typing(chatId) {
  const now = Date.now()
  if (store.get().net.status !== 'live' || now - (typed.get(chatId) ?? 0) < TYPING_EVERY_MS) return
  typed.set(chatId, now)
  call('POST', `chats/${chatId}/typing`).catch(() => {})
}
export const stoppedTyping = chatId => typed.delete(chatId)
