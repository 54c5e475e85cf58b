// Changing and taking back what was said, and reacting to it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, look, makeGroup, messageOf, openDirect, page, say } from '../chats.mjs'
import { connect, refused } from '../client.mjs'
import { unique } from '../people.mjs'
import { openSite } from '../site.mjs'
import { readLog } from '../truth.mjs'

const site = await openSite()
const client = connect(site)
const ground = connect(site, undefined, 'http')
const { patch, del } = client

const [owner, admin, member, other, stranger] = await cast(ground, 5)
const edit = (person, id, seq, body) => patch(`/messages/${id}/${seq}`, { token: person.token, body: { body } })
const erase = (person, id, seq) => del(`/messages/${id}/${seq}`, { token: person.token })
const reaction = (method, person, id, seq, emoji) =>
  client.call(method, `/messages/${id}/${seq}/reactions/${encodeURIComponent(emoji)}`, { token: person.token })
const react = (...all) => reaction('PUT', ...all)
const unreact = (...all) => reaction('DELETE', ...all)
const done = async asked => assert.equal((await asked).status, 204)
const crowded = () => makeGroup(ground, owner, [member, other], { admins: [admin] })
const eventsOf = async (id, type) => (await readLog(site, id)).filter(event => event.type === type)

let columns

// Every place of the database where a text stands.
async function whereStands(text) {
  columns ??= await site.sql(`SELECT TABLE_NAME AS t, COLUMN_NAME AS c FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = DATABASE() AND CHARACTER_SET_NAME IS NOT NULL`)
  const places = await site.sql(columns.map(({ t, c }) =>
    `SELECT '${t}.${c}' AS place FROM \`${t}\` WHERE LOCATE('${text}', \`${c}\`)`).join(' UNION ALL '))
  return places.map(row => row.place)
}

test('the author changes a message: the new words, the time of it, the same place', async () => {
  const { id } = await crowded()
  const was = await say(client, member, id, 'старе')
  await say(client, owner, id)
  const { status, json } = await edit(member, id, 1, ' нове\r\n')
  assert.equal(status, 200)
  assert.deepEqual(json, { ...was, body: ' нове\r\n', editedAt: json.editedAt, status: true })
  assert.ok(json.editedAt >= was.createdAt)
  assert.deepEqual(await messageOf(client, other, id, 1), json)
  const [event] = await eventsOf(id, 'message.edited')
  assert.deepEqual(event.message, json)
})

test('nobody else changes it: members 403, strangers 404; where none is, 404', async () => {
  const { id } = await crowded()
  await say(client, member, id, 'моє')
  for (const person of [owner, admin, other]) refused(await edit(person, id, 1, 'x'), 403, 'forbidden')
  refused(await edit(stranger, id, 1, 'x'), 404, 'not_found')
  refused(await edit(member, id, 2, 'x'), 404, 'not_found')
  refused(await edit(member, id, 1, ''), 422, 'invalid_fields', ['body'])
  refused(await edit(member, id, 1, 'x'.repeat(8001)), 422, 'invalid_fields', ['body'])
  assert.equal((await messageOf(client, owner, id, 1)).body, 'моє')
  assert.deepEqual(await eventsOf(id, 'message.edited'), [])
})

test('a deleted message keeps its seq, without words, reply or reactions', async () => {
  const { id } = await crowded()
  await say(client, owner, id)
  const was = await say(client, member, id, 'зайве', { replyTo: 1 })
  await done(react(other, id, 2, '👍'))
  await say(client, owner, id, 'далі', { replyTo: 2 })
  await done(erase(member, id, 2))
  const { items } = await page(client, other, id)
  assert.deepEqual(items.map(message => message.seq), [1, 2, 3])
  assert.deepEqual(items[1], { ...was, body: '', replyTo: null, reactions: [], status: true, deletedAt: items[1].deletedAt })
  assert.ok(items[1].deletedAt)
  assert.equal(items[2].replyTo, 2, 'an answer still says what it answered')
  assert.deepEqual((await eventsOf(id, 'message.deleted')).map(event => event.seq), [2])
  for (const again of [erase(member, id, 2), edit(member, id, 2, 'x'), react(other, id, 2, '👍'), unreact(other, id, 2, '👍')]) {
    refused(await again, 404, 'not_found')
  }
  assert.equal((await say(client, owner, id)).seq, 4)
})

