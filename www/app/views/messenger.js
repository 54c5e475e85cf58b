// messenger.js - the page of who is logged in: lists on one side, a chat on the other; on a phone one of the two.
import { t } from '../i18n.js'
import { store, useStore } from '../model.js'
import { html, useEffect, useState } from '../ui.js'
import { changeFilter } from '../work/deeds.js'
import { goBack } from '../work/way.js'
import { Dialogs } from './dialogs.js'
import { Mark } from './icons.js'
import { NetLine } from './netline.js'
import { Pane } from './pane.js'
import { Skeletons } from './parts.js'

export function Messenger() {
  const open = useStore(state => state.open)
  // All views show words: in another language each is made anew.
  const language = useStore(state => state.language)
  const Chat = useLate(Boolean(open), () => import('./chat.js').then(file => file.Chat))
  const told = useStore(state => state.toasts.length > 0)
  const Toasts = useLate(told, () => import('./toasts.js').then(file => file.Toasts))
  useEffect(() => {
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  return html`
    <main class="messenger ${open ? 'has-open' : ''}" key=${language}>
      <${NetLine} />
      <${Pane} />
      <section class="stage" aria-label=${t('chat')}>
        ${!open ? html`<${Nothing} />` : Chat ? html`<${Chat}
          key=${open.chatId ?? `user-${open.user.id}`} />` : html`<${Skeletons} n=${5} />`}
      </section>
      ${Toasts && html`<${Toasts} />`}
    </main>
    <${Dialogs} />`
}

// The right side is half of all files: they come when a chat is open, else when the browser has nothing else to do. So do
// the notices, which nobody has at first.
function useLate(now, load) {
  const [view, setView] = useState(null)
  useEffect(() => {
    if (view) return undefined
    const bring = () => load().then(found => setView(() => found), () => {})
    if (now) return void bring()
    const timer = setTimeout(bring, 1500)
    return () => clearTimeout(timer)
  }, [now, view])
  return view
}

const Nothing = () => html`
  <div class="nothing">
    <${Mark} />
    <p class="empty-title">${t('nothing.title')}</p>
    <p>${t('nothing.body')}</p>
    <p class="keys"><kbd>Ctrl</kbd> <kbd>K</kbd> ${t('keys.find')}</p>
  </div>`

function onKey(event) {
  if (store.get().dialog) return
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault()
    document.getElementById('find')?.focus()
  } else if (event.key === 'Escape' && !event.defaultPrevented) {
    if (store.get().filter) changeFilter('')
    else goBack()
  }
}
