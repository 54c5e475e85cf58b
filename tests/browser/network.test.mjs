// The web client on bad lines: offline, held back streams, reloads. A message is sent once, whatever happens.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { button, client, come, directChat, entry, field, log, says, tell, until, write } from './browser.mjs'

const pair = t => Promise.all([come(t, { firstName: 'Ann', lastName: 'Lee' }), come(t, { firstName: 'Bob', lastName: 'Roe' })])
const bodies = async (person, chatId) => (await client.get(`/messages/${chatId}`, { token: person.token })).json.items.map(message => message.body)

// In the page: what its database holds under a key of a store, or how much.
const kept = ({ store, key }) => new Promise(resolve => {
  indexedDB.open('bellhop:/').onsuccess = ({ target: { result: db } }) => {
    const from = db.transaction(store).objectStore(store)
    const asked = key ? from.get(key) : from.count()
    asked.onsuccess = () => { db.close(); resolve(asked.result) }
  }
})

test('what is written offline waits, survives a reload of the page, and is sent once', async t => {
  const ann = await come(t, { firstName: 'Ann', lastName: 'Lee' }, { serviceWorkers: 'allow' })
  const bob = await come(t, { firstName: 'Bob', lastName: 'Roe' })
  const chatId = await directChat(ann, bob)
  await tell(bob, chatId, 'before')
  await entry(ann.page, 'Chats', 'Bob Roe').click()
  await says(ann.page, 'before').waitFor()
  await ann.page.evaluate(() => navigator.serviceWorker.ready)
  await until(() => ann.page.evaluate(async () => (await caches.keys()).some(name => name.includes(':files:'))), 'the pages are kept')
  await until(async () => Object.keys((await ann.page.evaluate(kept, { store: 'kept', key: 'state' }))?.messages ?? {}).length > 0,
    'the messages are kept')

  const devtools = await ann.context.newCDPSession(ann.page)
  assert.deepEqual((await devtools.send('Page.getAppManifest')).errors, [])
  assert.deepEqual((await devtools.send('Page.getInstallabilityErrors')).installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), [])

  const online = ann.page.locator('.chat-head').getByText('online', { exact: true })
  await online.waitFor()
  await ann.context.setOffline(true)
  await ann.page.getByText('You are offline').waitFor()
  await online.waitFor({ state: 'hidden' })
  await write(ann.page, 'first')
  await write(ann.page, 'second')
  await ann.page.getByRole('img', { name: 'Waiting to be sent' }).nth(1).waitFor()
  await until(async () => await ann.page.evaluate(kept, { store: 'outbox' }) === 2, 'both are kept')
  await ann.page.reload()
  await says(ann.page, 'before').waitFor()
  await says(ann.page, 'second').waitFor()
  assert.deepEqual(await bodies(bob, chatId), ['before'])

  await ann.context.setOffline(false)
  await ann.page.locator('.row.mine:not(.pending)').getByText('second').waitFor()
  await until(async () => !(await ann.page.locator('.pending').count()), 'nothing waits')
  assert.deepEqual(await bodies(bob, chatId), ['before', 'first', 'second'])
  await tell(bob, chatId, 'after')
  await says(ann.page, 'after').waitFor()
  assert.equal(await says(ann.page, 'first').count(), 1)
})

test('an answer that is lost is asked for again, at once when one says so; the message is there once', async t => {
  const [ann, bob] = await pair(t)
  const chatId = await directChat(ann, bob)
  await ann.page.clock.install()
  await ann.page.reload()
  await entry(ann.page, 'Chats', 'Bob Roe').click()
  let lost = 0
  let down = true
  await ann.page.route(`**/messages/${chatId}`, async route => {
    if (route.request().method() !== 'POST' || !down) return route.continue()
    lost++
    await route.fetch()
    return route.abort('connectionreset')
  })
  await write(ann.page, 'only once')
  await until(() => lost > 1, 'it is tried again by itself')
  const before = lost
  await ann.page.clock.fastForward(9000)
  await until(() => lost > before, 'and once more')
  await ann.page.getByText('Sending takes long. Your messages are kept.').waitFor()
  // Its own next attempt must not be faster than the click.
  await ann.page.clock.pauseAt(await ann.page.evaluate(() => Date.now()) + 500)
  down = false
  await ann.page.getByRole('status').getByRole('button', { name: 'Retry now' }).click()
  await ann.page.clock.resume()
  await until(async () => !(await ann.page.locator('.pending').count()), 'it is sent')
  assert.deepEqual(await bodies(bob, chatId), ['only once'])
  assert.equal(await says(ann.page, 'only once').count(), 1)
})

