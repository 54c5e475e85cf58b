import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDirect } from '../chats.mjs'
import { connect, refused } from '../client.mjs'
import { settle, unique } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
// Where nobody else changes their name meanwhile.
const alone = await openSite({ own: true })

function directory(person, of = client) {
  const list = query => of.get(`/users?${new URLSearchParams(query)}`, { token: person.token })
  return {
    list,
    ids: async query => (await list(query)).json.items.map(user => user.id),
    // All pages from the first; `between` runs after each.
    async walk(query, between = async () => {}) {
      const found = []
      let after
      do {
        const { status, json, text } = await list(after ? { ...query, after } : query)
        assert.equal(status, 200, text)
        assert.ok(json.items.length <= (query.limit ?? 50))
        assert.ok(json.items.length > 0 || after === undefined, 'a page after the first is empty')
        found.push(...json.items)
        after = json.next
        await between()
      } while (after !== null)
      return found
    }
  }
}

// People without password or address, as only the directory needs them; the search key as lib/data makes it.
async function insert(people, where = site) {
  const values = people.map(({ first, last }) =>
    `('${first}', '${last}', '${`${first} ${last}`.toLowerCase()}', UTC_TIMESTAMP(3))`)
  await where.sql(`INSERT INTO user (first_name, last_name, name_key, created_at) VALUES ${values.join(',')}`)
}

test('130 people in pages of 50, by name, without gap or double while others register', async () => {
  const person = await settle(client)
  const part = unique()
  const first = Array.from({ length: 130 }, (_, i) => `p${part}${String(i * 7919 % 130).padStart(3, '0')}`)
  await insert(first.map(name => ({ first: name, last: 'Page' })))
  let i = 0
  const found = await directory(person).walk({ q: part, limit: 50 }, async () => {
    // In front of what was read, and behind it.
    await settle(client, { firstName: `a${part}${i++}` })
    await settle(client, { firstName: `z${part}${i++}` })
  })
  const names = found.map(user => user.firstName).filter(name => name.startsWith(`p${part}`))
  assert.deepEqual(names, [...first].sort())
  const ids = found.map(user => user.id)
  assert.equal(new Set(ids).size, ids.length)
})

test('the whole directory in pages holds everybody once, in order', async () => {
  const there = connect(alone)
  const person = await settle(there, { firstName: 'Їжак', lastName: 'Middle' })
  await insert(Array.from({ length: 450 }, (_, i) => ({ first: `${'aBєЯ'[i % 4]}${i * 7919 % 450}`, last: 'Everybody' })), alone)
  const found = await directory(person, there).walk({ limit: 200 })
  const ids = found.map(user => user.id)
  assert.equal(ids.length, 451)
  assert.equal(new Set(ids).size, ids.length)
  assert.ok(ids.includes(person.id), 'oneself is there too')
  const keys = found.map(user => [user.fullName, user.username].filter(Boolean).join(' '))
  const { compare } = new Intl.Collator('und', { sensitivity: 'base' })
  const unsorted = keys.findIndex((key, i) => i > 0 && compare(keys[i - 1], key) > 0)
  assert.equal(unsorted, -1, `${keys[unsorted - 1]} stands before ${keys[unsorted]}`)
})

test('names stand in the order of their alphabets, and a search tells their letters apart', async () => {
  const person = await settle(client)
  const part = unique()
  const names = ['Адам', 'Ганна', 'Ґудзь', 'Дана', 'Євген', 'Жанна', 'Іван', 'Їжак', 'Катря', 'Яна']
  const latin = ['Adam', 'Ärmel', 'Bär', 'Émile', 'Eva', 'Zoë']
  await insert([...names, ...latin].sort().map(first => ({ first, last: part })))
  const { ids, walk: all } = directory(person)
  const found = await all({ q: part, limit: 3 })
  assert.deepEqual(found.map(user => user.firstName), [...latin, ...names])
  assert.deepEqual(await ids({ q: `іжак ${part}` }), [])
  assert.deepEqual(await ids({ q: `їжак ${part}` }), [found.find(user => user.firstName === 'Їжак').id])
})

test('people of one name are all there', async () => {
  const person = await settle(client)
  const part = unique()
  await insert(Array.from({ length: 7 }, () => ({ first: 'Same', last: part })))
  const found = await directory(person).walk({ q: part, limit: 2 })
  assert.equal(found.length, 7)
  assert.equal(new Set(found.map(user => user.id)).size, 7)
})

test('a search finds parts of first, last and user names, in whatever case and alphabet', async () => {
  const part = unique()
  const person = await settle(client, {
    firstName: `Олеся${part}Їжакевич`, lastName: 'Ґалаґан-Müller', username: `nick_${part}`
  })
  const { ids } = directory(person)
  for (const q of [`${part}їжак`, `ОЛЕСЯ${part}`, `${part}ЇЖАКЕВИЧ ґАЛАҐАН`, `${part}Їжакевич Ґалаґан-MÜLL`, `K_${part}`.toLowerCase(),
    `NICK_${part}`, part.toUpperCase()]) {
    assert.deepEqual(await ids({ q }), [person.id], q)
  }
  for (const q of [`x${part}`, `${part}%`, `%${part}`, `${part}_`, `nick%${part}`, `${part}' OR '1'='1`, `${part}\\`, `!${part}`, `${part}\u0378`, '\u0378']) {
    assert.deepEqual(await ids({ q }), [], q)
  }
})

