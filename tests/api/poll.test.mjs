// GET /poll and /poll/stream: everything visible, in order, once; and the ways to be told no.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kept, makeGroup } from '../chats.mjs'
import { connect, follow, refused, soon } from '../client.mjs'
import { again, settle, unique } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const quick = connect(site, undefined, 'http')

const poll = (person, query = '') => client.get(`/poll${query && '?'}${query}`, { token: person.token })
const cursorOf = async person => (await poll(person)).json.cursor
const say = (person, chat, body) => quick.post(`/messages/${chat}`, { token: person.token, body: { body } })

async function pair() {
  const [ann, bob] = await Promise.all([settle(quick), settle(quick)])
  const { json } = await quick.post('/chats/direct', { token: ann.token, body: { userId: bob.id } })
  return { ann, bob, chat: json.chat.id }
}

// Polls until `count` events of these chats have come; who comes to the lobby, or changes, does not count, but for `friend`.
async function collect(person, cursor, count, query = '', friend = person) {
  const events = []
  for (let rounds = 0; events.length < count && rounds < 60; rounds++) {
    const { json } = await poll(person, `cursor=${cursor}&timeout=5${query}`)
    cursor = json.cursor
    events.push(...kept(json.events).filter(e => e.chatId !== 1 && (e.type !== 'member.joined' || e.user.id === person.id) &&
      (e.type !== 'user' || e.user.id === friend.id)))
  }
  return { events, cursor }
}

test('without a cursor a poll says at once where the stream stands', async () => {
  const ann = await settle(quick)
  const { json } = await poll(ann)
  assert.deepEqual([json.events, json.more], [[], false])
  assert.match(json.cursor, /^\d+-\d+-\d+$/)
})

test('a poll that waits is answered by the message it waited for', async () => {
  const { ann, bob, chat } = await pair()
  const cursor = await cursorOf(bob)
  const waiting = poll(bob, `cursor=${cursor}&timeout=30&chatId=${chat}`)
  const sent = await say(ann, chat, 'hello')
  const { json } = await waiting
  assert.equal(json.events.length, 1)
  assert.equal(json.events[0].type, 'message')
  assert.deepEqual(json.events[0].message, sent.json)
})

test('what was acknowledged before a poll is in it, all of it, however short it waits', async () => {
  const one = async timeout => {
    const { ann, bob, chat } = await pair()
    for (let i = 0; i < 10; i++) {
      const cursor = await cursorOf(bob)
      for (const body of ['one', 'two', 'three']) await say(ann, chat, body)
      await quick.post(`/chats/${chat}/typing`, { token: ann.token })
      const { json } = await poll(bob, `cursor=${cursor}&timeout=${timeout}&chatId=${chat}`)
      assert.deepEqual(json.events.filter(e => e.type !== 'presence').map(e => e.message?.body ?? e.type), ['one', 'two', 'three', 'typing'])
    }
  }
  await Promise.all([0, 0, 0, 5, 5, 5].map(one))
})

test('a poll whose time is up has no events and the same place in the stream', async () => {
  const { ann, bob, chat } = await pair()
  const cursor = await cursorOf(bob)
  const nothing = await poll(bob, `cursor=${cursor}&timeout=1&chatId=${chat}`)
  assert.deepEqual([nothing.json.events, nothing.json.more], [[], false])
  await say(ann, chat, 'later')
  const { json } = await poll(bob, `cursor=${nothing.json.cursor}&timeout=5&chatId=${chat}`)
  assert.deepEqual(json.events.map(e => e.message.body), ['later'])
})

