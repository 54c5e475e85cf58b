// message.js - one message, with the lines above it that belong to its place: the day, and where the new ones begin.
import { clock, dayName, fullTime, explain, sameDay, t } from '../i18n.js'
import { store, useStore } from '../model.js'
import { isRead } from '../state/events.js'
import { isLarge, pieces } from '../text/links.js'
import { tint } from '../text/names.js'
import { html, useEffect, useLayoutEffect, useRef, useState } from '../ui.js'
import { react } from '../work/deeds.js'
import { again, cancel } from '../work/sending.js'
import { say, textOf } from '../work/telling.js'
import { chatHref, go } from '../work/way.js'
import { Avatar } from './avatar.js'
import { openDialog } from './dialogs.js'
import { Emoji, QUICK } from './emoji.js'
import { Files, PendingFiles } from './files.js'
import { Icon } from './icons.js'
import { IconButton } from './parts.js'

const TOGETHER_MS = 5 * 60_000
// What the tools of a message need above it, and with all emoji.
const TOOLS_PX = 70
const PICKER_PX = 330

export function Message({ chat, message, before, first, newLine, active, found, answered, onReply, onEdit }) {
  const me = useStore(state => state.me)
  const author = useStore(state => state.users[message.author.id]) ?? message.author
  const mine = message.author.id === me?.id
  const newDay = first || (before && !sameDay(before.createdAt, message.createdAt))
  // Messages of one author that follow each other closely stand together, with one name.
  const joined = before && !newDay && !newLine && before.author.id === message.author.id &&
    new Date(message.createdAt) - new Date(before.createdAt) < TOGETHER_MS
  const large = !message.deletedAt && !message.files.length && isLarge(message.body)
  const group = chat.kind !== 'direct'
  return html`
    <div class="row ${mine ? 'mine' : 'theirs'} ${joined ? 'joined' : ''} ${active ? 'active' : ''} ${found ? 'found' : ''}"
      data-seq=${message.seq} tabindex="-1">
      ${newDay && html`<p class="day"><span>${dayName(message.createdAt)}</span></p>`}
      ${newLine && html`<p class="new-line"><span>${t('new-messages')}</span></p>`}
      <article class="message" aria-label=${`${author.fullName}, ${clock(message.createdAt)}`}>
        ${group && !mine && html`<span class="face">${!joined && html`
          <button type="button" aria-label=${t('profile.of', { name: author.fullName })} title=${author.fullName}
            onClick=${() => openDialog('person', { person: author })}>
            <${Avatar} id=${author.id} name=${author.fullName} imagePath=${author.imagePath} small />
          </button>`}</span>`}
        <div class="bubble ${large ? 'large' : ''} ${message.deletedAt ? 'deleted' : ''}">
          ${group && !mine && !joined && html`<p class="author tint-${tint(author.id)}" dir="auto">${author.fullName}</p>`}
          ${message.replyTo && !message.deletedAt && html`<${Answered} chat=${chat} seq=${message.replyTo} message=${answered} />`}
          ${message.deletedAt ? html`<p class="body">${t('deleted')}</p>` : html`
            ${message.files.length > 0 && html`<${Files} files=${message.files} />`}
            ${message.body && html`<p class="body" dir="auto"><${Body} text=${message.body} /></p>`}`}
          <p class="meta">
            ${message.editedAt && !message.deletedAt && html`<span>${t('edited')}</span>`}
            <time datetime=${message.createdAt} title=${fullTime(message.createdAt)}>${clock(message.createdAt)}</time>
            ${mine && !message.deletedAt && html`<${Ticks} chat=${chat} message=${message} />`}
          </p>
        </div>
        ${active && !message.deletedAt && html`<${Tools} chat=${chat} message=${message} mine=${mine} onReply=${onReply}
          onEdit=${onEdit} />`}
      </article>
      ${message.reactions.length > 0 && html`<${Reactions} message=${message} me=${me} />`}
    </div>`
}

const Body = ({ text }) => pieces(text).map(piece => (piece.href
  ? html`<a href=${piece.href} target="_blank" rel="noopener noreferrer nofollow">${piece.text}</a>`
  : piece.text))

function Ticks({ chat, message }) {
  const read = isRead(chat, message)
  return html`<span class="ticks ${read ? 'read' : ''}" role="img" aria-label=${t(read ? 'read' : 'sent')}
    title=${t(read ? 'read' : 'sent')}>
    <${Icon} name=${read ? 'checks' : 'check'} /></span>`
}

