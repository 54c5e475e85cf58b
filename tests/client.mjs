// client.mjs - asks the site under test and lets the API document judge every answer.
//
// The same calls go over one of two transports: `http`, through the site's web server, or `cgi` (TRANSPORT=cgi), where
// each request is a process of its own, BIN/PROGRAM with the CGI variables, as on the plainest of web hosts. Both share
// the site's database. Headers are sent as given, hostile ones included, hence node:http and not fetch.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { allowed, checkAnswer, findOperation } from './document.mjs'

export const transport = process.env.TRANSPORT ?? 'http'
export const BASE = '/api/v1'

const TIMEOUT_MS = 60_000
const PROCESSES_MAX = 8

const seen = {}
if (process.env.COVERAGE_DIR) {
  process.on('exit', () => {
    // It is gone where the whole run was broken off.
    if (!existsSync(process.env.COVERAGE_DIR)) return
    writeFileSync(`${process.env.COVERAGE_DIR}/${process.pid}-${Date.now()}.json`, JSON.stringify(seen))
  })
}

function record(method, path, status) {
  const op = findOperation(method, path)
  if (!op) return
  seen[op.name] ??= {}
  seen[op.name][status] = (seen[op.name][status] ?? 0) + 1
}

// The agent lets idle connections go before the server does, so that none is closed under a request. `by`: for what only
// prepares the ground of a test, 'http' is quicker.
export function connect(site, agent = new http.Agent({ keepAlive: true, maxSockets: 64, timeout: 2000 }), by = transport) {
  const line = inLine(PROCESSES_MAX)
  const send = by === 'cgi'
    ? request => line(() => byProcess(site, request))
    : request => byHttp(site, agent, request)

  // options: body (a value, sent as JSON), form (names and values), raw and type (bytes as they are), token, cookie,
  // headers (a value may be a list), prefix and env (cgi only), heard (called with all that has come so far).
  async function call(method, path, options = {}) {
    const request = { method, path, ...message(options), prefix: options.prefix ?? '', env: options.env, heard: options.heard }
    const answer = await send(request)
    const [plain] = path.split('?')
    try {
      checkAnswer(method, plain, answer)
    } catch (fault) {
      fault.message = `${method} ${path} [${by}]: ${fault.message}`
      throw fault
    }
    if (by === transport) record(method, plain, answer.status)
    answer.code = answer.json?.code
    answer.requestId = answer.headers['x-request-id']
    answer.cookies = cookies(answer)
    return answer
  }

  return {
    call,
    get: (path, options) => call('GET', path, options),
    post: (path, options) => call('POST', path, options),
    put: (path, options) => call('PUT', path, options),
    patch: (path, options) => call('PATCH', path, options),
    del: (path, options) => call('DELETE', path, options),
    // A page of the site that is not the API; http only.
    page: (path, headers = {}) => byHttp(site, agent, { method: 'GET', url: path, headers })
  }
}

function message({ body, form, raw, type, token, cookie, headers = {} }) {
  const all = { ...headers }
  let bytes
  if (body !== undefined) {
    bytes = Buffer.from(JSON.stringify(body))
    type ??= 'application/json'
  } else if (form !== undefined) {
    bytes = Buffer.from(new URLSearchParams(form).toString())
    type ??= 'application/x-www-form-urlencoded'
  } else if (raw !== undefined) {
    bytes = Buffer.from(raw)
  }
  if (type !== undefined) all['Content-Type'] = type
  if (bytes) all['Content-Length'] = String(bytes.length)
  if (token !== undefined) all.Authorization = `Bearer ${token}`
  if (cookie !== undefined) all.Cookie = cookie
  return { headers: all, bytes }
}

function cookies({ headers }) {
  const found = {}
  for (const line of headers['set-cookie'] ?? []) {
    const [pair, ...attributes] = line.split('; ')
    const [name, value] = pair.split(/=(.*)/s)
    found[name] = { value, attributes: attributes.sort() }
  }
  return found
}

function byHttp(site, agent, { method, path, url = BASE + path, headers, bytes, heard }) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port: site.port, method, path: url, agent, headers })
    const hurry = setTimeout(() => request.destroy(new Error(`${method} ${url}: no answer`)), TIMEOUT_MS)
    let response
    request.on('response', r => {
      response = r
      const parts = []
      r.on('data', part => {
        parts.push(part)
        heard?.(Buffer.concat(parts).toString())
      })
      r.on('end', () => {
        clearTimeout(hurry)
        const all = Buffer.concat(parts)
        resolve({ status: r.statusCode, headers: r.headers, bytes: all, text: all.toString() })
      })
      r.on('error', reject)
    })
    request.on('error', fault => {
      clearTimeout(hurry)
      // A server that refuses a body may answer before it has read it all.
      if (!response) reject(fault)
    })
    request.end(bytes)
  })
}

