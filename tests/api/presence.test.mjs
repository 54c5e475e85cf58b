// Typing and presence: told to who is connected and concerned, kept nowhere; and who is online. On a site of its own,
// where somebody who is away for two seconds counts as gone.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, leave, makeGroup, openDirect, say } from '../chats.mjs'
import { connect, follow, refused, transport } from '../client.mjs'
import { again } from '../people.mjs'
import { UNLIMITED, openSite } from '../site.mjs'
import { digest } from '../truth.mjs'

const AWAY_MS = 2000
// The time somebody may be away, one second for the clock of the table, one for who looks, and some for a busy machine.
const SOON_MS = AWAY_MS + 8000
const site = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_SITE_AWAY_S: String(AWAY_MS / 1000) } })
const client = connect(site)
const quick = connect(site, undefined, 'http')

const type = (person, chat, by = client) => by.post(`/chats/${chat}/typing`, { token: person.token })
const poll = (person, query = '') => client.get(`/poll${query && '?'}${query}`, { token: person.token })
const cursorOf = async person => (await poll(person)).json.cursor
const user = async (asker, id) => (await quick.get(`/users/${id}`, { token: asker.token })).json
const ephemeral = events => events.filter(event => ['typing', 'presence'].includes(event.type))
const pause = ms => new Promise(later => setTimeout(later, ms))

// Polls on until an event is one that is looked for; all of them up to it, and the cursor behind.
async function until(person, cursor, wanted, query = '') {
  const events = []
  for (const end = Date.now() + SOON_MS; Date.now() < end;) {
    const { json } = await poll(person, `cursor=${cursor}&timeout=2${query}`)
    cursor = json.cursor
    events.push(...json.events)
    if (json.events.some(wanted)) return { events, cursor }
  }
  assert.fail(`it did not come; what came: ${JSON.stringify(events)}`)
}

const isTyping = (who, chat) => event => event.type === 'typing' && event.userId === who.id && event.chatId === chat
const isOnline = (who, online) => event => event.type === 'presence' && event.userId === who.id && event.online === online

// Waits with polls in a chain for as long as `during` takes.
async function waiting(person, during) {
  const stop = { now: false }
  const chain = (async () => {
    for (let cursor = await cursorOf(person); !stop.now;) ({ cursor } = (await poll(person, `cursor=${cursor}&timeout=1`)).json)
  })()
  try {
    return await during()
  } finally {
    stop.now = true
    await chain
  }
}

test('a poll that waits hears who is typing, and its place in the log stays', async () => {
  const [ann, bob] = await cast(quick, 2)
  const { id } = await openDirect(quick, ann, bob)
  const cursor = await cursorOf(bob)
  const waits = poll(bob, `cursor=${cursor}&timeout=30&chatId=${id}`)
  await pause(200)
  assert.equal((await type(ann, id)).status, 204)
  const { events, cursor: next, more } = (await waits).json
  const [event] = events.filter(isTyping(ann, id))
  assert.deepEqual(Object.keys(event).sort(), ['at', 'chatId', 'type', 'userId'])
  assert.ok(Math.abs(Date.parse(event.at) - Date.now()) < 30_000)
  assert.equal(more, false)
  assert.deepEqual(next.split('-').slice(0, 2), cursor.split('-').slice(0, 2))
})

test('what is said between two polls is heard by the next one, once', async () => {
  const [ann, bob, eve] = await cast(quick, 3)
  const { id } = await makeGroup(quick, ann, [bob, eve])
  const cursor = await cursorOf(bob)
  const here = `&chatId=${id}`
  await type(ann, id)
  await say(quick, ann, id)
  await type(eve, id)
  await until(bob, cursor, event => event.type === 'message', here)
  const first = await until(bob, cursor, isTyping(eve, id), here)
  const kinds = first.events.filter(event => event.type !== 'presence').map(event => event.type)
  assert.deepEqual(kinds, ['message', 'typing', 'typing'], 'the log first, then what nobody keeps')
  assert.deepEqual(first.events.filter(event => event.type === 'typing').map(event => event.userId), [ann.id, eve.id])
  const second = (await poll(bob, `cursor=${first.cursor}&timeout=0&chatId=${id}`)).json
  assert.deepEqual(second.events.filter(event => event.type !== 'presence'), [])
  const fresh = (await poll(bob, `cursor=${first.cursor.split('-').slice(0, 2).join('-')}&timeout=0&chatId=${id}`)).json
  assert.deepEqual(fresh.events, [], 'a cursor that says nothing of it begins with what comes')
})

