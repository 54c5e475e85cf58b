// Two at once, where the order decides: whatever it was, both answers fit one order, and everything agrees afterwards. On a
// site of its own. RACES says how many of each pair.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, makeGroup, say } from '../chats.mjs'
import { connect, transport } from '../client.mjs'
import { settle } from '../people.mjs'
import { UNLIMITED, openSite } from '../site.mjs'
import { checkTruth } from '../truth.mjs'

const ROUNDS = Number(process.env.RACES ?? (transport === 'http' ? 100 : 20))
const LANES = 4

const site = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_LIMITS_MESSAGES: '0' } })
const client = connect(site)
const ground = connect(site, undefined, 'http')
const { post, put, patch, del } = client

// Everybody is there before the first test: tests begin as soon as something is waited for.
const lanes = []
for (let i = 0; i < LANES; i++) lanes.push(await cast(ground, 3))
const crowd = await cast(ground, Math.ceil(Math.sqrt(2 * ROUNDS)) + 1)
// Each of these has but one chance.
const pairs = crowd.flatMap((one, i) => crowd.slice(0, i).map(other => [one, other]))
const seen = { calls: 0, contention: 0 }

// Both at the same time, started in either order. `fitting` are the pairs of statuses that some order of the two explains.
// Answers what was answered; nothing where one of them was asked to come back later.
async function meet(one, other, fitting) {
  let [first, second] = []
  if (Math.random() < 0.5) [first, second] = [one(), other()]
  else [second, first] = [other(), one()]
  const answers = await Promise.all([first, second])
  seen.calls += 2
  const busy = answers.filter(answer => answer.status === 503)
  for (const answer of busy) assert.equal(answer.code, 'contention', answer.text)
  seen.contention += busy.length
  if (busy.length > 0) return undefined
  const pair = answers.map(answer => answer.status).join(' ')
  assert.ok(fitting.includes(pair), `${pair}\n${answers.map(answer => answer.text).join('\n')}`)
  return answers
}

function race(name, rounds, round) {
  test(`${name}, ${rounds} times`, async () => {
    let left = rounds
    await Promise.all(lanes.map(async people => {
      while (left-- > 0) await round(people, left)
    }))
    await checkTruth(site)
  })
}

const send = (person, id, body = 'Слово', more = {}) => () => post(`/messages/${id}`, { token: person.token, body: { body, ...more } })
const go = (person, id) => () => post(`/chats/${id}/leave`, { token: person.token })

race('leaving and posting', ROUNDS, async ([owner, member]) => {
  const { id } = await makeGroup(ground, owner, [member])
  await meet(go(member, id), send(member, id), ['204 201', '204 404'])
})

race('being removed and posting', ROUNDS, async ([owner, member]) => {
  const { id } = await makeGroup(ground, owner, [member])
  await meet(() => del(`/chats/${id}/members/${member.id}`, { token: owner.token }), send(member, id), ['204 201', '204 404'])
})

race('deleting a group and posting', ROUNDS, async ([owner, member]) => {
  const { id } = await makeGroup(ground, owner, [member])
  await meet(() => del(`/chats/${id}`, { token: owner.token }), send(member, id), ['204 201', '204 404'])
})

race('deleting a message and editing it', ROUNDS, async ([owner, member]) => {
  const { id } = await makeGroup(ground, owner, [member])
  await say(ground, member, id)
  await ground.patch(`/messages/${id}/1`, { token: member.token, body: { body: 'раз' } })
  await meet(() => del(`/messages/${id}/1`, { token: owner.token }),
    () => patch(`/messages/${id}/1`, { token: member.token, body: { body: 'два' } }), ['204 200', '204 404'])
})

race('deleting a message and reacting to it', ROUNDS, async ([owner, member]) => {
  const { id } = await makeGroup(ground, owner, [member])
  await say(ground, member, id)
  await meet(() => del(`/messages/${id}/1`, { token: member.token }),
    () => put(`/messages/${id}/1/reactions/%F0%9F%91%8D`, { token: owner.token }), ['204 204', '204 404'])
})

