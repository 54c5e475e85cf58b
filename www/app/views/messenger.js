// messenger.js - the page of who is logged in: lists on one side, a chat on the other; on a phone one of the two.
import { t } from '../i18n.js'
import { store, useStore } from '../model.js'
import { html, useEffect } from '../ui.js'
import { changeFilter } from '../work/deeds.js'
import { goBack } from '../work/way.js'
import { Chat } from './chat.js'
import { Dialogs } from './dialogs.js'
import { Mark } from './icons.js'
import { NetLine } from './netline.js'
import { Pane } from './pane.js'
import { Toasts } from './toasts.js'

export function Messenger() {
  const open = useStore(state => state.open)
  // All views show words: in another language each is made anew.
  const language = useStore(state => state.language)
  useEffect(() => {
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
  return html`
    <div class="messenger ${open ? 'has-open' : ''}" key=${language}>
      <${NetLine} />
      <${Pane} />
      <main class="stage" aria-label=${t('chat')}>
        ${open ? html`<${Chat} key=${open.chatId ?? `user-${open.user.id}`} />` : html`<${Nothing} />`}
      </main>
      <${Toasts} />
    </div>
    <${Dialogs} />`
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
