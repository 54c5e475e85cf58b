// lists.js - the lists of the left side.
import { count, explain, shortTime, t } from '../i18n.js'
import { useStore } from '../model.js'
import { isAlone, matches, peerOf, sortedChats } from '../state/chats.js'
import { isRead, typists } from '../state/events.js'
import { html, useEffect, useMemo, useRef } from '../ui.js'
import { openDirect } from '../work/deeds.js'
import { loadPeople, loadRooms, moreChats, search } from '../work/sync.js'
import { textOf } from '../work/telling.js'
import { chatHref } from '../work/way.js'
import { draft } from '../work/keep.js'
import { Avatar } from './avatar.js'
import { openDialog } from './dialogs.js'
import { Icon } from './icons.js'
import { Skeletons } from './parts.js'

// Arrow keys walk through the entries of all lists.
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (!step) return
  const all = [...document.querySelectorAll('.lists .entry')]
  const to = all[all.indexOf(document.activeElement) + step]
  event.preventDefault()
  if (to) to.focus()
  else if (step < 0) document.getElementById('find').focus()
}

const List = ({ name, label, n, children }) => html`
  <section class="list list-${name}">
    <h2 class="list-title">${label}${n ? html`<span class="list-count">${count(n)}</span>` : ''}</h2>
    ${children}
  </section>`

const Entries = ({ label, children }) => html`<ul class="entries" role="list" aria-label=${label}
  onKeyDown=${walk}>${children}</ul>`

// Loads more when it comes into view.
function More({ load }) {
  const box = useRef()
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    const watch = new IntersectionObserver(seen => seen.some(one => one.isIntersecting) && latest.current(), { rootMargin: '200px' })
    watch.observe(box.current)
    return () => watch.disconnect()
  }, [load])
  return html`<div ref=${box} class="more"><button type="button" class="link"
    onClick=${() => latest.current()}>${t('more')}</button></div>`
}

export function Chats() {
  const chats = useStore(state => state.chats)
  const ready = useStore(state => state.chatsReady)
  const failure = useStore(state => state.failure)
  const next = useStore(state => state.chatsNext)
  const filter = useStore(state => state.filter)
  const shown = useMemo(() => {
    const all = sortedChats(chats)
    return filter.trim() ? all.filter(chat => matches(chat.name, filter)) : all
  }, [chats, filter])
  if (!shown.length && filter.trim()) return null
  return html`
    <${List} name="chats" label=${t('chats')}>
      ${!shown.length && (ready ? html`<p class="hint">${t('chats.empty')}</p>`
        : failure ? html`<p class="hint">${explain(failure)}</p>` : html`<${Skeletons} n=${6} />`)}
      <${Entries} label=${t('chats')}>${shown.map(chat => html`<${ChatEntry} key=${chat.id} chat=${chat} />`)}<//>
      ${next && !filter && html`<${More} key=${next} load=${moreChats} />`}
    <//>`
}

function ChatEntry({ chat }) {
  const me = useStore(state => state.me)
  const open = useStore(state => state.open?.chatId === chat.id)
  const peer = peerOf(chat, me)
  const online = useStore(state => peer && peer.id !== me?.id && (state.users[peer.id] ?? peer).online)
  const typing = useStore(state => typists(state, chat.id).length > 0)
  const muted = useStore(state => state.muted.includes(chat.id))
  const waiting = useStore(state => state.outbox.findLast(item => item.chatId === chat.id))
  const kept = open ? null : draft(chat.id)
  const last = chat.lastMessage
  const mine = last && last.author.id === me?.id
  return html`
    <li aria-label=${chat.name}>
      <a class="entry ${open ? 'open' : ''}" href=${chatHref(chat.id)} aria-current=${open ? 'page' : undefined}>
        <${Avatar} id=${peer?.id ?? chat.id} name=${chat.name} imagePath=${chat.imagePath} online=${online} />
        <span class="entry-name" dir="auto">${chat.name}${muted && html` <${Icon} name="mute" />`}</span>
        ${last && html`<time class="entry-time" datetime=${last.createdAt}>${shortTime(last.createdAt)}</time>`}
        <span class="entry-text" dir="auto">
          ${typing ? html`<em class="typing">${t('typing')}</em>`
            : kept?.body ? html`<em class="draft">${t('draft')}</em> ${kept.body}`
            : waiting ? html`<${Icon} name=${waiting.state === 'failed' ? 'warn' : 'wait'} /> ${waiting.body || waiting.files[0]?.name}`
            : last ? html`${mine && html`<${Icon} name=${isRead(chat, last) ? 'checks' : 'check'} />`}${
                !mine && chat.kind !== 'direct' ? `${last.author.fullName}: ` : ''}${textOf(last)}`
            : t('chat.empty')}
        </span>
        ${chat.unread > 0 && html`<span class="badge ${muted ? 'calm' : ''}"><span class="hidden">${t('unread', { n: chat.unread })}</span><span
          aria-hidden="true">${
          chat.unread > 999 ? '999+' : chat.unread}</span></span>`}
      </a>
    </li>`
}

