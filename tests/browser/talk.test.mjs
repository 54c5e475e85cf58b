// Talking in the web client: direct chats, groups and rooms, two and three people at a time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../people.mjs'
import { png } from '../samples.mjs'
import { PHONE, button, client, come, dialog, directChat, entry, field, log, says, tell, until, write } from './browser.mjs'

const isPainted = picture => picture.evaluate(img => img.naturalWidth > 0).catch(() => false)
const row = (page, text) => log(page).locator('[data-seq]').filter({ hasText: text })
async function act(page, text, name) {
  await row(page, text).hover()
  await row(page, text).getByRole('button', { name, exact: true }).click()
}

test('a click on a person opens a chat; words, ticks, replies, edits, reactions and deletion arrive', async t => {
  const [ann, bob] = await Promise.all([come(t, { firstName: 'Ann', lastName: 'Lee' }), come(t, { firstName: 'Bob', lastName: 'Roe' }, { viewport: PHONE })])
  await ann.page.getByRole('textbox', { name: 'Find' }).fill('bob')
  await entry(ann.page, 'People', 'Bob Roe').first().click()
  await write(ann.page, 'Hello Bob')
  await ann.page.getByRole('img', { name: 'Sent', exact: true }).waitFor()
  await ann.page.locator('.chat-head').getByText('online').waitFor()

  await bob.page.getByText('1 unread').waitFor()
  await until(async () => /^\(1\)/.test(await bob.page.title()), 'the title counts')
  const icon = () => bob.page.locator('link[rel=icon]').getAttribute('href')
  assert.match(await icon(), /icon-unread\.svg$/)
  await entry(bob.page, 'Chats', 'Ann Lee').click()
  await says(bob.page, 'Hello Bob').waitFor()
  await log(bob.page).getByText('New messages').waitFor()
  await log(bob.page).getByText('Today').waitFor()
  await ann.page.getByRole('img', { name: 'Read', exact: true }).waitFor()
  await until(async () => (await bob.page.title()) === 'Bellhop', 'the title counts no more')
  assert.match(await icon(), /icon\.svg$/)

  await field(bob.page).pressSequentially('Hi', { delay: 20 })
  await ann.page.locator('.chat-head').getByText('typing…').waitFor()
  await field(bob.page).press('Shift+Enter')
  await field(bob.page).pressSequentially('Ann')
  await button(bob.page, 'Send').click()
  await says(ann.page, 'Hi\nAnn').waitFor()
  assert.equal(await ann.page.locator('.chat-head').getByText('typing…').count(), 0)

  await act(ann.page, 'Hi', 'Reply')
  await write(ann.page, 'How are you?')
  await row(bob.page, 'How are you?').locator('.answered').getByText('Bob Roe').waitFor()
  await act(ann.page, 'How are you?', 'Edit')
  await write(ann.page, 'How is it going?')
  await row(bob.page, 'How is it going?').getByText('edited').waitFor()
  await act(bob.page, 'How is it going?', 'React')
  await bob.page.getByRole('group', { name: 'Emoji' }).getByRole('button', { name: '🙏' }).click()
  await ann.page.getByRole('button', { name: '🙏, 1 person' }).waitFor()
  await act(ann.page, 'How is it going?', 'Delete')
  await button(dialog(ann.page, 'Delete message?'), 'Delete').click()
  await says(bob.page, 'This message was deleted').waitFor()
  await dialog(ann.page, 'Delete message?').waitFor({ state: 'detached' })

  // By keyboard alone: the last own message, changed.
  await field(ann.page).press('ArrowUp')
  assert.equal(await field(ann.page).inputValue(), 'Hello Bob')
  await field(ann.page).press('Escape')
  await field(ann.page).fill('a draft')
  await ann.page.reload()
  await until(async () => (await field(ann.page).inputValue()) === 'a draft', 'the draft is there again')
})

