// group.js - making a group, and bringing people into one.
import { t } from '../i18n.js'
import { useStore } from '../model.js'
import { query } from '../net/api.js'
import { call } from '../net/session.js'
import { html, useEffect, useRef, useState } from '../ui.js'
import { addMembers, makeGroup } from '../work/deeds.js'
import { Avatar } from './avatar.js'
import { Dialog, Field, IconButton, Trouble, useDeed } from './parts.js'
import { Portrait } from './portrait.js'

export function NewGroup({ onClose }) {
  const { busy, problem, fields, run } = useDeed()
  const [chosen, setChosen] = useState([])
  const [imagePath, setImage] = useState(null)
  const [name, setName] = useState('')
  const form = useRef()
  const go = async event => {
    event.preventDefault()
    const { password } = Object.fromEntries(new FormData(form.current))
    const values = {
      name: name.trim(),
      userIds: chosen.map(user => user.id),
      public: form.current.elements.public.checked,
      ...(password ? { password } : {}),
      ...(imagePath ? { imagePath } : {})
    }
    if (await run(() => makeGroup(values))) onClose()
  }
  return html`
    <${Dialog} title=${t('new-group')} onClose=${onClose}>
      <form ref=${form} onSubmit=${go} data-dirty>
        <${Portrait} id="0" name=${name || '?'} imagePath=${imagePath} onChange=${setImage} />
        <${Field} label=${t('name')} name="name" value=${name} onInput=${event => setName(event.target.value)} maxlength="100"
          required
          autocomplete="off" error=${fields.name} />
        <${Chooser} chosen=${chosen} onChange=${setChosen} />
        <${Field} label=${t('password')} name="password" type="password" autocomplete="new-password" maxlength="256"
          hint=${t('group.password.hint')} error=${fields.password} />
        <label class="check"><input type="checkbox"
          name="public" /> <span>${t('public')}<small>${t('public.hint')}</small></span></label>
        <${Trouble} problem=${problem} />
        <div class="dialog-foot">
          <button type="button" onClick=${onClose}>${t('cancel')}</button>
          <button class="primary" disabled=${busy}>${t('create')}</button>
        </div>
      </form>
    <//>`
}

export function AddPeople({ chatId, onClose }) {
  const { busy, problem, run } = useDeed()
  const [chosen, setChosen] = useState([])
  const inside = useStore(state => state.members[chatId]?.items)
  const go = async event => {
    event.preventDefault()
    if (await run(() => addMembers(chatId, chosen.map(user => user.id)))) onClose()
  }
  return html`
    <${Dialog} title=${t('add.people')} onClose=${onClose}>
      <form onSubmit=${go}>
        <${Chooser} chosen=${chosen} onChange=${setChosen} without=${inside?.map(member => member.user.id)} />
        <${Trouble} problem=${problem} />
        <div class="dialog-foot">
          <button type="button" onClick=${onClose}>${t('cancel')}</button>
          <button class="primary" disabled=${busy || !chosen.length}>${t('add')}</button>
        </div>
      </form>
    <//>`
}

// People by name, as many as one likes.
function Chooser({ chosen, onChange, without = [] }) {
  const me = useStore(state => state.me)
  const [q, setQ] = useState('')
  const [found, setFound] = useState({ items: [], ready: false })
  useEffect(() => {
    let here = true
    const timer = setTimeout(async () => {
      const { items } = await call('GET', `users${query({ q: q.trim(), limit: 50 })}`).catch(() => ({ items: [] }))
      if (here) setFound({ items, ready: true })
    }, q ? 200 : 0)
    return () => {
      here = false
      clearTimeout(timer)
    }
  }, [q])
  const ids = new Set(chosen.map(user => user.id))
  const shown = found.items.filter(user => user.id !== me.id && !without.includes(user.id))
  const turn = user => onChange(ids.has(user.id) ? chosen.filter(one => one.id !== user.id) : [...chosen, user])
  return html`
    <fieldset class="chooser">
      <legend>${t('people.choose')}${chosen.length ? ` · ${chosen.length}` : ''}</legend>
      ${chosen.length > 0 && html`<ul class="chips">${chosen.map(user => html`<li key=${user.id}><span
        dir="auto">${user.fullName}</span>
        <${IconButton} icon="close" label=${t('remove.name', { name: user.fullName })} onClick=${() => turn(user)} /></li>`)}</ul>`}
      <input type="search" dir="auto" value=${q} maxlength="100" aria-label=${t('find.people')} placeholder=${t('find.people')}
        onInput=${event => setQ(event.target.value)} onKeyDown=${event => event.key === 'Enter' && event.preventDefault()} />
      <div class="choices">
        ${found.ready && !shown.length && html`<p class="hint">${t('people.none')}</p>`}
        ${shown.map(user => html`
          <label class="choice" key=${user.id}>
            <input type="checkbox" checked=${ids.has(user.id)} onChange=${() => turn(user)} />
            <${Avatar} id=${user.id} name=${user.fullName} imagePath=${user.imagePath} small />
            <span dir="auto">${user.fullName}</span>
          </label>`)}
      </div>
    </fieldset>`
}
