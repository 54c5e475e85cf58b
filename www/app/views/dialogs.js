// dialogs.js - which dialog is open. Their files are fetched when they are first needed.
import { explain } from '../i18n.js'
import { store, useStore } from '../model.js'
import { SITE } from '../net/api.js'
import { set } from '../state/store.js'
import { html, useEffect, useState } from '../ui.js'
import { say } from '../work/telling.js'

const DIALOGS = {
  group: () => import('./group.js').then(file => file.NewGroup),
  chat: () => import('./details.js').then(file => file.Details),
  person: () => import('./details.js').then(file => file.Stranger),
  add: () => import('./group.js').then(file => file.AddPeople),
  join: () => import('./questions.js').then(file => file.JoinRoom),
  remove: () => import('./questions.js').then(file => file.RemoveMessage),
  leaving: () => import('./questions.js').then(file => file.Leaving),
  sure: () => import('./questions.js').then(file => file.Sure),
  settings: () => import('./settings.js').then(file => file.Settings),
  viewer: () => import('./viewer.js').then(file => file.Viewer)
}

// Their style comes with the first of them, and before it.
let styled = null
const style = () => (styled ??= new Promise((resolve, reject) => {
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = new URL('style/dialog.css', SITE).href
  link.onload = resolve
  link.onerror = () => {
    styled = null
    link.remove()
    reject(new Error('dialog.css'))
  }
  document.head.append(link)
}))

export const openDialog = (name, values = {}) => store.update(set, 'dialog', { name, values })
const closeDialog = () => store.update(set, 'dialog', null)

export function Dialogs() {
  const dialog = useStore(state => state.dialog)
  const [views, setViews] = useState({})
  const View = dialog && views[dialog.name]
  useEffect(() => {
    if (!dialog || View) return
    Promise.all([DIALOGS[dialog.name](), style()]).then(([view]) => setViews(known => ({ ...known, [dialog.name]: view })), fault => {
      say(explain({ code: 'offline', detail: fault.message }), { bad: true })
      closeDialog()
    })
  }, [dialog])
  return View ? html`<${View} key=${dialog.name} ...${dialog.values} onClose=${closeDialog} />` : null
}