const Answered = ({ chat, seq, message }) => html`
  <a class="answered" href=${chatHref(chat.id, seq)} onClick=${event => { event.preventDefault(); go(chat.id, seq) }}>
    <strong dir="auto">${message?.author.fullName ?? t('answer')}</strong>
    <span dir="auto">${message ? textOf(message) : t('answer.show')}</span>
  </a>`

function Reactions({ message, me }) {
  const users = useStore(state => state.users)
  return html`
    <div class="reactions" role="group" aria-label=${t('reactions')}>
      ${message.reactions.map(({ emoji, count, userIds }) => html`
        <button type="button" key=${emoji} aria-pressed=${userIds.includes(me?.id)} onClick=${() => react(message, emoji)}
          title=${userIds.map(id => users[id]?.fullName).filter(Boolean).join(', ')} aria-label=${t('reaction', { emoji, n: count })}>
          <span aria-hidden="true">${emoji}</span>${count > 1 && html`<span aria-hidden="true">${count}</span>`}
        </button>`)}
    </div>`
}

function Tools({ chat, message, mine, onReply, onEdit }) {
  const [picking, setPicking] = useState(false)
  const box = useRef()
  const may = mine || (chat.kind !== 'direct' && chat.role !== 'member')
  const pick = emoji => {
    setPicking(false)
    react(message, emoji)
  }
  const copy = () => navigator.clipboard.writeText(message.body).then(() => say(t('copied')), () => {})
  // Above the message, unless the top of the view is there.
  const [under, setUnder] = useState(false)
  useEffect(() => {
    const log = box.current.closest('.log').getBoundingClientRect()
    const row = box.current.closest('.row').getBoundingClientRect()
    const room = row.top - log.top
    setUnder(picking ? room < PICKER_PX && room < log.bottom - row.bottom : room < TOOLS_PX)
  }, [picking])
  // They go with what had the focus: the message has it then.
  useLayoutEffect(() => {
    const here = box.current
    return () => here.contains(document.activeElement) && here.closest('.row').focus({ preventScroll: true })
  }, [])
  return html`
    <div class="tools ${under ? 'under' : ''}" ref=${box} role="group" aria-label=${t('actions')}>
      ${QUICK.slice(0, 3).map(emoji => html`<button type="button" class="icon-button only-wide" key=${emoji}
        aria-label=${t('react.with', { emoji })} onClick=${() => pick(emoji)}>${emoji}</button>`)}
      <${IconButton} icon="smile" label=${t('react')} aria-expanded=${picking} onClick=${() => setPicking(!picking)} />
      <${IconButton} icon="reply" label=${t('reply')} onClick=${() => onReply(message)} />
      ${message.body && navigator.clipboard && html`<${IconButton} icon="copy" label=${t('copy')}
        onClick=${copy} />`}
      ${mine && html`<${IconButton} icon="edit" label=${t('edit')} onClick=${() => onEdit(message)} />`}
      ${may && html`<${IconButton} icon="bin" label=${t('delete')} onClick=${() => openDialog('remove', { message })} />`}
      ${picking && html`<${Emoji} onPick=${pick} onClose=${() => setPicking(false)} />`}
    </div>`
}

// A message that the server does not have yet.
export function Pending({ item, onRework }) {
  const failed = item.state === 'failed'
  const late = Date.now() - item.at > 8000
  const me = store.get().me
  return html`
    <div class="row mine pending ${failed ? 'failed' : ''}">
      <article class="message" aria-label=${`${me?.fullName}, ${t(failed ? 'refused' : 'waiting')}`}>
        <div class="bubble">
          ${item.files.length > 0 && html`<${PendingFiles} item=${item} />`}
          ${item.body && html`<p class="body" dir="auto"><${Body} text=${item.body} /></p>`}
          <p class="meta">
            <time>${clock(item.at)}</time>
            <span class="ticks" role="img" aria-label=${t(failed ? 'refused' : 'waiting')}
              title=${t(failed ? 'refused' : 'waiting')}>
              <${Icon} name=${failed ? 'warn' : 'wait'} /></span>
          </p>
        </div>
      </article>
      ${(failed || (late && item.tries > 1)) && html`
        <p class="pending-state" role=${failed ? 'alert' : undefined}>
          ${item.problem && html`<span>${explain(item.problem)}</span>`}
          ${' '}<button type="button" class="link" onClick=${() => again(item.key)}>${t('retry')}</button>
          ${failed && html` <button type="button" class="link" onClick=${() => onRework(item)}>${t('edit')}</button>`}
          ${' '}<button type="button" class="link" onClick=${() => cancel(item.key)}>${t('take-back')}</button>
        </p>`}
    </div>`
}
