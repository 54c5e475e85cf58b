// The web client's ways in and out, and what it is made of: under any prefix, in two languages, within its size.
import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { again, logIn, newcomer, settle } from '../people.mjs'
import { ORIGIN, PLAIN, button, client, come, dialog, entry, field, log, says, sit, site, tell, until, write } from './browser.mjs'

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
  await page.getByText('Nobody else is here yet. Send others the address of this site').waitFor()
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
  await tell(person, lobby.id, 'to both')
  await says(second, 'to both').waitFor()
  assert.equal(polls, 0)
  await page.close()
  await tell(person, lobby.id, 'to the one that is left')
  await says(second, 'to the one that is left').waitFor()

  const third = await open()
  await entry(third, 'Chats', 'all').waitFor()
  await button(second, 'Log out').click()
  await button(third, 'Log in').waitFor()
})

for (const [what, options] of [['under any prefix', { at: '/my%20chat/app/' }], ['without https, where browsers offer less', { origin: PLAIN, expected: /Cross-Origin-Opener-Policy/ }]]) {
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

const EVIL = [
  '<img src=x onerror=alert(1)>\'"`${1}<script>alert(2)</script>', '</textarea></title><svg/onload=alert(3)>', '&lt;b&gt;<b>bold</b>{{7*7}}',
  '"><iframe srcdoc="<script>alert(4)</script>">', 'javascript:alert(5)'
]
test('nothing that a person can name themselves becomes markup', async t => {
  const ann = await come(t, { firstName: EVIL[0], lastName: EVIL[1] })
  const bob = await settle(client, { firstName: EVIL[2], lastName: EVIL[3] })
  const { page } = ann
  page.on('dialog', () => assert.fail('a script of somebody ran'))
  const { json: group } = await client.post('/chats', { token: ann.token, body: { name: EVIL[0], userIds: [bob.id] } })
  await client.post('/chats', { token: bob.token, body: { name: EVIL[3], public: true } })
  for (const body of EVIL) await tell(bob, group.id, `${body} https://x.example/"onmouseover=alert(6) word${ann.id}`)
  await tell(ann, group.id, EVIL[1], { replyTo: 1 })
  const clean = async what => assert.equal(await page.locator('img, iframe, b, svg[onload], script:not([src])').count(), 0, what)
  await page.getByRole('region', { name: 'Notices' }).getByText('word').waitFor()
  await clean('lists and a toast')
  await page.locator(`a[href="#chat/${group.id}"]`).click()
  await log(page).getByText('<script>alert(2)</script>').first().waitFor()
  for (const href of await log(page).locator('a').evaluateAll(all => all.map(one => one.getAttribute('href')))) {
    assert.match(href, /^(https:\/\/x\.example\/$|#chat\/)/)
  }
  await field(page).fill(EVIL[1])
  await page.getByRole('button', { name: 'details', exact: true }).click()
  await page.getByRole('dialog').getByText('<b>bold</b>').waitFor()
  await clean('a chat and its members')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('textbox', { name: 'Find' }).fill(`word${ann.id}`)
  await page.getByRole('list', { name: 'Messages' }).getByRole('link').first().waitFor()
  await page.getByRole('textbox', { name: 'Find' }).fill(EVIL[1])
  await page.getByRole('button', { name: /^Profile of/ }).first().click()
  await dialog(page, 'Settings').waitFor()
  await clean('what one looks for, oneself')
})

test('a device is logged out from afar, the password is changed, the account deleted', async t => {
  const { page, ...ann } = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  const other = await again(client, ann)
  const third = await again(client, ann)
  const refused = ({ token }) => until(async () => (await client.get('/account/me', { token })).status === 401, 'that session has ended')
  await page.getByRole('button', { name: 'Profile of Ann Lee' }).click()
  const box = dialog(page, 'Settings')
  await box.getByRole('tab', { name: 'Devices' }).click()
  const devices = box.getByRole('list', { name: 'Devices' }).getByRole('listitem')
  await devices.nth(2).waitFor()
  // The latest first, of which the one here is none.
  await button(devices.filter({ hasNotText: 'this one' }).first(), 'Log out there').click()
  await until(async () => (await devices.count()) === 2, 'one is gone')
  const ended = await Promise.all([other, third].map(async ({ token }) => (await client.get('/account/me', { token })).status))
  assert.equal(ended.filter(status => status === 200).length, 1)

  await box.getByRole('tab', { name: 'Password' }).click()
  const change = box.locator('form').first()
  const set = async (current, next) => {
    await change.getByLabel('Current password').fill(current)
    await change.getByLabel('New password').fill(next)
    await button(change, 'Save').click()
  }
  await set(ann.password, 'short')
  await change.getByText('At least 8 characters.').waitFor()
  await set('not the one', 'a new long one')
  await change.getByRole('alert').getByText('Wrong password.').waitFor()
  await set(ann.password, 'a new long one')
  await change.getByText('Changed. Other devices were logged out.').waitFor()
  await refused(other)
  await refused(third)

  const farewell = box.locator('form').last()
  await farewell.getByLabel('Password').fill(ann.password)
  await button(farewell, 'Delete account').click()
  await farewell.getByRole('alert').getByText('Wrong password.').waitFor()
  await farewell.getByLabel('Password').fill('a new long one')
  await button(farewell, 'Delete account').click()
  await button(page, 'Log in').waitFor()
  assert.equal((await logIn(client, ann.email, 'a new long one')).code, 'bad_credentials')
})

// Words of the Latin alphabet that somebody sees or hears, but for what people have written and what is the same in both.
const latin = page => page.evaluate(() => {
  const theirs = '.entry, .choice, .member, .body, .document, script, style, noscript'
  const told = [document.title]
  for (const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); walk.nextNode();) {
    if (!walk.currentNode.parentElement.closest(theirs)) told.push(walk.currentNode.data)
  }
  for (const el of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (!el.closest(`${theirs}, li`)) told.push(...['aria-label', 'title', 'placeholder', 'alt'].map(name => el.getAttribute(name) ?? ''))
  }
  return told.join('\n').replace(/\S+@\S+/g, '').match(/[A-Za-z]{2,}/g)?.filter(word => !/^(Bellhop|English|Email|email|all|Ctrl|ZIP)$/.test(word)) ?? []
})

test('in Ukrainian there is no word of English, whatever goes wrong', async t => {
  const uk = { locale: 'uk-UA' }
  const { open } = await sit(t, uk)
  const door = await open()
  await button(door, 'Зареєструватися').click()
  await button(door, 'Зареєструватися').click()
  await door.getByText('Заповніть це поле.').nth(3).waitFor()
  for (const [label, value] of [['Ім’я', 'Леся'], ['Прізвище', 'У'], ['Email', 'леся@пошта'], ['Пароль', 'коротко']]) await door.getByLabel(label).fill(value)
  await button(door, 'Зареєструватися').click()
  await door.getByText('Щонайменше 8 символів.').waitFor()
  await door.getByLabel('Email').fill('lesya@local..host')
  await door.getByLabel('Пароль').fill('довгий пароль')
  await button(door, 'Зареєструватися').click()
  await door.getByText('Напишіть адресу на зразок').waitFor()
  assert.deepEqual(await latin(door), [])

  const lesya = await come(t, { firstName: 'Леся', lastName: 'Українка' }, uk)
  const { page } = lesya
  const { json: group } = await client.post('/chats', { token: lesya.token, body: { name: 'Гурт', userIds: [(await settle(client)).id] } })
  await tell(lesya, group.id, 'Привіт')
  await entry(page, 'Чати', 'Гурт').click()
  const messages = page.getByRole('log', { name: 'Повідомлення' })
  await messages.getByText('Привіт').hover()
  await page.locator('.composer input[type=file]').setInputFiles({ name: 'сторінка', mimeType: 'text/html', buffer: Buffer.from('<!doctype html><script>1</script>') })
  await button(page, 'Надіслати').click()
  await messages.getByRole('alert').getByText('Файли такого типу тут не приймаються.').waitFor()
  assert.deepEqual(await latin(page), [])
  await page.getByRole('button', { name: 'Гурт: подробиці' }).click()
  await dialog(page, 'Гурт').getByText('2 учасники').waitFor()
  assert.deepEqual(await latin(page), [])
  await page.keyboard.press('Escape')
  await button(page, 'Нова група').click()
  await dialog(page, 'Нова група').getByRole('checkbox').first().waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Профіль: Леся Українка' }).first().click()
  const box = dialog(page, 'Налаштування')
  await box.getByLabel('Ім’я користувача').fill('а b')
  await button(box, 'Зберегти').click()
  await box.locator('.field.wrong .told').waitFor()
  assert.deepEqual(await latin(page), [])
  for (const tab of ['Вигляд і звук', 'Пристрої', 'Пароль']) {
    await box.getByRole('tab', { name: tab }).click()
    await page.locator('.skeletons').waitFor({ state: 'detached' })
    assert.deepEqual(await latin(page), [], tab)
  }
})

test('the first load is at most 60 KB as it comes over the line', async t => {
  const { context, open } = await come(t)
  // An open chat has files of its own, which come later, and so do toasts.
  const later = /\/app\/views\/(chat|toasts)\.js$/
  await context.route(later, route => route.abort())
  const page = await open()
  await entry(page, 'Chats', 'all').waitFor()
  const names = await page.evaluate(() => performance.getEntriesByType('resource').map(one => one.name))
  const paths = [...new Set([`${ORIGIN}/`, ...names])].map(name => new URL(name).pathname).filter(path => !/^\/(api|img)\//.test(path) && !later.test(path))
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
