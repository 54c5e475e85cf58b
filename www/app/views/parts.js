// parts.js - small pieces that many views are made of: dialogs, fields, forms that know their errors.
import { explain, t } from '../i18n.js'
import { html, useEffect, useId, useRef, useState } from '../ui.js'
import { Icon } from './icons.js'

export const IconButton = ({ icon, label, ...more }) => html`
  <button type="button" class="icon-button" aria-label=${label} title=${label} ...${more}><${Icon} name=${icon} /></button>`

// A dialog named by its heading. The browser keeps the focus in it, gives it back, and closes it with Escape.
export function Dialog({ title, onClose, wide, children }) {
  const box = useRef()
  const id = useId()
  useEffect(() => {
    const before = document.activeElement
    box.current.showModal()
    return () => {
      before?.focus?.()
    }
  }, [])
  const outside = event => {
    if (event.target === box.current && !box.current.querySelector('form[data-dirty]')) onClose()
  }
  return html`
    <dialog ref=${box} class=${wide ? 'wide' : ''} aria-labelledby=${id} onClose=${onClose} onCancel=${onClose}
      onMouseDown=${outside}>
      <div class="dialog-box">
        <header class="dialog-head">
          <h2 id=${id} dir="auto">${title}</h2>
          <${IconButton} icon="close" label=${t('close')} onClick=${onClose} />
        </header>
        ${children}
      </div>
    </dialog>`
}

export function Field({ label, hint, error, type = 'text', ...more }) {
  const id = useId()
  const told = error || hint
  return html`
    <div class="field ${error ? 'wrong' : ''}">
      <label for=${id}>${label}</label>
      <input id=${id} type=${type} dir=${type === 'text' ? 'auto' : undefined} aria-invalid=${error ? 'true' : undefined}
        aria-describedby=${told ? `${id}-told` : undefined} ...${more} />
      ${told && html`<p class="told" id="${id}-told">${error || hint}</p>`}
    </div>`
}

export const Trouble = ({ problem }) =>
  problem && html`<p class="trouble" role="alert"><${Icon} name="warn" /><span>${explain(problem)}</span></p>`

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
  const fields = state.problem?.fields ?? {}
  return { ...state, fields, run }
}

// Where there is nothing: what this place is for, and what to do.
export const Empty = ({ title, children }) => html`
  <div class="empty"><p class="empty-title">${title}</p>${children && html`<p>${children}</p>`}</div>`

export const Skeletons = ({ n }) => html`
  <div class="skeletons" aria-hidden="true">
    ${Array.from({ length: n }, (_, i) => html`<div class="skeleton" key=${i}><span></span><span></span></div>`)}
  </div>`