test('pages of any size hold the same', async () => {
  const [ann, bob, eve] = await cast(quick, 3)
  const { id } = await makeGroup(quick, ann, [bob, eve])
  const start = await cursorOf(bob)
  await type(ann, id)
  await type(eve, id)
  await say(quick, ann, id, 'one')
  await say(quick, eve, id, 'two')
  await type(ann, id)
  // What nobody keeps may be heard a moment before what was written earlier.
  await until(bob, start, event => event.message?.body === 'two', `&chatId=${id}`)
  for (const query of ['limit=1', 'limit=3', 'limit=200', 'maxBytes=1024']) {
    const seen = []
    const end = Date.now() + 20_000
    for (let cursor = start, more = true; more || seen.length < 5;) {
      assert.ok(Date.now() < end, JSON.stringify(seen))
      const { json } = await poll(bob, `cursor=${cursor}&timeout=0&chatId=${id}&${query}`);
      ({ cursor, more } = json)
      seen.push(...json.events.filter(event => event.type !== 'presence').map(event => [event.type, event.userId ?? event.message.body]))
    }
    assert.deepEqual(seen,
      [['message', 'one'], ['message', 'two'], ['typing', ann.id], ['typing', eve.id], ['typing', ann.id]], query)
  }
})

test('typing is for the other members, and for the chat that a poll asks for', async () => {
  const [ann, bob, left, eve] = await cast(quick, 4)
  const { id } = await makeGroup(quick, ann, [bob, left])
  const other = await openDirect(quick, ann, bob)
  await leave(quick, left, id)
  const device = await again(quick, ann)
  const cursors = await Promise.all([bob, left, eve, device, bob].map(cursorOf))
  await type(ann, id)
  const heard = async (person, cursor, query = '') =>
    (await poll(person, `cursor=${cursor}&timeout=0${query}`)).json.events.filter(event => event.type === 'typing')
  await until(bob, cursors[0], isTyping(ann, id))
  assert.deepEqual(await heard(left, cursors[1]), [], 'who left')
  assert.deepEqual(await heard(eve, cursors[2]), [], 'a stranger')
  assert.deepEqual(await heard(device, cursors[3]), [], 'the typist elsewhere')
  assert.deepEqual(await heard(bob, cursors[4], `&chatId=${other.id}`), [], 'another chat')
})

test('a stream tells it too, and goes on from its last id', async () => {
  const [ann, bob] = await cast(quick, 2)
  const { id } = await openDirect(quick, ann, bob)
  const device = await again(quick, bob)
  const cursor = await cursorOf(device)
  await type(ann, id)
  const stream = follow(client, `/poll/stream?chatId=${id}`, { token: device.token, headers: { 'Last-Event-ID': cursor } })
  await stream.until(/"typing"/)
  await say(quick, ann, id)
  await stream.until(/"message"/)
  await type(ann, id)
  await stream.until(/"typing"[^]*"typing"/)
  await quick.post('/account/logout', { token: device.token })
  const { text } = await stream.answer
  const events = [...text.matchAll(/^id: (\S+)\ndata: (.*)$/gm)].map(([, cursor, data]) => ({ cursor, ...JSON.parse(data) }))
    .filter(event => event.type !== 'presence')
  assert.deepEqual(events.map(event => event.type), ['typing', 'message', 'typing'])
  const rest = async from => (await poll(bob, `cursor=${from}&timeout=0&chatId=${id}`)).json.events
    .filter(event => event.type !== 'presence').map(event => event.type)
  assert.deepEqual(await rest(events[0].cursor), ['message', 'typing'])
  assert.deepEqual(await rest(events[1].cursor), ['typing'])
  assert.deepEqual(await rest(events[2].cursor), [])
})

