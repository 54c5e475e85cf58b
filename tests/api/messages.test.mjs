// Sending and reading messages: what is said is there once, exactly as sent, and in order.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, leave, look, makeGroup, messageOf, openDirect, page, say, walk } from '../chats.mjs'
import { connect, refused, transport } from '../client.mjs'
import { openSite } from '../site.mjs'
import { readLog } from '../truth.mjs'

const site = await openSite()
const client = connect(site)
const ground = connect(site, undefined, 'http')
const { get, post } = client
const QUICK = transport === 'http'

const [owner, member, stranger] = await cast(ground, 3)
const send = (person, id, body) => post(`/messages/${id}`, { token: person.token, body })

test('a message: the answer, the history and the event say the same', async () => {
  const { id } = await makeGroup(ground, owner, [member])
  const { status, json } = await send(member, id, { body: 'Привіт 👋' })
  assert.equal(status, 201)
  const { id: messageId, createdAt, ...rest } = json
  assert.deepEqual(rest, {
    chatId: id, seq: 1, author: { id: member.id, fullName: 'Леся Українка', imagePath: null }, body: 'Привіт 👋', files: [],
    replyTo: null, reactions: [], status: false, editedAt: null, deletedAt: null
  })
  assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000)
  assert.deepEqual(await page(client, owner, id), { items: [json], next: null })
  assert.deepEqual((await look(client, owner, id)).lastMessage, json)
  const event = (await readLog(site, id)).at(-1)
  assert.deepEqual([event.type, event.id], ['message', messageId])
  assert.deepEqual(event.message, json)
})

test('by a form: curl -d body=…', async () => {
  const { id } = await makeGroup(ground, owner)
  const body = 'a&b=c +%\r\nд'
  const answer = await post(`/messages/${id}`, { token: owner.token, form: { body, replyTo: '', clientKey: 'form' } })
  assert.deepEqual([answer.status, answer.json.body], [201, body])
})

const EXACT = [
  ' ', '  leading and trailing  ', '\n', 'line\nline\r\nline\rline\n\n', '\ttab\t', 'a\u0001b\u001f\u007f\u0080\u009f',
  '"quotes" \'and\' `ticks` \\ back\\slash\\n /',
  '\b\f\v', '<script>alert(1)</script>&amp;', '% %s %d %n ${x} {{y}}', "'; DROP TABLE message; --",
  'שלום עולם مرحبا \u202eabc\u202c\u200f', '👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈 🇺🇦 🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'e\u0301 vs \u00e9', '\u200b\u200d\ufeff', '\u2028\u2029', '\ufffd\ufffe\uffff', '\u{10ffff}',
  'ЇїЄєҐґ ß ſ İı', 'null', 'NULL', '0', '[]', 'Z\u0351\u036e\u0310a\u0321lgo'
]

test('a body comes back exactly as it was sent', async () => {
  const { id } = await makeGroup(ground, owner)
  for (const body of EXACT) assert.equal((await say(client, owner, id, body)).body, body)
  assert.deepEqual((await page(client, owner, id)).items.map(message => message.body), EXACT)
  const rows = await site.sql(`SELECT HEX(body) AS bytes FROM message WHERE chat_id = ${id} ORDER BY seq`)
  assert.deepEqual(rows.map(row => row.bytes), EXACT.map(body => Buffer.from(body).toString('hex').toUpperCase()))
})

const random = n => Math.floor(Math.random() * n)

function randomPoint() {
  const ranges = [[1, 0x7f], [0x80, 0x7ff], [0x800, 0xd7ff], [0xe000, 0xffff], [0x10000, 0x10ffff], [0x1f300, 0x1faff], [0x400, 0x4ff]]
  const [from, to] = ranges[random(ranges.length)]
  return String.fromCodePoint(from + random(to - from + 1))
}

