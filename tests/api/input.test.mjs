// What comes in broken, hostile or merely unusual, and is refused whole or read right.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, patiently, refused, transport } from '../client.mjs'
import { newcomer, settle, unique } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const { call, get, post, patch } = client

const bytes = (...parts) => Buffer.concat(parts.map(part => Buffer.from(part)))
const nested = depth => '['.repeat(depth - 1) + ']'.repeat(depth - 1)

// A registration in which everything is right, with one more member: `"extra":VALUE`, or with another first name.
const withExtra = (person, value) => bytes(JSON.stringify(person).slice(0, -1), ',"extra":', value, '}')
const withName = (person, value) => bytes(JSON.stringify({ ...person, firstName: undefined }).slice(0, -1), ',"firstName":',
  value, '}')

const text = (...parts) => bytes('"', ...parts, '"')

const MALFORMED = {
  'a trailing comma': person => JSON.stringify(person).slice(0, -1) + ',}',
  'no end': person => JSON.stringify(person).slice(0, -1),
  'two values': person => JSON.stringify(person) + '{}',
  'something behind': person => JSON.stringify(person) + ' x',
  'a NUL behind': person => JSON.stringify(person) + '\u0000',
  'a name twice': person => `{"firstName":"Eve",${JSON.stringify(person).slice(1)}`,
  'a name twice, once escaped': person => `{"first\\u004eame":"Eve",${JSON.stringify(person).slice(1)}`,
  'a name twice, deep inside': person => withExtra(person, '{"a":{"b":1,"b":1}}'),
  'more levels than a hand can write': person => withExtra(person, nested(33)),
  'as many levels of objects': person => withExtra(person, '{"a":'.repeat(32) + '1' + '}'.repeat(32)),
  'a hundred thousand brackets': () => '['.repeat(16_000),
  'a lone high surrogate': person => withName(person, '"\\ud83d"'),
  'a lone low surrogate': person => withName(person, '"\\ude00"'),
  'surrogates the wrong way round': person => withName(person, '"\\ude00\\ud83d"'),
  'a high surrogate before a letter': person => withName(person, '"\\ud83dx"'),
  'an escaped NUL': person => withName(person, '"a\\u0000b"'),
  'an escaped NUL in a name': person => withExtra(person, '{"a\\u0000b":1}'),
  'a NUL': person => withName(person, text('a\u0000b')),
  'a raw newline in a string': person => withName(person, text('a\nb')),
  'a raw control character': person => withName(person, text('a\u001fb')),
  'overlong UTF-8, two bytes': person => withName(person, text([0xc0, 0xaf])),
  'overlong UTF-8, three bytes': person => withName(person, text([0xe0, 0x80, 0xaf])),
  'overlong UTF-8, four bytes': person => withName(person, text([0xf0, 0x80, 0x80, 0xaf])),
  'an overlong NUL': person => withName(person, text([0xc0, 0x80])),
  'an encoded surrogate': person => withName(person, text([0xed, 0xa0, 0x80])),
  'beyond U+10FFFF': person => withName(person, text([0xf4, 0x90, 0x80, 0x80])),
  'half a character': person => withName(person, text([0xd0])),
  'a continuation byte alone': person => withName(person, text([0x80])),
  'Latin-1': person => withName(person, text([0x4a, 0xf6, 0x72, 0x67])),
  'broken UTF-8 in a name nobody knows': person => withExtra(person, text([0xff])),
  'NaN': person => withExtra(person, 'NaN'),
  'Infinity': person => withExtra(person, 'Infinity'),
  'minus Infinity': person => withExtra(person, '-Infinity'),
  'a plus': person => withExtra(person, '+1'),
  'a leading zero': person => withExtra(person, '01'),
  'a minus alone': person => withExtra(person, '-'),
  'a point at the end': person => withExtra(person, '1.'),
  'a point at the start': person => withExtra(person, '.5'),
  'half an exponent': person => withExtra(person, '1e'),
  'a hexadecimal number': person => withExtra(person, '0x10'),
  'True': person => withExtra(person, 'True'),
  'undefined': person => withExtra(person, 'undefined'),
  'nothing': person => withExtra(person, ''),
  'single quotes': person => JSON.stringify(person).replace(/"/g, '\''),
  'a name without quotes': person => JSON.stringify(person).replace('"email"', 'email'),
  'a comment': person => JSON.stringify(person).slice(0, -1) + '/* x */}',
  'an unknown escape': person => withName(person, '"\\x41"'),
  'half an escape': person => withName(person, '"\\u00"'),
  'a byte order mark': person => bytes([0xef, 0xbb, 0xbf], JSON.stringify(person)),
  'UTF-16': person => Buffer.from(JSON.stringify(person), 'utf16le'),
  'a form feed between': person => JSON.stringify(person).replace('{', '{\f'),
  'a no-break space between': person => JSON.stringify(person).replace('{', '{\u00a0'),
  'an array': person => JSON.stringify([person]),
  'a string': person => JSON.stringify(JSON.stringify(person)),
  'a number': () => '1',
  'null': () => 'null',
  'spaces only': () => '  \n'
}

test('malformed JSON is refused whole', async t => {
  const part = unique()
  let n = 0
  for (const [name, make] of Object.entries(MALFORMED)) {
    await t.test(name, async () => {
      const raw = make(newcomer({ email: `${part}.${n++}@example.org` }))
      const answer = await post('/account/register', { raw, type: 'application/json' })
      refused(answer, 400, 'malformed_json')
    })
  }
  const rows = await site.sql(`SELECT email FROM person WHERE email LIKE '${part}%'`)
  assert.deepEqual(rows, [])
})

test('no body at all: the fields are missing', async () => {
  const missing = ['email', 'firstName', 'lastName', 'password']
  for (const options of [{}, { raw: '', type: 'application/json' }, { raw: '', type: 'application/x-www-form-urlencoded' }, { body: {} }]) {
    refused(await post('/account/register', options), 422, 'invalid_fields', missing)
  }
})

test('numbers beyond every range, and strings beyond every length, are refused', async () => {
  const part = unique()
  const person = newcomer({ email: `${part}@example.org` })
  for (const value of ['1e400', '-1e400', '9'.repeat(400), '1e-400', '-0', '9007199254740993', '1.0']) {
    const answer = await post('/account/register', { raw: withName(person, value), type: 'application/json' })
    assert.ok(answer.code === 'malformed_json' || answer.code === 'invalid_fields', `${value}: ${answer.text}`)
  }
  const long = JSON.stringify({ ...person, firstName: 'x'.repeat(65_536) })
  const answer = await post('/account/register', { raw: long, type: 'application/json' })
  assert.ok([413, 422].includes(answer.status), answer.text)
  assert.deepEqual(await site.sql(`SELECT email FROM person WHERE email LIKE '${part}%'`), [])
})

test('what nobody asks for is skipped, whatever it holds', async () => {
  const person = await settle(client)
  for (const value of ['9007199254740992', '-9223372036854775809', '9'.repeat(400), '1e400', '-1e400', `0.${'1'.repeat(100)}`,
    nested(32), '{"a":'.repeat(30) + '[1e999]' + '}'.repeat(30)]) {
    const raw = withExtra({ locale: 'uk' }, value)
    assert.equal((await patch('/account/me', { token: person.token, raw, type: 'application/json' })).status, 200, value)
  }
})

test('a number that is too large for its field is a wrong field, in either encoding', async () => {
  const [person, other] = [await settle(client), await settle(client)]
  for (const value of ['9007199254740992', '-9007199254740992', '9'.repeat(30), '1e400', '-1e400']) {
    const json = raw => ({ raw, type: 'application/json' })
    for (const body of [json(`{"userId":${value}}`), { form: { userId: value } }]) {
      refused(await post('/chats/direct', { token: person.token, ...body }), 422, 'invalid_fields', ['userId'])
    }
    for (const ids of [json(`{"name":"x","userIds":[${other.id},${value}]}`), { form: { name: 'x', userIds: `${other.id},${value}` } }]) {
      refused(await post('/chats', { token: person.token, ...ids }), 422, 'invalid_fields', ['userIds'])
    }
  }
  const { json: { fields } } = await post('/chats/direct', { token: person.token, raw: '{"userId":1e400}', type: 'application/json' })
  assert.deepEqual(fields, { userId: 'must be an id' })
})

test('unusual but right JSON is read right', async () => {
  const person = await settle(client)
  const change = async (raw, type = 'application/json') => {
    const answer = await patch('/account/me', { token: person.token, raw, type })
    assert.equal(answer.status, 200, answer.text)
    return answer.json.firstName
  }
  assert.equal(await change(' \r\n\t{ "firstName" :\n"A" } \n'), 'A')
  assert.equal(await change('{"first\\u004eame":"\\u0041\\u0301\\ud83d\\ude00\\/\\\\\\""}'), 'A\u0301😀/\\"')
  assert.equal(await change('{"firstName":"B","extra":[[[[[[]]]]]]}'), 'B', 'eight levels')
  assert.equal(await change('{"firstName":"C","x":-0.0e-0,"y":1E+2,"z":[true,false,null,{}]}'), 'C')
  assert.equal(await change('{"firstName":"D"}', 'Application/JSON; charset=UTF-8'), 'D')
  assert.equal(await change('{"firstName":"E"}', 'application/json;charset="utf-8"'), 'E')
  assert.equal(await change('firstName=%D0%84+x%2b', 'application/x-www-form-urlencoded; charset=utf-8'), 'Є x+')
  assert.equal(await change('&&firstName=F&&', 'application/x-www-form-urlencoded'), 'F')
  assert.equal(await change('first%4Eame=G', 'application/x-www-form-urlencoded'), 'G')
})

test('a broken form is refused whole', async () => {
  const person = await settle(client)
  const form = raw => patch('/account/me', { token: person.token, raw, type: 'application/x-www-form-urlencoded' })
  for (const raw of ['firstName=%', 'firstName=%4', 'firstName=%zz', 'firstName=a%00b', 'firstName=%ff', 'firstName=%c0%af',
    'firstName=%ed%a0%80', 'firstName=X&extra=%ff', bytes('firstName=', [0xff]), 'firstName=a\u0000b',
    'firstName=X&' + 'a=1&'.repeat(1000)]) {
    refused(await form(raw), 400, 'malformed_form')
  }
  refused(await form('firstName=X&firstName=Y'), 422, 'invalid_fields', ['firstName'])
  assert.equal((await get('/account/me', { token: person.token })).json.firstName, person.firstName)
})

test('a broken query is refused', async () => {
  const { token } = await settle(client)
  // lighttpd mends a stray %, and refuses itself what is no UTF-8.
  const broken = transport === 'cgi' ? ['q=%', 'q=%4', 'q=%zz', 'q=%ff', 'q=%c0%af', 'x=%ff'] : []
  for (const query of [...broken, 'q=%00', 'x=1&'.repeat(200)]) {
    refused(await get(`/users?${query}`, { token }), 400, 'bad_request')
  }
  for (const query of ['q=a%0Ab', 'q=%09', 'q=%7F']) assert.equal((await get(`/users?${query}`, { token })).status, 200)
  refused(await get('/users?limit=1&limit=2', { token }), 422, 'invalid_fields', ['limit'])
})

test('another character set: 415', async () => {
  const { token } = await settle(client)
  const body = { firstName: 'X' }
  for (const type of ['application/json; charset=latin1', 'application/json; charset=utf-16']) {
    refused(await patch('/account/me', { token, body, type }), 415, 'unsupported_media_type')
  }
})

test('a sane request id is kept, any other is replaced', async () => {
  const ask = id => get('/health', { headers: id === undefined ? {} : { 'X-Request-Id': id } })
  for (const id of ['a', 'A-b_c.9', 'x'.repeat(64)]) assert.equal((await ask(id)).requestId, id)
  const fresh = new Set()
  for (const id of [undefined, '', 'x'.repeat(65), 'a b', 'a"b', '<script>', 'a,b', 'a\u00e9', 'a;b', 'a=b']) {
    const { requestId } = await ask(id)
    assert.notEqual(requestId, id)
    fresh.add(requestId)
  }
  assert.equal(fresh.size, 10)
  const failed = await get('/account/me', { headers: { 'X-Request-Id': 'in-an-error' } })
  assert.equal(failed.requestId, 'in-an-error')
})

test('paths that are almost right: 404', async () => {
  const { token, id } = await settle(client)
  for (const path of ['/account', '/account/', '/account/me/', '/account/me/x', '/account/Me', '/account/register/1', '/account//me',
    '/users/', `/users/${id}/`, `/users/${id}/x`, '/health/', '/health/x', '/account/sessions/']) {
    refused(await call('GET', path, { token }), 404, 'not_found')
  }
})

test('every answer forbids guessing at its type, and keeping it', async () => {
  const { token } = await settle(client)
  for (const answer of [await get('/account/me', { token }), await get('/account/me'), await get('/users', { token })]) {
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.equal(answer.headers['cache-control'], 'no-store')
  }
})

test('a write from another site’s page is refused before anything else', async () => {
  const person = await settle(client)
  for (const Origin of ['https://evil.example', 'null', `http://127.0.0.1:${site.port + 1}`, `http://localhost:${site.port}`]) {
    const headers = { Origin }
    const { token, email, password } = person
    refused(await post('/account/login', { body: { login: email, password }, headers }), 403, 'cross_origin')
    refused(await post('/account/register', { body: newcomer(), headers }), 403, 'cross_origin')
    refused(await patch('/account/me', { token, body: { firstName: 'X' }, headers }), 403, 'cross_origin')
    refused(await client.put('/account/password', { token, body: { current: password, new: 'new password' }, headers }),
      403, 'cross_origin')
    refused(await client.del('/account/me', { token, body: { password }, headers }), 403, 'cross_origin')
    refused(await client.del(`/account/sessions/${person.sessionId}`, { token, headers }), 403, 'cross_origin')
    refused(await post('/account/logout', { token, headers }), 403, 'cross_origin')
    const read = await get('/account/me', { token, headers })
    assert.equal(read.json.firstName, person.firstName)
    assert.equal(read.headers['access-control-allow-origin'], undefined)
  }
  const headers = { Origin: `http://127.0.0.1:${site.port}` }
  assert.equal((await patch('/account/me', { token: person.token, body: { firstName: 'X' }, headers })).status, 200)
})

if (transport === 'http') {
  test('a header that reaches the program twice: 400', async () => {
    for (const headers of [{ 'X-Thing': 'a', X_Thing: 'b' }, { 'X-Forwarded-For': '1.2.3.4', X_Forwarded_For: '4.3.2.1' }]) {
      for (const path of ['/health', '/health/metrics']) refused(await get(path, { headers }), 400, 'bad_request')
      refused(await patiently(() => post('/account/register', { body: newcomer(), headers })), 400, 'bad_request')
    }
  })
}
