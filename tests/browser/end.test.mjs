// The end of a history: it is followed as soon as one sees it, and one gets there by whatever one scrolls with.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../people.mjs'
import { button, client, come, directChat, entry, field, log, says, tell, until } from './browser.mjs'

const ANN = { firstName: 'Ann', lastName: 'Lee' }
const BOB = { firstName: 'Bob', lastName: 'Roe' }
const fromEnd = page => log(page).evaluate(box => Math.round(box.scrollHeight - box.scrollTop - box.clientHeight))
const isAtEnd = (page, text) => until(async () => await says(page, text).count() > 0 && await fromEnd(page) <= 1, `the view stands at “${text}”`)

async function chatOf(t, n, options) {
  const [ann, bob] = await Promise.all([come(t, ANN, options), settle(client, BOB)])
  const chat = await directChat(bob, ann)
  for (let i = 1; i <= n; i++) await tell(bob, chat, `line ${i}${i % 3 ? '' : '\nand more of it\nand more'}`)
  return { ann, bob, chat, page: ann.page }
}

test('a chat that was opened with something unread in it is followed as it grows', async t => {
  const { bob, chat, page } = await chatOf(t, 1)
  await entry(page, 'Chats', 'Bob Roe').click()
  await says(page, 'line 1').waitFor()
  for (let i = 1; i <= 40; i++) await tell(bob, chat, `next ${i}`)
  await isAtEnd(page, 'next 40')
  await until(async () => await page.title() === 'Bellhop', 'all of it is read')
})

test('the End key and the scrollbar lead to the end, through what was never loaded', async t => {
  const { page } = await chatOf(t, 90)
  await entry(page, 'Chats', 'Bob Roe').click()
  await says(page, 'line 1').waitFor()
  await log(page).focus()
  await page.keyboard.press('End')
  await isAtEnd(page, 'line 89')
  await page.keyboard.press('Home')
  await says(page, 'line 1').waitFor()
  assert.ok(await fromEnd(page) > 1000)
  await log(page).evaluate(box => { box.scrollTop = box.scrollHeight })
  await isAtEnd(page, 'line 89')
})

test('a chat opens at its end in the smallest of windows, too', async t => {
  const { ann, chat, page } = await chatOf(t, 12, { viewport: { width: 320, height: 256 } })
  await entry(page, 'Chats', 'Bob Roe').click()
  await until(async () => await log(page).evaluate(box => box.scrollTop) > 0 || await fromEnd(page) > 0, 'there is more than fits')
  await log(page).evaluate(box => { box.scrollTop = box.scrollHeight })
  await until(async () => (await client.get(`/chats/${chat}`, { token: ann.token })).json.unread === 0, 'all of it is read')
  await page.reload()
  await isAtEnd(page, 'line 11')
})

test('a link to where one is already leads there again', async t => {
  const { page } = await chatOf(t, 60)
  await entry(page, 'Chats', 'Bob Roe').click()
  await page.evaluate(() => { location.hash += '/5' })
  await says(page, 'line 5').waitFor()
  await entry(page, 'Chats', 'Bob Roe').click()
  await isAtEnd(page, 'line 59')
  await log(page).evaluate(box => { box.scrollTop = 0 })
  await until(async () => await fromEnd(page) > 500, 'the view is away from the end')
  await entry(page, 'Chats', 'Bob Roe').click()
  await isAtEnd(page, 'line 59')
})

test('who is removed from the open group is told so, and finds it again when they are added again', async t => {
  const [ann, bob] = await Promise.all([come(t, ANN), settle(client, BOB)])
  const { json: group } = await client.post('/chats', { token: bob.token, body: { name: 'Nine', userIds: [ann.id] } })
  await entry(ann.page, 'Chats', 'Nine').click()
  await field(ann.page).waitFor()
  await client.del(`/chats/${group.id}/members/${ann.id}`, { token: bob.token })
  await ann.page.getByText('This chat is not here').waitFor()
  await ann.page.reload()
  await ann.page.getByText('This chat is not here').waitFor()
  await client.post(`/chats/${group.id}/members`, { token: bob.token, body: { userIds: [ann.id] } })
  await entry(ann.page, 'Chats', 'Nine').click()
  await field(ann.page).waitFor()
  await button(ann.page, 'Send').waitFor()
  assert.match(ann.page.url(), new RegExp(`#chat/${group.id}$`))
})
