// chats.mjs - chats made for one test, and short words for what the tests do in them.
import assert from 'node:assert/strict'
import { settle } from './people.mjs'

export const cast = (client, n, with_) => Promise.all(Array.from({ length: n }, () => settle(client, with_)))

async function good(asked) {
  const answer = await asked
  assert.ok(answer.status < 300, answer.text)
  return answer.json
}

// A group of that owner, others and admins; `with_` goes into the call.
export async function makeGroup(client, owner, others = [], { admins = [], ...with_ } = {}) {
  const userIds = [...others, ...admins].map(person => person.id)
  const chat = await good(client.post('/chats', { token: owner.token, body: { name: 'Гурт', userIds, ...with_ } }))
  for (const { id } of admins) {
    await good(client.patch(`/chats/${chat.id}/members/${id}`, { token: owner.token, body: { role: 'admin' } }))
  }
  return chat
}

export const openDirect = async (client, one, other) =>
  (await good(client.post('/chats/direct', { token: one.token, body: { userId: other.id } }))).chat

export const say = (client, person, chatId, body = 'Слово', more = {}) =>
  good(client.post(`/messages/${chatId}`, { token: person.token, body: { body, ...more } }))

// What the log keeps. Who comes and goes is told as well, at a moment that no test chooses.
export const kept = events => events.filter(event => event.id)

export const look = (client, person, chatId) => good(client.get(`/chats/${chatId}`, { token: person.token }))

export const page = (client, person, chatId, query = {}) =>
  good(client.get(`/messages/${chatId}?${new URLSearchParams(query)}`, { token: person.token }))

// One message as it stands in the history.
export async function messageOf(client, person, chatId, seq) {
  const { items } = await page(client, person, chatId, { after: seq - 1, limit: 1 })
  assert.equal(items[0]?.seq, seq)
  return items[0]
}

export const leave = (client, person, chatId) => good(client.post(`/chats/${chatId}/leave`, { token: person.token }))

// {id of the member: role}
export async function roles(client, person, chatId) {
  const { items } = await good(client.get(`/chats/${chatId}/members?limit=200`, { token: person.token }))
  return Object.fromEntries(items.map(member => [member.user.id, member.role]))
}

// All pages of a list from the first, by the name that `next` goes by; `between` runs after each.
export async function walk(client, person, path, query, name, between = async () => {}) {
  const pages = []
  let next
  do {
    const { items, next: following } = await good(
      client.get(`${path}?${new URLSearchParams(next ? { ...query, [name]: next } : query)}`, { token: person.token }))
    assert.ok(items.length <= (query.limit ?? 50))
    assert.ok(items.length > 0 || next === undefined, 'a page after the first is empty')
    pages.push(items)
    next = following
    await between()
  } while (next !== null)
  return pages
}