// A character as JSON may have it: itself, or escaped in one of the ways there are.
function spell(point) {
  const short = { '"': '\\"', '\\': '\\\\', '/': '\\/', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' }[point]
  const hex = [...Array(point.length).keys()].map(i => {
    const digits = point.charCodeAt(i).toString(16).padStart(4, '0')
    return `\\u${Math.random() < 0.5 ? digits : digits.toUpperCase()}`
  }).join('')
  const ways = [hex]
  if (short) ways.push(short)
  if (point > '\u001f' && point !== '"' && point !== '\\') ways.push(point)
  return ways[random(ways.length)]
}

test('so does random text, however JSON spells it', async () => {
  const people = await cast(ground, 2)
  const { id } = await makeGroup(ground, people[0], [people[1]])
  for (let i = 0; i < (QUICK ? 100 : 20); i++) {
    const points = Array.from({ length: 1 + random(i % 10 === 0 ? 2000 : 60) }, randomPoint)
    const raw = `{"body":"${points.map(spell).join('')}"}`
    const { status, json, text } = await post(`/messages/${id}`, { token: people[i % 2].token, raw, type: 'application/json' })
    assert.equal(status, 201, text)
    assert.equal(json.body, points.join(''), raw)
    assert.equal((await messageOf(client, people[0], id, json.seq)).body, points.join(''), raw)
  }
})

test('an escaped pair is one character, in every plane', async () => {
  const { id } = await makeGroup(ground, owner)
  const body = Array.from({ length: 16 }, (_, plane) => [0, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xffff]
    .map(low => String.fromCodePoint((plane + 1) * 0x10000 + low))).flat().join('\\u')
  const raw = JSON.stringify({ body }).replace(/[\ud800-\udfff]/g, unit => `\\u${unit.charCodeAt(0).toString(16)}`)
  assert.equal((await post(`/messages/${id}`, { token: owner.token, raw, type: 'application/json' })).json.body, body)
})

test('NUL, half a surrogate pair and bytes that are no UTF-8: 400, and nothing is said', async () => {
  const { id } = await makeGroup(ground, owner)
  const raws = ['{"body":"a\\u0000b"}', '{"body":"\\ud83d"}', '{"body":"\\ude00"}', '{"body":"\\ud83dx"}', '{"body":"\\ud83d\\ud83d"}',
    '{"body":"\\ude00\\ud83d"}', Buffer.from('{"body":"\0"}'), Buffer.from([...Buffer.from('{"body":"'), 0xff, 0x22, 0x7d]),
    Buffer.from([...Buffer.from('{"body":"'), 0xed, 0xa0, 0x80, 0x22, 0x7d]), Buffer.from([...Buffer.from('{"body":"'), 0xc0, 0x80, 0x22, 0x7d]),
    '{"body":"a\nb"}', '{"body":"x","body":"y"}', '{"body":"\\x41"}']
  for (const raw of raws) refused(await post(`/messages/${id}`, { token: owner.token, raw, type: 'application/json' }), 400, 'malformed_json')
  for (const raw of ['body=a%00b', 'body=%ff', 'body=%ed%a0%80']) {
    const answer = await post(`/messages/${id}`, { token: owner.token, raw, type: 'application/x-www-form-urlencoded' })
    refused(answer, 400, 'malformed_form')
  }
  assert.equal((await look(client, owner, id)).lastSeq, 0)
})

test('up to 8,000 characters, whatever their size and spelling', async () => {
  const { id } = await makeGroup(ground, owner)
  const letters = ['x', 'я', '語', '😀', '\u0001']
  for (const letter of letters) {
    const { status, json } = await send(owner, id, { body: letter.repeat(8000) })
    assert.deepEqual([status, json.body.length], [201, letter.length * 8000])
    refused(await send(owner, id, { body: letter.repeat(8001) }), 422, 'invalid_fields', ['body'])
  }
  const raw = `{"body":"${'\\ud83d\\ude00'.repeat(8000)}"}`
  assert.equal((await post(`/messages/${id}`, { token: owner.token, raw, type: 'application/json' })).json.body, '😀'.repeat(8000))
  assert.equal((await post(`/messages/${id}`, { token: owner.token, form: { body: '😀'.repeat(8000) } })).status, 201)
})

test('nothing is no message, and files must be there', async () => {
  const { id } = await makeGroup(ground, owner)
  for (const body of [{}, { body: '' }, { body: null }, { fileIds: [] }]) refused(await send(owner, id, body), 422, 'invalid_fields', ['body'])
  refused(await send(owner, id, { body: 'x', fileIds: [1] }), 422, 'invalid_fields', ['fileIds'])
  assert.equal((await send(owner, id, { body: 'x', fileIds: [], replyTo: null, clientKey: null })).status, 201)
})

test('a page of the largest messages is answered whole', async () => {
  const people = await cast(ground, 2)
  const { id } = await makeGroup(ground, people[0], [people[1]])
  const body = '😀'.repeat(8000)
  for (let i = 0; i < 200; i += 20) await Promise.all(Array.from({ length: 20 }, (_, k) => say(ground, people[k % 2], id, body)))
  const { items, next } = await page(client, people[0], id, { limit: 200 })
  assert.equal(next, null)
  assert.ok(items.every(message => message.body === body))
  assert.equal(items.length, 200)
})

test('seq counts 1, 2, 3 … and ids grow, however many speak at once', async () => {
  const people = await cast(ground, 4)
  const a = await makeGroup(ground, people[0], people.slice(1))
  const b = await makeGroup(ground, people[1], [people[0], people[2]])
  const asked = Array.from({ length: QUICK ? 40 : 12 }, (_, i) =>
    people.slice(0, 3).map(person => say(client, person, i % 3 ? a.id : b.id, `${i}`))).flat()
  const sent = await Promise.all(asked)
  for (const { id } of [a, b]) {
    const { items } = await page(client, people[0], id, { limit: 200 })
    const mine = sent.filter(message => message.chatId === id).sort((x, y) => x.seq - y.seq)
    assert.deepEqual(items.map(({ status, ...rest }) => rest), mine.map(({ status, ...rest }) => rest))
    assert.deepEqual(items.map(message => message.seq), items.map((_, i) => i + 1))
    assert.ok(items.every((message, i) => i === 0 || message.id > items[i - 1].id))
  }
  assert.equal(new Set(sent.map(message => message.id)).size, sent.length)
})

test('a retry with the same clientKey answers the message that is there', async () => {
  const { id } = await makeGroup(ground, owner, [member])
  const first = await send(owner, id, { body: 'раз', clientKey: 'key' })
  assert.equal(first.status, 201)
  for (const body of ['раз', 'два']) {
    const again = await send(owner, id, { body, clientKey: 'key' })
    assert.equal(again.status, 200)
    assert.deepEqual(again.json, first.json)
  }
  const theirs = await send(member, id, { body: 'теж', clientKey: 'key' })
  assert.deepEqual([theirs.status, theirs.json.seq], [201, 2], 'another author’s key is another key')
  for (const clientKey of ['KEY', 'kеy', 'key2', 'key ', ' key', ' ', 'ke\ny']) assert.equal((await send(owner, id, { body: 'x', clientKey })).status, 201, clientKey)
  const plain = await Promise.all([1, 2].map(() => send(owner, id, { body: 'без ключа' })))
  assert.deepEqual(plain.map(answer => answer.status), [201, 201])
  for (const clientKey of ['x'.repeat(65), 7, ['a']]) {
    refused(await send(owner, id, { body: 'x', clientKey }), 422, 'invalid_fields', ['clientKey'])
  }
})

test('a clientKey used in another chat answers with that message; in none of the two is a second one', async () => {
  const [a, b] = [await makeGroup(ground, owner), await makeGroup(ground, owner)]
  const clientKey = `moved ${a.id}`
  const first = await send(owner, a.id, { body: 'тут', clientKey })
  const other = await send(owner, b.id, { body: 'там', clientKey })
  assert.equal(other.status, 200)
  assert.deepEqual(other.json, first.json)
  assert.deepEqual([(await look(client, owner, a.id)).lastSeq, (await look(client, owner, b.id)).lastSeq], [1, 0])
})

test('a retry answers its author with their message also after they left the chat, and nobody else', async () => {
  const { id } = await makeGroup(ground, owner, [member])
  const clientKey = `left ${id}`
  const first = await send(member, id, { body: 'до зустрічі', clientKey })
  await leave(client, member, id)
  const again = await send(member, id, { body: 'до зустрічі', clientKey })
  assert.deepEqual([again.status, again.json], [200, first.json])
  refused(await send(member, id, { body: 'ще', clientKey: `${clientKey} 2` }), 404, 'not_found')
  refused(await send(stranger, id, { body: 'до зустрічі', clientKey }), 404, 'not_found')
  assert.equal((await look(client, owner, id)).lastSeq, 1)
})

test('thirty-two retries at once: one message, one 201, one event', async () => {
  const { id } = await makeGroup(ground, owner)
  for (const clientKey of ['burst', 'second burst']) {
    const answers = await Promise.all(Array.from({ length: 32 }, (_, i) => send(owner, id, { body: `${i}`, clientKey })))
    assert.deepEqual(answers.map(answer => answer.status).sort(), [...Array(31).fill(200), 201])
    const ids = new Set(answers.map(answer => `${answer.json.id} ${answer.json.body}`))
    assert.equal(ids.size, 1)
  }
  assert.equal((await look(client, owner, id)).lastSeq, 2)
  assert.equal((await readLog(site, id)).filter(event => event.type === 'message').length, 2)
})

test('a retry after an edit or a deletion tells what became of the message', async () => {
  const { id } = await makeGroup(ground, owner)
  const body = { body: 'раз', clientKey: `later ${id}` }
  await send(owner, id, body)
  await client.patch(`/messages/${id}/1`, { token: owner.token, body: { body: 'два' } })
  assert.deepEqual([(await send(owner, id, body)).status, (await send(owner, id, body)).json.body], [200, 'два'])
  await client.del(`/messages/${id}/1`, { token: owner.token })
  const gone = await send(owner, id, body)
  assert.equal(gone.status, 200)
  assert.ok(gone.json.deletedAt)
})

test('replyTo names a message of this chat; any other: 422', async () => {
  const [a, b] = [await makeGroup(ground, owner, [member]), await makeGroup(ground, owner)]
  await say(client, owner, a.id)
  const reply = await send(member, a.id, { body: 'так', replyTo: 1 })
  assert.deepEqual([reply.status, reply.json.replyTo], [201, 1])
  assert.equal((await messageOf(client, owner, a.id, 2)).replyTo, 1)
  for (const [id, replyTo] of [[a.id, 3], [a.id, 4], [a.id, 9007199254740991], [b.id, 1], [a.id, reply.json.id + 1_000_000]]) {
    refused(await send(owner, id, { body: 'x', replyTo }), 422, 'invalid_fields', ['replyTo'])
  }
  for (const replyTo of [0, -1, '1', 1.5]) refused(await send(owner, a.id, { body: 'x', replyTo }), 422, 'invalid_fields', ['replyTo'])
  assert.deepEqual([(await look(client, owner, a.id)).lastSeq, (await look(client, owner, b.id)).lastSeq], [2, 0])
})

test('a bad message among good ones fails alone', async () => {
  const people = await cast(ground, 3)
  const { id } = await makeGroup(ground, people[0], [people[1]])
  const asked = Array.from({ length: 24 }, (_, i) => send(people[i % 3], id, { body: `${i}`, ...i % 4 === 0 && { replyTo: 1000 } }))
  const answers = await Promise.all(asked)
  answers.forEach((answer, i) => {
    assert.equal(answer.status, i % 3 === 2 ? 404 : i % 4 === 0 ? 422 : 201, answer.text)
  })
  assert.equal((await look(client, people[0], id)).lastSeq, answers.filter(answer => answer.status === 201).length)
})

test('500 messages in pages, backwards and forwards, without gap or double while others speak', async () => {
  const people = await cast(ground, 4)
  const { id } = await makeGroup(ground, people[0], people.slice(1))
  for (let i = 0; i < 500; i += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, k) => say(ground, people[k % 3], id, 'x')))
  }
  const reader = people[3]
  let more = 0
  const speak = async () => {
    await say(client, reader, id, 'more')
    more++
  }
  const path = `/messages/${id}`
  const back = await walk(client, reader, path, { limit: 47 }, 'before', speak)
  assert.deepEqual(back.reverse().flat().map(message => message.seq), Array.from({ length: 500 }, (_, i) => i + 1))
  const upTo = 500 + more
  const up = (await walk(client, reader, path, { after: 0, limit: 120 }, 'after', speak)).flat().map(message => message.seq)
  assert.deepEqual(up, Array.from({ length: up.length }, (_, i) => i + 1))
  assert.ok(up.length >= upTo)

  const seqs = async query => (await page(client, reader, id, query)).items.map(message => message.seq)
  assert.equal((await seqs({})).length, 50)
  assert.deepEqual(await seqs({ before: 3 }), [1, 2])
  assert.deepEqual(await seqs({ before: 1 }), [])
  assert.deepEqual(await seqs({ before: 9007199254740991, limit: 1 }), [500 + more])
  assert.deepEqual(await seqs({ after: 10, limit: 3 }), [11, 12, 13])
  assert.deepEqual(await seqs({ after: 500 + more }), [])
  assert.deepEqual(await page(client, reader, id, { before: 4, limit: 3 }), await page(client, reader, id, { before: 4 }))
  assert.equal((await page(client, reader, id, { before: 4, limit: 3 })).next, null)
  assert.equal((await page(client, reader, id, { before: 4, limit: 2 })).next, '2')
  assert.equal((await page(client, reader, id, { after: 4, limit: 2 })).next, '6')
  refused(await get(`${path}?before=5&after=1`, { token: reader.token }), 422, 'invalid_fields', ['after'])
})

