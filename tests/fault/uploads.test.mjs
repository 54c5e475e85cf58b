// `files` is killed while uploads are on their way, again and again: what was acknowledged is there, byte for byte, and of the
// rest nothing stays. KILLS says how often.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { soon } from '../client.mjs'
import { mp4, png, pngText } from '../samples.mjs'
import { bellhop, openSite } from '../site.mjs'
import { chance } from './chance.mjs'
import { kill, pidOf } from './kills.mjs'

const KILLS = Number(process.env.KILLS ?? 6) * (process.env.STRICT ? 4 : 1)
const SENDERS = 6
// lighttpd now and then forgets a client whose upload it was passing on when the program died.
const ANSWER_MS = 10_000

const site = await openSite({ own: true, settings: { BELLHOP_LIMITS_WRITES: '0', BELLHOP_LIMITS_READS: '0', BELLHOP_UPLOADS_QUOTA_MB: '0' } })
const url = path => `http://127.0.0.1:${site.port}/api/v1${path}`

async function person() {
  const answer = await fetch(url('/account/register'), {
    method: 'POST',
    body: new URLSearchParams({ email: 'a@example.org', password: 'correct horse', firstName: 'A', lastName: 'B' })
  })
  return (await answer.json()).accessToken
}

const token = await person()

test('a clerk that was killed is replaced', async () => {
  const upload = () => fetch(url('/files'), { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: png(50, 50) })
  assert.equal((await upload()).status, 201)
  for (let i = 0; i < 3; i++) {
    const files = pidOf(site, 'files')
    // A child is that of the thread which has split it off.
    const children = readdirSync(`/proc/${files}/task`).map(task => readFileSync(`/proc/${files}/task/${task}/children`, 'utf8'))
    const clerk = Number(children.join('').trim())
    assert.ok(clerk > 1, `${children}`)
    process.kill(clerk, 'SIGKILL')
    assert.equal((await upload()).status, 201)
    assert.equal(pidOf(site, 'files'), files)
  }
})

test('kill -9 of files during uploads loses no file that was acknowledged, and leaves nothing of the others', async t => {
  const headers = { Authorization: `Bearer ${token}` }
  const luck = chance('uploads')
  const kept = new Map()
  let broken = 0
  let going = true

  const send = async n => {
    for (let i = 0; going; i++) {
      const bytes = i % 3 ? mp4(20_000 + luck.below(2_000_000)) : png(60 + luck.below(200), 60, [pngText(`${n} ${i}`)])
      const answer = await fetch(url('/files'), { method: 'POST', headers, body: bytes, signal: AbortSignal.timeout(ANSWER_MS) }).catch(() => undefined)
      const file = answer?.status === 201 ? await answer.json().catch(() => undefined) : undefined
      if (file) kept.set(file.id, file.mime === 'video/mp4' ? createHash('sha256').update(bytes).digest('hex') : undefined)
      else broken++
      if (!file) await delay(10)
    }
  }
  const senders = Array.from({ length: SENDERS }, (_, n) => send(n))
  const lives = async () => (await fetch(url('/files/1'), { headers, method: 'HEAD' }).catch(() => undefined))?.status < 500
  for (let i = 0; i < KILLS; i++) {
    await delay(30 + luck.below(150))
    await kill(site, 'files', lives)
  }
  going = false
  await Promise.all(senders)

  t.diagnostic(`${KILLS} of ${KILLS} kills; ${kept.size} uploads acknowledged, ${broken} broken off`)
  assert.ok(kept.size > 0)
  for (const [id, hash] of kept) {
    const answer = await fetch(url(`/files/${id}`), { headers })
    assert.equal(answer.status, 200, `file ${id}`)
    const bytes = Buffer.from(await answer.arrayBuffer())
    if (hash) assert.equal(createHash('sha256').update(bytes).digest('hex'), hash)
  }
  await soon(1, 30_000, async () => ({ status: /^ok +files: \d+, all there, and nothing else$/m.test((await bellhop(site, 'doctor')).out) ? 1 : 0 }))
})
