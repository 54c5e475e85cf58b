// details.js - what a chat is: its person, or its members and settings.
import { dayName, lastSeen, t } from '../i18n.js'
import { useStore } from '../model.js'
import { peerOf } from '../state/chats.js'
import { html, useEffect, useRef, useState } from '../ui.js'
import { changeChat, deleteChat, leaveChat, openDirect, removeMember, setRole } from '../work/deeds.js'
import { loadMembers } from '../work/sync.js'
import { mute } from '../work/telling.js'
import { Avatar } from './avatar.js'
import { openAbove, openDialog } from './dialogs.js'
import { Icon } from './icons.js'
import { Dialog, Field, IconButton, Skeletons, Trouble, useDeed } from './parts.js'
import { Portrait } from './portrait.js'

export function Details({ chatId, onClose }) {
  const chat = useStore(state => state.chats[chatId])
  const me = useStore(state => state.me)
  useEffect(() => {
    if (!chat) onClose()
  }, [chat])
  if (!chat) return null
  return html`
    <${Dialog} title=${chat.name} onClose=${onClose}>
      ${chat.kind === 'direct' ? html`<${Person} person=${peerOf(chat, me)} /><${Mute} chat=${chat} />` : html`
        <${Group} chat=${chat} me=${me} onClose=${onClose} />`}
    <//>`
}

function Mute({ chat }) {
  const muted = useStore(state => state.muted.includes(chat.id))
  return html`
    <label class="check"><input type="checkbox" checked=${muted} onChange=${event => mute(chat.id, event.target.checked)} />
      <span>${t('mute')}<small>${t('mute.hint')}</small></span></label>`
}

function Person({ person }) {
  const user = useStore(state => state.users[person.id]) ?? person
  return html`
    <div class="person-card">
      <${Avatar} id=${user.id} name=${user.fullName} imagePath=${user.imagePath} online=${user.online} large />
      <div>
        <p>${user.online ? html`<span class="is-online">${t('online')}</span>` : lastSeen(user.lastSeenAt)}</p>
        ${user.username && html`<p class="hint">@${user.username}</p>`}
        ${user.createdAt && html`<p class="hint">${t('since')}: ${dayName(user.createdAt)}</p>`}
      </div>
    </div>`
}

// Somebody one has met in a group, and the way to a chat with them.
export function Stranger({ person, onClose }) {
  const write = () => {
    onClose()
    openDirect(person)
  }
  return html`
    <${Dialog} title=${person.fullName} onClose=${onClose}>
      <${Person} person=${person} />
      <div class="dialog-foot">
        <button type="button" class="primary" onClick=${write}>
          <span class="clamped">${t('write.to', { name: person.fullName })}</span></button>
      </div>
    <//>`
}

function Group({ chat, me, onClose }) {
  const leads = chat.kind === 'group' && chat.role !== 'member'
  const leave = () => openDialog('sure', {
    title: t('leave.title', { name: chat.name }),
    body: t(chat.memberCount === 1 ? 'leave.last' : 'leave.body'),
    label: t('leave'),
    deed: () => leaveChat(chat.id)
  })
  const remove = () => openDialog('sure', {
    title: t('delete.chat', { name: chat.name }), body: t('delete.chat.body'), label: t('delete'), deed: () => deleteChat(chat.id)
  })
  return html`
    ${leads ? html`<${GroupSettings} key=${chat.id} chat=${chat} />` : html`
      <div class="person-card">
        <${Avatar} id=${chat.id} name=${chat.name} imagePath=${chat.imagePath} large />
        <p>${t(chat.kind === 'lobby' ? 'lobby.about' : chat.public ? 'public.about' : 'private.about')}</p>
      </div>`}
    <${Mute} chat=${chat} />
    <${Members} chat=${chat} me=${me} onClose=${onClose} />
    ${chat.kind === 'group' && html`
      <div class="dialog-foot start">
        <button type="button" onClick=${leave}>${t('leave')}</button>
        ${chat.role === 'owner' && html`<button type="button" class="danger" onClick=${remove}>${t('delete.group')}</button>`}
      </div>`}`
}

