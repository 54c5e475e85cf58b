// worker.js - the service worker: the site's pages when there is no network, and notifications when no page is in front.
//
// The files of the pages are kept as one generation, all of the same moment, and served from there at once. After a start
// they are compared with the server; when one differs a whole new generation is fetched, and the next start has it.
const SITE = new URL('./', self.location)
const NAME = `bellhop:${SITE.pathname}`
const PICTURES = `${NAME}:pictures`
const PICTURES_MAX = 300
const COMPARE_EVERY_MS = 10 * 60_000

// What belongs to a generation, each file with its digest; made by lib/host/vendor.sh.
const LIST = new URL('vendor/files.json', SITE)
let compared = 0

const generations = async () => (await caches.keys()).filter(name => name.startsWith(`${NAME}:files:`)).sort()
const newest = async () => (await generations()).at(-1)

self.addEventListener('install', event => event.waitUntil(renew().then(() => self.skipWaiting())))
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))

async function fetched(url) {
  const response = await fetch(url, { cache: 'no-cache' })
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  return response
}

async function renew() {
  const list = await (await fetched(LIST)).text()
  const known = await newest()
  const kept = known && (await (await caches.open(known)).match(LIST))
  if (kept && (await kept.text()) === list) return
  const all = await Promise.all(['./', ...Object.keys(JSON.parse(list))].map(async path => {
    const url = new URL(path, SITE)
    return [url, await fetched(url)]
  }))
  const name = `${NAME}:files:${Date.now()}`
  const cache = await caches.open(name)
  for (const [url, response] of all) await cache.put(url, response)
  await cache.put(LIST, new Response(list))
  for (const old of await generations()) if (old !== name) await caches.delete(old)
}

self.addEventListener('fetch', event => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || !url.href.startsWith(SITE.href)) return
  const path = url.pathname.slice(SITE.pathname.length)
  if (/^api\/v1\/files\/[^/]+(\/thumb)?$/.test(path) && request.destination === 'image') return event.respondWith(picture(request))
  if (path.startsWith('api/') || path === 'ws') return
  event.respondWith(file(event, request, request.mode === 'navigate' ? SITE.href : url.href))
})

async function file(event, request, href) {
  const name = await newest()
  const kept = name && (await (await caches.open(name)).match(href))
  if (request.mode === 'navigate' && Date.now() - compared > COMPARE_EVERY_MS) {
    compared = Date.now()
    event.waitUntil(renew().catch(() => {}))
  }
  return kept ?? fetch(request)
}

// Pictures of messages and people never change under their address.
async function picture(request) {
  const cache = await caches.open(PICTURES)
  const kept = await cache.match(request.url)
  if (kept) return kept
  const response = await fetch(request)
  if (response.status === 200 && Number(response.headers.get('Content-Length')) < 1_000_000) {
    await cache.put(request.url, response.clone())
    const all = await cache.keys()
    for (const old of all.slice(0, Math.max(0, all.length - PICTURES_MAX))) await cache.delete(old)
  }
  return response
}

// --- notifications ---

self.addEventListener('message', event => {
  if (event.data.type === 'notify') event.waitUntil(notify(event.data))
})

// Several tabs may tell of the same message.
const shown = new Map()

async function notify({ id, chatId, title, body, icon, href }) {
  if (shown.get(chatId) >= id) return
  shown.set(chatId, id)
  const windows = await self.clients.matchAll({ type: 'window' })
  if (windows.some(one => one.focused)) return
  await self.registration.showNotification(title, { body, icon, tag: `chat-${chatId}`, renotify: true, data: { chatId, href } })
}

self.addEventListener('notificationclick', event => {
  event.notification.close()
  event.waitUntil(open(event.notification.data))
})

async function open({ chatId, href }) {
  const [window] = await self.clients.matchAll({ type: 'window' })
  if (!window) return self.clients.openWindow(new URL(href, SITE))
  await window.focus()
  window.postMessage({ type: 'open', chatId })
}
