// log.js - the history of a chat as one scrolls through it. Only the rows around the view are in the document, however
// many there are. A row keeps its place on the screen while others come, go or grow: it is the anchor. At the end of the
// history there is no anchor, and the view follows what comes.
import { explain, t } from '../i18n.js'
import { store, useStore } from '../model.js'
import { at, missing } from '../state/history.js'
import { shown } from '../state/outbox.js'
import { html, useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from '../ui.js'
import { seen } from '../work/reading.js'
import { loadLatest, loadMessages } from '../work/sync.js'
import { Heights, rangeOf } from './measure.js'
import { Message, Pending } from './message.js'
import { Icon } from './icons.js'
import { Empty } from './parts.js'

const PAGE = 50
const NEAR_END = 8

export function Log({ chat, onReply, onEdit, onRework }) {
  const history = useStore(state => state.history[chat.id])
  const open = useStore(state => state.open)
  const outbox = useStore(state => state.outbox)
  const pending = useMemo(() => shown(outbox, chat.id), [outbox, chat.id])
  const [, draw] = useReducer(n => n + 1, 0)
  const [active, setActive] = useState(0)
  const box = useRef()
  const view = useView(chat, open)
  const heights = useMemo(() => new Heights(), [chat.id])
  const { problem, again } = useLoading(chat, history, view, draw)
  const last = chat.lastSeq
  const range = rangeOf(view, last, view.room, heights)
  view.range = range

  useLayoutEffect(() => settle(box.current, view, heights, last, draw))
  useLayoutEffect(() => watchSize(box.current, view, heights, draw), [])
  useEffect(() => lookAt(box.current, view, chat))
  useEffect(() => {
    const back = () => lookAt(box.current, view, store.get().chats[chat.id])
    addEventListener('focus', back)
    return () => removeEventListener('focus', back)
  }, [chat.id])
  const mine = pending.at(-1)?.key
  useLayoutEffect(() => {
    // Who writes wants to see it.
    if (mine) toEnd()
  }, [mine])

  const toEnd = () => {
    Object.assign(view, { stick: true, pin: true })
    draw()
  }
  const toStart = () => {
    Object.assign(view, { stick: false, seq: 1, offset: 0, moved: true })
    draw()
  }
  const scroll = () => {
    // At the end, with less room than before: nobody has scrolled.
    if (view.stick && box.current.scrollTop >= view.top - 1) return
    anchorHere(box.current, view, heights, last)
    if (!covers(view, rangeOf(view, last, view.room / 2, heights))) draw()
    else if (view.far !== view.drawnFar) draw()
    lookAt(box.current, view, chat)
  }
  const walk = event => {
    const far = event.target === box.current && { End: toEnd, Home: toStart }[event.key]
    if (far) {
      event.preventDefault()
      far()
      return
    }
    const from = Number(event.target.closest?.('[data-seq]')?.dataset.seq ?? 0)
    const to = { ArrowUp: from ? from - 1 : lastVisible(box.current), ArrowDown: from + 1 }[event.key]
    if (!to || to < 1 || to > last || event.target.closest('textarea, input, .picker')) return
    event.preventDefault()
    setActive(to)
    const row = box.current.querySelector(`[data-seq="${to}"]`)
    row?.focus({ preventScroll: true })
    row?.scrollIntoView({ block: 'nearest' })
  }
  // The tools of a message are there for the one that is pointed at, has the focus or was tapped.
  const point = event => {
    const seq = Number(event.target.closest('[data-seq]')?.dataset.seq ?? 0)
    // Who chooses an emoji may pass over others on the way.
    if (event.type === 'pointerover' && box.current.querySelector('.picker')) return
    if (seq && seq !== active) setActive(seq)
  }
  view.drawnFar = view.far
  const rows = []
  for (let seq = range.first; seq <= range.last; seq++) {
    const message = at(history, seq)
    rows.push(message
      ? html`<${Message} key=${seq} chat=${chat} message=${message} before=${at(history, seq - 1)} first=${seq === 1}
          newLine=${open.newFrom === seq} active=${active === seq} found=${open.jump?.seq === seq}
          answered=${message.replyTo ? at(history, message.replyTo) : null} onReply=${onReply} onEdit=${onEdit} />`
      : html`<div key=${seq} class="row unloaded" data-seq=${seq} aria-hidden="true"><span></span></div>`)
  }
  const empty = last === 0 && !pending.length
  return html`
    <div class="log-frame">
      <div class="log" ref=${box} role="log" aria-label=${t('messages')} aria-live="off" tabindex="0" onScroll=${scroll}
        onKeyDown=${walk} onPointerOver=${point} onFocusIn=${point} onClick=${point}>
        ${empty && html`<${Empty} title=${t('log.empty.title')}>${t('log.empty.body')}<//>`}
        <div class="space"></div>
        ${rows}
        <div class="space" style=${{ height: `${heights.sum(range.last + 1, last)}px` }}></div>
        ${range.last === last && pending.map(item => html`<${Pending} key=${item.key} item=${item} onRework=${onRework} />`)}
      </div>
      ${problem && html`<p class="log-problem" role="alert"><${Icon} name="warn" /> ${explain(problem)}
        <button type="button" class="link" onClick=${again}>${t('retry')}</button></p>`}
      ${view.far && html`
        <button type="button" class="to-end" onClick=${toEnd}>
          <${Icon} name="down" /><span class="hidden">${t('to-end')}</span>
          ${chat.unread > 0 && html`<span class="badge" aria-hidden="true">${chat.unread}</span>`}
        </button>`}
      <${Spoken} chat=${chat} />
    </div>`
}

// Where one looks: kept outside of what is drawn, since it changes with every pixel that is scrolled.
function useView(chat, open) {
  const view = useRef(null)
  if (!view.current) {
    view.current = { stick: !open.newFrom, seq: open.newFrom, offset: 90, room: 900, width: 0, far: false, range: { first: 1, last: 0 },
      jump: null, pin: true, moved: true, drift: 0, height: 0, top: 0 }
  }
  // Somewhere else was asked for: a found message, or the one that is answered.
  if (open.jump && view.current.jump !== open.jump) {
    const { jump } = open
    Object.assign(view.current, jump.seq
      ? { jump, stick: false, moved: true, seq: Math.min(jump.seq, chat.lastSeq), offset: 120 }
      : { jump, stick: true, pin: true })
  }
  return view.current
}

// Loads what is drawn but not here, one page at a time.
function useLoading(chat, history, view, draw) {
  const state = useRef({ busy: false, problem: null, begun: false })
  useEffect(() => {
    const timer = setTimeout(load, state.current.begun ? 60 : 0)
    return () => clearTimeout(timer)
  })
  async function load() {
    const { first, last } = view.range
    if (state.current.busy || state.current.problem || last < first) return
    const gap = missing(history, first, last, PAGE)
    if (!gap) return
    const newest = !state.current.begun && view.stick && missing(history, last, last, 1)
    Object.assign(state.current, { busy: true, begun: true })
    try {
      await (newest ? loadLatest(chat.id) : loadMessages(chat.id, gap))
    } catch (problem) {
      state.current.problem = problem
    }
    state.current.busy = false
    draw()
  }
  const again = () => {
    state.current.problem = null
    draw()
  }
  const net = useStore(state => state.net.status)
  useEffect(() => {
    if (net === 'live') again()
  }, [net])
  // A kept history can be read offline; the line at the top says that one is.
  const { problem } = state.current
  return { problem: problem?.status === 0 && history ? null : problem, again }
}

const rowsOf = box => box.querySelectorAll(':scope > [data-seq]')

// After each drawing: the rows are measured, the anchor goes back to its place, and what is lacking is drawn.
function settle(box, view, heights, last, draw) {
  const space = box.querySelector(':scope > .space')
  for (const row of rowsOf(box)) heights.set(Number(row.dataset.seq), row.offsetHeight)
  // What was scrolled since, and not told yet.
  if (view.stick && !view.pin && box.scrollTop < view.top - 1 && fromEnd(box) > 1) anchorHere(box, view, heights, last)
  else if (!view.stick && wentToEnd(box, view)) Object.assign(view, { stick: true, pin: true })
  else if (!view.moved) view.offset -= box.scrollTop - view.top
  if (view.stick) keepEnd(box, view, space, heights)
  else keepAnchor(box, view, space, heights)
  // Whoever has the end before their eyes follows it.
  if (view.range.last === last && fromEnd(box) < NEAR_END && !box.querySelector(':scope > .unloaded')) view.stick = true
  Object.assign(view, { pin: false, moved: false, height: box.scrollHeight, top: box.scrollTop, room: box.clientHeight })
  measureFar(box, view)
  if (!covers(view, rangeOf(view, last, view.room / 2, heights)) || view.far !== view.drawnFar) draw()
}

function keepEnd(box, view, space, heights) {
  view.drift = 0
  space.style.height = `${heights.sum(1, view.range.first - 1)}px`
  if (view.pin || box.scrollHeight !== view.height || box.clientHeight !== view.room) box.scrollTop = box.scrollHeight
}

// Where rows turned out higher or lower than was thought, the space above them makes up for it (`drift`), so that a
// scroll under way goes on. Only at the very top, and after a jump, is the view itself moved.
function keepAnchor(box, view, space, heights) {
  const anchor = box.querySelector(`:scope > [data-seq="${view.seq}"]`)
  if (!anchor) return
  const off = () => anchor.offsetTop - box.scrollTop - view.offset
  const above = heights.sum(1, view.range.first - 1)
  const fitting = space.offsetHeight - off()
  view.drift = view.moved || view.range.first === 1 ? 0 : Math.max(0, fitting) - above
  space.style.height = `${above + view.drift}px`
  if (Math.abs(off()) >= 1) box.scrollTop += off()
}

const covers = ({ range }, wanted) => wanted.first >= range.first && wanted.last <= range.last

// The rows at the end may be other ones by now than those that were scrolled to.
function wentToEnd(box, view) {
  const end = view.height - NEAR_END
  return !view.moved && box.scrollTop > view.top + 1 && (box.scrollTop + view.room > end || fromEnd(box) < NEAR_END)
}

const fromEnd = box => box.scrollHeight - box.scrollTop - box.clientHeight
function measureFar(box, view) {
  view.far = !view.stick && fromEnd(box) > box.clientHeight / 2
}

// Which row one looks at now; or that one is at the end, whether what is there is drawn yet or not.
function anchorHere(box, view, heights, last) {
  view.stick = fromEnd(box) < NEAR_END
  view.pin ||= view.stick && view.range.last !== last
  view.top = box.scrollTop
  measureFar(box, view)
  if (view.stick) return
  const top = box.scrollTop
  const inView = [...rowsOf(box)].filter(row => row.offsetTop + row.offsetHeight > top && row.offsetTop < top + box.clientHeight)
  // One that is still to be loaded will be of another height.
  const row = inView.find(one => !one.classList.contains('unloaded')) ?? inView[0]
  if (row) Object.assign(view, { seq: Number(row.dataset.seq), offset: row.offsetTop - top })
  else Object.assign(view, { ...heights.find(top, last), drift: 0 })
}

function watchSize(box, view, heights, draw) {
  const watch = new ResizeObserver(() => {
    if (view.width && view.width !== box.clientWidth) heights.forget()
    const other = view.width !== box.clientWidth || view.room !== box.clientHeight
    view.width = box.clientWidth
    if (other) draw()
  })
  watch.observe(box)
  return () => watch.disconnect()
}

function lastVisible(box) {
  const bottom = box.scrollTop + box.clientHeight
  let found = 0
  for (const row of rowsOf(box)) {
    if (!row.classList.contains('unloaded') && row.offsetTop + Math.min(row.offsetHeight, 60) <= bottom) found = Number(row.dataset.seq)
  }
  return found
}

function lookAt(box, view, chat) {
  if (!box || !chat || chat.unread === 0) return
  const seq = view.stick && view.range.last === chat.lastSeq ? chat.lastSeq : lastVisible(box)
  if (seq) seen(chat.id, seq)
}

// What comes in while one is here is spoken; scrolling through old messages is not.
function Spoken({ chat }) {
  const me = useStore(state => state.me)
  const [words, setWords] = useState('')
  const from = useRef(chat.lastSeq)
  useEffect(() => {
    const message = chat.lastMessage
    if (!message || message.seq <= from.current) return
    from.current = message.seq
    if (message.author.id !== me?.id) setWords(`${message.author.fullName}: ${message.body}`)
  }, [chat.lastMessage])
  return html`<p class="hidden" aria-live="polite">${words}</p>`
}
