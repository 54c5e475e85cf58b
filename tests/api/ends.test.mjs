// The ends of the log: the old one is trimmed, and after a restored backup the young one is not where clients have seen it.
// Whoever stands beyond either is told to begin anew, also while they wait; nobody is stepped over. On sites of their own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { cast, leave, makeGroup, page, say } from '../chats.mjs'
import { connect, refused, soon } from '../client.mjs'
import { UNLIMITED, bellhop, openSite } from '../site.mjs'
import { checkTruth } from '../truth.mjs'

const settings = { ...UNLIMITED, BELLHOP_LIMITS_WAITS: '0' }

async function begin(more) {
  const site = await openSite({ own: true, settings: { ...settings, ...more } })
  const client = connect(site)
  const ground = connect(site, undefined, 'http')
  const [ann, bob] = await cast(ground, 2)
  const { id } = await makeGroup(ground, ann, [bob])
  const poll = (cursor, timeout = 0) =>
    client.get(`/poll?${new URLSearchParams({ ...cursor && { cursor }, timeout, chatId: id })}`, { token: bob.token })
  const stream = cursor => client.get(`/poll/stream?cursor=${cursor}&chatId=${id}`, { token: bob.token })
  const cursor = async () => (await poll()).json.cursor
  const words = (...args) => say(ground, ann, id, ...args)
  const head = async () => (await site.sql('SELECT epoch, head, floor FROM log_head'))[0]
  return { site, client, ground, ann, bob, id, poll, stream, cursor, words, head }
}

// The cursor so many events before or behind this one.
const beside = (cursor, n) => cursor.replace(/-(\d+)/, (_, at) => `-${Number(at) + n}`)
const told = ({ json }) => json.events.filter(e => e.type === 'message').map(e => e.message.body)
const settled = () => delay(400)

test('trimming takes what is old and indexed, and cursors from before it are expired', async () => {
  // By hand alone: the programs' own keep everything.
  const { site, ground, ann, bob, id, poll, stream, cursor, words, head } = await begin({ BELLHOP_SITE_LOG_DAYS: '0' })
  const [eve] = await cast(ground, 1)
  await ground.post(`/chats/${id}/members`, { token: ann.token, body: { userIds: [eve.id] } })
  await words('стародавнє')
  await leave(ground, eve, id)
  const old = await cursor()
  await site.sql('UPDATE event SET at = at - INTERVAL 8 DAY')
  await words('нове')

  assert.match((await bellhop(site, 'trim')).out, /kept for ever/)
  assert.equal((await bellhop(site, 'trim', '--days', '9')).out, 'bellhop: trimmed 0 events\n')
  assert.deepEqual(told(await poll(beside(old, -3))), ['стародавнє', 'нове'])
  // It waits for its turn where somebody else is at it.
  const other = await site.hold('BEGIN; SELECT indexed FROM search_head FOR UPDATE', 2)
  assert.equal((await bellhop(site, 'trim', '--days', '7')).out, `bellhop: trimmed ${old.split('-')[1]} events\n`)
  await other.ended
  assert.equal((await head()).floor, old.split('-')[1])
  assert.deepEqual(await site.sql('SELECT * FROM former_member'), [])
  assert.equal((await bellhop(site, 'trim', '--days', '7')).out, 'bellhop: trimmed 0 events\n')

  await soon(410, 10_000, () => poll(beside(old, -1)))
  refused(await stream(beside(old, -1)), 410, 'cursor_expired')
  assert.deepEqual(told(await poll(old)), ['нове'])
  assert.deepEqual((await page(ground, bob, id)).items.map(m => m.body), ['стародавнє', 'нове'])
  const { json } = await ground.get('/messages/search?q=%D1%81%D1%82%D0%B0%D1%80', { token: bob.token })
  assert.deepEqual(json.items.map(m => m.body), ['стародавнє'])
})

test('the programs trim by themselves, and as long as nobody says so they keep a week', async () => {
  const { site, cursor, poll, words, head } = await begin()
  const old = await cursor()
  await site.sql('UPDATE event SET at = at - INTERVAL 6 DAY')
  await words('six days')
  await soon(1, 10_000, async () => ({ status: (await site.sql('SELECT indexed FROM search_head'))[0].indexed === (await head()).head ? 1 : 0 }))
  assert.equal((await head()).floor, '0')
  await site.sql('UPDATE event SET at = at - INTERVAL 2 DAY')
  await words('today')
  await soon(1, 10_000, async () => ({ status: Number((await head()).floor) > 0 ? 1 : 0 }))
  await soon(410, 10_000, () => poll(beside(old, -1)))
})

