// Who has nothing to do holds nothing: threads end, connections to the database are closed, and both come again when somebody
// asks. On a site of its own, where that takes two seconds and not a minute.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { cast, openDirect, say } from '../chats.mjs'
import { connect, soon } from '../client.mjs'
import { pidOf } from '../fault/kills.mjs'
import { UNLIMITED, openSite } from '../site.mjs'

const site = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_DATABASE_IDLE_S: '2' } })
const client = connect(site)
const [ann, bob] = await cast(client, 2)
const chat = await openDirect(client, ann, bob)

// Each of these asks the database, every time.
const questions = { users: `/users?q=${encodeURIComponent(bob.firstName)}`, chats: '/chats', messages: `/messages/${chat.id}`, files: '/files/1' }
const threads = program => readdirSync(`/proc/${pidOf(site, program)}/task`).length

async function connections() {
  const rows = await site.sql("SELECT user AS name, COUNT(*) AS n FROM information_schema.processlist WHERE db IS NOT NULL GROUP BY user")
  return Object.fromEntries(rows.map(({ name, n }) => [name.replace('bellhop_', ''), Number(n)]))
}

const many = path => Promise.all(Array.from({ length: 40 }, () => client.get(path, { token: ann.token })))

test('threads and connections that nobody needs are given back, and had again', async () => {
  for (const round of [1, 2]) {
    for (const [program, path] of Object.entries(questions)) {
      // On a busy machine two seconds may be over before one looks.
      await soon(1, 60_000, async () => {
        const statuses = new Set((await many(path)).map(({ status }) => status))
        assert.deepEqual([...statuses], [program === 'files' ? 404 : 200], `${program}, round ${round}`)
        const isCrowd = program !== 'users' || threads(program) > 2
        return { status: isCrowd && (await connections())[program] > 0 ? 1 : 0 }
      })
    }
    // Who writes messages, and who tidies up, keep theirs.
    const rest = { users: 0, chats: 0, files: 1, messages: 2 }
    await soon(1, 30_000, async () => {
      const now = await connections()
      return { status: Object.entries(rest).every(([program, n]) => (now[program] ?? 0) <= n) ? 1 : 0, ...now }
    })
    assert.equal(threads('users'), 2, 'the one that waits for signals, and one for who comes next')
  }
})

test('what is sent after a rest is heard', async () => {
  const { cursor } = (await client.get('/poll', { token: bob.token })).json
  const waits = client.get(`/poll?cursor=${cursor}&timeout=20&chatId=${chat.id}`, { token: bob.token })
  await new Promise(later => setTimeout(later, 5000))
  await say(client, ann, chat.id, 'ще раз')
  assert.deepEqual((await waits).json.events.filter(({ type }) => type === 'message').map(({ message }) => message.body), ['ще раз'])
})
