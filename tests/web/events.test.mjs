// What events do to the state of the web client: each once, in whatever company, and twice no more than once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAlone, openChat, onlyChats, peerOf, readUpTo, sortedChats, unreadTotal, withChats, withMessages, withPage } from '../../www/app/state/chats.js'
import { applied, isRead, quietened, typists, wanted } from '../../www/app/state/events.js'
import { at } from '../../www/app/state/history.js'
import { EMPTY } from '../../www/app/state/store.js'

const person = (id, fullName = `P${id}`) => ({ id, fullName, firstName: fullName, lastName: '', username: null, imagePath: null, online: false, lastSeenAt: null })
const message = (seq, authorId = 2, more = {}) => ({
  id: 100 + seq, chatId: 5, seq, author: { id: authorId, fullName: `P${authorId}`, imagePath: null }, body: `m${seq}`, files: [], replyTo: null,
  reactions: [], status: false, createdAt: new Date(1e12 + seq * 1000).toISOString(), editedAt: null, deletedAt: null, ...more
})
const chat = (more = {}) => ({
  id: 5, kind: 'group', name: 'Group', imagePath: null, memberCount: 2, members: [person(1), person(2)], lastMessage: null, lastSeq: 0, readSeq: 0,
  unread: 0, role: 'member', public: false, protected: false, createdAt: '2020-01-01T00:00:00.000Z', updatedAt: '2020-01-01T00:00:00.000Z', ...more
})
const start = (...chats) => withChats({ ...EMPTY, me: person(1) }, chats.length ? chats : [chat()])
const told = (state, ...events) => events.reduce((next, event) => applied(next, event, 1000), state)
const twice = (state, event) => {
  const once = told(state, event)
  assert.deepEqual(told(once, event), once, `${event.type} is not the same the second time`)
  return once
}

test('a message of somebody else is the last one and unread', () => {
  const state = twice(start(), { type: 'message', chatId: 5, message: message(1) })
  assert.equal(at(state.history[5], 1).body, 'm1')
  assert.deepEqual([state.chats[5].lastSeq, state.chats[5].unread, state.chats[5].lastMessage.seq], [1, 1, 1])
  assert.equal(unreadTotal(state.chats), 1)
})

test('a message of oneself, from whatever device, is not unread', () => {
  const state = twice(start(), { type: 'message', chatId: 5, message: message(1, 1) })
  assert.deepEqual([state.chats[5].unread, state.chats[5].readSeq], [0, 1])
})

test('an older message that comes late changes nothing of the last one', () => {
  const state = told(start(), { type: 'message', chatId: 5, message: message(2) }, { type: 'message', chatId: 5, message: message(1) })
  assert.equal(state.chats[5].lastMessage.seq, 2)
})

test('a message in a chat that is not known asks for the chat', () => {
  const event = { type: 'message', chatId: 9, message: message(1) }
  assert.equal(wanted(start(), event), 9)
  assert.equal(wanted(start(), { ...event, chatId: 5 }), null)
  assert.equal(wanted(start(), { type: 'message', chatId: 5, truncated: true }), 5)
})

test('edits and deletions reach the history and the list', () => {
  let state = told(start(), { type: 'message', chatId: 5, message: message(1) })
  state = twice(state, { type: 'message.edited', chatId: 5, message: message(1, 2, { body: 'new', editedAt: 'x' }) })
  assert.deepEqual([at(state.history[5], 1).body, state.chats[5].lastMessage.body], ['new', 'new'])
  state = twice(state, { type: 'message.deleted', chatId: 5, seq: 1, at: 'when' })
  assert.deepEqual([at(state.history[5], 1).body, at(state.history[5], 1).deletedAt, state.chats[5].lastMessage.body], ['', 'when', ''])
})

test('a reaction reaches its message', () => {
  let state = told(start(), { type: 'message', chatId: 5, message: message(1) })
  state = twice(state, { type: 'reaction', chatId: 5, seq: 1, emoji: '🙏', userId: 2, on: true })
  assert.deepEqual(at(state.history[5], 1).reactions, [{ emoji: '🙏', count: 1, userIds: [2] }])
})