test('a message in another chat pops up, and a click on it leads there, unless the chat is muted', async t => {
  const ann = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  const bob = await settle(client, { firstName: 'Bob', lastName: 'Roe' })
  await entry(ann.page, 'Chats', 'all').click()
  await ann.page.evaluate(() => {
    globalThis.tones = 0
    globalThis.AudioContext = class extends AudioContext {
      createOscillator() {
        globalThis.tones++
        return super.createOscillator()
      }
    }
  })
  const tones = () => ann.page.evaluate(() => globalThis.tones)
  const chatId = await directChat(bob, ann)
  await tell(bob, chatId, 'Are you there?')
  const notices = ann.page.getByRole('region', { name: 'Notices' })
  await notices.getByRole('button', { name: /Bob Roe.*Are you there/ }).click()
  await says(ann.page, 'Are you there?').waitFor()
  await until(async () => (await client.get(`/chats/${chatId}`, { token: ann.token })).json.unread === 0, 'it is read')
  assert.ok((await tones()) > 0, 'it rings')

  await ann.page.getByRole('button', { name: 'Profile of Ann Lee' }).click()
  await dialog(ann.page, 'Settings').getByRole('tab', { name: 'Look and sound' }).click()
  await dialog(ann.page, 'Settings').getByRole('checkbox', { name: /^Sound/ }).uncheck()
  await ann.page.keyboard.press('Escape')
  const before = await tones()
  await ann.page.getByRole('button', { name: 'Bob Roe: details' }).click()
  await dialog(ann.page, 'Bob Roe').getByRole('checkbox', { name: /^Mute/ }).check()
  await ann.page.keyboard.press('Escape')
  await entry(ann.page, 'Chats', 'all').click()
  await tell(bob, chatId, 'Nobody hears this')
  const { json: loud } = await client.post('/chats', { token: bob.token, body: { name: 'Loud', userIds: [ann.id] } })
  await tell(bob, loud.id, 'But this')
  await notices.getByRole('button', { name: /Loud.*But this/ }).waitFor()
  await entry(ann.page, 'Chats', 'Bob Roe').getByText('1 unread').waitFor()
  assert.equal(await notices.getByText('Nobody hears this').count(), 0)
  assert.equal(await tones(), before)
})

test('by keyboard alone: a chat is found, written in and left', async t => {
  const ann = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  const bob = await settle(client, { firstName: 'Bob', lastName: `Key${ann.id}` })
  const { keyboard } = ann.page
  await keyboard.press('Control+k')
  await keyboard.type(`key${ann.id}`)
  await entry(ann.page, 'People', 'Bob').waitFor()
  await keyboard.press('ArrowDown')
  await keyboard.press('Enter')
  await field(ann.page).waitFor()
  await until(() => field(ann.page).evaluate(el => el === document.activeElement), 'the field has the focus')
  await keyboard.type('All by keys')
  await keyboard.press('Enter')
  await ann.page.getByRole('img', { name: 'Sent', exact: true }).waitFor()
  await log(ann.page).focus()
  await keyboard.press('ArrowUp')
  await row(ann.page, 'All by keys').getByRole('button', { name: 'Delete', exact: true }).focus()
  await keyboard.press('Enter')
  await button(dialog(ann.page, 'Delete message?'), 'Delete').focus()
  await keyboard.press('Enter')
  await says(ann.page, 'This message was deleted').waitFor()
  await dialog(ann.page, 'Delete message?').waitFor({ state: 'detached' })
  // What one looked for goes first, then the chat.
  await keyboard.press('Escape')
  await entry(ann.page, 'Chats', 'all').waitFor()
  await keyboard.press('Escape')
  await ann.page.getByText('Choose a chat').waitFor()
  assert.equal((await client.get('/chats', { token: bob.token })).json.items[0].name, 'Ann Lee')
})

