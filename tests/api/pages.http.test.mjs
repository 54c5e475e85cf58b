// What the web server serves beside the API: the viewer of the API document, and the headers of all pages.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../client.mjs'
import { api } from '../document.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)

function policy(headers) {
  return Object.fromEntries(headers['content-security-policy'].split(';').map(part => part.trim().split(/\s+(.*)/s).slice(0, 2)))
}

for (const path of ['/', '/app/main.js', '/worker.js', '/i18n/en.json', '/style/base.css', '/api/', '/api/index.html', '/api/page.js', '/api/page.css', '/api/openapi.json', '/vendor/swagger-ui/swagger-ui.css']) {
  test(`${path} is served with the headers that protect it`, async () => {
    const { status, headers } = await client.page(path)
    assert.equal(status, 200)
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.match(headers['referrer-policy'], /^(no-referrer|same-origin|strict-origin)/)
    const csp = policy(headers)
    assert.equal(csp['default-src'], "'self'")
    assert.equal(csp['frame-ancestors'], "'none'")
    assert.ok(!/unsafe|\*|https?:(\s|$)/.test(headers['content-security-policy']), headers['content-security-policy'])
  })
}

test('the document is what the tests judge by, as JSON', async () => {
  const { headers, text } = await client.page('/api/openapi.json')
  assert.match(headers['content-type'], /^application\/json/)
  assert.deepEqual(JSON.parse(text), api)
})

test('the viewer names no foreign host and has no code of its own inside', async () => {
  const { text } = await client.page('/api/')
  assert.ok(!/https?:\/\//.test(text))
  assert.ok(!/<style|style=|\son\w+=|javascript:/i.test(text))
  for (const [tag] of text.matchAll(/<script[^>]*>/g)) assert.match(tag, /src="[^"]+"/)
})

test('nothing beside www is served', async () => {
  for (const path of ['/bellhop.conf', '/api/../../bellhop.conf', '/..%2fbellhop.conf', '/%2e%2e/var/bellhop.conf', '/.git/config',
    '/package.json', '/package-lock.json', '/api/.htaccess', '/cgi-bin/account', '/api/v1/account.c', '/api/v1/bellhop',
    '/api/v1/', '/api/v1/nothing', '/api/v1/..%2f..%2fbellhop.conf']) {
    const { status, text } = await client.page(path)
    assert.ok([400, 403, 404].includes(status), `${path}: ${status}`)
    assert.ok(!text.includes('password'), path)
  }
})

test('a segment without a program: 404 as a problem document', async () => {
  const { status, headers, text } = await client.page('/api/v1/nothing')
  assert.equal(status, 404)
  assert.match(headers['content-type'], /^application\/problem\+json/)
  assert.equal(JSON.parse(text).code, 'not_found')
})
