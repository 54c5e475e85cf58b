// Writers and readers at once, on a site of its own. MESSAGES says how many.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSite } from '../site.mjs'
import { SETTINGS, Storm } from './storm.mjs'

const MESSAGES = Number(process.env.MESSAGES ?? 3000)

const site = await openSite({ own: true, settings: SETTINGS })

test(`${MESSAGES} messages by 16 writers to 32 readers: each once, in order, to whom it concerns`, async t => {
  const storm = new Storm(site, { messages: MESSAGES })
  await storm.prepare()
  await storm.run()
  await storm.check()
  t.diagnostic(storm.summary)
  assert.deepEqual(storm.checker.faults, {}, storm.checker.words.join('\n'))
})
