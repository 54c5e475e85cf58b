// toasts.js - a message in another chat pops up for a moment and opens that chat; so do a few words about what happened.
import { t } from '../i18n.js'
import { useStore } from '../model.js'
import { html } from '../ui.js'
import { closeToast } from '../work/telling.js'
import { go } from '../work/way.js'
import { Avatar } from './avatar.js'
import { Icon } from './icons.js'
import { IconButton } from './parts.js'

export function Toasts() {
  const toasts = useStore(state => state.toasts)
  return html`
    <section class="toasts" aria-label=${t('notices')} aria-live="polite">
      ${toasts.map(toast => html`
        <div class="toast ${toast.bad ? 'bad' : ''}" key=${toast.key}>
          ${toast.plain
            ? html`<${Icon} name=${toast.bad ? 'warn' : 'check'} /><p class="toast-words">${toast.title}</p>`
            : html`
              <button type="button" class="toast-open" onClick=${() => { closeToast(toast.key); go(toast.chatId) }}>
                <${Avatar} ...${toast.face} />
                <span class="toast-words">
                  <strong dir="auto">${toast.title}</strong>
                  <span dir="auto">${toast.body}</span>
                </span>
              </button>`}
          <${IconButton} icon="close" label=${t('close')} onClick=${() => closeToast(toast.key)} />
        </div>`)}
    </section>`
}
