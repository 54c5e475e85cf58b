// emoji.js - a small choice of emoji, by keyboard and pointer; whoever wants others has a keyboard that knows them.
import { t } from '../i18n.js'
import { html, useEffect, useLayoutEffect, useRef } from '../ui.js'

export const QUICK = ['👍', '❤️', '😂', '😮', '😢', '🙏']
const MORE = ['😀', '😊', '😍', '😘', '😎', '🤔', '😴', '😡', '🥳', '🤗', '🙄', '😭', '😱', '🤝', '👏', '👌', '✌️', '🤞', '💪', '👋', '🔥',
  '✨', '🎉', '💯', '💔', '💙', '💛', '☕', '🍰', '🌻', '🌈', '⭐', '✅', '❌', '❓', '❗', '🚀', '🐱', '🐶', '🎂', '🎁', '⏰']
const COLUMNS = 8

export function Emoji({ onPick, onClose }) {
  const box = useRef()
  // Who is in here when it goes comes back to where they came from.
  useLayoutEffect(() => {
    const before = document.activeElement
    const here = box.current
    here.querySelector('button').focus({ preventScroll: true })
    return () => here.contains(document.activeElement) && before.focus({ preventScroll: true })
  }, [])
  useEffect(() => {
    const outside = event => box.current?.contains(event.target) || onClose()
    // Not the very press that opened it.
    const timer = setTimeout(() => addEventListener('pointerdown', outside))
    return () => {
      clearTimeout(timer)
      removeEventListener('pointerdown', outside)
    }
  }, [])
  const walk = event => {
    const all = [...box.current.querySelectorAll('button')]
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key]
    if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      onClose()
    } else if (step) {
      event.preventDefault()
      event.stopPropagation()
      all[all.indexOf(document.activeElement) + step]?.focus()
    }
  }
  return html`
    <div class="picker" ref=${box} role="group" aria-label=${t('emoji')} onKeyDown=${walk}>
      ${[...QUICK, ...MORE].map(emoji => html`<button type="button" key=${emoji} onClick=${() => onPick(emoji)}>${emoji}</button>`)}
    </div>`
}