test('who is not in, or not any more, neither reads nor speaks', async () => {
  const { id } = await makeGroup(ground, owner, [member])
  const direct = await openDirect(ground, owner, member)
  await leave(client, member, id)
  for (const [person, chat] of [[stranger, id], [member, id], [stranger, direct.id]]) {
    refused(await send(person, chat, { body: 'x' }), 404, 'not_found')
    refused(await get(`/messages/${chat}`, { token: person.token }), 404, 'not_found')
  }
  assert.equal((await look(client, owner, id)).lastSeq, 0)
})

test('too many messages by one person: 429, and the others are not concerned', async () => {
  const [greedy, other] = await cast(ground, 2)
  const { id } = await makeGroup(ground, greedy, [other])
  const start = Date.now()
  const statuses = []
  for (let i = 0; i < 300; i += 30) {
    const answers = await Promise.all(Array.from({ length: 30 }, () =>
      ground.post(`/messages/${id}`, { token: greedy.token, body: { body: 'x' } })))
    statuses.push(...answers.map(answer => answer.status))
  }
  const sent = statuses.filter(status => status === 201).length
  assert.equal(statuses.filter(status => status === 429).length, 300 - sent)
  assert.ok(sent >= 200 && sent <= 200 + 20 * ((Date.now() - start) / 1000 + 1), `${sent} went through`)
  assert.equal((await send(other, id, { body: 'x' })).status, 201)
})
