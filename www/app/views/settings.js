// settings.js - oneself: profile, the look of the pages, devices, password, and leaving for good. Fields begin with what is
// known (defaultValue); what one has typed stays when the rest is drawn again.
import { LANGUAGES, choose, current, loadWords, shortTime, t } from '../i18n.js'
import { store, useStore } from '../model.js'
import { adopt, call } from '../net/session.js'
import { set } from '../state/store.js'
import { THEMES, chooseTheme, theme } from '../theme.js'
import { html, useEffect, useReducer, useRef, useState } from '../ui.js'
import { changeMe } from '../work/deeds.js'
import { notificationsWanted, setSound, soundOn, wantNotifications } from '../work/telling.js'
import { Dialog, Field, Skeletons, Trouble, useDeed } from './parts.js'
import { Portrait } from './portrait.js'

const TABS = { profile: Profile, look: Look, devices: Devices, safety: Safety }

export function Settings({ onClose }) {
  const [tab, setTab] = useState('profile')
  useStore(state => state.language)
  const names = Object.keys(TABS)
  const key = event => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step) return
    const to = names[(names.indexOf(tab) + step + names.length) % names.length]
    setTab(to)
    document.getElementById(`tab-${to}`).focus()
  }
  const View = TABS[tab]
  return html`
    <${Dialog} title=${t('settings')} onClose=${onClose} wide>
      <div class="tabs" role="tablist" aria-label=${t('settings')} onKeyDown=${key}>
        ${names.map(name => html`<button type="button" key=${name} id="tab-${name}" role="tab" aria-selected=${name === tab}
          aria-controls="tab-panel"
          tabindex=${name === tab ? 0 : -1} onClick=${() => setTab(name)}>${t(`tab.${name}`)}</button>`)}
      </div>
      <div id="tab-panel" role="tabpanel" aria-labelledby="tab-${tab}"><${View} key=${tab} /></div>
    <//>`
}

function Profile() {
  const me = useStore(state => state.me)
  const { busy, problem, fields, run } = useDeed()
  const [email, setEmail] = useState(me.email)
  const [done, setDone] = useState(false)
  const form = useRef()
  const go = async event => {
    event.preventDefault()
    const { password, ...values } = Object.fromEntries(new FormData(form.current))
    const moved = email !== me.email
    const body = { ...values, username: values.username || null, birthday: values.birthday || null, ...(moved ? { password } : {}) }
    if (!moved) delete body.email
    if (await run(() => changeMe(body))) setDone(true)
  }
  return html`
    <form ref=${form} onSubmit=${go} onInput=${() => setDone(false)}>
      <${Portrait} id=${me.id} name=${me.fullName} imagePath=${me.imagePath}
        onChange=${imagePath => run(() => changeMe({ imagePath }))} />
      <div class="pair">
        <${Field} label=${t('first-name')} name="firstName" defaultValue=${me.firstName} maxlength="100" required
          autocomplete="given-name" error=${fields.firstName} />
        <${Field} label=${t('last-name')} name="lastName" defaultValue=${me.lastName} maxlength="100" required
          autocomplete="family-name" error=${fields.lastName} />
      </div>
      <div class="pair">
        <${Field} label=${t('username')} name="username" defaultValue=${me.username ?? ''} maxlength="32" autocapitalize="none"
          autocomplete="username" error=${fields.username} />
        <${Field} label=${t('birthday')} name="birthday" type="date" defaultValue=${me.birthday ?? ''} autocomplete="bday"
          error=${fields.birthday} />
      </div>
      <${Field} label=${t('email')} name="email" type="email" value=${email} onInput=${event => setEmail(event.target.value)}
        maxlength="254" required
        autocomplete="email" error=${fields.email} />
      ${email !== me.email && html`<${Field} label=${t('password')} name="password" type="password" required
        autocomplete="current-password"
        hint=${t('email.password')} error=${fields.password} />`}
      <${Trouble} problem=${problem} marked />
      <div class="dialog-foot"><span role="status">${done ? t('saved') : ''}</span><button class="primary"
        disabled=${busy}>${t('save')}</button></div>
    </form>`
}

