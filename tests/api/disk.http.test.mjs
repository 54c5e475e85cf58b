// A disk that takes no more, which a limit on the size of files stands for: an upload is refused with a word on why, nothing
// of it stays, and the program goes on.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { connect, refused } from '../client.mjs'
import { pidOf } from '../fault/kills.mjs'
import { settle } from '../people.mjs'
import { filePart, multipart } from '../samples.mjs'
import { bellhop, openSite } from '../site.mjs'

const site = await openSite({ own: true })
const client = connect(site)
const person = await settle(client)
const upload = options => client.post('/files', { token: person.token, type: 'text/plain', ...options })
const text = bytes => Buffer.alloc(bytes, 'a line of text\n')
const limit = bytes => execFileSync('prlimit', ['--pid', pidOf(site, 'files'), `--fsize=${bytes}:`])
const stored = async () => [(await site.sql('SELECT COUNT(*) AS n FROM file'))[0].n, site.uploads()]

test('what does not fit on the disk is refused, and nothing of it stays', async () => {
  assert.equal((await upload({ raw: text(1000) })).status, 201)
  const before = await stored()
  const files = pidOf(site, 'files')
  limit(500_000)
  for (const options of [{ raw: text(2_000_000) }, multipart([filePart(text(2_000_000))])]) {
    refused(await upload(options), 503, 'storage_full')
    assert.deepEqual(await stored(), before)
  }
  assert.equal((await upload({ raw: text(400_000) })).status, 201)
  limit('unlimited')
  assert.equal((await upload({ raw: text(2_000_000) })).status, 201)
  assert.equal(pidOf(site, 'files'), files)
  assert.match((await bellhop(site, 'doctor')).out, /ok +files: 3, all there, and nothing else/)
})