test('each kind of change is told to those concerned, in order, in pages of any size', async () => {
  const { ann, bob, chat } = await pair()
  const cursor = await cursorOf(bob)
  const at = `/messages/${chat}`
  const with_ = { token: ann.token }
  await say(ann, chat, 'one')
  await quick.patch(`${at}/1`, { ...with_, body: { body: 'two' } })
  await quick.put(`${at}/1/reactions/${encodeURIComponent('👍')}`, with_)
  await quick.del(`${at}/1/reactions/${encodeURIComponent('👍')}`, with_)
  await quick.post(`/chats/${chat}/read`, { token: bob.token, body: { seq: 1 } })
  await quick.del(`${at}/1`, with_)
  const group = (await quick.post('/chats', { ...with_, body: { name: 'g', userIds: [bob.id] } })).json.id
  await quick.patch(`/chats/${group}`, { ...with_, body: { name: 'h' } })
  await quick.patch('/account/me', { ...with_, body: { firstName: 'Ганна' } })
  await quick.del(`/chats/${group}/members/${bob.id}`, with_)
  await say(ann, group, 'not for bob')
  const expected = ['message', 'message.edited', 'reaction', 'reaction', 'read', 'message.deleted', 'member.joined', 'chat',
    'chat', 'user', 'member.left']
  for (const limit of [1, 3, 200]) {
    const { events } = await collect(bob, cursor, expected.length, `&limit=${limit}`, ann)
    assert.deepEqual(events.map(e => e.type), expected)
    assert.deepEqual(events.map(e => e.id), [...events.map(e => e.id)].sort((a, b) => a - b))
    assert.equal(events[0].message.body, '', 'what was deleted is not read afterwards')
  }
})

test('nobody hears of a chat they are not in', async () => {
  const { ann, chat } = await pair()
  const eve = await settle(quick)
  const cursor = await cursorOf(eve)
  await say(ann, chat, 'secret')
  const { json } = await poll(eve, `cursor=${cursor}&timeout=1`)
  assert.deepEqual(json.events.filter(e => e.chatId === chat), [])
})

test('who left a chat reads it up to there, whatever another of their devices has read', async () => {
  const { ann, bob } = await pair()
  const group = (await quick.post('/chats', { token: ann.token, body: { name: 'g', userIds: [bob.id] } })).json.id
  const behind = await cursorOf(bob)
  await say(ann, group, 'one')
  await quick.del(`/chats/${group}/members/${bob.id}`, { token: ann.token })
  await collect(ann, behind, 3, `&chatId=${group}`)
  await poll(bob, `cursor=${await cursorOf(bob)}&timeout=0`)
  const { events } = await collect(bob, behind, 2, `&chatId=${group}`)
  assert.deepEqual(events.map(e => e.type), ['message', 'member.left'])
})

test('a logout ends polls that wait, and streams', async () => {
  const { bob } = await pair()
  const other = await again(quick, bob)
  const cursor = await cursorOf(other)
  const waiting = poll(other, `cursor=${cursor}&timeout=60&chatId=999999`)
  const stream = follow(client, `/poll/stream?cursor=${cursor}`, { token: other.token })
  await stream.until(/^retry:/m)
  await quick.post('/account/logout', { token: other.token })
  refused(await waiting, 401, 'unauthorized')
  assert.equal((await stream.answer).status, 200)
  await soon(401, 2000, () => poll(other))
})

test('a stream tells the same as polls, by the access cookie too', async () => {
  const { ann, bob, chat } = await pair()
  const other = await again(quick, bob)
  const cursor = await cursorOf(other)
  await say(ann, chat, 'before')
  const stream = follow(client, `/poll/stream?chatId=${chat}`, {
    cookie: `bellhop_access=${other.token}`,
    headers: { 'Last-Event-ID': cursor }
  })
  await stream.until(/before/)
  await say(ann, chat, 'while')
  await stream.until(/while/)
  await quick.post('/account/logout', { token: other.token })
  const { text, headers } = await stream.answer
  assert.match(headers['content-type'], /^text\/event-stream/)
  const events = [...text.matchAll(/^id: (\S+)\ndata: (.*)$/gm)].map(([, id, data]) => ({ id, ...JSON.parse(data) }))
  assert.deepEqual(events.map(e => e.message.body), ['before', 'while'])
  assert.match(text, /^retry: \d+$/m)
})

test('a small answer holds what fits, and a stub for what never would', async () => {
  const { ann, bob, chat } = await pair()
  const cursor = await cursorOf(bob)
  await say(ann, chat, 'x'.repeat(3000))
  await say(ann, chat, 'short')
  const first = await poll(bob, `cursor=${cursor}&timeout=5&maxBytes=1024&chatId=${chat}`)
  assert.equal(first.json.events[0].truncated, true)
  assert.ok(first.text.length <= 1024)
  const rest = await collect(bob, first.json.cursor, first.json.events.length === 2 ? 0 : 1, `&maxBytes=1024&chatId=${chat}`)
  assert.equal([...first.json.events, ...rest.events].at(-1).message.body, 'short')
})

