// Upkeep where no program stays: by plain CGI a process does a piece of it when its answer is out.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { test } from 'node:test'
import { cast, makeGroup } from '../chats.mjs'
import { connect, soon } from '../client.mjs'
import { openSite } from '../site.mjs'

const LOCKED_S = 3

const site = await openSite({ own: true })
const ground = connect(site, undefined, 'http')
const [ann] = await cast(ground, 1)
const { id } = await makeGroup(ground, ann)
const state = async () => (await site.sql('SELECT l.head, s.indexed FROM log_head l, search_head s'))[0]

// The site's own programs have done theirs and sleep; processes with a page of their own do not wake them.
async function alone(name) {
  await soon(1, 10_000, async () => {
    const { head, indexed } = await state()
    return { status: head === indexed ? 1 : 0 }
  })
  const BELLHOP_PATHS_RUN = `${site.var}/${name}`
  mkdirSync(BELLHOP_PATHS_RUN, { mode: 0o700 })
  return { BELLHOP_PATHS_RUN }
}

test('what is sent by plain CGI is in the index when the process has ended', async () => {
  const env = await alone('one')
  const before = await state()
  const answer = await connect(site).post(`/messages/${id}`, { token: ann.token, body: { body: 'одне слово' }, env })
  assert.equal(answer.status, 201)
  const after = await state()
  assert.deepEqual([Number(after.head), Number(after.indexed)], [Number(before.head) + 1, Number(before.head) + 1])
})

test('who waits for the answer does not wait for what comes after it', async () => {
  const env = await alone('two')
  const locked = await site.hold('LOCK TABLES word WRITE', LOCKED_S)
  const began = Date.now()
  const child = spawn(`${site.bin}/messages`, [], {
    stdio: 'pipe',
    env: { ...site.settings, ...env, BELLHOP_CONF: site.conf, GATEWAY_INTERFACE: 'CGI/1.1', SERVER_PROTOCOL: 'HTTP/1.1',
      SERVER_NAME: 'localhost', SERVER_PORT: '80', REMOTE_ADDR: '127.0.0.1', REQUEST_METHOD: 'POST',
      REQUEST_URI: `/api/v1/messages/${id}`, SCRIPT_NAME: '/api/v1/messages', PATH_INFO: `/${id}`, QUERY_STRING: '',
      HTTP_AUTHORIZATION: `Bearer ${ann.token}`, CONTENT_TYPE: 'application/x-www-form-urlencoded', CONTENT_LENGTH: '6' }
  })
  const exit = once(child, 'exit')
  child.stdin.end('body=a')
  let text = ''
  child.stdout.setEncoding('utf8').on('data', part => (text += part))
  await Promise.all([once(child.stdout, 'end'), once(child.stderr.resume(), 'end')])
  const answered = Date.now() - began
  assert.match(text, /^Status: 201/)
  assert.equal(child.exitCode, null, 'it has more to do')
  const [code] = await exit
  assert.equal(code, 0)
  assert.ok(Date.now() - began > answered + 500, 'it went on for a while')
  await locked.ended
})
