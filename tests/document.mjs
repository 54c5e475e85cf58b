// document.mjs - the API document as a judge: which operation a request is, and whether an answer is one of those that
// the document promises for it.
//
// Answers are held to a closed reading of the schemas: a member that the document does not name is a fault here, though
// clients are told to put up with new ones. Otherwise something private could slip into an answer unseen.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { require } from './npm.mjs'

const Ajv = require('ajv/dist/2020.js').default
const addFormats = require('ajv-formats').default

export const METHODS = ['get', 'post', 'put', 'patch', 'delete']

export const api = JSON.parse(readFileSync(new URL('../www/api/openapi.json', import.meta.url), 'utf8'))

export function deref(node) {
  while (node?.$ref) {
    node = node.$ref.slice(2).split('/').reduce((at, name) => at[name.replace(/~1/g, '/').replace(/~0/g, '~')], api)
  }
  return node
}

// What the programs answer; paths of another server are sockets.
export const operations = Object.entries(api.paths).filter(([, item]) => !item.servers).flatMap(([path, item]) =>
  METHODS.filter(method => item[method]).map(method => operation(path, method.toUpperCase(), item[method])))

function operation(path, method, node) {
  const parameters = (node.parameters ?? []).map(deref)
  const body = node.requestBody?.content['application/json']
  const security = node.security ?? api.security
  return {
    id: node.operationId,
    name: `${method} ${path}`,
    path,
    method,
    node,
    parameters,
    bodySchema: body && deref(body.schema),
    sample: body && Object.values(body.examples)[0].value,
    program: path.split('/')[1],
    pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
    needsToken: security.length > 0 && security.every(way => 'bearer' in way)
  }
}

// Of the paths that fit, the one with the fewest parameters: `/chats/rooms` is no `/chats/{id}`.
function operationsOf(path) {
  const fitting = operations.filter(o => o.pattern.test(path))
  const parts = o => o.path.split('{').length
  const least = Math.min(...fitting.map(parts))
  return fitting.filter(o => parts(o) === least)
}

export function findOperation(method, path) {
  return operationsOf(path).find(o => o.method === method)
}

// The methods that the document knows for a path, as Allow lists them.
export function allowed(path) {
  const known = operationsOf(path).map(o => o.method)
  if (known.includes('GET')) known.push('HEAD')
  return known.length ? [...known, 'OPTIONS'].sort() : []
}

// In an answer every object is closed; where a schema is a part of another (allOf), the whole is.
function close(schema, whole = true) {
  for (const part of Object.values(schema.properties ?? {})) close(part)
  if (schema.items) close(schema.items)
  for (const part of [...(schema.allOf ?? []), ...(schema.anyOf ?? [])]) close(part, false)
  if (whole) schema.unevaluatedProperties = false
}

const ajv = new Ajv({ strict: false, allErrors: true })
addFormats(ajv)
ajv.addFormat('idn-email', /^[^\s@]+@[^\s@]+$/u)
ajv.addSchema(api, 'document')

const closed = structuredClone(api)
for (const schema of Object.values(closed.components.schemas)) close(schema, false)
for (const owner of [closed.components, ...Object.values(closed.paths).flatMap(item => Object.values(item))]) {
  for (const response of Object.values(owner.responses ?? {})) {
    for (const media of Object.values(response.content ?? {})) close(media.schema)
  }
}
ajv.addSchema(closed, 'answers')

const pointer = parts => parts.map(part => part.replace(/~/g, '~0').replace(/\//g, '~1')).join('/')

const validators = new Map()
function validator(name) {
  if (!validators.has(name)) validators.set(name, ajv.compile({ $ref: name }))
  return validators.get(name)
}

// For examples and requests: the schema as everybody reads it.
export function problemsOf(schema, value) {
  const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replace(/"#\//g, '"document#/')))
  return validate(value) ? [] : validate.errors.map(e => `${e.instancePath || '/'} ${e.message}`)
}

// What the server may answer to a request that is no operation at all.
const OUTSIDE = { 404: 'NotFound', 405: 'MethodNotAllowed', 400: 'BadRequest', 413: 'TooLarge' }

function promised(op, path, status) {
  if (!op) {
    const name = OUTSIDE[status]
    assert.ok(name, `answered ${status}, though the document does not know the call`)
    if (status === 404) assert.deepEqual(allowed(path), [], 'answered 404, though the document knows the path')
    return { response: api.components.responses[name], at: `components/responses/${name}` }
  }
  const node = op.node.responses[status]
  // 405 is promised for paths, not for calls.
  assert.ok(node, `answered ${status}, which the document does not promise`)
  const at = node.$ref?.slice(2) ?? pointer(['paths', op.path, op.method.toLowerCase(), 'responses', String(status)])
  return { response: deref(node), at }
}

// Throws where the answer is not one that the document promises. `answer`: {status, headers, text}.
export function checkAnswer(method, path, answer) {
  const op = findOperation(method === 'HEAD' ? 'GET' : method, path)
  checkHeaders({ 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } }, answer)
  if (method === 'OPTIONS' && answer.status === 204) {
    checkHeaders({ Allow: { $ref: '#/components/headers/Allow' } }, answer)
    assert.equal(answer.text, '', 'a 204 has a body')
    return
  }
  const { response, at } = promised(op, path, answer.status)
  checkHeaders(response.headers, answer)
  checkBody(method, response, at, answer)
}

function checkHeaders(headers, answer) {
  for (const [name, node] of Object.entries(headers ?? {})) {
    const { required, schema } = deref(node)
    const value = answer.headers[name.toLowerCase()]
    if (value === undefined) {
      assert.ok(!required, `${answer.status} lacks ${name}`)
    } else if (schema.pattern) {
      assert.match(String(value), new RegExp(schema.pattern), `${name} of ${answer.status}`)
    }
  }
}

const isAnything = schema => Object.keys(schema).every(key => key === 'description')

function checkBody(method, response, at, answer) {
  const type = answer.headers['content-type']?.split(';')[0]
  if (!response.content) {
    assert.equal(answer.text, '', `${answer.status} has a body`)
    assert.equal(type, undefined, `${answer.status} has a content type`)
    return
  }
  assert.ok(response.content[type], `${answer.status} has the content type ${type}`)
  if (method === 'HEAD') {
    assert.equal(answer.text, '', 'the answer to HEAD has a body')
    return
  }
  // A file is what it is, JSON or not.
  if (!type.endsWith('json') || isAnything(response.content[type].schema)) return
  answer.json = JSON.parse(answer.text)
  assert.doesNotMatch(answer.text.replace(/"(?:[^"\\]|\\.)*"/g, ''), /\s/, 'the body is not compact JSON')
  const validate = validator(`answers#/${at}/${pointer(['content', type, 'schema'])}`)
  if (!validate(answer.json)) {
    const faults = validate.errors.map(e => `${e.instancePath || '/'} ${e.message} ${JSON.stringify(e.params)}`)
    assert.fail(`${answer.status} is not what the document says:\n  ${faults.join('\n  ')}\n  ${answer.text.slice(0, 500)}`)
  }
}
