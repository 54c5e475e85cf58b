// Where nobody waits, the log is not read: who comes then begins where it ends, and misses nothing of what they ask for.
// On a site of its own, where nobody else is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, kept, openDirect, say } from '../chats.mjs'
import { connect } from '../client.mjs'
import { halt, pidOf } from '../fault/kills.mjs'
import { UNLIMITED, openSite } from '../site.mjs'
import { openSocket } from '../sockets.mjs'

const site = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_LIMITS_MESSAGES: '0' } })
const client = connect(site)
const [ann, bob] = await cast(client, 2)
const chat = await openDirect(client, ann, bob)
const poll = query => client.get(`/poll?${query}`, { token: bob.token })
const quiet = () => new Promise(later => setTimeout(later, 4800))
const bodies = events => kept(events).map(event => event.message.body)

test('a cursor that was had after nobody was there for long is behind what was said before', async () => {
  for (let i = 0; i < 12; i++) {
    if (i % 8 === 0) await quiet()
    await say(client, ann, chat.id, 'до')
    const { json: { cursor } } = await poll('')
    await say(client, ann, chat.id, `після ${i}`)
    assert.deepEqual(bodies((await poll(`cursor=${cursor}&timeout=5&chatId=${chat.id}`)).json.events), [`після ${i}`])
  }
})

test('a cursor from before has everything since, whoever was there', async () => {
  let { json: { cursor } } = await poll('')
  for (const rest of [0, 1]) {
    if (rest) await quiet()
    await say(client, ann, chat.id, 'раз')
    await say(client, ann, chat.id, 'два')
    const { json } = await poll(`cursor=${cursor}&timeout=5&chatId=${chat.id}`)
    assert.deepEqual(bodies(json.events), ['раз', 'два'])
    cursor = json.cursor
  }
})

test('a poll has all that was acknowledged before it, though its program has yet to read that, and in more than one go', async () => {
  const other = await openDirect(client, ann, (await cast(client, 1))[0])
  const pid = pidOf(site, 'poll')
  for (const timeout of [0, 5]) {
    const { json: { cursor } } = await poll('')
    let answer
    await halt(pid)
    try {
      await say(client, ann, chat.id, 'перше')
      for (let i = 0; i < 30; i++) await Promise.all(Array.from({ length: 20 }, () => say(client, ann, other.id, 'між')))
      await say(client, ann, chat.id, 'останнє')
      answer = poll(`cursor=${cursor}&timeout=${timeout}&chatId=${chat.id}`)
      await new Promise(later => setTimeout(later, 100))
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    assert.deepEqual(bodies((await answer).json.events), ['перше', 'останнє'])
  }
})

test('a socket that comes then hears what follows, and only that', async () => {
  const isMessage = frame => frame.type === 'message'
  await quiet()
  await say(client, ann, chat.id, 'до')
  const socket = await openSocket(site, '/ws', { token: bob.token })
  const { cursor } = await socket.next(frame => frame.type === 'hello')
  await say(client, ann, chat.id, 'при')
  assert.equal((await socket.next(isMessage)).message.body, 'при')
  await socket.end()
  await say(client, ann, chat.id, 'мимо')
  await quiet()
  const again = await openSocket(site, `/ws?cursor=${cursor}`, { token: bob.token })
  for (const body of ['при', 'мимо']) assert.equal((await again.next(isMessage)).message.body, body)
  await again.end()
})

test('a stream that is opened then tells what follows', async () => {
  await quiet()
  await say(client, ann, chat.id, 'до')
  const { cursor } = (await poll('')).json
  const stop = new AbortController()
  const stream = await fetch(`http://127.0.0.1:${site.port}/api/v1/poll/stream?chatId=${chat.id}`,
    { headers: { Authorization: `Bearer ${bob.token}` }, signal: stop.signal })
  await say(client, ann, chat.id, 'потік')
  let text = ''
  for await (const bytes of stream.body) {
    text += Buffer.from(bytes).toString()
    if (text.includes('потік')) break
  }
  stop.abort()
  assert.ok(!text.includes('"до"'))
  assert.deepEqual(bodies((await poll(`cursor=${cursor}&timeout=5&chatId=${chat.id}`)).json.events), ['потік'])
})