test('who waits at the end of a log that is trimmed to it goes on waiting', async () => {
  const { site, poll, cursor, words } = await begin()
  const waiting = poll(await cursor(), 30)
  await settled()
  assert.equal((await bellhop(site, 'trim', '--days', '0')).code, 0)
  await settled()
  await words('after')
  assert.deepEqual(told(await waiting), ['after'])
})

test('bellhop restored: every cursor is expired, also of who waits', async () => {
  const { site, poll, stream, cursor, words, head } = await begin()
  await words('before')
  const old = await cursor()
  const [waiting, streaming] = [poll(old, 30), stream(old)]
  await settled()
  const { code, out } = await bellhop(site, 'restored')
  assert.deepEqual([code, /^bellhop: the log goes on at \d+ in epoch \d+\n$/.test(out)], [0, true], out)
  refused(await waiting, 410, 'cursor_expired')
  assert.doesNotMatch((await streaming).text, /after/)
  await words('after')
  for (const n of [-1, 0, 1]) refused(await poll(beside(old, n), 5), 410, 'cursor_expired')
  refused(await stream(old), 410, 'cursor_expired')
  const fresh = await cursor()
  assert.deepEqual(fresh.split('-').slice(0, 2), Object.values(await head()).slice(0, 2))
  await words('later')
  assert.deepEqual(told(await poll(fresh, 5)), ['later'])
  await checkTruth(site)
})

// The database as it was before the last messages of a chat.
const restore = (site, id, n) => site.sql(`START TRANSACTION;
  DELETE FROM event ORDER BY id DESC LIMIT ${n};
  DELETE FROM message WHERE chat_id = ${id} ORDER BY seq DESC LIMIT ${n};
  UPDATE chat SET last_seq = last_seq - ${n}, reader_seq = LEAST(reader_seq, last_seq) WHERE id = ${id};
  UPDATE member SET read_seq = 0 WHERE chat_id = ${id};
  UPDATE log_head SET head = head - ${n};
  UPDATE search_head SET indexed = LEAST(indexed, (SELECT head FROM log_head));
  DELETE FROM word WHERE id > (SELECT head FROM log_head);
  COMMIT`)

test('a database that was restored under running programs is noticed by who writes first', async () => {
  const { site, poll, stream, cursor, words, head } = await begin()
  for (let i = 0; i < 5; i++) await words(`lost ${i}`)
  const old = await cursor()
  const [waiting, streaming] = [poll(old, 30), stream(old)]
  await settled()
  const before = await head()
  await restore(site, 2, 5)
  // More than was lost, as fast as can be: the numbers that clients have seen are handed out again.
  await Promise.all(Array.from({ length: 8 }, (_, i) => words(`again ${i}`)))
  const after = await head()
  assert.ok(Number(after.epoch) > Number(before.epoch))
  assert.equal(Number(after.head), Number(before.head) + 3)
  refused(await waiting, 410, 'cursor_expired')
  assert.doesNotMatch((await streaming).text, /again/)
  for (const n of [-6, -5, -1, 0, 3, 4]) refused(await poll(beside(old, n), 5), 410, 'cursor_expired')
  const fresh = await cursor()
  await words('on')
  assert.deepEqual(told(await poll(fresh, 5)), ['on'])
  assert.equal((await head()).epoch, after.epoch, 'once is enough')
})

test('it is noticed also where nobody writes', async () => {
  const { site, client, poll, cursor, words, head, bob, ground, id } = await begin()
  for (let i = 0; i < 5; i++) await words(`lost ${i}`)
  const old = await cursor()
  const before = await head()
  // Upkeep looks when the bell rings, and typing rings it and writes nothing; who asks by plain CGI rings none.
  await restore(site, id, 5)
  refused(await poll(beside(old, 1)), 410, 'cursor_expired')
  assert.equal((await ground.post(`/chats/${id}/typing`, { token: bob.token })).status, 204)
  await soon(1, 10_000, async () => ({ status: (await head()).epoch > before.epoch ? 1 : 0 }))
  await soon(410, 10_000, () => client.get(`/poll?cursor=${old}&timeout=0`, { token: bob.token }))
})

test('trim says what it does not understand', async () => {
  const { site } = await begin()
  for (const words of [['--days'], ['--days', '-1'], ['--days', 'x'], ['--days', '1', '2'], ['--hours', '1'], ['1']]) {
    assert.equal((await bellhop(site, 'trim', ...words)).code, 2, words.join(' '))
  }
  assert.equal((await bellhop(site, 'restored', 'now')).code, 2)
})