race('joining twice', ROUNDS, async ([owner, member]) => {
  const { id } = await makeGroup(ground, owner, [], { public: true })
  const join = () => post(`/chats/${id}/join`, { token: member.token })
  const answers = await meet(join, join, ['200 200'])
  for (const { json } of answers ?? []) assert.equal(json.chat.memberCount, 2)
})

race('bringing somebody in and their leaving', ROUNDS, async ([owner, member, other]) => {
  const { id } = await makeGroup(ground, owner, [member, other])
  await meet(() => post(`/chats/${id}/members`, { token: other.token, body: { userIds: [member.id] } }), go(member, id), ['200 204'])
})

race('leaving twice', ROUNDS, async ([owner, member]) => {
  const { id } = await makeGroup(ground, owner, [member])
  await meet(go(owner, id), go(owner, id), ['204 404', '404 204'])
})

race('the owner and the next owner leaving', ROUNDS, async ([owner, admin, member], i) => {
  const { id } = await makeGroup(ground, owner, i % 2 ? [member] : [], { admins: [admin] })
  await meet(go(owner, id), go(admin, id), ['204 204'])
})

race('handing over to somebody who leaves', ROUNDS, async ([owner, member, other]) => {
  const { id } = await makeGroup(ground, owner, [member, other])
  await meet(() => patch(`/chats/${id}/members/${member.id}`, { token: owner.token, body: { role: 'owner' } }), go(member, id),
    ['204 204', '404 204'])
})

race('handing over and leaving', ROUNDS, async ([owner, member, other]) => {
  const { id } = await makeGroup(ground, owner, [member, other])
  await meet(() => patch(`/chats/${id}/members/${member.id}`, { token: owner.token, body: { role: 'owner' } }), go(owner, id),
    ['204 204', '404 204'])
})

race('one clientKey in two chats', ROUNDS, async ([owner, member], i) => {
  const chats = [await makeGroup(ground, owner), await makeGroup(ground, owner, [member])]
  const clientKey = `race ${transport} ${i}`
  const answers = await meet(send(owner, chats[0].id, 'тут', { clientKey }), send(owner, chats[1].id, 'там', { clientKey }),
    ['201 200', '200 201'])
  if (answers) assert.deepEqual(answers[0].json, answers[1].json)
})

race('opening one direct chat from both sides', ROUNDS, async () => {
  const [one, other] = pairs.pop()
  const open = (me, them) => () => post('/chats/direct', { token: me.token, body: { userId: them.id } })
  const answers = await meet(open(one, other), open(other, one), ['201 200', '200 201'])
  if (answers) assert.equal(answers[0].json.chat.id, answers[1].json.chat.id)
})

race('deleting an account and being brought into groups', Math.ceil(ROUNDS / 10), async ([owner, member]) => {
  const gone = await settle(ground)
  const { id } = await makeGroup(ground, owner, [member])
  const direct = () => post('/chats/direct', { token: owner.token, body: { userId: gone.id } })
  const busy = Promise.all([
    meet(() => post(`/chats/${id}/members`, { token: member.token, body: { userIds: [gone.id] } }), direct,
      ['200 201', '200 404', '422 201', '422 404']),
    ...Array.from({ length: 4 }, () => makeGroup(ground, owner, [gone]).catch(() => undefined))
  ])
  const answer = await del('/account/me', { token: gone.token, body: { password: gone.password } })
  assert.equal(answer.status, 204, answer.text)
  await busy
})

test('to come back later is the answer to few', t => {
  t.diagnostic(`${seen.contention} of ${seen.calls} calls were answered 503 contention`)
  assert.ok(seen.contention * 100 <= seen.calls, `${seen.contention} of ${seen.calls}`)
})