test('who looks away is asked once whether to be notified, and then is', async t => {
  const [ann, bob] = await Promise.all([
    come(t, { firstName: 'Ann', lastName: 'Lee' }, { serviceWorkers: 'allow' }), come(t, { firstName: 'Bob', lastName: 'Roe' })])
  await ann.page.evaluate(() => navigator.serviceWorker.ready)
  const chatId = await directChat(bob, ann)
  // No window of a browser without a screen ever loses the focus: this one says it has.
  await ann.page.evaluate(() => (document.hasFocus = () => false))
  await tell(bob, chatId, 'Look here')
  await ann.page.getByText('Be told of new messages').waitFor()
  await ann.context.grantPermissions(['notifications'])
  await button(ann.page, 'Turn on').click()
  await ann.page.getByText('Be told of new messages').waitFor({ state: 'detached' })
  const worker = ann.context.serviceWorkers()[0]
  await worker.evaluate(() => {
    self.clients.matchAll = async () => []
  })
  await tell(bob, chatId, 'And here')
  const shown = () => worker.evaluate(async () => (await self.registration.getNotifications()).map(one => [one.title, one.body]))
  await until(async () => (await shown()).length > 0, 'a notification')
  assert.deepEqual(await shown(), [['Bob Roe', 'And here']])
})

test('a group is made, renamed, joined, left and deleted', async t => {
  const [ann, bob, eve] = await Promise.all(['Ann', 'Bob', 'Eve'].map(firstName => come(t, { firstName, lastName: 'Group' })))
  const name = `Club ${ann.id}`
  await button(ann.page, 'New group').click()
  const box = dialog(ann.page, 'New group')
  await box.getByLabel('Name').fill(name)
  await box.locator('input[type=file]').setInputFiles({ name: 'club.png', mimeType: 'image/png', buffer: png(800, 600) })
  await until(() => isPainted(box.locator('.portrait .avatar img')), 'the picture in the dialog')
  await box.getByLabel('Find people').fill('bob group')
  await box.getByRole('checkbox', { name: 'Bob Group' }).first().check()
  await box.getByLabel('Password').fill('sesame')
  await box.getByRole('checkbox', { name: /^Public/ }).check()
  await button(box, 'Create').click()
  await write(ann.page, 'Welcome')
  await until(() => isPainted(entry(bob.page, 'Chats', name).locator('.avatar img')), 'the picture in the list')
  await entry(bob.page, 'Chats', name).click()
  await says(bob.page, 'Welcome').waitFor()

  await eve.page.getByRole('textbox', { name: 'Find' }).fill(name)
  await entry(eve.page, 'Rooms', name).click()
  const join = dialog(eve.page, name)
  await join.getByLabel('Password').fill('wrong')
  await button(join, 'Join').click()
  await join.getByText('Wrong password.').waitFor()
  await join.getByLabel('Password').fill('sesame')
  await button(join, 'Join').click()
  await write(eve.page, 'Here I am')
  await says(bob.page, 'Here I am').waitFor()

  await ann.page.getByRole('button', { name: `${name}: details` }).click()
  const details = dialog(ann.page, name)
  await details.getByText('3 members').waitFor()
  await details.getByLabel('Name').fill(`${name} II`)
  await button(details, 'Save').click()
  await entry(bob.page, 'Chats', `${name} II`).waitFor()
  const renamed = dialog(ann.page, `${name} II`)
  await renamed.getByLabel('Role of Bob Group').selectOption('admin')
  await until(async () => {
    const chats = (await client.get('/chats', { token: bob.token })).json.items
    return chats.find(chat => chat.name === `${name} II`).role === 'admin'
  }, 'Bob is an admin')
  await renamed.getByRole('button', { name: 'Remove Eve Group' }).click()
  await button(dialog(ann.page, 'Remove Eve Group?'), 'Remove').click()
  await entry(eve.page, 'Chats', name).waitFor({ state: 'detached' })
  // The details are still open, for the next change.
  await dialog(ann.page, 'Remove Eve Group?').waitFor({ state: 'detached' })
  await renamed.getByText('2 members').waitFor()
  await button(renamed, 'Add people').click()
  const more = dialog(ann.page, 'Add people')
  await more.getByLabel('Find people').fill('eve group')
  await more.getByRole('checkbox', { name: 'Eve Group' }).first().check()
  await button(more, 'Add').click()
  await more.waitFor({ state: 'detached' })
  await renamed.getByText('3 members').waitFor()
  await ann.page.keyboard.press('Escape')
  await renamed.waitFor({ state: 'detached' })

  await bob.page.getByRole('button', { name: `${name} II: details` }).click()
  await button(dialog(bob.page, `${name} II`), 'Leave').click()
  await button(dialog(bob.page, `Leave ${name} II?`), 'Leave').click()
  await entry(bob.page, 'Chats', name).waitFor({ state: 'detached' })
  await ann.page.getByRole('button', { name: `${name} II: details` }).click()
  await button(dialog(ann.page, `${name} II`), 'Delete group').click()
  await button(dialog(ann.page, `Delete ${name} II?`), 'Delete').click()
  await entry(ann.page, 'Chats', name).waitFor({ state: 'detached' })
})