test('nothing of it is in the database', async () => {
  const [ann, bob] = await cast(quick, 2)
  const { id } = await openDirect(quick, ann, bob)
  const before = await digest(site)
  const cursor = await cursorOf(bob)
  await type(ann, id)
  await until(bob, cursor, isTyping(ann, id))
  assert.equal(await digest(site), before)
  const events = await site.sql("SELECT COUNT(*) AS n FROM event WHERE type IN ('typing', 'presence')")
  assert.equal(Number(events[0].n), 0)
})

test('who may not is refused', async () => {
  const [ann, bob, eve] = await cast(quick, 3)
  const { id } = await openDirect(quick, ann, bob)
  refused(await client.post(`/chats/${id}/typing`), 401, 'unauthorized')
  refused(await client.get(`/chats/${id}/typing`, { token: ann.token }), 405, 'method_not_allowed')
  refused(await type(eve, id), 404, 'not_found')
  for (const bad of ['0', 'x', '9007199254740992']) refused(await type(ann, bad), 404, 'not_found')
})

test('who comes and who goes is told to those who share a chat, and read everywhere', async () => {
  const [ann, bob] = await cast(quick, 2)
  const { id } = await openDirect(quick, ann, bob)
  const start = Date.now()
  assert.equal((await user(ann, bob.id)).online, false)
  await waiting(ann, async () => {
    let cursor = await cursorOf(ann)
    const came = await waiting(bob, async () => {
      const { events, ...rest } = await until(ann, cursor, isOnline(bob, true))
      const [event] = events.filter(isOnline(bob, true))
      assert.deepEqual(Object.keys(event).sort(), ['at', 'lastSeenAt', 'online', 'type', 'userId'])
      for (const seen of [
        await user(ann, bob.id),
        (await quick.get('/account/me', { token: bob.token })).json,
        (await quick.get('/users?limit=200', { token: ann.token })).json.items.find(person => person.id === bob.id),
        (await quick.get(`/chats/${id}`, { token: ann.token })).json.members.find(person => person.id === bob.id),
        (await quick.get(`/chats/${id}/members`, { token: ann.token })).json.items.find(member => member.user.id === bob.id).user
      ]) {
        assert.equal(seen.online, true)
        assert.ok(Date.now() - Date.parse(seen.lastSeenAt) < SOON_MS)
      }
      return rest
    })
    const gone = Date.now()
    const { events } = await until(ann, came.cursor, isOnline(bob, false))
    const told = events.filter(event => event.type === 'presence' && event.userId === bob.id)
    assert.deepEqual(told.map(event => event.online), [false], 'told once, and no flicker between two polls')
    const seen = Date.parse(told[0].lastSeenAt)
    assert.ok(seen > start - 1100 && seen < gone + 1100, `${told[0].lastSeenAt} between ${start} and ${gone}`)
    for (const now of [await user(ann, bob.id), (await quick.get('/account/me', { token: bob.token })).json]) {
      assert.equal(now.online, false)
      assert.ok(Math.abs(Date.parse(now.lastSeenAt) - seen) < 2100)
    }
  })
})

test('when somebody was last seen is written down, once they are gone', async () => {
  const [ann, bob] = await cast(quick, 2)
  await openDirect(quick, ann, bob)
  const seenAt = async () => Date.parse(`${(await site.sql(`SELECT last_seen_at AS at FROM user WHERE id = ${bob.id}`))[0].at}Z`)
  const registered = await seenAt()
  await pause(1500)
  await cursorOf(bob)
  const last = Date.now()
  await waiting(ann, async () => {
    const end = Date.now() + SOON_MS + 20_000
    while (await seenAt() === registered) {
      assert.ok(Date.now() < end, 'it is not written down')
      await pause(200)
    }
  })
  assert.ok(Math.abs(await seenAt() - last) < 2100)
})

