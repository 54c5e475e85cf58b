// A poll that waits gives way to a newer one of its session. Only where one process holds them all: by plain CGI nobody
// knows of the other.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from '../client.mjs'
import { settle } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)

test('a second poll of a session releases the first', async () => {
  const bob = await settle(client)
  const poll = query => client.get(`/poll?${query}`, { token: bob.token })
  const { cursor } = (await poll('timeout=0')).json
  const began = Date.now()
  const first = poll(`cursor=${cursor}&timeout=60&chatId=999999`)
  await new Promise(later => setTimeout(later, 200))
  const second = poll(`cursor=${cursor}&timeout=1&chatId=999999`)
  assert.deepEqual((await first).json.events, [])
  assert.ok(Date.now() - began < 30_000, 'it was not released, its time was over')
  assert.deepEqual((await second).json.events, [])
})
