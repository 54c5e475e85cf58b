// The web client does not get in one's way: notices cover nothing, what was attached or opened stays, the focus comes back,
// and a file that misses its place changes nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../people.mjs'
import { PHONE, WIDE, button, client, come, dialog, directChat, entry, field, log, says, tell, until, write } from './browser.mjs'

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