function Look() {
  const [, draw] = useReducer(n => n + 1, 0)
  const change = async language => {
    choose(language)
    await loadWords(language)
    store.update(set, 'language', language)
    changeMe({ locale: language }).catch(() => {})
  }
  const permission = globalThis.Notification?.permission
  const notify = async on => {
    await wantNotifications(on)
    draw()
  }
  const about = !permission ? 'notifications.none' : permission === 'denied' ? 'notifications.denied' : 'notifications.hint'
  const granted = permission === 'granted' && notificationsWanted() !== 'off'
  return html`
    <div class="field">
      <label for="language">${t('language')}</label>
      <select id="language" value=${current()} onChange=${event => change(event.target.value)}>
        ${Object.entries(LANGUAGES).map(([tag, name]) => html`<option key=${tag} value=${tag}
          lang=${tag}>${name}</option>`)}</select>
    </div>
    <div class="field">
      <label for="theme">${t('theme')}</label>
      <select id="theme" value=${theme()} onChange=${event => chooseTheme(event.target.value)}>
        ${THEMES.map(name => html`<option key=${name} value=${name}>${t(`theme.${name}`)}</option>`)}</select>
    </div>
    <label class="check"><input type="checkbox" checked=${soundOn()}
      onChange=${event => setSound(event.target.checked)} /> <span>${t('sound')}<small>${t('sound.hint')}</small></span></label>
    <label class="check"><input type="checkbox" checked=${granted} disabled=${!permission || permission === 'denied'}
      onChange=${event => notify(event.target.checked)} />
      <span>${t('notifications')}<small>${t(about)}</small></span></label>`
}

function Devices() {
  const [list, setList] = useState(null)
  const { problem, run } = useDeed()
  const load = () => run(async () => setList((await call('GET', 'account/sessions?limit=200')).items))
  useEffect(() => {
    load()
  }, [])
  const revoke = id => run(async () => {
    await call('DELETE', `account/sessions/${id}`)
    setList(list.filter(one => one.id !== id))
  })
  return html`
    <p class="hint">${t('devices.about')}</p>
    <${Trouble} problem=${problem} />
    ${!list && !problem && html`<${Skeletons} n=${3} />`}
    <ul class="devices" aria-label=${t('tab.devices')}>
      ${list?.map(device => html`
        <li key=${device.id}>
          <span class="device-name">${deviceName(device.userAgent)}${device.current ? html` <span
            class="role">${t('device.this')}</span>` : ''}</span>
          <span class="device-more">${device.address ?? ''} · ${t('device.used', { time: shortTime(device.lastUsedAt) })}</span>
          ${!device.current && html`<button type="button" onClick=${() => revoke(device.id)}>${t('revoke')}</button>`}
        </li>`)}
    </ul>`
}

// The browser and the system, out of what a client calls itself.
function deviceName(agent) {
  if (!agent) return t('device.unknown')
  const browser = agent.match(/(Edg|OPR|Firefox|Chrome|Safari|curl)\/([\d]+)/)
  const system = agent.match(/Android|iPhone|iPad|Windows|Mac OS X|Linux/)
  const names = { Edg: 'Edge', OPR: 'Opera' }
  const found = [browser && (names[browser[1]] ?? browser[1]), system?.[0].replace('Mac OS X', 'macOS')].filter(Boolean)
  return found.join(' · ') || agent.slice(0, 60)
}

function Safety() {
  const { busy, problem, fields, run } = useDeed()
  const farewell = useDeed()
  const [done, setDone] = useState(false)
  const form = useRef()
  const last = useRef()
  const change = async event => {
    event.preventDefault()
    const body = Object.fromEntries(new FormData(form.current))
    if (await run(() => call('PUT', 'account/password', { body }))) {
      form.current.reset()
      setDone(true)
    }
  }
  const erase = event => {
    event.preventDefault()
    const { password } = Object.fromEntries(new FormData(last.current))
    farewell.run(async () => {
      await call('DELETE', 'account/me', { body: { password } })
      store.update(set, 'dialog', null)
      adopt(null)
    })
  }
  return html`
    <form ref=${form} onSubmit=${change}>
      <h3>${t('password.change')}</h3>
      <${Field} label=${t('password.current')} name="current" type="password" required autocomplete="current-password"
        error=${fields.current} />
      <${Field} label=${t('password.new')} name="new" type="password" required minlength="8" maxlength="256"
        autocomplete="new-password"
        hint=${t('door.password.hint')} error=${fields.new} />
      <${Trouble} problem=${problem} marked />
      <div class="dialog-foot"><span role="status">${done ? t('password.changed') : ''}</span><button class="primary"
        disabled=${busy}>${t('save')}</button></div>
    </form>
    <form ref=${last} onSubmit=${erase} class="farewell">
      <h3>${t('erase')}</h3>
      <p class="hint">${t('erase.about')}</p>
      <${Field} label=${t('password')} name="password" type="password" required autocomplete="off"
        error=${farewell.fields.password} />
      <${Trouble} problem=${farewell.problem} marked />
      <div class="dialog-foot"><button class="danger" disabled=${farewell.busy}>${t('erase')}</button></div>
    </form>`
}