test('a cursor that is none, of another log, of the future or of the past is told so', async () => {
  const { bob } = await pair()
  const [epoch, head] = (await cursorOf(bob)).split('-')
  for (const bad of ['x', '1', '-1', '1-', '1-x', `${epoch}-${head}x`, '1--1', ' 1-1', `${epoch}-${head}-`,
    `${epoch}-${head}-x`, `${epoch}-${head}--1`, `${epoch}-${head}-1-1`]) {
    refused(await poll(bob, `cursor=${encodeURIComponent(bad)}`), 422, 'invalid_fields', ['cursor'])
  }
  for (const gone of [`1-${head}`, `${epoch}-${Number(head) + 100_000}`, `${epoch}-9007199254740991`]) {
    refused(await poll(bob, `cursor=${gone}`), 410, 'cursor_expired')
    refused(await client.get(`/poll/stream?cursor=${gone}`, { token: bob.token }), 410, 'cursor_expired')
  }
  for (const heard of ['', '-0', '-1', '-9007199254740991']) {
    assert.equal((await poll(bob, `cursor=${epoch}-${head}${heard}&timeout=0`)).status, 200)
  }
})

test('who has no token, asks wrongly or otherwise is refused', async () => {
  const { bob } = await pair()
  for (const path of ['/poll', '/poll/stream']) {
    refused(await client.get(path), 401, 'unauthorized')
    refused(await client.post(path, { token: bob.token, body: {} }), 405, 'method_not_allowed')
  }
  for (const [query, field] of [['timeout=61', 'timeout'], ['timeout=-1', 'timeout'], ['limit=0', 'limit'], ['limit=201', 'limit'],
    ['maxBytes=1023', 'maxBytes'], ['chatId=0', 'chatId'], ['chatId=x', 'chatId']]) {
    refused(await poll(bob, query), 422, 'invalid_fields', [field])
  }
  refused(await client.get('/poll/stream?chatId=x', { token: bob.token }), 422, 'invalid_fields', ['chatId'])
})

test('who shared but a group or the lobby with somebody hears once that they are deleted, and not what they were called', async () => {
  const [ann, bob, eve] = await Promise.all([settle(quick), settle(quick),
    settle(quick, { firstName: `Марічка${unique()}`, lastName: `Зникла${unique()}`, username: `gone${unique()}` })])
  const group = await makeGroup(quick, eve, [ann])
  const start = { ann: await cursorOf(ann), bob: await cursorOf(bob) }
  // All that comes about her, up to her leaving that chat; at once, or while it waits.
  const follow = async (person, cursor, chatId, timeout) => {
    const told = []
    const ends = e => e.type === 'member.left' && e.chatId === chatId && e.user.id === eve.id
    for (let rounds = 0; !told.some(ends) && rounds < 60; rounds++) {
      const { json } = await poll(person, `cursor=${cursor}&timeout=${timeout}&limit=200`)
      cursor = json.cursor
      told.push(...kept(json.events).filter(e => e.user?.id === eve.id || e.chatId === group.id))
    }
    return told
  }
  const waiting = [follow(ann, start.ann, group.id, 5), follow(bob, start.bob, 1, 5)]
  assert.equal((await client.del('/account/me', { token: eve.token, body: { password: eve.password } })).status, 204)
  const later = [follow(ann, start.ann, group.id, 0), follow(bob, start.bob, 1, 0)]
  for (const events of await Promise.all([...waiting, ...later])) {
    assert.deepEqual(events.filter(e => e.type === 'user').map(({ user }) => [user.fullName, user.firstName, user.username]),
      [['deleted user', '', null]])
    assert.equal(events[0].type, 'user', 'first that she is gone, then from where')
    const text = JSON.stringify(events)
    for (const name of [eve.firstName, eve.lastName, eve.username]) assert.ok(!text.includes(name), `${name} in ${text}`)
  }
})
