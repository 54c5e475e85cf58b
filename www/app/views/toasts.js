// toasts.js - a message in another chat pops up for a moment and opens that chat; so do a few words about what happened.
// They have a place of their own, where they cover nothing, and stay while one points at them or has the focus in them.
import { t } from '../i18n.js'
import { useStore } from '../model.js'
import { html, useEffect, useLayoutEffect, useRef, useState } from '../ui.js'
import { closeToast } from '../work/telling.js'
import { go } from '../work/way.js'
import { Avatar } from './avatar.js'
import { Icon } from './icons.js'
import { IconButton } from './parts.js'

const TOAST_MS = 7000

export function Toasts() {
  const toasts = useStore(state => state.toasts)
  const [pointed, setPointed] = useState(false)
  const [focused, setFocused] = useState(false)
  const box = useRef()
  const before = useRef(null) // what had the focus
  const held = pointed || focused
  const focus = ({ relatedTarget }) => {
    if (relatedTarget && !box.current.contains(relatedTarget)) before.current = relatedTarget
    setFocused(true)
  }
  // The one that has gone took the focus along: it goes to the next, or back to where it was.
  useLayoutEffect(() => {
    if (focused && !box.current.contains(document.activeElement)) {
      setFocused(false)
      const next = box.current.querySelector('button') ?? before.current
      if (document.activeElement === document.body) next?.focus()
    }
    if (!toasts.length) setPointed(false)
  }, [toasts])
  useEffect(() => {
    if (!held) return undefined
    const end = event => {
      if (event.key !== 'Escape' || event.isComposing) return
      event.preventDefault()
      event.stopPropagation()
      for (const { key } of toasts) closeToast(key)
    }
    addEventListener('keydown', end, true)
    return () => removeEventListener('keydown', end, true)
  }, [held, toasts])
  return html`
    <section class="toasts" ref=${box} aria-label=${t('notices')} aria-live="polite" onPointerEnter=${() => setPointed(true)}
      onPointerLeave=${() => setPointed(false)} onFocusIn=${focus}
      onFocusOut=${event => box.current.contains(event.relatedTarget) || setFocused(false)}>
      ${toasts.map(toast => html`<${Toast} key=${toast.key} toast=${toast} held=${held} />`)}
    </section>`
}

function Toast({ toast, held }) {
  useEffect(() => {
    if (held) return undefined
    const timer = setTimeout(closeToast, TOAST_MS, toast.key)
    return () => clearTimeout(timer)
  }, [held])
  return html`
    <div class="toast ${toast.bad ? 'bad' : ''}">
      ${toast.plain
        ? html`<${Icon} name=${toast.bad ? 'warn' : 'check'} /><p class="toast-words">${toast.title}</p>`
        : html`
          <button type="button" class="toast-open" onClick=${() => { closeToast(toast.key); go(toast.chatId) }}>
            <${Avatar} ...${toast.face} />
            <span class="toast-words">
              <strong dir="auto">${toast.title}</strong>
              <span dir="auto">${toast.body}</span>
            </span>
          </button>`}
      <${IconButton} icon="close" label=${t('close')} onClick=${() => closeToast(toast.key)} />
    </div>`
}
