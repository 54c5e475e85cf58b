// The cases that every call of the document begins with, made from the document itself: no token, wrong method, too much,
// the wrong type, broken text, each field wrong in turn. Refusals change nothing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeGroup, say } from '../chats.mjs'
import { connect, refused, sameAllow, transport } from '../client.mjs'
import { METHODS, allowed, deref, operations } from '../document.mjs'
import { newcomer, settle } from '../people.mjs'
import { png } from '../samples.mjs'
import { facts, openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const ground = connect(site, undefined, 'http')
const routes = site.routes()

// Somebody; for calls about chats also with a group of theirs, somebody else in it, and a message.
async function begin(op) {
  const person = await settle(ground)
  if (op.program === 'files') {
    const { json } = await ground.post('/files', { token: person.token, raw: png(8, 8), type: 'image/png' })
    return { ...person, fileId: json.id }
  }
  if (!['chats', 'messages'].includes(op.program)) return person
  const other = await settle(ground)
  const { id } = await makeGroup(ground, person, [other], { public: true })
  const { seq } = await say(ground, person, id)
  return { ...person, other, chatId: id, seq }
}

// The path for this person's things; `values` are for parameters that shall be others.
function path(op, person, values = {}) {
  const mine = {
    id: { users: person.id, account: person.sessionId, chats: person.chatId, files: person.fileId }[op.program],
    chatId: person.chatId,
    userId: person.other?.id,
    seq: person.seq,
    emoji: '%F0%9F%91%8D'
  }
  return op.path.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? mine[name])
}

// Also where a cookie would do.
const tokenFor = (op, person) => (op.needsToken || op.program === 'files' ? person.token : undefined)

// What of the person and of their chat must not change.
async function state(person) {
  const all = await facts(site, person.id)
  if (!person.chatId) return all
  return [...all, ...await site.sql(`SELECT c.name, c.last_seq, c.updated_at, c.deleted_at,
    (SELECT GROUP_CONCAT(m.user_id, m.role, m.read_seq ORDER BY m.user_id) FROM member m WHERE m.chat_id = c.id) AS members,
    (SELECT GROUP_CONCAT(x.body, x.reactions) FROM message x WHERE x.chat_id = c.id) AS messages,
    (SELECT COUNT(*) FROM event e WHERE e.chat_id = c.id) AS events,
    (SELECT COUNT(*) FROM member m WHERE m.user_id = ${person.id}) AS chats
    FROM chat c WHERE c.id = ${person.chatId}`)]
}

// What a call must be asked with: `&name=value` for each of its required parameters but one.
const demanded = (op, but) => op.parameters.filter(p => p.in === 'query' && p.required && p.name !== but)
  .map(p => `&${p.name}=${encodeURIComponent(p.example)}`).join('')

// A body that the call would accept from this person.
function goodBody(op, person) {
  const bodies = {
    register: () => newcomer(),
    login: () => ({ login: person.email, password: person.password }),
    refresh: () => ({ refreshToken: person.refreshToken }),
    changeMe: () => ({ firstName: 'Лариса' }),
    deleteMe: () => ({ password: person.password }),
    changePassword: () => ({ current: person.password, new: 'another secret' }),
    createGroup: () => ({ name: 'Другий гурт' }),
    openDirect: () => ({ userId: person.other.id }),
    changeGroup: () => ({ name: 'Інша назва' }),
    addMembers: () => ({ userIds: [person.other.id] }),
    changeRole: () => ({ role: 'admin' }),
    join: () => ({}),
    markRead: () => ({ seq: 1 }),
    send: () => ({ body: 'Слово' }),
    edit: () => ({ body: 'Інше слово' })
  }
  return bodies[op.id]?.()
}

// Values that a field cannot have, by its schema: in JSON, where types count, and as text.
function badValues(schema) {
  const s = deref(schema.anyOf?.[0] ?? schema)
  if (s.type === 'integer') return [String(s.minimum - 1), String(s.maximum + 1), 'x', '1.5', '1e2', '9'.repeat(30)]
  if (s.type === 'boolean') return ['maybe', '2']
  if (s.type === 'array') return ['1', [0], ['1'], [1.5], [null], Array.from({ length: s.maxItems + 1 }, (_, i) => i + 1)]
  return s.maxLength ? ['x'.repeat(s.maxLength + 1)] : []
}

// Values of other types than the schema's.
function otherTypes(schema) {
  const { type } = deref(schema.anyOf?.[0] ?? schema)
  const all = { integer: 12, boolean: true, string: 'x', array: ['x'], object: { x: 1 } }
  return Object.entries(all).filter(([name]) => name !== type).map(([, value]) => value)
}