test('the author, admins and the owner delete; other members 403, strangers 404', async () => {
  const { id } = await crowded()
  for (let i = 0; i < 4; i++) await say(client, member, id)
  const theirs = await say(client, owner, id)
  refused(await erase(other, id, 1), 403, 'forbidden')
  refused(await erase(stranger, id, 1), 404, 'not_found')
  refused(await erase(owner, id, 99), 404, 'not_found')
  await done(erase(member, id, 1))
  await done(erase(admin, id, 2))
  await done(erase(owner, id, 3))
  refused(await erase(member, id, theirs.seq), 403, 'forbidden')
  await done(erase(admin, id, theirs.seq))
  const direct = await openDirect(ground, member, other)
  await say(client, member, direct.id)
  refused(await erase(other, direct.id, 1), 403, 'forbidden')
  await done(erase(member, direct.id, 1))
})

test('what was deleted stands nowhere any more: not in the history, not in the log, in no table', async () => {
  const { id } = await crowded()
  const words = ['first', 'second', 'third', 'fourth'].map(name => `${name}-${unique()}`)
  await say(client, member, id, words[0])
  // While it is the last message, everything happens that tells of the chat as a whole.
  await patch(`/chats/${id}`, { token: owner.token, body: { name: 'Інша' } })
  await client.post(`/chats/${id}/members`, { token: owner.token, body: { userIds: [stranger.id] } })
  await done(del(`/chats/${id}/members/${stranger.id}`, { token: owner.token }))
  for (const body of words.slice(1)) {
    assert.equal((await edit(member, id, 1, body)).status, 200)
    await done(react(other, id, 1, '👍'))
    await done(unreact(other, id, 1, '👍'))
    await patch(`/chats/${id}`, { token: owner.token, body: { name: `Інша ${body.slice(0, 5)}` } })
  }
  for (const gone of words.slice(0, 3)) assert.deepEqual(await whereStands(gone), [], 'of an edited message only the last words stand')
  assert.notDeepEqual(await whereStands(words[3]), [])
  await done(erase(member, id, 1))
  for (const gone of words) assert.deepEqual(await whereStands(gone), [])
})

test('a chat’s event tells of the chat, not of its last message', async () => {
  const { id } = await crowded()
  await say(client, member, id)
  await patch(`/chats/${id}`, { token: owner.token, body: { name: 'Інша' } })
  const { chat } = (await eventsOf(id, 'chat')).at(-1)
  const { lastMessage, readSeq, unread, role, ...rest } = await look(client, owner, id)
  assert.deepEqual(chat, rest)
})

test('reactions: put and taken back, and repeating either changes nothing', async () => {
  const { id } = await crowded()
  await say(client, member, id)
  for (let i = 0; i < 2; i++) await done(react(owner, id, 1, '👍'))
  await done(react(other, id, 1, '👍'))
  await done(react(owner, id, 1, '❤️'))
  const of = async () => (await messageOf(client, member, id, 1)).reactions
  const thumbs = { emoji: '👍', count: 2, userIds: [owner.id, other.id].sort((a, b) => a - b) }
  const heart = { emoji: '❤️', count: 1, userIds: [owner.id] }
  assert.deepEqual(await of(), [heart, thumbs])
  for (let i = 0; i < 2; i++) await done(unreact(owner, id, 1, '👍'))
  assert.deepEqual(await of(), [heart, { emoji: '👍', count: 1, userIds: [other.id] }])
  const told = (await eventsOf(id, 'reaction')).map(event => [event.seq, event.emoji, event.userId, event.on])
  assert.deepEqual(told, [[1, '👍', owner.id, true], [1, '👍', other.id, true], [1, '❤️', owner.id, true], [1, '👍', owner.id, false]])
  refused(await react(stranger, id, 1, '👍'), 404, 'not_found')
  refused(await react(owner, id, 2, '👍'), 404, 'not_found')
})

const EMOJI = ['👍🏽', '👩‍👩‍👧‍👦', '🇺🇦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '👨🏻‍❤️‍💋‍👨🏿', '🏳️‍🌈', '❤️', '✌️', '☕', '⭐',
  '1️⃣', '#️⃣', '©️', '™️', '‼️', '⁉️', 'ℹ️', '↔️', '〰️', '〽️', '㊗️', '🅰️', '\u{1faea}', '⬛', '➕']
