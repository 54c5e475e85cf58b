// questions.js - small dialogs that ask before something is done.
import { t } from '../i18n.js'
import { store } from '../model.js'
import { logOut } from '../net/session.js'
import { html, useRef } from '../ui.js'
import { deleteMessage, joinRoom } from '../work/deeds.js'
import { textOf } from '../work/telling.js'
import { Avatar } from './avatar.js'
import { Dialog, Field, Trouble, useDeed } from './parts.js'

// Asks, does it, and closes; stays with the reason where it could not be done.
export function Sure({ title, body, label, bad = true, deed, onClose, children }) {
  const { busy, problem, run } = useDeed()
  const go = async event => {
    event.preventDefault()
    if (await run(deed)) onClose()
  }
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <form onSubmit=${go}>
        <p dir="auto">${body}</p>
        ${children}
        <${Trouble} problem=${problem} />
        <div class="dialog-foot">
          <button type="button" onClick=${onClose}>${t('cancel')}</button>
          <button class=${bad ? 'danger' : 'primary'} disabled=${busy}>${label}</button>
        </div>
      </form>
    <//>`
}

export const RemoveMessage = ({ message, onClose }) => html`
  <${Sure} title=${t('delete.message')} body=${t('delete.message.body')} label=${t('delete')}
    deed=${() => deleteMessage(message)} onClose=${onClose}>
    <blockquote dir="auto">${textOf(message).slice(0, 300)}</blockquote>
  <//>`

export const Leaving = ({ onClose }) => html`
  <${Sure} title=${t('leaving.title')} body=${t('leaving.body', { n: store.get().outbox.length })} label=${t('log-out')}
    deed=${logOut} onClose=${onClose} />`

export function JoinRoom({ room, onClose }) {
  const { busy, problem, fields, run } = useDeed()
  const form = useRef()
  const go = async event => {
    event.preventDefault()
    const { password } = Object.fromEntries(new FormData(form.current))
    if (await run(() => joinRoom(room.id, password))) onClose()
  }
  return html`
    <${Dialog} title=${room.name} onClose=${onClose}>
      <form ref=${form} onSubmit=${go}>
        <div class="person-card">
          <${Avatar} id=${room.id} name=${room.name} imagePath=${room.imagePath} large />
          <p>${t('members', { n: room.memberCount })}${room.protected ? html`<br />${t('room.protected')}` : ''}</p>
        </div>
        ${room.protected && html`<${Field} label=${t('password')} name="password" type="password" autocomplete="off" required
          error=${fields.password} />`}
        <${Trouble} problem=${problem} />
        <div class="dialog-foot">
          <button type="button" onClick=${onClose}>${t('cancel')}</button>
          <button class="primary" disabled=${busy}>${t('join')}</button>
        </div>
      </form>
    <//>`
}