test('messages are found by their words, and shown where they stand', async t => {
  const ann = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  const { json: group } = await client.post('/chats', { token: ann.token, body: { name: 'Long' } })
  for (let i = 1; i <= 60; i++) await tell(ann, group.id, i === 3 ? 'the needle is here' : `straw ${i}`)
  await entry(ann.page, 'Chats', 'Long').click()
  await says(ann.page, 'straw 60').waitFor()
  await button(ann.page, 'Search in this chat').click()
  await ann.page.getByRole('textbox', { name: 'Find' }).fill('needle')
  await ann.page.getByRole('list', { name: 'Messages' }).getByRole('link').first().click()
  await says(ann.page, 'the needle is here').waitFor()
  assert.ok(await says(ann.page, 'the needle is here').isVisible())
  await ann.page.getByRole('button', { name: /To the latest messages/ }).click()
  await until(() => says(ann.page, 'straw 60').isVisible(), 'the end')
})

test('a hundred thousand messages: few rows at a time, the place is kept, any part is reached', async t => {
  const { site } = await import('./browser.mjs')
  const ann = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  const { json: group } = await client.post('/chats', { token: ann.token, body: { name: 'Huge' } })
  const N = 100_000
  await site.sql(`INSERT INTO message (chat_id, seq, id, author_id, created_at, body)
    SELECT ${group.id}, seq, 9000000 + seq, ${ann.id}, '2024-01-01' + INTERVAL seq MINUTE, CONCAT('number ', seq, REPEAT(' word', seq MOD 40)) FROM seq_1_to_${N};
    UPDATE chat SET last_seq = ${N} WHERE id = ${group.id}; UPDATE member SET read_seq = ${N} WHERE chat_id = ${group.id}`)
  const { page } = ann
  await page.reload()
  await entry(page, 'Chats', 'Huge').click()
  await log(page).getByText(`number ${N}`).waitFor()
  const box = log(page)
  const rows = () => box.locator('[data-seq]').count()
  assert.ok((await rows()) < 150)

  // Scrolling up by the wheel: what one reads stays where it is while more is loaded above.
  await box.hover()
  for (let i = 0; i < 12; i++) {
    await page.mouse.wheel(0, -700)
    await page.evaluate(() => new Promise(requestAnimationFrame))
  }
  await until(async () => !(await box.locator('.unloaded').count()), 'all that is drawn is loaded')
  const view = () => box.evaluate(el => {
    const first = [...el.querySelectorAll('[data-seq]')].find(one => one.offsetTop >= el.scrollTop)
    return { seq: Number(first.dataset.seq), top: first.offsetTop - el.scrollTop }
  })
  const before = await view()
  assert.ok(before.seq < N - 50 && before.seq > N - 2000, `at ${before.seq}`)
  await tell(ann, group.id, 'one more at the end')
  await page.evaluate(() => new Promise(resolve => setTimeout(resolve, 300)))
  const later = await view()
  assert.equal(later.seq, before.seq)
  assert.ok(Math.abs(later.top - before.top) <= 2, `${before.top} → ${later.top}`)

  // The bar leads anywhere, and to the first message.
  await box.evaluate(el => (el.scrollTop = el.scrollHeight / 2))
  await until(async () => {
    const { seq } = await view()
    return seq > N * 0.4 && seq < N * 0.6 && !(await box.locator('.unloaded').count())
  }, 'the middle is loaded')
  await box.evaluate(el => (el.scrollTop = 0))
  await until(async () => (await box.locator('[data-seq="1"]').count()) && !(await box.locator('.unloaded').count()), 'the beginning is loaded')
  assert.ok((await rows()) < 150)
})