const NO_EMOJI = ['a', 'я', '1', '+', '<', '=', '|', '~', '^', '$', '!', '#', ' ',
  '👍👍', '👍a', 'a👍', '👍 ', '🇺🇦🇵🇱', '%', ':)', '\u200d', '\ufe0f', '語', '∑', '°', '→', '±', '√', '♪', '\ufffc', '\ufffd', '🇺', '👨\u200d', `1${'\u0301'.repeat(40)}\u20e3`]

test('an emoji is what people see as one, and each is another', async () => {
  const { id } = await crowded()
  await say(client, member, id)
  for (const emoji of EMOJI) await done(react(owner, id, 1, emoji))
  const { reactions } = await messageOf(client, member, id, 1)
  assert.deepEqual(reactions.map(r => r.emoji).sort(), [...EMOJI].sort())
  for (const emoji of EMOJI) await done(unreact(owner, id, 1, emoji))
  assert.deepEqual((await messageOf(client, member, id, 1)).reactions, [])
})

test('with a selector or without it is one reaction, and comes back as it was first sent', async () => {
  const { id } = await crowded()
  await say(client, member, id)
  const pairs = [['❤', '❤️'], ['❤️', '❤'], ['👍\ufe0f', '👍'], ['1\u20e3', '1️⃣'], ['❤\u200d🔥', '❤️‍🔥'], ['✌️🏽', '✌🏽']]
  for (const [first, same] of pairs) {
    await done(react(owner, id, 1, first))
    await done(react(member, id, 1, same))
    await done(react(member, id, 1, first))
    const { reactions } = await messageOf(client, member, id, 1)
    assert.deepEqual(reactions.map(r => [r.emoji, r.count]), [[first, 2]])
    await done(unreact(owner, id, 1, same))
    await done(unreact(member, id, 1, same))
  }
  const told = (await eventsOf(id, 'reaction')).map(event => event.emoji)
  assert.deepEqual(told, pairs.flatMap(([first]) => [first, first, first, first]))
})

test('what is no emoji is no reaction: 404', async () => {
  const { id } = await crowded()
  await say(client, member, id)
  for (const text of NO_EMOJI) {
    refused(await react(owner, id, 1, text), 404, 'not_found')
    refused(await unreact(owner, id, 1, text), 404, 'not_found')
  }
  assert.deepEqual((await messageOf(client, member, id, 1)).reactions, [])
})

test('a message takes 64 kinds of reactions, and of those as many as people give', async () => {
  const { id } = await crowded()
  await say(client, member, id)
  const kinds = Array.from({ length: 70 }, (_, i) => String.fromCodePoint(0x1f442 + i))
  const answers = await Promise.all(kinds.map((emoji, i) => react([owner, admin, member, other][i % 4], id, 1, emoji)))
  const count = status => answers.filter(answer => answer.status === status).length
  assert.deepEqual([count(204), count(409)], [64, 6])
  for (const answer of answers.filter(one => one.status === 409)) refused(answer, 409, 'conflict', ['emoji'])
  const shown = async () => (await messageOf(client, member, id, 1)).reactions
  const there = kinds.filter((_, i) => answers[i].status === 204)
  assert.deepEqual((await shown()).map(r => r.emoji).sort(), [...there].sort())
  assert.equal((await eventsOf(id, 'reaction')).length, 64, 'what is refused is not told')
  const [late] = kinds.filter(emoji => !there.includes(emoji))
  for (const person of [owner, admin, member, other]) await done(react(person, id, 1, there[0]))
  assert.equal((await shown()).find(r => r.emoji === there[0]).count, 4)
  refused(await react(owner, id, 1, late), 409, 'conflict', ['emoji'])
  for (const person of [owner, admin, member, other]) await done(unreact(person, id, 1, there[0]))
  await done(react(owner, id, 1, late))
})

test('twelve people react: counted all, named ten', async () => {
  const crowd = await cast(ground, 12)
  const { id } = await makeGroup(ground, owner, crowd)
  await say(client, owner, id)
  await Promise.all(crowd.map(person => done(react(person, id, 1, '🎉'))))
  const [{ emoji, count, userIds }] = (await messageOf(client, owner, id, 1)).reactions
  assert.deepEqual([emoji, count, userIds], ['🎉', 12, crowd.map(p => p.id).sort((a, b) => a - b).slice(0, 10)])
})