test('the lobby alone, and the chat that a poll asks for, make nobody hear of presence', async () => {
  const [ann, bob, eve] = await cast(quick, 3)
  const { id } = await openDirect(quick, ann, bob)
  const other = await openDirect(quick, ann, eve)
  const [start, filtered] = await Promise.all([cursorOf(eve), cursorOf(ann)])
  await waiting(bob, () => until(ann, filtered, isOnline(bob, true), `&chatId=${id}`))
  const ofEve = (await poll(eve, `cursor=${start}&timeout=0`)).json.events
  assert.deepEqual(ephemeral(ofEve).filter(event => event.userId === bob.id), [])
  const ofOther = (await poll(ann, `cursor=${filtered}&timeout=0&chatId=${other.id}`)).json.events
  assert.deepEqual(ephemeral(ofOther).filter(event => event.userId === bob.id), [])
})

test('who logs out, or deletes the account, does not stay online', async () => {
  const people = await cast(quick, 3)
  const [ann, out, gone] = people
  await openDirect(quick, ann, out)
  await openDirect(quick, ann, gone)
  let cursor = await cursorOf(ann)
  for (const [person, end] of [[out, () => quick.post('/account/logout', { token: out.token })],
    [gone, () => quick.del('/account/me', { token: gone.token, body: { password: gone.password } })]]) {
    const waits = poll(person, `cursor=${await cursorOf(person)}&timeout=30&chatId=999999`);
    ({ cursor } = await until(ann, cursor, isOnline(person, true)))
    assert.equal((await end()).status, 204)
    refused(await waits, 401, 'unauthorized');
    ({ cursor } = await until(ann, cursor, isOnline(person, false)))
  }
  assert.equal((await user(ann, out.id)).online, false)
  const { members } = (await quick.get('/chats', { token: ann.token })).json.items.find(chat => chat.name === 'deleted user')
  const deleted = members.find(person => person.id === gone.id)
  assert.deepEqual([deleted.online, deleted.lastSeenAt], [false, null])
})

test('who ends their last session between two polls is offline at once; who has another one that waits is not', async () => {
  const [ann, out, ended] = await cast(quick, 3)
  for (const [person, end] of [[out, () => client.post('/account/logout', { token: out.token })],
    [ended, () => client.del(`/account/sessions/${ended.sessionId}`, { token: ended.token })]]) {
    await poll(person, `cursor=${await cursorOf(person)}&timeout=0`)
    assert.equal((await end()).status, 204)
    assert.equal((await user(ann, person.id)).online, false)
  }
  const [bob] = await cast(quick, 1)
  const phone = await again(quick, bob)
  await waiting(phone, async () => {
    await poll(bob, `cursor=${await cursorOf(bob)}&timeout=0`)
    assert.equal((await client.post('/account/logout', { token: bob.token })).status, 204)
    assert.equal((await user(ann, bob.id)).online, true)
  })
})

test('a chain of polls misses no coming and no going', async () => {
  const [ann, ...others] = await cast(quick, 4)
  for (const other of others) await openDirect(quick, ann, other)
  const told = new Map(others.map(other => [other.id, []]))
  const stop = { now: false }
  let cursor = await cursorOf(ann)
  const chain = (async () => {
    while (!stop.now) {
      const { json } = await poll(ann, `cursor=${cursor}&timeout=1&limit=1`)
      cursor = json.cursor
      for (const event of ephemeral(json.events)) told.get(event.userId)?.push(event.online)
      // The gap in which much can happen.
      await pause(150)
    }
  })()
  const times = async (who, n) => {
    for (const end = Date.now() + SOON_MS; told.get(who.id).length < n;) {
      assert.ok(Date.now() < end, `${n} changes of ${who.id}: ${told.get(who.id)}`)
      await pause(50)
    }
  }
  try {
    for (let round = 0; round < 2; round++) {
      await Promise.all(others.map(async other => waiting(other, () => times(other, 2 * round + 1))))
      await Promise.all(others.map(other => times(other, 2 * round + 2)))
    }
  } finally {
    stop.now = true
    await chain
  }
  for (const changes of told.values()) assert.deepEqual(changes, [true, false, true, false])
})

test(`over ${transport}, a waiting poll of one's own tells nothing of oneself`, async () => {
  const [ann] = await cast(quick, 1)
  const { events } = (await poll(ann, `cursor=${await cursorOf(ann)}&timeout=3`)).json
  assert.deepEqual(ephemeral(events), [])
})