test('signs that mean something to the database mean themselves', async () => {
  const part = unique()
  const person = await settle(client, { firstName: `50%_${part}`, lastName: 'a!b\\c' })
  const { ids } = directory(person)
  for (const q of [`50%_${part}`, `%_${part}`, `${part} a!b\\c`]) assert.deepEqual(await ids({ q }), [person.id], q)
  assert.deepEqual(await ids({ q: `50__${part}` }), [])
})

test('an empty search is no search, and neither are blanks', async () => {
  const person = await settle(client)
  for (const q of ['', ' ', ' \t\u00a0\n']) assert.ok((await directory(person).ids({ q, limit: 200 })).length > 1, JSON.stringify(q))
})

test('blanks at the ends of a search do not count, and several are one, in names, too', async () => {
  const part = unique()
  const person = await settle(client, { firstName: `Марія  ${part}`, lastName: 'Вілінська' })
  const { ids } = directory(person)
  for (const q of [` ${part} `, `\u00a0марія ${part}  вілінська\n`, `Марія  ${part}`, `${part}\tВіл`]) {
    assert.deepEqual(await ids({ q }), [person.id], JSON.stringify(q))
  }
  assert.deepEqual(await ids({ q: `марія${part}` }), [])
})

test('contactable leaves out oneself and whom one has a direct chat with', async () => {
  const part = unique()
  const people = []
  for (const name of ['A', 'B', 'C', 'D']) people.push(await settle(client, { firstName: name, lastName: part }))
  const [a, b, c, d] = people
  await openDirect(client, b, a)
  await openDirect(client, b, c)
  const contactable = person => directory(person).ids({ q: part, contactable: 'true' })
  assert.deepEqual(await contactable(a), [c.id, d.id])
  assert.deepEqual(await contactable(b), [d.id])
  assert.deepEqual(await contactable(c), [a.id, d.id])
  assert.deepEqual(await contactable(d), [a.id, b.id, c.id])
  const all = people.map(person => person.id)
  assert.deepEqual(await directory(a).ids({ q: part, contactable: 'false' }), all)
  assert.deepEqual(await directory(a).ids({ q: part }), all)
  const paged = await directory(d).walk({ q: part, contactable: 'true', limit: 1 })
  assert.deepEqual(paged.map(user => user.id), [a.id, b.id, c.id])
})

test('limits: the ends are good, what is beyond is not', async () => {
  const person = await settle(client)
  const { list } = directory(person)
  assert.equal((await list({ limit: 1 })).json.items.length, 1)
  assert.equal((await list({ limit: 200 })).status, 200)
  for (const limit of ['0', '201', 'x', '-1', '', '1.5', ' 1', '99999999999999999999']) {
    refused(await list({ limit }), 422, 'invalid_fields', ['limit'])
  }
})

test('a cursor that is none: 422', async () => {
  const person = await settle(client)
  const { list } = directory(person)
  const { next } = (await list({ limit: 1 })).json
  assert.equal(typeof next, 'string')
  for (const after of ['x', '!', 'null', '0', '-1', '%', next.slice(0, 2), 'я', 'A'.repeat(3000)]) {
    refused(await list({ after }), 422, 'invalid_fields', ['after'])
  }
})

test('the longest names there can be are paged like all others', async () => {
  const person = await settle(client)
  const part = unique()
  for (const [firstName, lastName, username] of [
    ['😀'.repeat(100), '😀'.repeat(100), '𐌰'.repeat(19)],
    ['\ufdfa'.repeat(19), '\ufdfa'.repeat(19)],
    ['\u0390'.repeat(100), '\u0390'.repeat(100)]
  ]) {
    // The second one is there for a next page.
    await settle(client, { firstName, lastName, username: username && `${username}${part}` })
    await settle(client, { firstName, lastName: `${lastName.slice(0, -2)}z`, username: username && `${username}z${part}` })
  }
  const found = await directory(person).walk({ limit: 1, q: part })
  assert.equal(found.length, 2)
  const whole = await directory(person).walk({ limit: 200 })
  assert.ok(whole.length >= 7)
  for (const letter of ['\ufdfa', '\u0390']) {
    const found = await directory(person).walk({ limit: 1, q: letter.repeat(3) })
    assert.ok(found.length >= 2)
  }
})

test('who left is gone from the directory, and a cursor at their place still works', async () => {
  const part = unique()
  const people = []
  for (const name of ['A', 'B', 'C']) people.push(await settle(client, { firstName: name, lastName: part }))
  const [a, b, c] = people
  const { list, ids } = directory(c)
  const first = (await list({ q: part, limit: 2 })).json
  assert.deepEqual(first.items.map(user => user.id), [a.id, b.id])
  await client.del('/account/me', { token: b.token, body: { password: b.password } })
  assert.deepEqual(await ids({ q: part }), [a.id, c.id])
  assert.deepEqual(await ids({ q: part, limit: 2, after: first.next }), [c.id])
})

test('one by id is the same as in the list', async () => {
  const person = await settle(client, { username: `one${unique()}`, lastName: unique() })
  const [listed] = (await directory(person).list({ q: person.lastName })).json.items
  const { json } = await client.get(`/users/${person.id}`, { token: person.token })
  assert.deepEqual(json, listed)
})
