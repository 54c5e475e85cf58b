// What an upload may be: its size by its kind, the room of its owner, and what is left behind when it does not come to its
// end. On sites of their own, with small limits.
import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { cast } from '../chats.mjs'
import { connect, refused, soon, transport } from '../client.mjs'
import { mp4, multipart, filePart, pdf, png, pngChunk, text, wav } from '../samples.mjs'
import { bellhop, openSite } from '../site.mjs'

const MB = 1 << 20
const AT_ONCE = 125
const names = ['IMAGE', 'AUDIO', 'VIDEO', 'DOCUMENT']
const site = await openSite({
  own: true,
  settings: {
    BELLHOP_LIMITS_WRITES: '0',
    BELLHOP_LIMITS_READS: '0',
    ...Object.fromEntries(names.map((name, i) => [`BELLHOP_UPLOADS_${name}_MB`, String([1, 0, 3, 1][i])])),
    BELLHOP_UPLOADS_QUOTA_MB: '4',
    BELLHOP_UPLOADS_AT_ONCE: String(AT_ONCE)
  }
})
const client = connect(site)
const ground = connect(site, undefined, 'http')
const people = await cast(ground, 8)
const upload = (person, raw, options) => client.post('/files', { token: person.token, raw, type: 'application/octet-stream', ...options })
const rows = async () => (await site.sql('SELECT place AS p FROM content UNION SELECT thumb_place FROM content WHERE thumb_place IS NOT NULL')).map(r => r.p)
// A row goes before its bytes do.
const nothingLeft = () => soon('', 20_000, async () => {
  const known = await rows()
  return { status: [...site.uploads().filter(name => !known.includes(name)), ...known.filter(name => !site.uploads().includes(name))].join() }
})
const of = size => bytes => Buffer.concat([bytes, Buffer.alloc(size - bytes.length, 0x20)])

test('each kind has its limit, to the byte', async () => {
  const [person] = people
  const document = size => of(size)(pdf())
  assert.equal((await upload(person, document(MB))).status, 201)
  refused(await upload(person, document(MB + 1)), 413, 'too_large')
  refused(await upload(person, undefined, multipart([filePart(document(MB + 1))])), 413, 'too_large')
  refused(await upload(person, mp4(3 * MB)), 413, 'too_large')
  refused(await upload(person, Buffer.concat([png(9, 9), Buffer.alloc(2 * MB)])), 413, 'too_large')
  refused(await upload(person, mp4(8 * MB)), 413, 'too_large')
  refused(await upload(person, wav()), 415, 'unsupported_file_type')
  assert.equal((await upload(person, mp4(2 * MB))).status, 201)
  await nothingLeft()
})

test('the room of a person is full to the byte; deleting makes room', async () => {
  const [, person] = people
  for (let i = 0; i < 3; i++) assert.equal((await upload(person, of(MB)(pdf(`${i}`)))).status, 201)
  const last = (await upload(person, of(MB - 10)(pdf('3')))).json
  refused(await upload(person, Buffer.from('12345678901')), 413, 'quota_exceeded')
  refused(await upload(person, of(MB)(pdf('4'))), 413, 'quota_exceeded')
  const tail = await upload(person, Buffer.from('1234567890'))
  assert.equal(tail.status, 201)
  const chat = (await ground.post('/chats', { token: person.token, body: { name: 'Полиця' } })).json
  const { seq } = (await ground.post(`/messages/${chat.id}`, { token: person.token, body: { fileIds: [last.id] } })).json
  await ground.del(`/messages/${chat.id}/${seq}`, { token: person.token })
  assert.equal((await upload(person, of(MB - 10)(pdf('5')))).status, 201)
  refused(await upload(person, Buffer.from('x')), 413, 'quota_exceeded')
})