const WAYS = [['the bridge', null], ['a stream', []], ['long-poll, where streams are held back', ['**/poll/stream*']]]
for (const [name, blocked] of WAYS) {
  test(`by ${name}: nothing is lost or doubled through a break of the line`, async t => {
    const [ann, bob] = await pair(t)
    const chatId = await directChat(ann, bob)
    // From the beginning, so before the page is there.
    if (blocked) await ann.context.routeWebSocket('**/ws*', socket => socket.close())
    for (const pattern of blocked ?? []) await ann.context.route(pattern, route => route.abort())
    await ann.page.reload()
    await entry(ann.page, 'Chats', 'Bob Roe').click()
    await tell(bob, chatId, 'one')
    await says(ann.page, 'one').waitFor()
    await ann.context.setOffline(true)
    await ann.page.getByText('You are offline').waitFor()
    await tell(bob, chatId, 'two')
    await ann.context.setOffline(false)
    await says(ann.page, 'two').waitFor()
    await tell(bob, chatId, 'three')
    await says(ann.page, 'three').waitFor()
    const shown = await log(ann.page).locator('.body').allTextContents()
    assert.deepEqual(shown, ['one', 'two', 'three'])
    assert.equal(await field(ann.page).isEnabled(), true)
  })
}

test('by the bridge where there is one, and by a stream when it goes', async t => {
  const [ann, bob] = await pair(t)
  const chatId = await directChat(ann, bob)
  const sockets = []
  const asked = []
  await ann.context.routeWebSocket('**/ws*', socket => {
    if (sockets.length) return socket.close()
    const server = socket.connectToServer()
    sockets.push(socket)
    server.onMessage(frame => {
      asked.push(`frame ${JSON.parse(frame).type}`)
      socket.send(frame)
    })
  })
  ann.page.on('request', request => asked.push(request.url()))
  await ann.page.reload()
  await entry(ann.page, 'Chats', 'Bob Roe').click()
  await until(() => asked.includes('frame hello'), 'the bridge greets')
  await tell(bob, chatId, 'by the socket')
  await says(ann.page, 'by the socket').waitFor()
  assert.ok(asked.includes('frame message'))
  assert.ok(!asked.some(one => /poll(\/stream)?\?cursor/.test(one)), 'nothing else is followed')
  sockets[0].close({ code: 1001 })
  await until(() => asked.some(one => /poll\/stream\?cursor/.test(one)), 'the stream takes over')
  await tell(bob, chatId, 'by the stream')
  await says(ann.page, 'by the stream').waitFor()
  assert.equal(await says(ann.page, 'by the socket').count(), 1)
})

test('a site that does not answer: what there is stays readable, each list says so, and trying again loads them', async t => {
  const ann = await come(t, { firstName: 'Ann', lastName: 'Lee' })
  const { open } = ann
  await ann.page.close()
  await ann.context.clock.install()
  await ann.context.route(/\/api\/v1\/(poll|chats|users|messages)/, route => route.abort())
  const page = await open()
  await page.getByText('The site does not answer. Trying again…').waitFor()
  await page.getByText('People could not be loaded.').waitFor()
  // Its own next attempt must not be faster than the click.
  await page.clock.pauseAt(await page.evaluate(() => Date.now()) + 500)
  await ann.context.unroute(/\/api\/v1\/(poll|chats|users|messages)/)
  await button(page, 'Retry now').click()
  await page.clock.resume()
  await entry(page, 'Chats', 'all').click()
  await write(page, `now it does ${ann.id}`)
  await page.locator('.row.mine:not(.pending)').getByText(`now it does ${ann.id}`).waitFor()
  await until(async () => !(await page.getByText('The site does not answer').count()), 'the line is gone')
})

test('a cursor that is too old: all is loaded afresh, and nothing is missing', async t => {
  const [ann, bob] = await pair(t)
  const chatId = await directChat(ann, bob)
  await ann.context.routeWebSocket('**/ws*', socket => socket.close())
  let expired = 0
  await ann.context.route('**/poll/stream*', async route => {
    if (expired++) return route.continue()
    await tell(bob, chatId, 'while nobody listened')
    return route.fulfill({ status: 410, contentType: 'application/problem+json', body: JSON.stringify({
      type: 'about:blank', title: 'Gone', status: 410, detail: 'x', code: 'cursor_expired'
    }) })
  })
  await ann.page.reload()
  await entry(ann.page, 'Chats', 'Bob Roe').click()
  await says(ann.page, 'while nobody listened').waitFor()
  await until(() => expired > 1, 'it listens again')
  await tell(bob, chatId, 'and now')
  await says(ann.page, 'and now').waitFor()
  assert.deepEqual(await log(ann.page).locator('.body').allTextContents(), ['while nobody listened', 'and now'])
})