// Runs so many at once and no more; the others wait in line.
function inLine(places) {
  let free = places
  const waiting = []
  return async work => {
    if (free > 0) free--
    else await new Promise(go => waiting.push(go))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}

function variables(site, { method, path, headers, prefix, env }) {
  const [plain, query = ''] = path.split(/\?(.*)/s)
  const program = plain.split('/')[1]
  const all = {
    BELLHOP_CONF: site.conf,
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: 'tests',
    SERVER_NAME: '127.0.0.1',
    SERVER_PORT: String(site.port),
    REMOTE_ADDR: '127.0.0.1',
    REQUEST_METHOD: method,
    REQUEST_URI: prefix + BASE + path,
    SCRIPT_NAME: `${prefix}${BASE}/${program}`,
    PATH_INFO: decodeURIComponent(plain.slice(program.length + 1)),
    QUERY_STRING: query,
    HTTP_HOST: `127.0.0.1:${site.port}`
  }
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toUpperCase().replace(/-/g, '_')
    all[/^CONTENT_(TYPE|LENGTH)$/.test(key) ? key : `HTTP_${key}`] = [value].flat().join(', ')
  }
  return { ...site.settings, ...all, ...env }
}

async function byProcess(site, request) {
  const program = request.path.split(/[/?]/)[1]
  const child = spawn(`${site.bin}/${program}`, [], { env: variables(site, request), stdio: 'pipe' })
  const out = []
  const err = []
  child.stdout.on('data', part => {
    out.push(part)
    request.heard?.(Buffer.concat(out).toString())
  })
  child.stderr.on('data', part => err.push(part))
  // A program that refuses a body need not read it.
  child.stdin.on('error', () => {})
  child.stdin.end(request.bytes)
  const hurry = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS)
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (...end) => resolve(end))
  })
  clearTimeout(hurry)
  const said = Buffer.concat(err).toString()
  assert.equal(said, '', `${program} wrote to standard error:\n${said}`)
  assert.deepEqual([code, signal], [0, null], `${program} ended with ${code ?? signal}`)
  return parseCgi(Buffer.concat(out))
}

function parseCgi(bytes) {
  const end = bytes.indexOf('\r\n\r\n')
  assert.notEqual(end, -1, 'the CGI answer has no end of headers')
  const headers = {}
  for (const line of bytes.subarray(0, end).toString('latin1').split('\r\n')) {
    const [, name, value] = line.match(/^([!-9;-~]+): ?(.*)$/) ?? assert.fail(`a bad header line: ${line}`)
    const key = name.toLowerCase()
    if (key === 'set-cookie') (headers[key] ??= []).push(value)
    else assert.equal(headers[key], undefined, `${name} comes twice`), (headers[key] = value)
  }
  const body = bytes.subarray(end + 4)
  if (headers['content-length'] !== undefined && body.length > 0) {
    assert.equal(Number(headers['content-length']), body.length, 'Content-Length is not the length of the body')
  }
  const status = Number(headers.status?.split(' ')[0] ?? 200)
  delete headers.status
  return { status, headers, bytes: body, text: body.toString() }
}

// An answer that comes bit by bit: `until` ends when what has come fits the pattern, or the answer has ended.
export function follow({ get }, path, options) {
  let text = ''
  let look = () => {}
  const answer = get(path, { ...options, heard: all => { text = all; look() } })
  const came = pattern => new Promise(resolve => {
    look = () => pattern.test(text) && resolve()
    look()
  })
  return { answer, until: pattern => Promise.race([answer, came(pattern)]) }
}

// Asks again as long as the server says that it is busy hashing passwords, when it says.
export async function patiently(ask) {
  const end = Date.now() + TIMEOUT_MS
  for (;;) {
    const answer = await ask()
    if (answer.code !== 'busy' || Date.now() > end) return answer
    await delay(Number(answer.headers['retry-after']) * 1000)
  }
}

// Until `ask` answers with `status`; one that was asked later than `within_ms` after the start must.
export async function soon(status, within_ms, ask) {
  const start = Date.now()
  for (;;) {
    const at = Date.now() - start
    const answer = await ask()
    if (answer.status === status) return answer
    assert.ok(at <= within_ms, `still ${answer.status} instead of ${status} after ${at} ms`)
    await delay(25)
  }
}

// That a request was refused, how, and for which fields.
export function refused(answer, status, code, fields) {
  assert.equal(`${answer.status} ${answer.code}`, `${status} ${code}`, answer.text)
  if (fields) assert.deepEqual(Object.keys(answer.json.fields).sort(), [...fields].sort(), answer.text)
  if (status === 405) {
    assert.ok(answer.headers.allow)
  }
  return answer
}

export function sameAllow(answer, path) {
  assert.deepEqual(answer.headers.allow.split(', ').sort(), allowed(path))
}
