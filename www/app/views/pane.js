// pane.js - the left side: oneself, what one looks for, and the lists: chats, people, rooms, found messages.
import { explain, t } from '../i18n.js'
import { store, useStore } from '../model.js'
import { logOut } from '../net/session.js'
import { set } from '../state/store.js'
import { html, useEffect, useRef } from '../ui.js'
import { changeFilter } from '../work/deeds.js'
import { search } from '../work/sync.js'
import { say, wantNotifications } from '../work/telling.js'
import { Avatar } from './avatar.js'
import { Icon, Mark } from './icons.js'
import { Chats, Found, People, Rooms } from './lists.js'
import { IconButton } from './parts.js'
import { openDialog } from './dialogs.js'

export function Pane() {
  const me = useStore(state => state.me)
  const filter = useStore(state => state.filter)
  const scope = useStore(state => state.found.chatId)
  const offer = useStore(state => state.offer)
  if (!me) return null
  return html`
    <nav class="pane" aria-label=${t('pane')}>
      <header class="pane-head">
        <h1 class="brand"><${Mark} />${t('title')}</h1>
        <${IconButton} icon="plus" label=${t('new-group')} onClick=${() => openDialog('group')} />
        <button type="button" class="icon-button" onClick=${() => openDialog('settings')}
          aria-label=${t('profile.of', { name: me.fullName })} title=${me.fullName}>
          <${Avatar} id=${me.id} name=${me.fullName} imagePath=${me.imagePath} small />
        </button>
        <${IconButton} icon="out" label=${t('log-out')} onClick=${leave} />
      </header>
      <${Finder} filter=${filter} scope=${scope} />
      ${offer && html`<${Offer} />`}
      <div class="lists">
        ${scope === null && html`<${Chats} /><${People} /><${Rooms} />`}
        ${filter.trim().length > 1 && html`<${Found} />`}
      </div>
    </nav>`
}

const Offer = () => html`
  <div class="offer" role="status">
    <p>${t('offer')}</p>
    <button type="button" class="link" onClick=${() => wantNotifications(true)}>${t('offer.yes')}</button>
    <button type="button" class="link" onClick=${() => wantNotifications(false)}>${t('offer.no')}</button>
  </div>`

// What is not sent yet would be lost, so that is asked first.
async function leave() {
  if (store.get().outbox.length) return openDialog('leaving')
  try {
    await logOut()
  } catch (problem) {
    say(explain(problem), { bad: true })
  }
  return undefined
}

function Finder({ filter, scope }) {
  const chat = useStore(state => (scope ? state.chats[scope] : null))
  const box = useRef()
  useEffect(() => {
    const q = filter.trim()
    const timer = setTimeout(() => search(q.length > 1 ? q : '', scope), 250)
    return () => clearTimeout(timer)
  }, [filter, scope])
  useEffect(() => {
    if (scope) box.current.focus()
  }, [scope])
  const everywhere = () => store.update(state => set(state, 'found', { ...state.found, chatId: null }))
  const clear = () => {
    changeFilter('')
    everywhere()
    box.current.focus()
  }
  const key = event => {
    if (event.key === 'Escape' && (filter || scope)) {
      event.preventDefault()
      event.stopPropagation()
      clear()
    } else if (event.key === 'ArrowDown') {
      event.preventDefault()
      document.querySelector('.lists a, .lists button')?.focus()
    }
  }
  return html`
    <div class="finder" role="search">
      <${Icon} name="search" />
      ${chat && html`<button type="button" class="scope" onClick=${everywhere} title=${t('search.everywhere')}>
        <span dir="auto">${chat.name}</span><${Icon} name="close" /></button>`}
      <input id="find" ref=${box} type="text" dir="auto" autocomplete="off" maxlength="100" enterkeyhint="search"
        aria-label=${t('find')} placeholder=${t(chat ? 'find.in' : 'find')} value=${filter}
        onInput=${event => changeFilter(event.target.value)} onKeyDown=${key} />
      ${filter && html`<${IconButton} icon="close" label=${t('clear')} onClick=${clear} />`}
    </div>`
}