test('read marks never move back, and those of others make the ticks', () => {
  let state = told(start(chat({ lastSeq: 9, readSeq: 4, unread: 5 })), { type: 'read', chatId: 5, userId: 1, seq: 7 })
  assert.deepEqual([state.chats[5].readSeq, state.chats[5].unread], [7, 2])
  state = told(state, { type: 'read', chatId: 5, userId: 1, seq: 3 }, { type: 'read', chatId: 5, userId: 2, seq: 8 }, { type: 'read', chatId: 5, userId: 2, seq: 6 })
  assert.equal(state.chats[5].readSeq, 7)
  assert.deepEqual([isRead(state.chats[5], message(8, 1)), isRead(state.chats[5], message(9, 1))], [true, false])
  assert.equal(readUpTo(state, 5, 5), state)
  assert.equal(withChats(state, [chat({ lastSeq: 9, readSeq: 4, unread: 5 })]).chats[5].unread, 2)
})

test('who writes in a chat has read it up to there', () => {
  const mine = message(1, 1)
  const said = told(start(chat({ lastSeq: 1, readSeq: 1, lastMessage: mine })), { type: 'message', chatId: 5, message: message(2) })
  assert.deepEqual([isRead(said.chats[5], mine), said.chats[5].readSeq, said.chats[5].unread], [true, 1, 1])
  const late = twice(start(chat({ lastSeq: 9, readSeq: 4, unread: 5 })), { type: 'message', chatId: 5, message: message(7, 1) })
  assert.deepEqual([late.chats[5].readSeq, late.chats[5].unread, late.chats[5].lastSeq], [7, 2, 9])
  assert.equal(isRead(late.chats[5], mine), false, 'what one writes oneself is no reading by others')
  const older = twice(late, { type: 'message', chatId: 5, message: message(6) })
  assert.deepEqual([isRead(older.chats[5], message(5, 1)), isRead(older.chats[5], message(7, 1)), older.chats[5].readSeq], [true, false, 7])
})

test('an answer that is older than an event does not take it back', () => {
  const state = told(start(), { type: 'message', chatId: 5, message: message(1) })
  const after = withChats(state, [chat({ lastSeq: 0 })])
  assert.deepEqual([after.chats[5].lastSeq, after.chats[5].lastMessage.seq, after.chats[5].unread], [1, 1, 1])
})

test('who left a chat has it no more, open or not', () => {
  const open = openChat(withMessages(start(), 5, [message(1)]), 5)
  const state = twice(open, { type: 'member.left', chatId: 5, user: person(1) })
  assert.deepEqual([state.chats, state.history, state.open], [{}, {}, { ...open.open, gone: true }])
  assert.equal(wanted(state, { type: 'member.left', chatId: 5, user: person(1) }), null)
  assert.deepEqual(told(open, { type: 'chat.deleted', chatId: 5 }).chats, {})
})

test('a chat that changes its name keeps what is one’s own', () => {
  const state = twice(start(chat({ lastSeq: 3, readSeq: 1, role: 'admin' })), {
    type: 'chat', chatId: 5, chat: { ...chat({ name: 'Other', public: true, memberCount: 3 }), role: undefined, unread: undefined }
  })
  assert.deepEqual([state.chats[5].name, state.chats[5].public, state.chats[5].role, state.chats[5].readSeq], ['Other', true, 'admin', 1])
})

test('a person who changes their name changes the chat with them', () => {
  const state = twice(start(chat({ kind: 'direct', name: 'P2' })), { type: 'user', user: { ...person(2, 'Zoe'), imagePath: 'files/1' } })
  assert.deepEqual([state.chats[5].name, state.chats[5].imagePath, state.users[2].fullName], ['Zoe', 'files/1', 'Zoe'])
})

test('presence is of people one knows', () => {
  const state = told(start(), { type: 'presence', userId: 2, online: true }, { type: 'presence', userId: 99, online: true })
  assert.equal(state.users[2].online, true)
  assert.equal(state.users[99], undefined)
})

