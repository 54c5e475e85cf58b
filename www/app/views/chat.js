// chat.js - the right side: one chat, with its head, its history and the field to write in.
import { lastSeen, t } from '../i18n.js'
import { store, useStore } from '../model.js'
import { peerOf } from '../state/chats.js'
import { typists } from '../state/events.js'
import { set } from '../state/store.js'
import { html, useRef, useState } from '../ui.js'
import { goBack } from '../work/way.js'
import { Avatar } from './avatar.js'
import { Composer } from './composer.js'
import { openDialog } from './dialogs.js'
import { Log } from './log.js'
import { Empty, IconButton, Skeletons } from './parts.js'

export function Chat() {
  const { chatId, user, gone } = useStore(state => state.open)
  const chat = useStore(state => state.chats[chatId])
  const composer = useRef()
  const [dropping, setDropping] = useState(false)
  if (!chat && gone) return html`<${Gone} />`
  const take = event => {
    setDropping(false)
    if (!event.dataTransfer.files.length) return
    event.preventDefault()
    composer.current?.attach(event.dataTransfer.files)
  }
  const over = event => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setDropping(true)
  }
  return html`
    <div class="chat ${dropping ? 'dropping' : ''}" onDragOver=${over} onDrop=${take}
      onDragLeave=${event => event.currentTarget.contains(event.relatedTarget) || setDropping(false)}>
      <${Head} chat=${chat} user=${user} />
      ${chat ? html`<${Log} chat=${chat} onReply=${message => composer.current.reply(message)}
        onEdit=${message => composer.current.edit(message)} onRework=${item => composer.current.rework(item)} />
          <${Composer} chat=${chat} hold=${composer} />`
        : html`<div class="log"><${Skeletons} n=${5} /></div>`}
      ${dropping && html`<p class="drop-here" aria-hidden="true">${t('drop')}</p>`}
    </div>`
}

const Gone = () => html`
  <div class="nothing">
    <${Empty} title=${t('gone.title')}>${t('gone.body')}<//>
    <button type="button" class="primary" onClick=${goBack}>${t('back.list')}</button>
  </div>`

function Head({ chat, user }) {
  const me = useStore(state => state.me)
  const peer = chat ? peerOf(chat, me) : user
  const known = useStore(state => (peer ? state.users[peer.id] ?? peer : null))
  const name = chat?.name ?? user?.fullName
  if (!name) return html`<header class="chat-head"><${IconButton} icon="back" label=${t('back.list')}
    class="icon-button only-narrow" onClick=${goBack} /></header>`
  const search = () => store.update(state => set(state, 'found', { ...state.found, chatId: chat.id }))
  return html`
    <header class="chat-head">
      <${IconButton} icon="back" label=${t('back.list')} class="icon-button only-narrow" onClick=${goBack} />
      <div class="chat-title">
        <${Avatar} id=${peer?.id ?? chat.id} name=${name} imagePath=${chat?.imagePath ?? user?.imagePath}
          online=${peer && peer.id !== me.id && known.online} />
        <div class="chat-names">
          <button type="button" class="chat-name" disabled=${!chat} aria-label=${`${name}: ${t('chat.details')}`} dir="auto"
            onClick=${() => openDialog('chat', { chatId: chat.id })}>${name}</button>
          <span class="chat-state">${chat ? html`<${State} chat=${chat} peer=${known} />` : ''}</span>
        </div>
      </div>
      ${chat && html`
        <${IconButton} icon="search" label=${t('search.chat')} onClick=${search} />
        <${IconButton} icon="info" label=${t('chat.details')} onClick=${() => openDialog('chat', { chatId: chat.id })} />`}
    </header>
    ${chat && html`<h1 class="hidden">${name}</h1>`}`
}

// Who is typing, else who is there.
function State({ chat, peer }) {
  const typing = useStore(state => state.typing[chat.id])
  const users = useStore(state => state.users)
  const who = typists({ typing: { [chat.id]: typing } }, chat.id)
  if (who.length) {
    const names = who.map(id => users[id]?.firstName).filter(Boolean)
    const words = chat.kind === 'direct' ? t('typing')
      : names.length === 1 ? t('typing.one', { name: names[0] }) : t('typing.many', { n: who.length })
    return html`<em class="typing">${words}</em>`
  }
  if (chat.kind !== 'direct') return t('members', { n: chat.memberCount })
  return peer?.online ? html`<span class="is-online">${t('online')}</span>` : lastSeen(peer?.lastSeenAt)
}
