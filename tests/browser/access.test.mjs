// The web client for everybody: axe-core finds nothing on any page, in both themes, wide and narrow.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { require } from '../npm.mjs'
import { PHONE, WIDE, button, client, come, dialog, directChat, entry, log, sit, tell } from './browser.mjs'

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

async function check(page, what) {
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0, 'nothing moves for who wants that')
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  }))
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => `${node.html} ${node.failureSummary}`).slice(0, 3).join(' | ')}`)
  assert.deepEqual(found, [], what)
}

// The names that screen readers and other people's tests rely on.
async function named(page, all) {
  for (const [role, name] of all) assert.equal(await page.getByRole(role, { name, exact: true }).count(), 1, `${role} ${name}`)
}

for (const [colorScheme, viewport] of [['light', WIDE], ['dark', PHONE]]) {
  test(`axe finds nothing, ${colorScheme}, ${viewport.width} wide`, async t => {
    const { open } = await sit(t, { colorScheme, viewport, reducedMotion: 'reduce' })
    const door = await open()
    await button(door, 'Log in').waitFor()
    await check(door, 'log in')
    await button(door, 'Sign up').click()
    await check(door, 'sign up')

    const ann = await come(t, { firstName: 'Ann', lastName: 'Lee' }, { colorScheme, viewport, reducedMotion: 'reduce' })
    const bob = await come(t, { firstName: 'Bob', lastName: 'Roe' })
    const { page } = ann
    await check(page, 'lists')
    const { json: group } = await client.post('/chats', { token: ann.token, body: { name: 'A group', userIds: [bob.id] } })
    await tell(bob, group.id, 'Hello https://example.com/')
    await tell(ann, group.id, 'Hello yourself', { replyTo: 1 })
    await client.put(`/messages/${group.id}/1/reactions/${encodeURIComponent('👍')}`, { token: ann.token })
    await tell(bob, await directChat(bob, ann), 'unread')
    await entry(page, 'Chats', 'A group').click()
    await log(page).getByText('Hello yourself').first().hover()
    await check(page, 'a chat')
    await named(page, viewport === PHONE ? [] : [['list', 'Chats'], ['list', 'People'], ['list', 'Rooms'], ['button', 'New group'], ['button', 'Log out']])
    await named(page, [['log', 'Messages'], ['textbox', 'Message'], ['button', 'Send'], ['button', 'Attach file']])
    // All dialogs in one theme, one of them in the other: their colours are the same.
    if (viewport === WIDE) {
      await page.getByRole('button', { name: 'A group: details' }).click()
      await dialog(page, 'A group').getByLabel('Role of Bob Roe').waitFor()
      await check(page, 'details')
      await page.keyboard.press('Escape')
      await button(page, 'New group').click()
      await dialog(page, 'New group').getByRole('checkbox').first().waitFor()
      await check(page, 'new group')
      await page.keyboard.press('Escape')
    } else {
      await button(page, 'Back to the list').click()
    }
    await page.getByRole('button', { name: 'Profile of Ann Lee' }).click()
    for (const tab of viewport === PHONE ? ['Profile'] : ['Look and sound', 'Devices', 'Password']) {
      await page.getByRole('tab', { name: tab }).click()
      await check(page, tab)
    }
  })
}

test('at 320 pixels and at 200 % nothing sticks out sideways', async t => {
  for (const viewport of [{ width: 320, height: 568 }, { width: 600, height: 380 }]) {
    const long = 'Bartholomew-Maximilian-Featherstonehaugh-Wolverhampton'
    const { page, ...ann } = await come(t, { firstName: long, lastName: long.slice(0, 45) }, { viewport })
    const { json: group } = await client.post('/chats', { token: ann.token, body: { name: long } })
    await tell(ann, group.id, 'x'.repeat(300))
    await tell(ann, group.id, 'مرحبا بالجميع')
    await entry(page, 'Chats', long).click()
    await log(page).getByText('xxx').waitFor()
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth || document.querySelector('.log').scrollWidth > document.querySelector('.log').clientWidth)
    assert.equal(await wide(), false)
    assert.equal(await log(page).getByText('مرحبا').evaluate(el => getComputedStyle(el).direction), 'rtl')
    await page.getByRole('button', { name: `${long}: details` }).click()
    await dialog(page, long).getByText('1 member').waitFor()
    assert.equal(await page.evaluate(() => document.querySelector('dialog').scrollWidth > document.querySelector('dialog').clientWidth), false)
  }
})
