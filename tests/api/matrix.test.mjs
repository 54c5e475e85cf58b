// Who may do what: every role on every call about a chat, of every kind of chat, against the rules below. What is refused
// changes nothing. On a site of its own, so that a digest of its tables says so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, makeGroup, openDirect, say } from '../chats.mjs'
import { connect } from '../client.mjs'
import { again, settle } from '../people.mjs'
import { UNLIMITED, openSite } from '../site.mjs'
import { checkTruth, digest } from '../truth.mjs'

const site = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_LIMITS_MESSAGES: '0' } })
const client = connect(site)
const ground = connect(site, undefined, 'http')

// The statuses, by who asks. `peer` is a member of a direct chat or of the lobby, where nobody is more. `outside` are those
// who are no members: who left, who was removed, who never was in. Who is logged out, and who deleted their account, are
// 401 everywhere, whatever they were.
//
// `other` is a plain member of the chat, `chief` another admin.
const RULES = {
  //                        owner admin member  peer  outside
  'see the chat':            [200, 200, 200,    200,  404],
  'change the chat':         [200, 200, 403,    403,  404],
  'delete the chat':         [204, 403, 403,    403,  404],
  'see who is in':           [200, 200, 200,    200,  404],
  'bring somebody in':       [200, 200, 200,    403,  404], // protected groups: see below
  'remove the other':        [204, 204, 403,    403,  404],
  'remove the chief':        [204, 403, 403,    403,  404],
  'remove oneself':          [204, 204, 204,    403,  404],
  'make the other an admin': [204, 403, 403,    403,  404],
  'hand over to the other':  [204, 403, 403,    403,  404],
  'join':                    [200, 200, 200,    200,  404], // public groups: see below
  'leave':                   [204, 204, 204,    403,  404],
  'mark as read':            [204, 204, 204,    204,  404],
  'say that one is typing':  [204, 204, 204,    204,  404],
  'read messages':           [200, 200, 200,    200,  404],
  'send a message':          [201, 201, 201,    201,  404],
  'change one’s own':        [200, 200, 200,    200,  404],
  'change the other’s':      [403, 403, 403,    403,  404],
  'delete one’s own':        [204, 204, 204,    204,  404],
  'delete the other’s':      [204, 204, 403,    403,  404],
  'react':                   [204, 204, 204,    204,  404],
  'take a reaction back':    [204, 204, 204,    204,  404]
}
const EXCEPT = {
  'protected / bring somebody in': { member: 403 },
  'public / join': { outside: 200 },
  'protected / join': { outside: 403 }
}

// What each of them is, by HTTP; c: {id, other, chief, newcomer, own (the asker's message), said (the other's)}.
const CALLS = {
  'see the chat': c => ['GET', `/chats/${c.id}`],
  'change the chat': c => ['PATCH', `/chats/${c.id}`, { name: 'Інша' }],
  'delete the chat': c => ['DELETE', `/chats/${c.id}`],
  'see who is in': c => ['GET', `/chats/${c.id}/members`],
  'bring somebody in': c => ['POST', `/chats/${c.id}/members`, { userIds: [c.newcomer.id] }],
  'remove the other': c => ['DELETE', `/chats/${c.id}/members/${c.other.id}`],
  'remove the chief': c => ['DELETE', `/chats/${c.id}/members/${c.chief.id}`],
  'remove oneself': (c, me) => ['DELETE', `/chats/${c.id}/members/${me.id}`],
  'make the other an admin': c => ['PATCH', `/chats/${c.id}/members/${c.other.id}`, { role: 'admin' }],
  'hand over to the other': c => ['PATCH', `/chats/${c.id}/members/${c.other.id}`, { role: 'owner' }],
  'join': c => ['POST', `/chats/${c.id}/join`, {}],
  'leave': c => ['POST', `/chats/${c.id}/leave`],
  'mark as read': c => ['POST', `/chats/${c.id}/read`, { seq: c.said }],
  'say that one is typing': c => ['POST', `/chats/${c.id}/typing`],
  'read messages': c => ['GET', `/messages/${c.id}`],
  'send a message': c => ['POST', `/messages/${c.id}`, { body: 'Слово' }],
  'change one’s own': c => ['PATCH', `/messages/${c.id}/${c.own}`, { body: 'Інше' }],
  'change the other’s': c => ['PATCH', `/messages/${c.id}/${c.said}`, { body: 'Інше' }],
  'delete one’s own': c => ['DELETE', `/messages/${c.id}/${c.own}`],
  'delete the other’s': c => ['DELETE', `/messages/${c.id}/${c.said}`],
  'react': c => ['PUT', `/messages/${c.id}/${c.said}/reactions/%F0%9F%8E%89`],
  'take a reaction back': c => ['DELETE', `/messages/${c.id}/${c.said}/reactions/%F0%9F%91%8D`]
}

