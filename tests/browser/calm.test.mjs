// The web client does not get in one's way: notices cover nothing, what was attached or opened stays, the focus comes back,
// and a file that misses its place changes nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../people.mjs'
import { pdf } from '../samples.mjs'
import { PHONE, WIDE, button, client, come, dialog, directChat, entry, field, log, says, settled, tell, until, write } from './browser.mjs'

const notices = page => page.getByRole('region', { name: 'Notices' })
const toast = (page, text) => notices(page).getByRole('button', { name: new RegExp(text) })
const hasFocus = place => place.evaluate(el => el === document.activeElement)

// Controls in sight that a press at their middle would not reach.
const covered = page => page.evaluate(() => [...document.querySelectorAll('button, a, input:not([type=file]), textarea')].filter(one => {
  if (one.closest('.lists, .log') || !one.checkVisibility()) return false
  const { left, top, width, height } = one.getBoundingClientRect()
  const there = document.elementFromPoint(left + width / 2, top + height / 2)
  return !one.contains(there) && !there?.contains(one)
}).map(one => one.ariaLabel || one.textContent))
const overlaps = page => page.evaluate(() => {
  const box = document.querySelector('.toasts').getBoundingClientRect()
  return ['.lists', '.log', '.composer', '.pane-head', '.chat-head'].filter(name => {
    const el = document.querySelector(name)
    const one = el?.checkVisibility() && el.getBoundingClientRect()
    return one && one.left < box.right - 1 && one.right > box.left + 1 && one.top < box.bottom - 1 && one.bottom > box.top + 1
  })
})

test('notices cover no control, wide and narrow, and wait for who points at them or is in them', async t => {
  const bob = await settle(client, { firstName: 'Bob', lastName: 'Roe' })
  for (const viewport of [WIDE, PHONE, { width: 320, height: 256 }]) {
    const { page, ...ann } = await come(t, { firstName: 'Ann', lastName: 'Lee' }, { viewport })
    const chatId = await directChat(bob, ann)
    await page.clock.install()
    await page.mouse.move(0, 0)
    for (const open of [false, true]) {
      if (open) {
        await entry(page, 'Chats', 'all').click()
        await field(page).waitFor()
      }
      await tell(bob, chatId, `Word ${open}`)
      await toast(page, `Word ${open}`).waitFor()
      assert.deepEqual([await overlaps(page), await covered(page)], [[], []], `${viewport.width}, ${open}`)
      await toast(page, `Word ${open}`).hover()
      await page.clock.runFor(20_000)
      assert.equal(await notices(page).locator('.toast').count(), 1, 'it waits for the pointer')
      await page.mouse.move(0, 0)
      await page.clock.runFor(8000)
      await notices(page).locator('.toast').waitFor({ state: 'detached' })
    }
    await tell(bob, chatId, 'Once more')
    await toast(page, 'Once more').waitFor()
    await field(page).focus()
    await button(notices(page), 'Close').focus()
    await page.clock.runFor(20_000)
    assert.equal(await notices(page).locator('.toast').count(), 1, 'it waits for the focus')
    await page.keyboard.press('Escape')
    await notices(page).locator('.toast').waitFor({ state: 'detached' })
    await until(() => hasFocus(field(page)), 'the focus is where it was')
  }
})

const document = (name, buffer = pdf()) => ({ name, mimeType: 'application/pdf', buffer })
const choose = (page, ...files) => page.locator('.composer input[type=file]').setInputFiles(files)
const tray = page => page.getByRole('list', { name: 'Files to send' })

test('attached files stay with their chat, and go with its next message', async t => {
  const ann = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  const bob = await settle(client, { firstName: 'Bob', lastName: 'Roe' })
  const chatId = await directChat(ann, bob)
  const { page } = ann
  await entry(page, 'Chats', 'Bob Roe').click()
  await choose(page, document('one.pdf'), document('two.pdf'))
  await tray(page).getByText('two.pdf').waitFor()
  await entry(page, 'Chats', 'all').click()
  await page.getByRole('button', { name: 'all: details' }).waitFor()
  assert.equal(await tray(page).count(), 0)
  await choose(page, document('other.pdf'))
  await tray(page).getByText('other.pdf').waitFor()
  await entry(page, 'Chats', 'Bob Roe').click()
  await tray(page).getByText('one.pdf').waitFor()
  assert.equal(await tray(page).getByRole('listitem').count(), 2)
  await write(page, 'both')
  await tray(page).waitFor({ state: 'detached' })
  await page.getByRole('img', { name: 'Sent', exact: true }).waitFor()
  const { items } = (await client.get(`/messages/${chatId}`, { token: bob.token })).json
  assert.deepEqual(items.map(({ body, files }) => [body, files.map(file => file.name)]), [['both', ['one.pdf', 'two.pdf']]])
})

test('an empty file is told of before anything is sent', async t => {
  for (const [locale, words] of [['en-GB', 'Empty files cannot be sent: nothing.pdf'], ['uk-UA', 'Порожні файли не можна надіслати: nothing.pdf']]) {
    const { page } = await come(t, { firstName: 'Ann', lastName: 'Lee' }, { locale })
    await page.getByRole('link').filter({ hasText: 'all' }).first().click()
    await choose(page, document('nothing.pdf', Buffer.alloc(0)), document('some.pdf'))
    await page.locator('.toast').getByText(words).waitFor()
    assert.deepEqual(await page.locator('.tray .document-name').allInnerTexts(), ['some.pdf'])
  }
})