export function People() {
  const { items, next, ready, failed } = useStore(state => state.people)
  const filter = useStore(state => state.filter)
  const users = useStore(state => state.users)
  const alone = useStore(state => isAlone(state.chats))
  // What is here already answers before the server does.
  const shown = filter.trim() ? items.filter(user => matches(`${user.fullName} ${user.username ?? ''}`, filter)) : items
  if (ready && !shown.length && filter.trim()) return null
  return html`
    <${List} name="people" label=${t('people')}>
      ${!ready && html`<${Skeletons} n=${3} />`}
      ${ready && !shown.length && html`<p class="hint">${t(failed ? 'people.failed' : alone ? 'people.alone' : 'people.empty')}</p>`}
      <${Entries} label=${t('people')}>
        ${shown.map(user => html`
          <li key=${user.id} aria-label=${user.fullName}>
            <button type="button" class="entry short" onClick=${() => openDirect(user)}>
              <${Avatar} id=${user.id} name=${user.fullName} imagePath=${user.imagePath}
                online=${(users[user.id] ?? user).online} small />
              <span class="entry-name" dir="auto">${user.fullName}</span>
              ${user.username && html`<span class="entry-text">@${user.username}</span>`}
            </button>
          </li>`)}
      <//>
      ${next && html`<${More} key=${next} load=${() => loadPeople(false)} />`}
    <//>`
}

export function Rooms() {
  const { items, next, ready, failed } = useStore(state => state.rooms)
  const filter = useStore(state => state.filter)
  const shown = filter.trim() ? items.filter(room => matches(room.name, filter)) : items
  if (ready && !shown.length && filter.trim()) return null
  return html`
    <${List} name="rooms" label=${t('rooms')}>
      ${!ready && html`<${Skeletons} n=${2} />`}
      ${ready && !shown.length && html`<p class="hint">${t(failed ? 'rooms.failed' : 'rooms.empty')}</p>`}
      <${Entries} label=${t('rooms')}>
        ${shown.map(room => html`
          <li key=${room.id} aria-label=${room.name}>
            <button type="button" class="entry short" onClick=${() => openDialog('join', { room })}>
              <${Avatar} id=${room.id} name=${room.name} imagePath=${room.imagePath} small />
              <span class="entry-name" dir="auto">${room.name}</span>
              <span class="entry-text">${room.protected && html`<${Icon} name="lock" />`}${t('members', { n: room.memberCount })}</span>
            </button>
          </li>`)}
      <//>
      ${next && html`<${More} key=${next} load=${() => loadRooms(false)} />`}
    <//>`
}

export function Found() {
  const { items, next, ready, q, chatId, problem } = useStore(state => state.found)
  const chats = useStore(state => state.chats)
  return html`
    <${List} name="found" label=${t('found')}>
      ${!ready && html`<${Skeletons} n=${3} />`}
      ${problem && html`<p class="hint">${explain(problem)}</p>`}
      ${ready && !problem && !items.length && html`<p class="hint">${t('found.empty')}</p>`}
      <${Entries} label=${t('found')}>
        ${items.map(message => html`
          <li key=${message.id} aria-label=${message.author.fullName}>
            <a class="entry short" href=${chatHref(message.chatId, message.seq)}>
              <${Avatar} id=${message.author.id} name=${message.author.fullName} imagePath=${message.author.imagePath} small />
              <span class="entry-name"
                dir="auto">${message.author.fullName}${chatId ? '' : ` · ${chats[message.chatId]?.name ?? ''}`}</span>
              <time class="entry-time" datetime=${message.createdAt}>${shortTime(message.createdAt)}</time>
              <span class="entry-text" dir="auto">${textOf(message)}</span>
            </a>
          </li>`)}
      <//>
      ${next && ready && html`<${More} key=${next} load=${() => search(q, chatId, next)} />`}
    <//>`
}