// A stream has no end that could be waited for; poll.test.mjs asks it.
for (const op of operations.filter(op => op.name !== 'GET /poll/stream')) {
  test(op.name, async t => {
    const person = await begin(op)
    const url = path(op, person)
    const token = tokenFor(op, person)
    const ask = (options, to = url) => client.call(op.method, to, { token, ...options })
    const before = await state(person)
    const unchanged = async () => assert.deepEqual(await state(person), before)

    if (op.needsToken) {
      await t.test('no token, an empty one, and no bearer token at all: 401', async () => {
        const body = goodBody(op, person)
        for (const headers of [{}, { Authorization: 'Bearer ' }, { Authorization: 'Basic YTpi' }]) {
          refused(await client.call(op.method, url, { body, headers }), 401, 'unauthorized')
        }
        await unchanged()
      })
    }

    await t.test('a method that the path does not know: 405 with Allow', async () => {
      const known = allowed(url)
      for (const method of METHODS.map(m => m.toUpperCase()).filter(m => !known.includes(m))) {
        const answer = await client.call(method, url, { token })
        refused(answer, 405, 'method_not_allowed')
        sameAllow(answer, url)
      }
      await unchanged()
    })

    await t.test('OPTIONS: 204 with Allow, without a token', async () => {
      const answer = await client.call('OPTIONS', url)
      assert.equal(answer.status, 204)
      sameAllow(answer, url)
    })

    const { bodyMax } = routes.find(r => r.name === op.name)
    if (bodyMax > 0) {
      await t.test('a body beyond the maximum: 413', async () => {
        const raw = JSON.stringify({ ...goodBody(op, person), padding: 'x'.repeat(bodyMax) })
        refused(await ask({ raw, type: 'application/json' }), 413, 'too_large')
        await unchanged()
      })
    } else if (!op.node.requestBody && (op.method !== 'GET' || transport === 'cgi')) {
      // lighttpd lets no GET with a body through at all.
      await t.test('a body where none is taken is not even read', async () => {
        const other = await begin(op)
        const options = { token: tokenFor(op, other), raw: '{'.repeat(65_536), type: 'application/json' }
        const answer = await client.call(op.method, `${path(op, other)}?${demanded(op)}`, options)
        assert.ok(answer.status < 300, answer.text)
      })
    }

    if (op.method === 'GET') {
      await t.test('HEAD: the same headers, no body', async () => {
        const get = await ask({})
        const head = await client.call('HEAD', url, { token })
        assert.equal(head.status, get.status)
        assert.equal(head.headers['content-type'], get.headers['content-type'])
      })
    }

    if (op.bodySchema) {
      await t.test('a body that is neither JSON nor a form: 415', async () => {
        const raw = JSON.stringify(goodBody(op, person))
        for (const type of ['text/plain', 'application/xml', 'application/jsonx', 'multipart/form-data; boundary=x']) {
          refused(await ask({ raw, type }), 415, 'unsupported_media_type')
        }
        await unchanged()
      })

      await t.test('a body that is broken: 400', async () => {
        refused(await ask({ raw: '{', type: 'application/json' }), 400, 'malformed_json')
        refused(await ask({ raw: 'a=%', type: 'application/x-www-form-urlencoded' }), 400, 'malformed_form')
        await unchanged()
      })

      for (const [name, schema] of Object.entries(op.bodySchema.properties)) {
        await t.test(`a bad ${name}: 422`, async () => {
          const good = goodBody(op, person)
          const wrong = [...badValues(deref(schema)), ...otherTypes(deref(schema))]
          // The other name of a login counts where the first one is absent.
          if (op.id === 'login' && name === 'email') delete good.login
          for (const value of wrong) {
            const answer = await ask({ body: { ...good, [name]: value } })
            refused(answer, 422, 'invalid_fields')
            assert.ok(name in answer.json.fields || (op.id === 'login' && 'login' in answer.json.fields), answer.text)
          }
          await unchanged()
        })
      }

      for (const name of op.bodySchema.required ?? []) {
        await t.test(`no ${name}: 422`, async () => {
          const { [name]: _, ...rest } = goodBody(op, person)
          refused(await ask({ body: rest }), 422, 'invalid_fields', [name])
          refused(await ask({ form: rest }), 422, 'invalid_fields', [name])
          await unchanged()
        })
      }
    }

    for (const { name, in: where, schema } of op.parameters) {
      if (where === 'query') {
        await t.test(`a bad ${name}: 422`, async () => {
          for (const value of badValues(deref(schema))) {
            refused(await ask({}, `${url}?${name}=${encodeURIComponent(value)}${demanded(op, name)}`), 422, 'invalid_fields', [name])
          }
        })
      } else if (where === 'path') {
        await t.test(`an ${name} that is none, or nobody's: 404`, async () => {
          const values = ['x', '0', '-1', '1.5', '1e2', '+1', '%20', '%00x'.slice(3), '9007199254740991', '9'.repeat(30)]
          for (const value of values) {
            refused(await ask({ body: goodBody(op, person) }, path(op, person, { [name]: value })), 404, 'not_found')
          }
          await unchanged()
        })
      }
    }

    await t.test('names that nobody knows are ignored', async () => {
      const good = goodBody(op, person)
      const to = `${url}?unknown=1${demanded(op)}`
      const file = op.node.requestBody && !op.bodySchema ? { raw: png(8, 8), type: 'image/png' } : undefined
      const answer = await ask(file ?? (good ? { body: { ...good, unknown: { deep: [1, 'x', null] } } } : {}), to)
      assert.ok(answer.status < 300, answer.text)
    })
  })
}