test('typing is believed for seconds, and ends with the message', () => {
  const typing = told(start(), { type: 'typing', chatId: 5, userId: 2 }, { type: 'typing', chatId: 5, userId: 1 })
  assert.deepEqual(typists(typing, 5, 1500), [2])
  assert.deepEqual(typists(typing, 5, 60_000), [])
  assert.deepEqual(quietened(typing, 60_000).typing, {})
  assert.deepEqual(quietened(typing, 1500).typing, typing.typing)
  assert.deepEqual(typists(told(typing, { type: 'message', chatId: 5, message: message(1) }), 5, 1500), [])
})

test('chats stand by their latest activity; what the server has no more goes', () => {
  const state = told(start(chat(), chat({ id: 6, createdAt: '2019-01-01T00:00:00.000Z' }), chat({ id: 7, createdAt: '2021-01-01T00:00:00.000Z' })),
    { type: 'message', chatId: 6, message: { ...message(1), chatId: 6, createdAt: '2024-01-01T00:00:00.000Z' } })
  assert.deepEqual(sortedChats(state.chats).map(one => one.id), [6, 7, 5])
  assert.deepEqual(Object.keys(onlyChats(state, [chat()]).chats), ['5'])
})

test('people with a direct chat, and rooms one is in, leave those lists', () => {
  let state = withPage(start(), 'people', { items: [person(2), person(3)], next: null }, { first: true })
  state = withPage(state, 'rooms', { items: [{ id: 8, name: 'Room' }], next: null }, { first: true })
  state = withChats(state, [chat({ id: 9, kind: 'direct' }), chat({ id: 8 })])
  assert.deepEqual([state.people.items.map(one => one.id), state.rooms.items], [[3], []])
  assert.equal(peerOf(state.chats[9], state.me).id, 2)
})

test('who is new in the lobby is among the people at once, by name, and once', () => {
  const lobby = chat({ kind: 'lobby' })
  const state = withPage(start(lobby, chat({ id: 9, kind: 'direct' })), 'people', { items: [person(3, 'Bob'), person(4, 'Eve')], next: null }, { first: true })
  const joined = (id, name) => ({ type: 'member.joined', chatId: 5, user: person(id, name), role: 'member' })
  assert.deepEqual(twice(state, joined(7, 'Dan')).people.items.map(one => one.fullName), ['Bob', 'Dan', 'Eve'])
  assert.deepEqual(told(state, joined(7, 'Zoe'), joined(1, 'Me'), joined(2, 'P2')).people.items.map(one => one.fullName), ['Bob', 'Eve', 'Zoe'])
  const more = { ...state, people: { ...state.people, next: 'x' } }
  assert.equal(told(more, joined(7, 'Zoe')).people.items.length, 2)
})

test('pages of a list follow each other without repetition', () => {
  let state = withPage(start(), 'people', { items: [person(2), person(3)], next: 'x' }, { first: true })
  state = withPage(state, 'people', { items: [person(3), person(4)], next: null }, {})
  assert.deepEqual(state.people.items.map(one => one.id), [2, 3, 4])
})

test('a chat opens at its first unread message, and its toasts go', () => {
  const state = { ...start(chat({ lastSeq: 9, readSeq: 4, unread: 5 })), toasts: [{ key: 1, chatId: 5 }, { key: 2, chatId: 6 }] }
  const open = openChat(state, 5)
  assert.deepEqual([open.open.newFrom, open.toasts.map(one => one.key)], [5, [2]])
  assert.equal(openChat(readUpTo(open, 5, 9), 5).open.newFrom, 5, 'the line stays where it was drawn')
  assert.equal(openChat(open, 5, 2).open.jump.seq, 2)
})

test('one is alone on a site when the lobby holds nobody else, and one talks with nobody', () => {
  const lobby = memberCount => chat({ id: 1, kind: 'lobby', memberCount })
  assert.equal(isAlone(start(lobby(1), chat({ memberCount: 1 })).chats), true)
  assert.equal(isAlone(start(lobby(2)).chats), false)
  assert.equal(isAlone(start(lobby(1), chat({ kind: 'direct' })).chats), false)
})
