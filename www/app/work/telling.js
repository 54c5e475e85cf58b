// telling.js - how somebody hears of a message: in the title and on the icon, by a toast in the open window, by a
// notification when no window is looked at, and by a sound.
import { t } from '../i18n.js'
import { store } from '../model.js'
import { SITE, fileUrl } from '../net/api.js'
import { unreadTotal } from '../state/chats.js'
import { set } from '../state/store.js'
import { choice, keepChoice } from './keep.js'
import { loadChat } from './sync.js'
import { chatHref, go } from './way.js'
import { tellWorker } from './background.js'

const TOASTS_MAX = 3

let unwatch = () => {}
let told = 0 // the id of the last message

export const soundOn = () => choice('sound', 'on') === 'on'
export const setSound = on => keepChoice('sound', on ? 'on' : 'off')
export const notificationsWanted = () => choice('notifications', 'ask')

// A muted chat still counts what is unread in it. What is kept is asked, since another tab may have changed it.
const muted = () => JSON.parse(choice('muted', '[]'))
export function mute(chatId, on) {
  const others = muted().filter(id => id !== chatId)
  keepChoice('muted', JSON.stringify(on ? [...others, chatId] : others))
  store.update(set, 'muted', muted())
}

export async function wantNotifications(on) {
  keepChoice('notifications', on ? 'on' : 'off')
  store.update(set, 'offer', false)
  if (on && Notification.permission === 'default') await Notification.requestPermission()
}

export function start() {
  told = 0
  store.update(set, 'muted', muted())
  unwatch = store.watch((state, before) => {
    if (state.chats !== before.chats) showCount(unreadTotal(state.chats))
  })
  navigator.serviceWorker?.addEventListener('message', openFromWorker)
}

export function stop() {
  unwatch()
  showCount(0)
  navigator.serviceWorker?.removeEventListener('message', openFromWorker)
}

function openFromWorker({ data }) {
  if (data.type === 'open') go(data.chatId)
}

function showCount(n) {
  document.title = n ? `(${n > 99 ? '99+' : n}) ${t('title')}` : t('title')
  const icon = document.querySelector('link[rel=icon]')
  const href = new URL(n ? 'img/icon-unread.svg' : 'img/icon.svg', SITE).href
  if (icon && icon.href !== href) icon.href = href
  navigator.setAppBadge?.(n).catch(() => {})
}

// What has just come in. Each tab hears it; those in sight show a toast, and the leading one speaks for those out of
// sight. Whether any is looked at only the worker knows, which sees all of them.
export function news(events, leading) {
  for (const event of events) {
    if (event.type !== 'message' || event.message.author.id === store.get().me?.id) continue
    const chat = store.get().chats[event.chatId]
    // What came again, or was read on another device meanwhile, is no news. That the chat's row knows of it already says
    // nothing: it may have been loaded, for another event, just behind the message.
    if (event.id <= told || event.message.seq <= (chat?.readSeq ?? 0)) continue
    told = event.id
    // A chat that is new here is loaded at this moment: what it is called is said, too.
    if (chat) announce(event.message, chat, leading)
    else loadChat(event.chatId).then(() => announce(event.message, store.get().chats[event.chatId], leading))
  }
}

function announce(message, chat, leading) {
  const { open } = store.get()
  if (!chat || muted().includes(message.chatId)) return
  const visible = document.visibilityState === 'visible'
  const looking = visible && document.hasFocus()
  if (looking && open?.chatId === message.chatId) return ring(true)
  const group = chat.kind !== 'direct'
  const body = textOf(message)
  const notice = {
    key: message.id,
    chatId: message.chatId,
    title: group ? chat.name : message.author.fullName,
    body: group ? `${message.author.fullName}: ${body}` : body,
    face: group ? { id: chat.id, name: chat.name, imagePath: chat.imagePath } : { ...message.author, name: message.author.fullName }
  }
  if (visible) toast(notice)
  if (!looking && (visible || leading)) notify(notice)
  if (visible || leading) ring(false)
}

export const textOf = message =>
  message.deletedAt ? t('deleted') : message.body || (message.files.length ? t(`file.${kindName(message)}`) : '')
const kindName = message => message.files[0].mime.match(/^(image|video|audio)\//)?.[1] ?? 'document'

function toast(notice) {
  store.update(state => set(state, 'toasts', [...state.toasts.filter(one => one.chatId !== notice.chatId), notice].slice(-TOASTS_MAX)))
}
export const closeToast = key => store.update(state => set(state, 'toasts', state.toasts.filter(one => one.key !== key)))

// Something went wrong, or was done, that is worth a line.
let said = 0
export function say(body, more = {}) {
  toast({ key: `said-${++said}`, title: body, plain: true, ...more })
}

async function notify(notice) {
  // Asked when there was something to tell, not before anybody knows what for.
  if (globalThis.Notification?.permission === 'default' && notificationsWanted() === 'ask') store.update(set, 'offer', true)
  if (globalThis.Notification?.permission !== 'granted' || notificationsWanted() === 'off') return
  const { key: id, chatId, title, body, face } = notice
  const icon = fileUrl(face.imagePath) ?? new URL('img/icon-192.png', SITE).href
  const shown = { type: 'notify', id, chatId, title, body, icon, href: chatHref(chatId) }
  if (await tellWorker(shown)) return
  const popup = new Notification(title, { body, tag: `chat-${chatId}`, icon })
  popup.onclick = () => {
    window.focus()
    go(chatId)
    popup.close()
  }
}

// A hotel bell, made of two tones; softer for the chat one is in.
let audio
function ring(soft) {
  if (!soundOn() || !navigator.userActivation?.hasBeenActive) return
  audio ??= new AudioContext()
  const now = audio.currentTime
  for (const [pitch, level] of [[2093, 0.06], [3520, 0.025]]) {
    const tone = audio.createOscillator()
    const gain = audio.createGain()
    tone.frequency.value = pitch
    gain.gain.setValueAtTime(soft ? level / 4 : level, now)
    gain.gain.exponentialRampToValueAtTime(0.0001, now + 0.7)
    tone.connect(gain).connect(audio.destination)
    tone.start(now)
    tone.stop(now + 0.7)
  }
}
