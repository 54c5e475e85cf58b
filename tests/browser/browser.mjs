// browser.mjs - the web client in a real Chromium, against a real site. Each test makes its own people, each of whom sits
// at a browser of their own; what a page complains about (errors, policy violations) fails the test it happened in.
import assert from 'node:assert/strict'
import { after } from 'node:test'
import { connect } from '../client.mjs'
import { require } from '../npm.mjs'
import { settle } from '../people.mjs'
import { UNLIMITED, openSite } from '../site.mjs'

const { chromium } = require('playwright-core')
const PATIENCE_MS = 30_000

export const site = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_UPLOADS_DOCUMENT_MB: '1' } })
export const client = connect(site)
export const ORIGIN = `http://127.0.0.1:${site.port}`
// The same site under a name that browsers do not trust without https.
export const PLAIN = `http://plain.test:${site.port}`
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--disable-dev-shm-usage', '--disable-gpu', '--disable-software-rasterizer', '--host-resolver-rules=MAP plain.test 127.0.0.1']
})
after(() => browser.close())

export const WIDE = { width: 1200, height: 760 }
export const PHONE = { width: 390, height: 760 }

const isForeign = url => /^(https?|wss?):/.test(url) && ![ORIGIN, PLAIN].some(ours => url.replace(/^ws/, 'http').startsWith(`${ours}/`))

// A browser: {context, open(path)}; open answers a page. Options are those of Playwright, `expected` is a pattern of
// complaints that belong to the test.
export async function sit(t, { expected = /(?!)/, at = '/', origin = ORIGIN, ...options } = {}) {
  const context = await browser.newContext({ viewport: WIDE, locale: 'en-GB', serviceWorkers: 'block', ...options })
  context.setDefaultTimeout(PATIENCE_MS)
  const complaints = []
  const complain = text => expected.test(text) || complaints.push(text)
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', event => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`))
  })
  // A request that was refused or had no network is no fault of the page, and the browser names it so.
  const network = /^(Failed to load resource|WebSocket connection to .* failed)/
  context.on('page', page => {
    page.on('pageerror', fault => complain(`error: ${fault.stack}`))
    page.on('console', message => message.type() === 'error' && !network.test(message.text()) && complain(message.text()))
    page.on('request', request => isForeign(request.url()) && complain(`another host was asked: ${request.url()}`))
  })
  t.after(async () => {
    await context.close()
    assert.deepEqual(complaints, [])
  })
  const open = async (path = at) => {
    const page = await context.newPage()
    await page.goto(origin + path)
    return page
  }
  return { context, open }
}

// Until what a page does behind its next pictures is done: what the pointer is over then, what is drawn for that.
export const settled = page => page.evaluate(() => new Promise(done => {
  let pictures = 3
  const next = () => (pictures-- ? requestAnimationFrame(next) : setTimeout(done, 50))
  next()
}))

// Somebody who is logged in, as after a reload: by the cookies of their session. {…person, page, context}
export async function come(t, with_, options = {}) {
  const person = await settle(client, with_)
  const { context, open } = await sit(t, options)
  await context.addCookies(Object.entries(person.cookies).map(([name, { value, attributes }]) => ({
    name, value, domain: '127.0.0.1', httpOnly: true, sameSite: 'Strict', path: attributes.find(one => one.startsWith('Path=')).slice(5)
  })))
  await context.addInitScript(mark => {
    if (location.protocol.startsWith('http') && !localStorage.getItem('seated')) {
      localStorage.setItem(mark, '1')
      localStorage.setItem('seated', '1')
    }
  }, 'bellhop:/:in')
  const page = await open()
  await page.getByRole('list', { name: /^(Chats|Чати)$/ }).getByRole('listitem').first().waitFor()
  return { ...person, page, context, open }
}

export const entry = (page, list, name) => page.getByRole('list', { name: list, exact: true }).getByRole('listitem', { name: new RegExp(`^${name}`) })
export const log = page => page.getByRole('log', { name: 'Messages' })
export const field = page => page.getByRole('textbox', { name: 'Message', exact: true })
export const button = (page, name) => page.getByRole('button', { name, exact: true })
export const dialog = (page, name) => page.getByRole('dialog', { name, exact: true })

export async function write(page, text) {
  await field(page).fill(text)
  await field(page).press('Enter')
}

export const says = (page, text) => log(page).getByText(text, { exact: true })

// Until `look` finds what it looks for, since pages change in their own time.
export async function until(look, what) {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    if (await look()) return
    assert.ok(Date.now() < end, `not in time: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

export const directChat = async (one, other) =>
  (await client.post('/chats/direct', { token: one.token, body: { userId: other.id } })).json.chat.id
export const tell = (person, chatId, body, more) => client.post(`/messages/${chatId}`, { token: person.token, body: { body, ...more } })
