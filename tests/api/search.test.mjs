// GET /messages/search: every message that holds the words, nobody else's, newest first; whether the index has it already
// or not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, leave, makeGroup, openDirect, say } from '../chats.mjs'
import { connect, refused, soon } from '../client.mjs'
import { unique } from '../people.mjs'
import { UNLIMITED, bellhop, openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const ground = connect(site, undefined, 'http')

const search = (person, query) => client.get(`/messages/search?${new URLSearchParams(query)}`, { token: person.token })

async function found(person, q, more = {}) {
  const { status, json, text } = await search(person, { q, ...more })
  assert.equal(status, 200, text)
  assert.deepEqual(json.items.map(m => m.id), json.items.map(m => m.id).sort((a, b) => b - a), 'newest first')
  return json.items
}

// Until the index holds everything there is.
const indexed = of => soon(1, 20_000, async () => {
  const [{ lag }] = await of.sql('SELECT l.head - s.indexed AS lag FROM log_head l, search_head s')
  return { status: lag === '0' ? 1 : 0 }
})

// Both as it stands in the log and from the index.
async function both(check) {
  await check()
  await indexed(site)
  await check()
}

test('a message is found by all of its words, in any case; the last one may be a beginning', async () => {
  const [ann] = await cast(ground, 1)
  const { id } = await makeGroup(ground, ann)
  const sent = await say(ground, ann, id, 'Коли їдемо? Завтра о 7-й, на ВЕЛОСИПЕДАХ')
  await say(ground, ann, id, 'завтрашній день')
  await both(async () => {
    for (const q of ['коли', 'КОЛИ їдемо', 'їдемо коли', 'вел', 'завтра о 7', 'о', '7', '«їдемо!» — коли…', 'завтра завтра']) {
      assert.deepEqual((await found(ann, q)).filter(m => m.seq === 1), [sent], q)
    }
    assert.deepEqual((await found(ann, 'завтра')).map(m => m.seq), [2, 1])
    for (const q of ['вел коли', 'вчора', 'коли ні', 'коли-небудь', 'олі', 'ко їдемо']) assert.deepEqual(await found(ann, q), [], q)
  })
})

test('words are found in every language', async () => {
  const [ann] = await cast(ground, 1)
  const { id } = await makeGroup(ground, ann)
  const rows = [
    ['Привіт, як справи?', ['як', 'ЯК спр'], ['прив справи']],
    ['п’ять пʼять п\'ять', ['пʼять', 'п\'ять', 'п’ят'], ['пять']],
    ['Straße und Café', ['STRASSE', 'cafe\u0301', 'ca'], ['cafe']],
    ['東京都に行く', ['東京', '京都', '行', '京都に行'], ['京東', '東都']],
    ['한국어는 재미있다', ['국어', '재미'], ['어국']],
    ['ไปกินข้าวกัน', ['กิน', 'ข้าว'], ['นกิ']],
    ['ខ្ញុំស្រលាញ់អ្នក', ['ស្រលាញ់'], ['អ្នកខ្ញុំ']],
    ['שלום עולם', ['עולם', 'שלום עו'], ['לום']],
    ['مرحبا بالعالم', ['مرحبا'], ['رحبا']],
    ['नमस्ते दुनिया', ['नमस्ते', 'नमस्ते दु'], ['मस्ते']],
    ['ＦＵＬＬ width ①', ['full', '1'], []],
    ['так 👍🏽 і 🇺🇦 👩‍👩‍👧', ['👍', '👍🏿', '🇺🇦', '👧 👍'], ['👎', '🇺🇸', '🇦']],
    ['e-mail: ann@example.org, https://example.org/a_b', ['example', 'ann@example.org', 'a_b'], ['xample']],
    ['x'.repeat(60) + ' end', ['x'.repeat(60), 'x'.repeat(50)], ['x'.repeat(61), `${'x'.repeat(59)} end`]]
  ]
  for (const [body] of rows) await say(ground, ann, id, body)
  await both(async () => {
    for (const [i, [body, good, bad]] of rows.entries()) {
      for (const q of good) assert.ok((await found(ann, q)).some(m => m.seq === i + 1), `${q} in ${body}`)
      for (const q of bad) assert.ok(!(await found(ann, q)).some(m => m.seq === i + 1), `${q} not in ${body}`)
    }
  })
})

test('an edited message is found by its present words, a deleted one by none, and nothing of the others stays', async () => {
  const [ann] = await cast(ground, 1)
  const { id } = await makeGroup(ground, ann)
  const [old, now, gone] = [`old${unique()}`, `now${unique()}`, `gone${unique()}`]
  const edit = seq => ground.patch(`/messages/${id}/${seq}`, { token: ann.token, body: { body: `${now} same` } })
  for (let n = 0; n < 2; n++) {
    await say(ground, ann, id, `${old} same`)
    await say(ground, ann, id, `${gone} same`)
    if (n) await indexed(site)
    assert.equal((await edit(2 * n + 1)).status, 200)
    assert.equal((await ground.del(`/messages/${id}/${2 * n + 2}`, { token: ann.token })).status, 204)
  }
  await both(async () => {
    assert.deepEqual(await found(ann, old), [])
    assert.deepEqual(await found(ann, gone), [])
    assert.deepEqual((await found(ann, now)).map(m => m.seq), [3, 1])
    assert.deepEqual((await found(ann, `same ${now}`)).map(m => m.seq), [3, 1])
  })
  assert.deepEqual(await site.sql(`SELECT CONVERT(word USING utf8mb4) AS word, seq FROM word WHERE chat_id = ${id} ORDER BY word, seq`),
    [now, 'same'].flatMap(word => ['1', '3'].map(seq => ({ word, seq }))))
})

test('nobody finds what is said where they are not', async () => {
  const [owner, member, stranger] = await cast(ground, 3)
  const word = `secret${unique()}`
  const { id } = await makeGroup(ground, owner, [member], { public: true })
  const direct = await openDirect(ground, owner, member)
  for (const chat of [id, direct.id]) await say(ground, owner, chat, `the ${word}`)
  const seen = async person => (await found(person, word)).map(m => m.chatId)
  const refusedAt = async (person, chatId) => refused(await search(person, { q: word, chatId }), 404, 'not_found')
  await both(async () => {
    for (const person of [owner, member]) assert.deepEqual(await seen(person), [direct.id, id])
    assert.deepEqual(await seen(stranger), [])
    for (const chat of [id, direct.id, 999_999]) await refusedAt(stranger, chat)
  })
  await ground.post(`/chats/${id}/join`, { token: stranger.token })
  assert.deepEqual(await seen(stranger), [id])
  await leave(ground, member, id)
  await ground.del(`/chats/${id}/members/${stranger.id}`, { token: owner.token })
  for (const person of [member, stranger]) {
    assert.ok(!(await seen(person)).includes(id))
    await refusedAt(person, id)
  }
  assert.equal((await ground.del(`/chats/${id}`, { token: owner.token })).status, 204)
  assert.deepEqual(await seen(owner), [direct.id])
  await refusedAt(owner, id)
})

test('chatId keeps to one chat', async () => {
  const [ann] = await cast(ground, 1)
  const chats = await Promise.all([1, 2, 3].map(() => makeGroup(ground, ann)))
  const word = `here${unique()}`
  for (const { id } of chats) await say(ground, ann, id, word)
  await both(async () => {
    for (const { id } of chats) assert.deepEqual((await found(ann, word, { chatId: id })).map(m => m.chatId), [id])
    assert.equal((await found(ann, word)).length, 3)
  })
})

test('pages follow each other without loss and without doubles, whatever is said meanwhile', async () => {
  const [ann, bob] = await cast(ground, 2)
  const chats = await Promise.all(Array.from({ length: 5 }, () => makeGroup(ground, ann, [bob])))
  const word = `page${unique()}`
  const said = []
  const speak = async i => said.unshift(await say(ground, i % 2 ? ann : bob, chats[i % 5].id, `${word}${i % 3} other ${i % 7}`))
  for (let i = 0; i < 60; i++) await speak(i)
  const rows = [[word, 7, () => true], [`other ${word}`, 5, () => true], [`${word}1`, 1, m => m.body.startsWith(`${word}1`)],
    ['other 3', 3, m => m.body.endsWith(' 3')]]
  for (const [q, limit, fits] of rows) {
    await both(async () => {
      const expected = said.filter(fits)
      const got = []
      let before
      do {
        const { json } = await search(ann, { q, limit, ...before && { before } })
        assert.ok(json.items.length <= limit)
        got.push(...json.items)
        before = json.next
        await speak(got.length)
      } while (before)
      assert.deepEqual(got.map(m => m.id), expected.map(m => m.id), q)
    })
  }
})

test('who asks wrongly is told what is wrong', async () => {
  const [ann] = await cast(ground, 1)
  const wrong = async (query, field) => refused(await search(ann, query), 422, 'invalid_fields', [field])
  for (const q of ['', '   ', '!?.', '—', '\u0301', '\u200b', 'x'.repeat(201)]) await wrong({ q }, 'q')
  await wrong({}, 'q')
  await wrong({ q: 'a', limit: 0 }, 'limit')
  await wrong({ q: 'a', limit: 201 }, 'limit')
  await wrong({ q: 'a', chatId: 'x' }, 'chatId')
  for (const before of ['x', 'MA', 'MCA', 'LTEg', '5', '====']) await wrong({ q: 'a', before }, 'before')
  refused(await client.get('/messages/search?q=a'), 401, 'unauthorized')
  refused(await client.post('/messages/search?q=a', { token: ann.token, body: {} }), 405, 'method_not_allowed')
  assert.deepEqual(await found(ann, Array.from({ length: 100 }, (_, i) => 'abcdefghij'[i % 10]).join(' ')), [])
})

// `bellhop trim` indexes all there is, beside the program's own thread.
test('indexing a message while it is edited or deleted: the index holds its present words', async () => {
  const own = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_LIMITS_MESSAGES: '0' } })
  const by = connect(own, undefined, 'http')
  const [ann] = await cast(by, 1)
  const { id } = await makeGroup(by, ann)
  const rounds = Number(process.env.RACES ?? 100) / 5
  const change = ({ seq }, i) => i % 2
    ? by.del(`/messages/${id}/${seq}`, { token: ann.token })
    : by.patch(`/messages/${id}/${seq}`, { token: ann.token, body: { body: `second words ${i}` } })
  for (let round = 0; round < rounds; round++) {
    const said = await Promise.all([0, 1, 2, 3, 4].map(i => say(by, ann, id, `first word ${round} ${i}`)))
    const indexing = bellhop(own, 'trim', '--days', '3650')
    for (const [i, message] of said.entries()) {
      const { status, text } = await change(message, i + round)
      assert.ok(status < 300, text)
    }
    assert.equal((await indexing).code, 0)
  }
  assert.equal((await bellhop(own, 'trim', '--days', '3650')).code, 0)
  const rows = await own.sql(`SELECT CONVERT(w.word USING utf8mb4) AS word, x.body FROM word w
    JOIN message x ON x.chat_id = w.chat_id AND x.seq = w.seq AND x.id = w.id WHERE w.chat_id = ${id}`)
  for (const { word, body } of rows) assert.ok(body.split(' ').includes(word), `${word} in “${body}”`)
  const living = await own.sql(`SELECT body FROM message WHERE chat_id = ${id} AND body <> ''`)
  assert.equal(rows.length, living.reduce((sum, m) => sum + new Set(m.body.split(' ')).size, 0))
  assert.ok(living.length > rounds)
})