function GroupSettings({ chat }) {
  const { busy, problem, fields, run } = useDeed()
  const [name, setName] = useState(chat.name)
  const [done, setDone] = useState(false)
  const [fresh, setFresh] = useState(chat.protected ? 'keep' : 'none')
  const form = useRef()
  const go = async event => {
    event.preventDefault()
    const { password } = Object.fromEntries(new FormData(form.current))
    const values = { name: name.trim(), public: form.current.elements.public.checked }
    if (fresh === 'none' && chat.protected) values.password = null
    if (fresh === 'new' && password) values.password = password
    if (await run(() => changeChat(chat.id, values))) {
      setDone(true)
      setFresh(values.password ? 'keep' : fresh)
    }
  }
  return html`
    <form ref=${form} onSubmit=${go} onInput=${() => setDone(false)}>
      <${Portrait} id=${chat.id} name=${chat.name} imagePath=${chat.imagePath}
        onChange=${imagePath => run(() => changeChat(chat.id, { imagePath }))} />
      <${Field} label=${t('name')} name="name" value=${name} onInput=${event => setName(event.target.value)} maxlength="100"
        required error=${fields.name} />
      <label class="check"><input type="checkbox" name="public" defaultChecked=${chat.public} />
        <span>${t('public')}<small>${t('public.hint')}</small></span></label>
      <div class="field">
        <label for="group-password">${t('password')}</label>
        <select id="group-password" value=${fresh} onChange=${event => setFresh(event.target.value)}>
          <option value="none">${t('password.none')}</option>
          ${chat.protected && html`<option value="keep">${t('password.keep')}</option>`}
          <option value="new">${t('password.set')}</option>
        </select>
      </div>
      ${fresh === 'new' && html`<${Field} label=${t('password.new')} name="password" type="password"
        autocomplete="new-password" maxlength="256" required error=${fields.password} />`}
      <${Trouble} problem=${problem} marked />
      <div class="dialog-foot"><span role="status">${done ? t('saved') : ''}</span><button class="primary"
        disabled=${busy}>${t('save')}</button></div>
    </form>`
}

function Members({ chat, me, onClose }) {
  const members = useStore(state => state.members[chat.id])
  const { problem, run } = useDeed()
  const [failure, setFailure] = useState(null)
  useEffect(() => {
    loadMembers(chat.id).catch(setFailure)
  }, [chat.id])
  const may = chat.kind === 'group' && (chat.role !== 'member' || !chat.protected)
  return html`
    <section class="members">
      <h3>${t('members', { n: chat.memberCount })}
        ${may && html`<button type="button" class="link" onClick=${() => openAbove('add', { chatId: chat.id })}>
          <${Icon} name="plus" />${t('add.people')}</button>`}</h3>
      <${Trouble} problem=${problem ?? failure} />
      ${!members && !failure && html`<${Skeletons} n=${3} />`}
      <ul aria-label=${t('members.list')} tabindex="-1">
        ${members?.items.map(member => html`<${Member} key=${member.user.id} member=${member} chat=${chat} me=${me} run=${run}
          onClose=${onClose} />`)}
      </ul>
      ${members?.next && html`<p class="hint">${t('members.first', { n: members.items.length })}</p>`}
    </section>`
}

function Member({ member: { user, role }, chat, me, run, onClose }) {
  const known = useStore(state => state.users[user.id]) ?? user
  const mine = user.id === me.id
  const owner = chat.kind === 'group' && chat.role === 'owner' && !mine
  const may = chat.kind === 'group' && !mine && (chat.role === 'owner' || (chat.role === 'admin' && role === 'member'))
  const write = () => {
    onClose()
    openDirect(user)
  }
  const remove = () => openAbove('sure', {
    title: t('remove.member', { name: user.fullName }),
    body: t('remove.member.body', { chat: chat.name }),
    label: t('remove'),
    deed: () => removeMember(chat.id, user)
  })
  return html`
    <li class="member">
      <${Avatar} id=${user.id} name=${user.fullName} imagePath=${user.imagePath} online=${known.online} small />
      <span class="member-name" dir="auto">${user.fullName}${mine ? ` (${t('you')})` : ''}</span>
      ${owner
        ? html`<select aria-label=${t('role.of', { name: user.fullName })} value=${role}
          onChange=${event => run(() => setRole(chat.id, user, event.target.value))}>
            ${['owner', 'admin', 'member'].map(one => html`<option key=${one}
              value=${one}>${t(`role.${one}`)}</option>`)}</select>`
        : role !== 'member' && html`<span class="role">${t(`role.${role}`)}</span>`}
      ${!mine && html`<${IconButton} icon="chat" label=${t('write.to', { name: user.fullName })} onClick=${write} />`}
      ${may && html`<${IconButton} icon="close" label=${t('remove.name', { name: user.fullName })} onClick=${remove} />`}
    </li>`
}
