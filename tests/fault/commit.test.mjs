// The answer to a COMMIT is lost between the database and a program: the change is there once or not at all, and what the
// client is told is true.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { cast, makeGroup, page } from '../chats.mjs'
import { connect, soon } from '../client.mjs'
import { newcomer } from '../people.mjs'
import { openSite } from '../site.mjs'
import { checkTruth } from '../truth.mjs'
import { renew } from './kills.mjs'
import { openProxy } from './proxy.mjs'

const WAYS = ['answer', 'command', 'both']
const PROGRAMS = ['account', 'chats', 'messages', 'poll', 'users']

const site = await openSite({ own: true })
const { socket } = site.ini.database
const through = socket.replace(/[^/]*$/, 'lossy.sock')
const proxy = await openProxy(through, socket)
const client = connect(site)
const { get, post, del } = client

// From now on the programs reach the database through the proxy.
writeFileSync(site.conf, readFileSync(site.conf, 'utf8').replace(`socket = ${socket}`, `socket = ${through}`))
await renew(site, PROGRAMS)
const [ann, bob] = await cast(client, 2)
const group = await makeGroup(client, ann, [bob])
after(async () => {
  await checkTruth(site)
  proxy.close()
})

async function losing(way, ask) {
  const before = proxy.lost
  proxy.lose = way
  const answer = await ask()
  assert.equal(proxy.lost, before + 1, 'no COMMIT went by')
  return answer
}

const bodies = async () => (await page(client, bob, group.id, { limit: 200 })).items.map(message => message.body)
const count = async body => (await bodies()).filter(each => each === body).length

function messagesBy(server) {
  for (const way of WAYS) {
    test(`a message with a clientKey is there once when the COMMIT loses its ${way}, ${server}`, async () => {
      const ask = () => post(`/messages/${group.id}`, { token: ann.token, body: { body: `key ${way} ${server}`, clientKey: `${way} ${server}` } })
      const first = await losing(way, ask)
      assert.ok([200, 201, 503].includes(first.status), first.text)
      const again = await soon(200, 5000, ask)
      if (first.status !== 503) assert.deepEqual(again.json, first.json)
      assert.equal(await count(`key ${way} ${server}`), 1)
    })

    test(`a message without one is told truly when the COMMIT loses its ${way}, ${server}`, async () => {
      const { status, code, json } = await losing(way, () => post(`/messages/${group.id}`, { token: ann.token, body: { body: `plain ${way} ${server}` } }))
      if (status !== 201) assert.equal(`${status} ${code}`, '503 outcome_unknown')
      const n = await count(`plain ${way} ${server}`)
      assert.ok(status === 201 ? n === 1 : n <= 1, `${status}, and it is there ${n} times`)
      if (status === 201) assert.equal((await bodies())[json.seq - 1], `plain ${way} ${server}`)
    })

    test(`messages of many at once are there once each when the COMMIT loses its ${way}, ${server}`, async () => {
      const all = Array.from({ length: 12 }, (_, i) => `many ${way} ${server} ${i}`)
      const answers = await losing(way, () => Promise.all(all.map(body => post(`/messages/${group.id}`, { token: ann.token, body: { body } }))))
      const there = await bodies()
      answers.forEach(({ status, code }, i) => {
        const n = there.filter(body => body === all[i]).length
        assert.ok(status === 201 ? n === 1 : code === 'outcome_unknown' && n <= 1, `${status} ${code}: ${n} times`)
      })
    })
  }
}

messagesBy('in a block')
test('messages are written in blocks', () => assert.ok(proxy.blocks > 0))

for (const way of WAYS) {
  test(`a direct chat is one when the COMMIT loses its ${way}`, async () => {
    const [one, other] = await cast(client, 2)
    const ask = () => post('/chats/direct', { token: one.token, body: { userId: other.id } })
    const { status, code, json } = await losing(way, ask)
    if (status >= 300) assert.equal(`${status} ${code}`, '503 outcome_unknown')
    const again = await ask()
    assert.ok(again.status < 300, again.text)
    if (json?.chat) assert.equal(again.json.chat.id, json.chat.id)
    const [{ n }] = await site.sql(`SELECT COUNT(*) AS n FROM direct_chat WHERE low_user_id IN (${one.id}, ${other.id})`)
    assert.equal(n, '1')
  })

  test(`who registers is in, or told that nobody knows, when the COMMIT loses its ${way}`, async () => {
    const person = newcomer()
    const answer = await losing(way, () => post('/account/register', { body: person }))
    if (answer.status === 201) {
      assert.equal((await get('/account/me', { token: answer.json.accessToken })).status, 200)
    } else {
      assert.equal(`${answer.status} ${answer.code}`, '503 outcome_unknown')
    }
    const [{ n }] = await site.sql(`SELECT COUNT(*) AS n FROM person WHERE email = '${person.email}'`)
    assert.ok(answer.status === 201 ? n === '1' : n <= 1, n)
  })

  test(`a refresh token leads to one successor when the COMMIT loses its ${way}`, async () => {
    const [person] = await cast(client, 1)
    const ask = () => post('/account/refresh', { body: { refreshToken: person.refreshToken } })
    const first = await losing(way, ask)
    if (first.status !== 200) assert.equal(`${first.status} ${first.code}`, '503 outcome_unknown')
    const again = await ask()
    assert.equal(again.status, 200, again.text)
    if (first.status === 200) assert.equal(again.json.refreshToken, first.json.refreshToken)
    assert.equal((await get('/account/me', { token: again.json.accessToken })).status, 200)
  })

  test(`leaving is done or not when the COMMIT loses its ${way}, and asking again settles it`, async () => {
    const chat = await makeGroup(client, ann, [bob])
    const ask = () => del(`/chats/${chat.id}/members/${bob.id}`, { token: ann.token })
    const first = await losing(way, ask)
    if (first.status !== 204) assert.equal(`${first.status} ${first.code}`, '503 outcome_unknown')
    const again = await soon(404, 5000, ask)
    assert.equal(again.status, 404)
  })
}

test('a server that knows no blocks takes their statements one by one', async () => {
  proxy.old = true
  await renew(site, PROGRAMS)
  proxy.blocks = 0
  assert.equal((await post(`/messages/${group.id}`, { token: ann.token, body: { body: 'in pieces' } })).status, 201)
  assert.equal(await count('in pieces'), 1)
  assert.equal(proxy.blocks, 0)
})
messagesBy('statement by statement')
