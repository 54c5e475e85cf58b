// door.js - the ways in: log in and sign up.
import { LANGUAGES, choose, current, loadWords, t } from '../i18n.js'
import { logIn, signUp } from '../net/session.js'
import { html, useEffect, useReducer, useRef, useState } from '../ui.js'
import { Mark } from './icons.js'
import { Field, Trouble, useDeed } from './parts.js'

export function Door({ problem }) {
  const [joining, setJoining] = useState(false)
  const [, draw] = useReducer(n => n + 1, 0)
  const { busy, problem: own, fields, run, clear } = useDeed()
  const form = useRef()
  useEffect(() => {
    document.title = `${t(joining ? 'sign-up' : 'log-in')} · ${t('title')}`
  }, [joining, current()])

  const submit = event => {
    event.preventDefault()
    const { email, password, firstName, lastName } = Object.fromEntries(new FormData(form.current))
    run(() => (joining
      ? signUp({ email: email.trim(), password, firstName: firstName.trim(), lastName: lastName.trim() })
      : logIn(email.trim(), password)))
  }
  const turn = () => {
    clear()
    setJoining(!joining)
  }
  const change = language => {
    choose(language)
    loadWords(language).then(draw)
  }
  return html`
    <main class="door">
      <div class="door-card">
        <div class="brand"><${Mark} /><span>${t('title')}</span></div>
        <h1>${t(joining ? 'door.join' : 'door.welcome')}</h1>
        <p class="lead">${t(joining ? 'door.join.lead' : 'door.welcome.lead')}</p>
        <${Trouble} problem=${own ?? problem} marked />
        <form ref=${form} onSubmit=${submit} key=${joining}>
          ${joining && html`
            <div class="pair">
              <${Field} label=${t('first-name')} name="firstName" autocomplete="given-name" maxlength="100" required
                error=${fields.firstName} />
              <${Field} label=${t('last-name')} name="lastName" autocomplete="family-name" maxlength="100" required
                error=${fields.lastName} />
            </div>`}
          <${Field} label=${t('email')} name="email" type=${joining ? 'email' : 'text'} inputmode="email" maxlength="254"
            autocapitalize="none" autocomplete=${joining ? 'email' : 'username'} required
            hint=${joining ? undefined : t('door.login.hint')} error=${fields.email ?? fields.login} />
          <${Field} label=${t('password')} name="password" type="password" maxlength="256" minlength=${joining ? 8 : undefined}
            autocomplete=${joining ? 'new-password' : 'current-password'} required
            hint=${joining ? t('door.password.hint') : undefined} error=${fields.password} />
          <button class="primary wide-button" disabled=${busy}>${t(joining ? 'sign-up' : 'log-in')}</button>
        </form>
        <p class="other-way">
          ${t(joining ? 'door.have' : 'door.new')}
          ${' '}<button type="button" class="link"
            onClick=${turn}>${t(joining ? 'log-in' : 'sign-up')}</button>
        </p>
      </div>
      <div class="languages" role="group" aria-label=${t('language')}>
        ${Object.entries(LANGUAGES).map(([tag, name]) => html`
          <button type="button" key=${tag} lang=${tag} class="link quiet" aria-pressed=${tag === current()}
            onClick=${() => change(tag)}>${name}</button>`)}
      </div>
    </main>`
}
