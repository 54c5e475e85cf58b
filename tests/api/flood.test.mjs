// Many at once, and how long things take. On a site of its own, where nothing else takes time.
import assert from 'node:assert/strict'
import http from 'node:http'
import { test } from 'node:test'
import { connect, transport } from '../client.mjs'
import { logIn, settle, unique } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite({ own: true })
const client = connect(site)

test('an unknown user and a wrong password take the same time', async () => {
  const ROUNDS = 8
  const TRIES = 3
  const once = async login => {
    const start = process.hrtime.bigint()
    const { status } = await logIn(client, login, 'not the password')
    assert.equal(status, 401)
    return Number(process.hrtime.bigint() - start) / 1e6
  }
  const median = times => times.sort((a, b) => a - b)[times.length >> 1]
  let ratio
  for (let i = 0; i < TRIES; i++) {
    const person = await settle(client)
    const known = []
    const unknown = []
    for (let round = 0; round < ROUNDS; round++) {
      known.push(await once(person.email))
      unknown.push(await once(`${unique()}@example.org`))
    }
    ratio = median(known) / median(unknown)
    // Without a hash for the unknown the ratio is ten and more.
    if (ratio > 0.6 && ratio < 1.67) return
  }
  assert.fail(`three times over, a wrong password took ${ratio.toFixed(2)} of the time of an unknown user`)
})

test('a thousand logins at once: other requests are answered meanwhile', async () => {
  const LOGINS = transport === 'http' ? 1000 : 200
  const people = []
  for (let i = 0; i < 8; i++) people.push(await settle(client))
  const reader = people[0]
  const crowd = connect(site, new http.Agent({ keepAlive: false, maxSockets: Infinity }))

  // As long as two hundred logins one after the other: nothing that need not wait for them takes so long anywhere.
  const began = Date.now()
  for (const { email, password } of people.slice(1, 5)) await client.post('/account/login', { body: { login: email, password } })
  const most = Math.max(5000, 50 * (Date.now() - began))

  const answers = {}
  let left = LOGINS
  const all = Promise.all(Array.from({ length: LOGINS }, async (_, i) => {
    const { email, password } = people[i % people.length]
    const right = i % 4 > 0
    const { status } = await crowd.post('/account/login', { body: { login: email, password: right ? password : 'wrong one' } })
    answers[status] = (answers[status] ?? 0) + 1
    left--
  }))
  // Behind a queue of logins a read would wait for most of them. These have a connection of their own.
  while (left > 0) {
    for (const path of ['/account/me', '/users?limit=5']) {
      const start = Date.now()
      const answer = await client.get(path, { token: reader.token })
      assert.equal(answer.status, 200, answer.text)
      assert.ok(Date.now() - start < most, `${path} took ${Date.now() - start} ms`)
    }
    // Fewer reads than one person may have.
    await new Promise(later => setTimeout(later, 25))
  }
  await all
  assert.equal(Object.values(answers).reduce((a, b) => a + b), LOGINS)
  for (const status of Object.keys(answers)) assert.ok(['200', '401', '429'].includes(status), JSON.stringify(answers))
  assert.ok(answers[200] > 0, JSON.stringify(answers))
})

test('too many changes by one person: 429 with Retry-After, and others are not concerned', async () => {
  const [greedy, other] = [await settle(client), await settle(client)]
  const change = person => client.patch('/account/me', { token: person.token, body: { firstName: 'X' } })
  let limited = 0
  const statuses = {}
  // A burst of 100 is free, and so are 30 more in each second that it takes.
  const start = Date.now()
  await Promise.all(Array.from({ length: 300 }, async () => {
    const { status, code } = await change(greedy)
    statuses[status] = (statuses[status] ?? 0) + 1
    if (code === 'rate_limited') limited++
  }))
  const seconds = (Date.now() - start) / 1000
  assert.equal((statuses[200] ?? 0) + limited, 300, JSON.stringify(statuses))
  assert.ok(statuses[200] >= 100, `${statuses[200]} of a burst of 100 went through`)
  assert.ok(statuses[200] <= 100 + 30 * (seconds + 1), `${statuses[200]} went through in ${seconds} s`)
  assert.equal((await change(other)).status, 200)
})
