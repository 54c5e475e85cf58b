// Files in the web client, to and from the real program: every way in, where they are while they are sent, what becomes
// of them on a bad line, and what is said of those that are not taken.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { docx, mp4, pdf, png, wav, webm } from '../samples.mjs'
import { PHONE, button, client, come, dialog, directChat, entry, field, log, says, until, write } from './browser.mjs'

const EVIL = '"><img src=x onerror=alert(1)>.png'
const pair = t => Promise.all([come(t, { firstName: 'Ann', lastName: 'Lee' }), come(t, { firstName: 'Bob', lastName: 'Roe' }, { viewport: PHONE })])
const picture = (name, width = 1000, height = 500) => ({ name, mimeType: 'image/png', buffer: png(width, height) })
const choose = (page, ...files) => page.locator('.composer input[type=file]').setInputFiles(files)
const tray = page => page.getByRole('list', { name: 'Files to send' })
const history = async (person, chatId) => (await client.get(`/messages/${chatId}`, { token: person.token })).json.items

// As if it came out of another program: dropped onto the chat, or pasted into the field.
const give = (page, how, { name, mimeType, buffer }) => page.locator(how === 'paste' ? '.composer textarea' : '.chat').evaluate((el, file) => {
  const given = new DataTransfer()
  given.items.add(new File([Uint8Array.from(atob(file.base64), c => c.charCodeAt(0))], file.name, { type: file.mimeType }))
  el.dispatchEvent(file.how === 'paste'
    ? new ClipboardEvent('paste', { clipboardData: given, bubbles: true, cancelable: true })
    : new DragEvent('drop', { dataTransfer: given, bubbles: true, cancelable: true }))
}, { how, name, mimeType, base64: buffer.toString('base64') })

test('files by button, drop and paste are there for the other one: pictures, sound, video, documents', async t => {
  const [ann, bob] = await pair(t)
  const chatId = await directChat(ann, bob)
  for (const { page } of [ann, bob]) page.on('dialog', () => assert.fail('a script of somebody ran'))
  await entry(ann.page, 'Chats', 'Bob Roe').click()
  await choose(ann.page, picture('cat.png'), { name: 'report.docx', mimeType: 'application/octet-stream', buffer: docx() })
  await give(ann.page, 'paste', picture(EVIL, 40, 60))
  await give(ann.page, 'drop', { name: 'voice.wav', mimeType: 'audio/wav', buffer: wav() })
  await give(ann.page, 'drop', { name: 'clip.webm', mimeType: 'video/webm', buffer: webm() })
  await give(ann.page, 'drop', { name: 'wrong one.pdf', mimeType: 'application/pdf', buffer: pdf() })
  await tray(ann.page).getByText('wrong one.pdf').waitFor()
  await until(async () => (await tray(ann.page).locator('img').count()) === 2, 'both pictures are attached')
  await button(ann.page, 'Remove wrong one.pdf').click()
  await write(ann.page, 'Have a look')

  await entry(bob.page, 'Chats', 'Ann Lee').click()
  await says(bob.page, 'Have a look').waitFor()
  for (const { page } of [ann, bob]) {
    const open = button(log(page), 'Open picture cat.png')
    await open.waitFor()
    const { width, height } = await open.boundingBox()
    assert.ok(Math.abs(width / height - 2) < 0.05, `${width} × ${height}`)
    await open.scrollIntoViewIfNeeded()
    await until(() => open.locator('img').evaluate(img => img.naturalWidth > 0), 'the picture is there')
    const link = log(page).getByRole('link', { name: /report\.docx/ })
    assert.match(await link.innerText(), /report\.docx\s+1\skB/)
    const fetched = await link.evaluate(async one => (await fetch(one.href)).headers.get('Content-Disposition'))
    assert.match(fetched, /^attachment; .*report\.docx/)
    await until(() => log(page).locator('audio').evaluate(audio => audio.duration > 0), 'the sound can be played')
    assert.equal(await log(page).locator('video').getAttribute('aria-label'), 'clip.webm')
  }
  // The viewer, and the other picture in it. Whichever way it goes, one is where one was.
  const cat = button(log(bob.page), 'Open picture cat.png')
  const isThere = () => cat.evaluate(el => el === document.activeElement)
  await cat.click()
  await until(() => dialog(bob.page, 'cat.png').getByRole('img', { name: 'cat.png' }).evaluate(img => img.naturalWidth === 1000), 'all of the picture')
  await bob.page.keyboard.press('ArrowRight')
  await dialog(bob.page, EVIL).getByRole('img', { name: EVIL }).waitFor()
  await bob.page.keyboard.press('Escape')
  await dialog(bob.page, EVIL).waitFor({ state: 'detached' })
  assert.ok(await isThere(), 'behind Escape')
  await cat.press('Enter')
  await button(dialog(bob.page, 'cat.png'), 'Close').click()
  await dialog(bob.page, 'cat.png').waitFor({ state: 'detached' })
  assert.ok(await isThere(), 'behind its button')
})

