// main.js - the beginning: words, then who is logged in, then one of two pages. The messenger's own files are fetched
// only for who may use it.
import { loadWords, t } from './i18n.js'
import { store } from './model.js'
import { adopt, onSession, renew, wasHere } from './net/session.js'
import { merge, set, EMPTY } from './state/store.js'
import { html, render } from './ui.js'
import { applyTheme } from './theme.js'
import { recall } from './work/keep.js'
import { hear, tell } from './work/tabs.js'
import { startWorker } from './work/background.js'

const root = document.getElementById('bellhop')
let shown = null

applyTheme()
const words = loadWords()
const messenger = wasHere() ? import('./messenger.js') : null
// The right side, too, where the address says that a chat is open.
if (wasHere() && location.hash) import('./views/chat.js').catch(() => {})
const door = wasHere() ? null : import('./views/door.js')

async function begin() {
  onSession(({ session, before, by, why }) => {
    if (by === 'me') tell('session', { session })
    if (session && !before) enter(session.user)
    else if (!session && before) leave(why === 'ended' && why)
    else if (session) store.update(set, 'me', session.user)
  })
  hear('session', ({ session }) => {
    const me = store.get().me
    // Somebody else has logged in beside us: nothing of the one before may be left.
    if (session && me && session.user.id !== me.id) location.reload()
    else adopt(session, 'other')
  })
  // Who was here before sees what they had at once; whether they may still is asked meanwhile.
  const renewed = wasHere() && renew().then(() => null, problem => problem)
  await words
  document.title = t('title')
  if (!renewed) return showDoor()
  const kept = await recall('me')
  if (kept && shown === null) enter(kept)
  const problem = await renewed
  if (problem?.status === 401) leave('ended')
  else if (problem && !kept) showDoor(problem)
}

function show(page) {
  root.querySelector(':scope > .splash')?.remove()
  render(page, root)
}

async function showDoor(problem) {
  shown = null
  const { Door } = await (door ?? import('./views/door.js'))
  if (shown !== null) return
  store.update(() => EMPTY)
  show(html`<${Door} problem=${problem} />`)
}

async function enter(me) {
  store.update(merge, { me })
  if (shown === me.id) return
  shown = me.id
  const { Messenger, arrive } = await (messenger ?? import('./messenger.js'))
  await words
  if (shown !== me.id) return
  show(html`<${Messenger} />`)
  arrive(me)
}

async function leave(why) {
  const was = shown
  showDoor(why === 'ended' ? { code: 'session_ended' } : undefined)
  if (was === null) return
  const { depart } = await import('./messenger.js')
  await depart(why === 'ended')
}

// A file that misses its place would take the browser to itself, away from here. Words may be dropped where one writes.
for (const type of ['dragover', 'drop']) {
  addEventListener(type, event => {
    const words = !event.dataTransfer.types.includes('Files') && event.target.closest?.('input, textarea')
    if (event.defaultPrevented || words) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'none'
  })
}

begin().catch(fault => {
  root.textContent = `Bellhop could not start: ${fault.message}. Reload the page to try again.`
})
startWorker()
