// composer.js - where one writes: the field, what is attached, what is answered or edited.
import { t } from '../i18n.js'
import { store, useStore } from '../model.js'
import { at } from '../state/history.js'
import { withTray } from '../state/outbox.js'
import { html, useImperativeHandle, useLayoutEffect, useRef, useState } from '../ui.js'
import { editMessage } from '../work/deeds.js'
import { draft, keepDraft } from '../work/keep.js'
import { stoppedTyping, typing } from '../work/reading.js'
import { cancel, send } from '../work/sending.js'
import { say, textOf } from '../work/telling.js'
import { prepared } from '../work/uploads.js'
import { Emoji } from './emoji.js'
import { Preview } from './files.js'
import { Icon } from './icons.js'
import { IconButton } from './parts.js'

const BODY_MAX = 8000
const FILES_MAX = 10
const COUNT_FROM = 7500
const NONE = []

export function Composer({ chat, hold }) {
  const kept = useRef(draft(chat.id)).current
  const [body, setBody] = useState(kept?.body ?? '')
  const [answering, setAnswering] = useState(kept?.answering ?? null)
  const [editing, setEditing] = useState(null)
  // They belong to the chat: who looks into another finds them again.
  const files = useStore(state => state.trays[chat.id]) ?? NONE
  const [picking, setPicking] = useState(false)
  const field = useRef()
  const chooser = useRef()
  const caret = useRef(null) // where it goes once the emoji is in
  const length = [...body].length

  useImperativeHandle(hold, () => ({ reply, edit, attach, rework }))
  useLayoutEffect(() => {
    // On a phone the keyboard would cover what one came to read.
    if (matchMedia('(pointer: fine)').matches) field.current.focus()
  }, [])
  // At once, not behind the next picture: the page may be left in between.
  useLayoutEffect(() => {
    if (!editing) keepDraft(chat.id, body || answering ? { body, answering } : null)
  }, [body, answering, editing])
  useLayoutEffect(() => {
    grow(field.current)
    if (caret.current !== null) field.current.setSelectionRange(caret.current, caret.current)
    caret.current = null
  }, [body])

  function reply({ seq, author, ...message }) {
    setEditing(null)
    setAnswering({ seq, name: author.fullName, text: textOf(message).slice(0, 200) })
    field.current.focus()
  }
  function edit(message) {
    setEditing({ message, before: body })
    setBody(message.body)
    field.current.focus()
  }
  const tray = () => store.get().trays[chat.id] ?? NONE
  const setFiles = change => store.update(withTray, chat.id, change(tray()))
  const add = more => setFiles(known => [...known, ...more].slice(0, FILES_MAX))
  async function attach(list) {
    const chosen = [...list]
    const empty = chosen.filter(file => !file.size)
    if (empty.length) say(t('files.empty', { names: empty.map(file => file.name).join(', ') }), { bad: true })
    const ready = await Promise.all(chosen.filter(file => file.size).map(prepared))
    if (tray().length + ready.length > FILES_MAX) say(t('files.most', { n: FILES_MAX }), { bad: true })
    add(ready)
    field.current?.focus()
  }
  // What was refused, here again to be changed.
  function rework(item) {
    cancel(item.key)
    const answered = item.replyTo && at(store.get().history[chat.id], item.replyTo)
    if (answered) reply(answered)
    setBody(known => [known, item.body].filter(Boolean).join('\n'))
    add(item.files)
    field.current.focus()
  }
  function stopEditing() {
    setBody(editing.before)
    setEditing(null)
  }
  function submit(event) {
    event?.preventDefault()
    const words = body.trim()
    if (length > BODY_MAX) return
    if (editing) {
      if (words && words !== editing.message.body) editMessage(editing.message, words)
      return stopEditing()
    }
    if (!words && !files.length) return
    send(chat.id, { body: words, files, replyTo: answering?.seq })
    setBody('')
    setFiles(() => NONE)
    setAnswering(null)
    stoppedTyping(chat.id)
    field.current.focus()
  }
  function key(event) {
    // While an input method composes a word, Enter belongs to it.
    if (event.isComposing) return
    if (event.key === 'Enter' && !event.shiftKey) submit(event)
    else if (event.key === 'Escape' && (editing || answering || picking)) {
      event.preventDefault()
      event.stopPropagation()
      if (editing) stopEditing()
      else setAnswering(null)
    } else if (event.key === 'ArrowUp' && !body && !event.shiftKey) {
      const mine = lastOfMine(chat)
      if (mine) {
        event.preventDefault()
        edit(mine)
      }
    }
  }
  function write(event) {
    setBody(event.target.value)
    if (event.target.value && !editing) typing(chat.id)
  }
  function paste(event) {
    if (!event.clipboardData.files.length) return
    event.preventDefault()
    attach(event.clipboardData.files)
  }
  function insert(emoji) {
    const { selectionStart: from, selectionEnd: to } = field.current
    caret.current = from + emoji.length
    setBody(body.slice(0, from) + emoji + body.slice(to))
    setPicking(false)
    field.current.focus()
  }
  const over = length > BODY_MAX
  const ready = !over && (body.trim() || files.length)
  return html`
    <form class="composer" onSubmit=${submit}>
      ${(answering || editing) && html`
        <div class="about">
          <${Icon} name=${editing ? 'edit' : 'reply'} />
          <span class="about-words"><strong dir="auto">${editing ? t('editing') : answering.name}</strong>
            <span dir="auto">${editing ? editing.message.body : answering.text}</span></span>
          <${IconButton} icon="close" label=${t('cancel')} onClick=${() => (editing ? stopEditing() : setAnswering(null))} />
        </div>`}
      ${files.length > 0 && html`
        <ul class="tray" aria-label=${t('files')}>
          ${files.map((file, i) => html`<li key=${i}><${Preview} file=${file}>
            <${IconButton} icon="close" label=${t('remove.name', { name: file.name })}
              onClick=${() => setFiles(known => known.filter(one => one !== file))} /><//></li>`)}
        </ul>`}
      <div class="writing">
        <input ref=${chooser} type="file" multiple hidden tabindex="-1"
          onChange=${event => { attach(event.target.files); event.target.value = '' }} />
        <${IconButton} icon="attach" label=${t('attach')} disabled=${Boolean(editing)} onClick=${() => chooser.current.click()} />
        <textarea ref=${field} rows="1" dir="auto" aria-label=${t('message')} placeholder=${t('message.hint')} value=${body}
          enterkeyhint="send" onInput=${write} onKeyDown=${key} onPaste=${paste} aria-invalid=${over ? 'true' : undefined}></textarea>
        <${IconButton} icon="smile" label=${t('emoji')} class="icon-button only-wide" aria-expanded=${picking}
          onClick=${() => setPicking(!picking)} />
        <button class="icon-button send" aria-label=${t(editing ? 'save' : 'send')} title=${t(editing ? 'save' : 'send')}
          aria-disabled=${ready ? undefined : 'true'}>
          <${Icon} name=${editing ? 'check' : 'send'} /></button>
        ${picking && html`<${Emoji} onPick=${insert} onClose=${() => setPicking(false)} />`}
      </div>
      ${length > COUNT_FROM && html`<p class="length ${over ? 'over' : ''}"
        role="status">${over ? t('too-long', { n: length - BODY_MAX }) : `${length} / ${BODY_MAX}`}</p>`}
    </form>`
}

function grow(field) {
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`
}

function lastOfMine(chat) {
  const { history, me } = store.get()
  for (let seq = chat.lastSeq; seq > Math.max(0, chat.lastSeq - 50); seq--) {
    const message = at(history[chat.id], seq)
    if (message?.author.id === me.id && !message.deletedAt && message.body) return message
  }
  return null
}
