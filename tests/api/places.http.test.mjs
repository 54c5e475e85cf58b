// A full house: who finds no place to wait is answered at once, and told when to come again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast } from '../chats.mjs'
import { connect } from '../client.mjs'
import { openSite } from '../site.mjs'

const PLACES = 3
const site = await openSite({ own: true, settings: { BELLHOP_LIMITS_PLACES: String(PLACES) } })
const client = connect(site)

test('of four who come to three places, one is told when to come again; then there is place again', async () => {
  const people = await cast(client, PLACES + 1)
  const cursors = await Promise.all(people.map(async ({ token }) => (await client.get('/poll', { token })).json.cursor))
  const poll = (i, timeout) => client.get(`/poll?cursor=${cursors[i]}&timeout=${timeout}`, { token: people[i].token })
  const answers = await Promise.all(people.map((_, i) => poll(i, 4)))
  for (const { status, json } of answers) assert.deepEqual([status, json.events], [200, []])
  assert.equal(answers.filter(({ json }) => json.retryMs > 0).length, 1)
  assert.equal((await poll(PLACES, 1)).json.retryMs, undefined)
})
