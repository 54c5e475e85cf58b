// background.js - the service worker: brings the pages when there is no network, and shows notifications.
import { SITE } from '../net/api.js'

// The one address that may become a script here.
const policy = globalThis.trustedTypes?.createPolicy('bellhop', {
  createScriptURL: address => {
    if (address === new URL('worker.js', SITE).href) return address
    throw new TypeError(`${address} is no script of this site`)
  }
})

export function startWorker() {
  if (!navigator.serviceWorker) return
  const address = new URL('worker.js', SITE).href
  // Later than what the page itself needs.
  window.addEventListener('load', () => {
    navigator.serviceWorker.register(policy?.createScriptURL(address) ?? address, { scope: SITE.pathname }).catch(() => {})
  })
}

export async function tellWorker(message) {
  const registration = await navigator.serviceWorker?.getRegistration()
  registration?.active?.postMessage(message)
  return Boolean(registration?.active)
}
