// way.js - the address of the page says which chat is open (#chat/7, #chat/7/41 for one message in it), so that back,
// reload and links do what they do everywhere.
import { store } from '../model.js'
import { openChat } from '../state/chats.js'
import { set } from '../state/store.js'
import { loadChat, loadLatest } from './sync.js'

export const chatHref = (chatId, seq) => `#chat/${chatId}${seq ? `/${seq}` : ''}`

export function start() {
  window.addEventListener('hashchange', follow)
  window.addEventListener('click', followAgain)
  follow()
}

export function stop() {
  window.removeEventListener('hashchange', follow)
  window.removeEventListener('click', followAgain)
  history.replaceState(null, '', location.pathname + location.search)
}

export function go(chatId, seq) {
  const href = chatHref(chatId, seq)
  if (location.hash === href) follow()
  else location.hash = href
}

// A link to where the address says one is already: no change of it will tell.
function followAgain({ target }) {
  if (target.closest?.('a[href^="#chat/"]')?.getAttribute('href') === location.hash) follow()
}

// To where the address says one is.
export const goAgain = () => follow()

// Back to the list, on a screen that shows one of the two.
export function goBack() {
  if (location.hash) location.hash = ''
}

function follow() {
  const [, chatId, seq] = location.hash.match(/^#chat\/(\d+)(?:\/(\d+))?$/) ?? []
  if (!chatId) {
    store.update(set, 'open', null)
    return
  }
  store.update(openChat, Number(chatId), Number(seq ?? 0))
  const known = store.get().chats[chatId]
  loadChat(Number(chatId)).then(() => known || store.update(afterLoad, Number(chatId)))
  if (!known && !seq) loadLatest(Number(chatId)).catch(() => {})
}

// A chat that was opened before it was known begins at its line of new messages, too.
function afterLoad(state, chatId) {
  const chat = state.chats[chatId]
  if (state.open?.chatId !== chatId) return state
  if (!chat) return { ...state, open: { ...state.open, gone: true } }
  return openChat({ ...state, open: null }, chatId, state.open.jump?.seq)
}