test('an upload shows how far it is, can be cancelled, and goes on after a break of the line', async t => {
  const [ann, bob] = await pair(t)
  const chatId = await directChat(ann, bob)
  await entry(ann.page, 'Chats', 'Bob Roe').click()
  const film = { name: 'film.mp4', mimeType: 'video/mp4', buffer: mp4(1_500_000) }
  const line = await ann.context.newCDPSession(ann.page)
  await line.send('Network.emulateNetworkConditions', { offline: false, latency: 20, downloadThroughput: 1e6, uploadThroughput: 300_000 })
  const bar = ann.page.getByRole('progressbar', { name: 'Sending film.mp4' })
  const under_way = () => until(async () => (await bar.evaluate(one => one.value)) > 0.05, 'some of it is there')

  await choose(ann.page, film)
  await button(ann.page, 'Send').click()
  await under_way()
  await button(log(ann.page), 'Cancel').click()
  await bar.waitFor({ state: 'detached' })

  await choose(ann.page, film)
  await write(ann.page, 'my film')
  await under_way()
  await ann.context.setOffline(true)
  await ann.page.getByText('You are offline').waitFor()
  await write(ann.page, 'and these words')
  assert.deepEqual(await history(bob, chatId), [])
  await ann.context.setOffline(false)
  await until(async () => !(await ann.page.locator('.pending').count()), 'nothing waits')
  assert.deepEqual((await history(bob, chatId)).map(({ body, files }) => [body, files.map(file => file.size)]),
    [['my film', [film.buffer.length]], ['and these words', []]])
  await log(ann.page).locator('video').waitFor()
})

test('a file that is not taken says what to do, and keeps nothing else up', async t => {
  const [ann, bob] = await pair(t)
  const chatId = await directChat(ann, bob)
  await entry(ann.page, 'Chats', 'Bob Roe').click()
  for (const [file, why] of [
    [{ name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<!doctype html><title>x</title><script>1</script>') }, /Files of this kind are not taken here\. Send a picture/],
    [{ name: 'large.pdf', mimeType: 'application/pdf', buffer: pdf('%'.repeat(1_200_000)) }, /too large for this site\. Send a smaller file/],
    [{ name: 'broken.png', mimeType: 'image/png', buffer: png(300, 300).subarray(0, 400) }, /picture is broken\. Choose another/]
  ]) {
    await choose(ann.page, file)
    await tray(ann.page).getByText(file.name).waitFor()
    await write(ann.page, `with ${file.name}`)
    await log(ann.page).getByRole('alert').getByText(why).waitFor()
    if (file.name === 'large.pdf') await button(ann.page.locator('.pending'), 'Remove').click()
    else {
      // Nothing of it is lost: without the file it goes.
      await button(ann.page.locator('.pending'), 'Edit').click()
      await button(ann.page, `Remove ${file.name}`).click()
      assert.equal(await field(ann.page).inputValue(), `with ${file.name}`)
      await write(ann.page, `without ${file.name}`)
      await ann.page.locator('.row.mine:not(.pending)').getByText(`without ${file.name}`).waitFor()
    }
    await says(ann.page, `with ${file.name}`).waitFor({ state: 'detached' })
  }
  assert.deepEqual((await history(bob, chatId)).map(({ body }) => body), ['without page.html', 'without broken.png'])
  // More than fit in one message.
  await choose(ann.page, ...Array.from({ length: 11 }, (_, i) => ({ name: `${i}.txt`, mimeType: 'text/plain', buffer: Buffer.from('x') })))
  await ann.page.getByText('At most 10 files in a message.').waitFor()
  assert.equal(await tray(ann.page).getByRole('listitem').count(), 10)
})

test('a person and a group have pictures, which others see at once', async t => {
  const [ann, bob] = await pair(t)
  await directChat(ann, bob)
  const { json: group } = await client.post('/chats', { token: ann.token, body: { name: 'Faces', userIds: [bob.id] } })
  const face = (page, name) => entry(page, 'Chats', name).locator('.avatar img')
  await ann.page.getByRole('button', { name: 'Profile of Ann Lee' }).click()
  const mine = dialog(ann.page, 'Settings')
  await mine.locator('input[type=file]').setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: Buffer.from('no picture') })
  await mine.getByRole('alert').getByText('This picture is broken. Choose another.').waitFor()
  await mine.locator('input[type=file]').setInputFiles(picture('me.png', 900, 600))
  await until(() => face(bob.page, 'Ann Lee').evaluate(img => img.naturalWidth > 0 && img.naturalWidth === img.naturalHeight).catch(() => false), 'Bob sees a square')
  await button(mine, 'Remove picture').click()
  await face(bob.page, 'Ann Lee').waitFor({ state: 'detached' })
  await ann.page.keyboard.press('Escape')

  await entry(ann.page, 'Chats', 'Faces').click()
  await field(ann.page).waitFor()
  await ann.page.getByRole('button', { name: 'Faces: details' }).click()
  await dialog(ann.page, 'Faces').locator('input[type=file]').setInputFiles(picture('us.png', 64, 64))
  await until(() => face(bob.page, 'Faces').evaluate(img => img.naturalWidth > 0).catch(() => false), 'Bob sees the picture of the group')
  assert.match((await client.get(`/chats/${group.id}`, { token: bob.token })).json.imagePath, /files\/\d+$/)
})
