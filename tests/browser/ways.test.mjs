// The web client's ways in and out, and what it is made of: under any prefix, in two languages, within its size.
import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { newcomer } from '../people.mjs'
import { ORIGIN, PLAIN, button, client, come, dialog, entry, field, says, sit, site, until, write } from './browser.mjs'

test('sign up, log out, a wrong password, log in, reload', async t => {
  const { open } = await sit(t)
  const page = await open()
  const person = newcomer({ firstName: 'Ann', lastName: 'Lee' })
  await button(page, 'Sign up').click()
  await page.getByLabel('First name').fill(person.firstName)
  await page.getByLabel('Last name').fill(person.lastName)
  await page.getByLabel('Email').fill(person.email)
  await page.getByLabel('Password').fill(person.password)
  await button(page, 'Sign up').click()
  await entry(page, 'Chats', 'all').waitFor()
  await button(page, 'Log out').click()

  await page.getByLabel('Email').fill(person.email)
  await page.getByLabel('Password').fill('not this one')
  await button(page, 'Log in').click()
  await page.getByRole('alert').getByText('Wrong email or password.').waitFor()
  assert.equal(await page.getByLabel('Email').inputValue(), person.email)
  await page.getByLabel('Password').fill(person.password)
  await button(page, 'Log in').click()
  await entry(page, 'Chats', 'all').click()
  await page.reload()
  await field(page).waitFor()
  assert.match(page.url(), /#chat\/\d+$/)
})

test('an address that is taken, and a session that was ended elsewhere', async t => {
  const ann = await come(t)
  const { open } = await sit(t)
  const page = await open()
  await button(page, 'Sign up').click()
  for (const [label, value] of [['First name', 'A'], ['Last name', 'B'], ['Email', ann.email], ['Password', 'long enough']]) await page.getByLabel(label).fill(value)
  await button(page, 'Sign up').click()
  await page.getByRole('alert').getByText('There is an account with this email').waitFor()

  await client.post('/account/logout', { token: ann.token })
  await button(ann.page, 'Log in').waitFor()
  assert.equal(await ann.page.evaluate(() => JSON.stringify(localStorage).includes(':in')), false)
})

test('profile, language, theme and devices', async t => {
  const { page, ...person } = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  await page.getByRole('button', { name: 'Profile of Ann Lee' }).click()
  const box = dialog(page, 'Settings')
  await box.getByLabel('First name').fill('Anna')
  await box.getByLabel('User name').fill(`anna_${person.id}`)
  await box.getByLabel('Birthday').fill('1990-02-03')
  // Drawn again meanwhile, because something else has changed.
  await page.evaluate(async () => {
    const { store } = await import('/app/model.js')
    store.update(state => ({ ...state, me: { ...state.me } }))
  })
  await button(box, 'Save').click()
  await box.getByText('Saved').waitFor()
  const me = (await client.get('/account/me', { token: person.token })).json
  assert.deepEqual([me.firstName, me.username, me.birthday], ['Anna', `anna_${person.id}`, '1990-02-03'])

  await box.getByRole('tab', { name: 'Devices' }).click()
  await box.getByText('this one').waitFor()
  await box.getByRole('tab', { name: 'Look and sound' }).click()
  await box.getByLabel('Appearance').selectOption('dark')
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), 'dark')
  await box.getByLabel('Language').selectOption('uk')
  await page.getByRole('dialog', { name: 'Налаштування' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('list', { name: 'Чати' }).waitFor()
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'uk')
  await until(async () => (await client.get('/account/me', { token: person.token })).json.locale === 'uk', 'the language is known to the server')
})

test('two tabs: one follows the log, the other takes over; a logout is a logout of both', async t => {
  const { page, open, ...person } = await come(t)
  const lobby = (await client.get('/chats', { token: person.token })).json.items[0]
  const second = await open()
  await entry(second, 'Chats', 'all').click()
  let polls = 0
  second.on('request', request => request.url().includes('/poll?cursor') && polls++)
  await tellTo(person, lobby.id, 'to both')
  await says(second, 'to both').waitFor()
  assert.equal(polls, 0)
  await page.close()
  await tellTo(person, lobby.id, 'to the one that is left')
  await says(second, 'to the one that is left').waitFor()

  const third = await open()
  await entry(third, 'Chats', 'all').waitFor()
  await button(second, 'Log out').click()
  await button(third, 'Log in').waitFor()
})
const tellTo = ({ token }, chatId, body) => client.post(`/messages/${chatId}`, { token, body: { body } })

for (const [what, options] of [['under any prefix', { at: '/some/where/' }], ['without https, where browsers offer less', { origin: PLAIN, expected: /Cross-Origin-Opener-Policy/ }]]) {
  test(what, async t => {
    const { open } = await sit(t, options)
    const page = await open()
    const person = newcomer()
    await button(page, 'Sign up').click()
    for (const [label, value] of [['First name', 'A'], ['Last name', 'B'], ['Email', person.email], ['Password', person.password]]) {
      await page.getByLabel(label).fill(value)
    }
    await button(page, 'Sign up').click()
    await entry(page, 'Chats', 'all').waitFor()
    assert.equal(new URL(page.url()).pathname, options.at ?? '/')
    await entry(page, 'Chats', 'all').click()
    const text = `from there ${person.email}`
    await write(page, text)
    await page.locator('.row.mine:not(.pending)').getByText(text).waitFor()
    await page.reload()
    await says(page, text).waitFor()
  })
}

test('nothing that a person can name themselves becomes markup', async t => {
  const evil = '<img src=x onerror=alert(1)>\'"`${1}<script>alert(2)</script>'
  const ann = await come(t, { firstName: evil, lastName: '</textarea><b>x' })
  const { json: group } = await client.post('/chats', { token: ann.token, body: { name: evil } })
  await tellTo(ann, group.id, `${evil} javascript:alert(3) https://x.example/"onmouseover=alert(4)`)
  ann.page.on('dialog', () => assert.fail('a script of somebody ran'))
  const item = ann.page.locator(`a[href="#chat/${group.id}"]`)
  await item.click()
  await ann.page.getByRole('log').getByText('<script>alert(2)</script>').first().waitFor()
  assert.equal(await ann.page.locator('img, script:not([src]), b').count(), 0)
  assert.equal(await ann.page.getByRole('log').locator('a').count(), 1)
})

test('the first load is at most 60 KB as it comes over the line', async t => {
  const { context, open } = await come(t)
  // An open chat has files of its own, which come later.
  await context.route('**/app/views/chat.js', route => route.abort())
  const page = await open()
  await entry(page, 'Chats', 'all').waitFor()
  const names = await page.evaluate(() => performance.getEntriesByType('resource').map(one => one.name))
  const paths = [...new Set([`${ORIGIN}/`, ...names])].map(name => new URL(name).pathname).filter(path => !/^\/(api|img)\//.test(path))
  let total = 0
  for (const path of paths) total += await sizeOf(path)
  t.diagnostic(`${paths.length} files, ${total} bytes`)
  assert.ok(paths.length > 20)
  assert.ok(total <= 60 * 1024, `${total} bytes`)
})

function sizeOf(path) {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port: site.port, path, headers: { 'Accept-Encoding': 'gzip' } }, response => {
      let bytes = 0
      assert.equal(response.statusCode, 200, path)
      response.on('data', part => (bytes += part.length))
      response.on('end', () => resolve(bytes))
    }).on('error', reject)
  })
}