const [owner, admin, member, left, removed, other, chief, newcomer] = await cast(ground, 8)
// Somebody whom the lobby has never seen.
const never = await settle(connect(site, undefined, 'cgi'), {}, { env: { BELLHOP_SITE_LOBBY: '0' } })
const out = await settle(ground)
const gone = await settle(ground)
const [lobby] = (await ground.get('/chats', { token: newcomer.token })).json.items
const ROLES = { owner, admin, member, left, removed, never, out, gone }
const COLUMN = { owner: 0, admin: 1, member: 2, left: 4, removed: 4, never: 4 }

function expected(kind, deed, role) {
  if (role === 'out' || role === 'gone') return 401
  const column = ['direct', 'lobby'].includes(kind) && COLUMN[role] < 3 ? 3 : COLUMN[role]
  const exception = EXCEPT[`${kind} / ${deed}`]?.[column === 4 ? 'outside' : role]
  return exception ?? RULES[deed][column]
}

const done = async asked => {
  const answer = await asked
  assert.ok(answer.status < 300, answer.text)
}

// A chat of that kind in which everybody has said something and some have gone since.
async function prepare(kind) {
  const speakers = kind === 'direct' ? { member, other } : kind === 'lobby' ? { member, other, out } : { ...ROLES, other }
  delete speakers.never
  delete speakers.gone
  let id
  if (kind === 'direct') {
    ({ id } = await openDirect(ground, member, other))
  } else if (kind === 'lobby') {
    id = lobby.id
  } else {
    const with_ = { private: {}, public: { public: true }, protected: { public: true, password: 'двері' } }[kind];
    ({ id } = await makeGroup(ground, owner, [member, left, removed, other, out.alive], { admins: [admin, chief], ...with_ }))
  }
  const own = {}
  for (const [role, person] of Object.entries(speakers)) {
    const { seq } = await say(ground, person.alive ?? person, id)
    own[role] = seq
    if (role !== 'other') continue
    for (const { token } of Object.values({ ...speakers, other: member }).map(p => p.alive ?? p)) {
      await done(ground.put(`/messages/${id}/${seq}/reactions/%F0%9F%91%8D`, { token }))
    }
  }
  if (!['direct', 'lobby'].includes(kind)) {
    await done(ground.post(`/chats/${id}/leave`, { token: left.token }))
    await done(ground.del(`/chats/${id}/members/${removed.id}`, { token: owner.token }))
  }
  return { id, own, said: own.other, other, chief, newcomer }
}

// `out` is inside, but by another session; this one is over. `gone` was inside, until they deleted their account.
out.alive = await again(ground, out)
await done(ground.post('/account/logout', { token: out.token }))
await makeGroup(ground, owner, [gone])
await done(ground.del('/account/me', { token: gone.token, body: { password: gone.password } }))

const WHO = {
  public: Object.keys(ROLES),
  protected: Object.keys(ROLES),
  private: Object.keys(ROLES),
  direct: ['member', 'never', 'out', 'gone'],
  lobby: ['member', 'never', 'out', 'gone']
}

for (const [kind, who] of Object.entries(WHO)) {
  for (const deed of Object.keys(RULES)) {
    test(`${deed}, ${kind}`, async () => {
      let chat = await prepare(kind)
      const ask = async role => {
        const [method, path, body] = CALLS[deed]({ ...chat, own: chat.own[role] ?? chat.said }, ROLES[role])
        const answer = await client.call(method, path, { token: ROLES[role].token, body })
        assert.equal(answer.status, expected(kind, deed, role), `${role}: ${answer.text}`)
        return method
      }
      const refused = who.filter(role => expected(kind, deed, role) >= 400)
      const before = await digest(site)
      for (const role of refused) await ask(role)
      assert.equal(await digest(site), before, `one of ${refused} has changed something`)

      let used = false
      for (const role of who.filter(name => !refused.includes(name))) {
        if (used) chat = await prepare(kind)
        used = await ask(role) !== 'GET'
      }
    })
  }
}

test('after all of it, the log and the tables agree', () => checkTruth(site))
