// parts.js - small pieces that many views are made of: dialogs, fields, forms that know their errors.
import { explain, explainField, t } from '../i18n.js'
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from '../ui.js'
import { Icon } from './icons.js'

export const IconButton = ({ icon, label, ...more }) => html`
  <button type="button" class="icon-button" aria-label=${label} title=${label} ...${more}><${Icon} name=${icon} /></button>`

// Opens the <dialog> over all else. The focus goes back as soon as it is gone, before one's next key.
export function useModal() {
  const box = useRef()
  useLayoutEffect(() => {
    const before = document.activeElement
    // A message that is deleted has lost the button for it, a member who is removed their place in the list.
    const around = before.closest('[tabindex]')
    box.current.showModal()
    return () => queueMicrotask(() => (before.isConnected ? before : around)?.focus())
  }, [])
  return box
}

// A dialog named by its heading. The browser keeps the focus in it, and closes it with Escape.
export function Dialog({ title, onClose, wide, children }) {
  const box = useModal()
  const id = useId()
  const outside = event => {
    if (event.target === box.current && !box.current.querySelector('form[data-dirty]')) onClose()
  }
  return html`
    <dialog ref=${box} class=${wide ? 'wide' : ''} aria-labelledby=${id} onClose=${onClose} onCancel=${onClose}
      onMouseDown=${outside}>
      <div class="dialog-box">
        <header class="dialog-head">
          <h2 id=${id} class="clamped" dir="auto" title=${title}>${title}</h2>
          <${IconButton} icon="close" label=${t('close')} onClick=${onClose} />
        </header>
        ${children}
      </div>
    </dialog>`
}

// A field with what is wrong with it below: by the server, or by the browser, whose own words may be of another language.
export function Field({ label, hint, error, type = 'text', onInput, ...more }) {
  const id = useId()
  const [unfit, setUnfit] = useState('')
  const refuse = event => {
    event.preventDefault()
    const { form, name, validity } = event.target
    setUnfit(explainField(name, validity.valueMissing ? 'empty' : validity.tooShort ? 'short' : validity.tooLong ? 'long' : ''))
    if (form.querySelector('input:invalid') === event.target) event.target.focus()
  }
  const input = event => {
    setUnfit('')
    onInput?.(event)
  }
  const wrong = unfit || error
  const told = wrong || hint
  return html`
    <div class="field ${wrong ? 'wrong' : ''}">
      <label for=${id}>${label}</label>
      <input id=${id} type=${type} dir=${type === 'text' ? 'auto' : undefined} aria-invalid=${wrong ? 'true' : undefined}
        aria-describedby=${told ? `${id}-told` : undefined} onInvalid=${refuse} onInput=${input} ...${more} />
      ${told && html`<p class="told" id="${id}-told">${told}</p>`}
    </div>`
}

// `marked`: the form's own fields say what is wrong with them.
export const Trouble = ({ problem, marked }) => problem && html`
  <p class="trouble" role="alert"><${Icon} name="warn" /><span>${
    marked && problem.code === 'invalid_fields' ? t('problem.invalid_fields') : explain(problem)}</span></p>`

// What a form needs around a request: whether it is under way, and what was wrong. `run(work)` answers true when it went well.
export function useDeed() {
  const [state, setState] = useState({ busy: false, problem: null })
  const here = useRef(true)
  useEffect(() => () => {
    here.current = false
  }, [])
  const run = async work => {
    setState({ busy: true, problem: null })
    try {
      await work()
      if (here.current) setState({ busy: false, problem: null })
      return true
    } catch (problem) {
      if (problem.status === undefined) throw problem
      if (here.current) setState({ busy: false, problem })
      return false
    }
  }
  // Fields that are known to be wrong say so themselves.
  const wrong = Object.entries(state.problem?.fields ?? {})
  const fields = Object.fromEntries(wrong.map(([name, why]) => [name, explainField(name, why)]))
  return { ...state, fields, run, clear: () => setState({ busy: false, problem: null }) }
}

// Where there is nothing: what this place is for, and what to do.
export const Empty = ({ title, children }) => html`
  <div class="empty"><p class="empty-title">${title}</p>${children && html`<p>${children}</p>`}</div>`

export const Skeletons = ({ n }) => html`
  <div class="skeletons" aria-hidden="true">
    ${Array.from({ length: n }, (_, i) => html`<div class="skeleton" key=${i}><span></span><span></span></div>`)}
  </div>`
