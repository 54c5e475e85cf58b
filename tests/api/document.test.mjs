// The document and the programs say the same: calls, fields, and examples that are what they are examples of.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { api, deref, operations, problemsOf } from '../document.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const routes = site.routes()

test('every route of every program is in the document, and nothing else', () => {
  assert.deepEqual(operations.map(op => op.name).sort(), routes.map(route => route.name).sort())
})

for (const op of operations) {
  const route = routes.find(r => r.name === op.name)

  test(`${op.name}: the same fields, and the same need of a token`, () => {
    assert.equal(op.needsToken, route.auth === 'user')
    const documented = [
      ...op.parameters.filter(p => p.in !== 'header').map(p => `${p.in} ${p.name}${p.required ? ' required' : ''}`),
      ...Object.keys(op.bodySchema?.properties ?? {})
        .map(name => `body ${name}${op.bodySchema.required?.includes(name) ? ' required' : ''}`)
    ]
    const built = route.fields.flatMap(({ name, alias, in: where, required }) =>
      // One of two names is required, which the document says with anyOf.
      alias ? [`${where} ${name}`, `${where} ${alias}`] : [`${where} ${name}${required ? ' required' : ''}`])
    assert.deepEqual(documented.sort(), built.sort())
    assert.equal(op.bodySchema !== undefined, route.bodyMax > 0)
  })

  test(`${op.name}: the same bounds`, () => {
    for (const field of route.fields) {
      const schema = deref(op.parameters.find(p => p.name === field.name)?.schema ?? op.bodySchema?.properties[field.name])
      const nullable = schema.anyOf?.some(s => s.type === 'null') ?? false
      assert.equal(nullable, field.nullable, `${field.name} may be null`)
      const value = deref(schema.anyOf?.[0] ?? schema)
      if (field.type === 'int') assert.deepEqual([value.minimum, value.maximum], [field.min, field.max], field.name)
      if (field.type === 'ids') assert.deepEqual([value.minItems ?? 0, value.maxItems], [field.min, field.max], field.name)
      // A date has one length, which its format says.
      if (value.type === 'string' && field.type !== 'date') assert.equal(value.maxLength, field.max, field.name)
    }
  })
}

test('every reference leads somewhere, and everything in components is used', () => {
  const text = JSON.stringify(api)
  const used = new Set([...text.matchAll(/"\$ref":"#\/components\/(\w+)\/([\w-]+)"/g)].map(m => `${m[1]} ${m[2]}`))
  for (const scheme of text.matchAll(/"(bearer|\w+Cookie|metricsToken)":\[\]/g)) used.add(`securitySchemes ${scheme[1]}`)
  const defined = Object.entries(api.components).flatMap(([kind, all]) => Object.keys(all).map(name => `${kind} ${name}`))
  for (const reference of used) assert.ok(defined.includes(reference), `${reference} is not there`)
  // These hold for the whole site, not for single calls.
  const general = ['responses MethodNotAllowed', 'securitySchemes accessCookie', 'headers Allow']
  assert.deepEqual(defined.filter(name => !used.has(name) && !general.includes(name)), [])
})

test('every operation has a name of its own, a summary, a known tag, and says how it fails', () => {
  const ids = operations.map(op => op.id)
  assert.equal(new Set(ids).size, ids.length)
  for (const { name, node } of operations) {
    assert.ok(node.summary, name)
    for (const tag of node.tags) assert.ok(api.tags.some(t => t.name === tag), `${name}: ${tag}`)
    for (const status of ['400', '429', '500', '503']) assert.ok(node.responses[status], `${name}: ${status}`)
  }
})

test('a JSON file may be any JSON', () => {
  for (const status of ['200', '206']) {
    const { schema } = api.paths['/files/{id}'].get.responses[status].content['application/json']
    for (const value of [{ a: 1 }, [], 'x', 1, null]) assert.deepEqual(problemsOf(schema, value), [], status)
  }
})

test('the version is that of the programs, in the examples, too', async () => {
  const { version } = await (await fetch(`http://127.0.0.1:${site.port}/api/v1/health`)).json()
  const { examples } = api.paths['/health'].get.responses[200].content['application/json']
  assert.deepEqual([api.info.version, ...Object.values(examples).map(({ value }) => value.version)], [version, version])
})

test('examples are what their schemas say', () => {
  const media = []
  const collect = node => {
    if (node === null || typeof node !== 'object') return
    if (node.schema && node.examples) media.push(node)
    Object.values(node).forEach(collect)
  }
  collect(api)
  assert.ok(media.length > 25)
  for (const { schema, examples } of media) {
    for (const [name, example] of Object.entries(examples)) {
      assert.deepEqual(problemsOf(schema, deref(example).value), [], name)
    }
  }
})
