// dialogs.js - which dialog is open, and which ones below it. Their files are fetched when they are first needed.
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

export const openDialog = (name, values = {}) => store.update(set, 'dialog', { name, values, under: null })

// Above the one that is open, which is there again when this one has been closed.
export const openAbove = (name, values = {}) => store.update(state => set(state, 'dialog', { name, values, under: state.dialog }))

const layers = dialog => (dialog ? [...layers(dialog.under), dialog] : [])
const closeDialog = dialog => store.update(state => (layers(state.dialog).includes(dialog) ? set(state, 'dialog', dialog.under) : state))

export function Dialogs() {
  const dialog = useStore(state => state.dialog)
  const [views, setViews] = useState({})
  useEffect(() => {
    if (!dialog || views[dialog.name]) return
    Promise.all([DIALOGS[dialog.name](), style()]).then(([view]) => setViews(known => ({ ...known, [dialog.name]: view })), fault => {
      say(explain({ code: 'offline', detail: fault.message }), { bad: true })
      closeDialog(dialog)
    })
  }, [dialog])
  return layers(dialog).filter(one => views[one.name]).map(one => {
    const View = views[one.name]
    return html`<${View} key=${one.name} ...${one.values} onClose=${() => closeDialog(one)} />`
  })
}