test('an emoji goes in where the caret is, and the caret stands behind it', async t => {
  const { page } = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  await entry(page, 'Chats', 'all').click()
  await field(page).fill('before after')
  await field(page).evaluate(el => el.setSelectionRange(6, 6))
  await button(page, 'Emoji').click()
  await page.getByRole('group', { name: 'Emoji' }).getByRole('button', { name: '🎉' }).click()
  await page.keyboard.type('!')
  assert.equal(await field(page).inputValue(), 'before🎉! after')
  // Without a choice, too, one is back at a key.
  await button(page, 'Emoji').focus()
  await page.keyboard.press('Enter')
  await page.getByRole('group', { name: 'Emoji' }).waitFor()
  await page.keyboard.press('Escape')
  await until(() => hasFocus(button(page, 'Emoji')), 'the focus is on the button')
})

test('the focus comes back to the message from a choice of emoji and from a dialog', async t => {
  const { page } = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  const { keyboard } = page
  await button(page, 'New group').click()
  await dialog(page, 'New group').getByLabel('Name').fill('Focus')
  await button(dialog(page, 'New group'), 'Create').click()
  await write(page, 'first')
  await write(page, 'second')
  await page.locator('.row:not(.pending)').getByText('second').waitFor()
  await page.locator('.pending').waitFor({ state: 'detached' })
  const row = page.locator('[data-seq]').filter({ hasText: 'second' })
  const walkTo = async name => {
    // The pointer is over another message, whose tools come a picture or two after a dialog has gone.
    await settled(page)
    await row.focus()
    await button(row, name).focus()
    await keyboard.press('Enter')
  }
  await walkTo('React')
  await page.getByRole('group', { name: 'Emoji' }).waitFor()
  await keyboard.press('ArrowRight')
  await keyboard.press('Enter')
  await row.getByRole('button', { name: /, 1 person/ }).waitFor()
  await until(() => hasFocus(button(row, 'React')), 'back at React')
  // With the pointer over another message, whose tools come when the dialog has gone.
  await page.locator('[data-seq]').filter({ hasText: 'first' }).hover()
  for (const leave of ['Escape', 'Enter']) {
    await walkTo('Delete')
    await button(dialog(page, 'Delete message?'), 'Cancel').focus()
    await keyboard.press(leave)
    await dialog(page, 'Delete message?').waitFor({ state: 'detached' })
    await until(() => row.evaluate(el => el.contains(document.activeElement)), `in the message after ${leave}`)
  }
  await walkTo('Delete')
  await button(dialog(page, 'Delete message?'), 'Delete').focus()
  await keyboard.press('Enter')
  await dialog(page, 'Delete message?').waitFor({ state: 'detached' })
  await until(() => page.locator('[data-seq="2"]').evaluate(el => el === document.activeElement), 'at what is left of it')
})

test('a file that is dropped beside a chat does not take the browser away', async t => {
  const { page } = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  const drag = (place, type, kind) => page.locator(place).first().evaluate((el, [type, kind]) => {
    const given = new DataTransfer()
    if (kind === 'file') given.items.add(new File(['x'], 'x.txt', { type: 'text/plain' }))
    else given.setData('text/plain', 'words')
    return !el.dispatchEvent(new DragEvent(type, { dataTransfer: given, bubbles: true, cancelable: true }))
  }, [type, kind])
  for (const type of ['dragover', 'drop']) {
    for (const place of ['.lists', '#find', '.stage']) assert.equal(await drag(place, type, 'file'), true, `${type} on ${place}`)
    assert.equal(await drag('#find', type, 'words'), false, 'words go where one writes')
  }
})

test('in forced colours the open chat differs from others', async t => {
  const { page } = await come(t, { firstName: 'Ann', lastName: 'Lee' }, { forcedColors: 'active' })
  await button(page, 'New group').click()
  await dialog(page, 'New group').getByLabel('Name').fill('Other')
  await button(dialog(page, 'New group'), 'Create').click()
  await field(page).waitFor()
  const look = name => entry(page, 'Chats', name).locator('.entry').evaluate(el => {
    const { borderInlineStart, outlineStyle } = getComputedStyle(el)
    return `${borderInlineStart} ${outlineStyle}`
  })
  assert.notEqual(await look('Other'), await look('all'))
})

test('the longest name leaves room in a dialog on a small screen', async t => {
  const { page, ...ann } = await come(t, { firstName: 'Ann', lastName: 'Lee' }, { viewport: { width: 320, height: 256 } })
  const name = 'Featherstonehaugh '.repeat(6).slice(0, 100).trim()
  await client.post('/chats', { token: ann.token, body: { name } })
  await entry(page, 'Chats', 'Featherstonehaugh').click()
  await page.getByRole('button', { name: /: details$/ }).click()
  const heading = page.getByRole('dialog').getByRole('heading', { name, exact: true })
  await heading.waitFor()
  assert.equal(await heading.getAttribute('title'), name)
  const { height } = await heading.boundingBox()
  assert.ok(height < 256 / 4, `${height} px`)
})