test('the room holds exactly when many uploads come at once', async () => {
  const [, , person] = people
  const one = i => upload(person, of(MB)(pdf(`p${i}`)))
  const answers = []
  for (let i = 0; i < 9; i += 3) answers.push(...await Promise.all([one(i), one(i + 1), one(i + 2)]))
  assert.equal(answers.filter(a => a.status === 201).length, 4)
  for (const answer of answers.filter(a => a.status !== 201)) refused(answer, 413, 'quota_exceeded')
  assert.deepEqual(await site.sql(`SELECT used FROM quota WHERE user_id = ${person.id}`), [{ used: String(4 * MB) }])
  await nothingLeft()
})

// A request by hand, whose body comes as it comes: {say(bytes), answer (its status, when there is one), close()}.
function open(person, head) {
  const socket = net.connect(site.port, '127.0.0.1')
  let got = ''
  const answer = new Promise(resolve => {
    socket.on('data', bytes => { got += bytes })
    const end = () => resolve(Number(got.match(/^HTTP\/1\.1 (\d+)/)?.[1]))
    socket.on('error', end).on('close', end)
    socket.on('data', () => /\r\n\r\n/.test(got) && end())
  })
  socket.write(`POST /api/v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${person.token}\r\n${head}\r\n\r\n`)
  return { say: bytes => socket.write(bytes), answer, close: () => socket.destroy() }
}

if (transport === 'http') {
  test('what is too large is refused before its bytes come', async () => {
    const [, , , person] = people
    assert.equal(await open(person, `Content-Length: ${100 * MB}`).answer, 413)
    assert.equal(await open({ token: 'x.y.z' }, `Content-Length: ${MB}`).answer, 401)
    const early = open(person, `Content-Length: ${3 * MB}`)
    early.say(of(70_000)(pdf()))
    assert.equal(await early.answer, 413)
  })

  test('an upload that breaks off leaves nothing', async () => {
    const [, , , person] = people
    const broken = Array.from({ length: AT_ONCE }, () => open(person, `Content-Length: ${MB}`))
    for (const one of broken) one.say(of(300_000)(pdf()))
    await soon(1, 20_000, async () => ({ status: site.uploads().length >= (await rows()).length + AT_ONCE ? 1 : 0 }))
    refused(await upload(person, text()), 429, 'rate_limited')
    for (const one of broken) one.close()
    await soon(1, 20_000, async () => ({ status: site.uploads().length === (await rows()).length ? 1 : 0 }))
    await soon(201, 20_000, () => upload(person, text()))
    assert.match((await bellhop(site, 'doctor')).out, /^ok +files: /m)
  })

  test('five hundred slow uploads are nobody’s business but their own', async () => {
    const slow = Array.from({ length: 4 * AT_ONCE }, (_, i) => {
      const one = open(people[3 + Math.floor(i / AT_ONCE)], `Content-Length: ${300_000}`)
      one.say(pdf())
      return one
    })
    await soon(1, 20_000, async () => ({ status: site.uploads().length >= (await rows()).length + slow.length ? 1 : 0 }))
    const quick = text('Я тут швидко.\n')
    const answer = await upload(people[7], quick)
    assert.equal(answer.status, 201)
    assert.ok((await client.get(`/files/${answer.json.id}`, { token: people[7].token })).bytes.equals(quick))
    for (const one of slow) one.close()
    await soon(1, 20_000, async () => ({ status: site.uploads().length === (await rows()).length ? 1 : 0 }))
  })
}

test('files of no use go after some days, with their bytes; doctor says what lies there and what is missing', async () => {
  const person = people[6]
  const old = (await upload(person, png(77, 7, [pngChunk('gAMA', Buffer.from([0, 0, 177, 143]))]))).json
  const [{ place }] = await site.sql(`SELECT c.place FROM file f JOIN content c ON c.id = f.content_id WHERE f.id = ${old.id}`)
  await site.sql(`UPDATE file SET created_at = created_at - INTERVAL 8 DAY WHERE id = ${old.id}`)
  assert.match((await bellhop(site, 'doctor')).out, /^ok +files: \d+, all there/m)
  site.stop()
  site.start()
  // The connections of before are gone.
  const after = connect(site)
  await soon(1, 20_000, async () => {
    const { status } = await after.get(`/files/${old.id}`, { token: person.token })
    return { status: status === 404 && !site.uploads().includes(place) ? 1 : 0 }
  })
})
