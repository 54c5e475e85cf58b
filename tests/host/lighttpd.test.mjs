// lighttpd.conf: which address is answered by whom, and what every answer carries.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import path from 'node:path'
import { before, after, describe, test } from 'node:test'
import { Site, signal, until } from './host.mjs'

let site
const ends = []
before(async () => {
  site = await Site.make({ after: end => ends.push(end) })
  assert.equal((await site.serve('start')).code, 0)
})
after(async () => { for (const end of ends) await end() })

// By node:http, since fetch follows, decompresses and tidies up addresses.
async function ask(path, { method = 'GET', headers = {}, body } = {}) {
  const request = http.request({ port: site.port, path, method, headers, agent: false })
  request.end(body)
  const [response] = await once(request, 'response')
  const chunks = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() }
}

async function raw(text) {
  const socket = net.connect(site.port, '127.0.0.1').setEncoding('utf8')
  let answer = ''
  socket.on('data', s => { answer += s })
  socket.write(text)
  await once(socket, 'close')
  return answer
}

function assertProblem({ status, headers, body }, expected, code) {
  assert.equal(status, expected)
  assert.equal(headers['content-type'], 'application/problem+json')
  const problem = JSON.parse(body)
  assert.deepEqual(Object.keys(problem), ['type', 'title', 'status', 'detail', 'code'])
  assert.equal(problem.status, expected)
  if (code) assert.equal(problem.code, code)
}

describe('programs', () => {
  for (const prefix of ['', '/chat', '/a/b-c/d', '/api', '/api/v2', '/app', '/my%20chat', '/%D1%87%D0%B0%D1%82', '/a+b@c']) {
    test(`answer under the prefix "${prefix}"`, async () => {
      const health = await ask(`${prefix}/api/v1/health?x=/api/v1/account`)
      assert.deepEqual([health.status, JSON.parse(health.body).status], [200, 'ok'])
      assertProblem(await ask(`${prefix}/api/v1/account/me`), 401, 'unauthorized')
    })
  }

  test('tell the browser a cookie path with the prefix', async () => {
    const { status, headers } = await ask('/x/y/api/v1/account/register', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'email=prefix%40example.org&password=correct+horse&firstName=A&lastName=B'
    })
    assert.equal(status, 201)
    assert.match(headers['set-cookie'].join('\n'), /Path=\/x\/y\/api\/v1\/account\/refresh;/)
  })

  for (const path of ['/api/v1', '/api/v1/', '/api/v1/accounts', '/api/v1/nothing/me', '/api/v1/metrics', '/api/v1/accoun',
    '/x/api/v1/nothing', '/api/v1/bellhop']) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      test(`and nobody else: ${method} ${path} is a problem 404 with a request id`, async () => {
        const answer = await ask(path, { method })
        assertProblem(answer, 404, 'not_found')
        assert.ok(answer.headers['x-request-id'])
      })
    }
  }

  test('get the Authorization header', async () => {
    const { body } = await ask('/api/v1/account/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'login=prefix%40example.org&password=correct+horse'
    })
    const headers = { Authorization: `Bearer ${JSON.parse(body).accessToken}` }
    assert.equal((await ask('/api/v1/account/me', { headers })).status, 200)
  })

  test('are protected from scripts and frames in their answers, which are not compressed', async () => {
    const { headers } = await ask('/api/v1/health', { headers: { 'Accept-Encoding': 'gzip, br' } })
    assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'")
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.equal(headers['cache-control'], 'no-store')
    assert.equal(headers['content-encoding'], undefined)
  })
})

describe('what lighttpd answers itself is a problem, too', () => {
  const big = Buffer.alloc(2 << 20, 'x')
  test('a body too large', async () => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': big.length }
    const answer = await raw(`POST /api/v1/account/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${
      Object.entries(headers).map(h => h.join(': ')).join('\r\n')}\r\n\r\n`)
    assert.match(answer, /^HTTP\/1.1 413 [^]*problem\+json[^]*"code":"too_large"/)
  })
  test('a body too large, in chunks', async () => {
    const answer = await raw('POST /api/v1/account/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n' +
      `Transfer-Encoding: chunked\r\n\r\n${big.length.toString(16)}\r\n${big}`)
    assert.match(answer, /^HTTP\/1.1 413 [^]*problem\+json[^]*"code":"too_large"/)
  })
  test('headers too large', async () => {
    assert.match(await raw(`GET /api/v1/health HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20000)}\r\n\r\n`),
      / 431 [^]*problem\+json[^]*"code":"headers_too_large"/)
  })
  test('an unknown method', async () => {
    assert.match(await raw('BREW /api/v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'),
      / 501 [^]*problem\+json[^]*"code":"not_implemented"/)
  })
  test('a NUL in the address', async () => {
    assertProblem(await ask('/api/v1/account/%00'), 400, 'bad_request')
  })
  test('a program that is gone, until it is back', async () => {
    signal(site.pid('users'), 'SIGKILL')
    await until(async () => {
      const answer = await ask('/api/v1/users')
      if (answer.status === 401) return true
      assertProblem(answer, answer.status)
      assert.ok([500, 502, 503].includes(answer.status), answer.status)
      return false
    }, 'the program')
  })
})

describe('files', () => {
  test('have their types, and a policy without any inline', async () => {
    for (const [path, type] of [['/api/', 'text/html; charset=utf-8'], ['/api/page.css', 'text/css; charset=utf-8'],
      ['/api/page.js', 'text/javascript; charset=utf-8'], ['/api/openapi.json', 'application/json'],
      ['/chat/api/favicon.svg', 'image/svg+xml']]) {
      const { status, headers } = await ask(path)
      assert.deepEqual([path, status, headers['content-type']], [path, 200, type])
      assert.match(headers['content-security-policy'], /default-src 'self'/)
      assert.match(headers['content-security-policy'], /frame-ancestors 'none'/)
      assert.doesNotMatch(headers['content-security-policy'], /unsafe/)
      for (const name of ['referrer-policy', 'permissions-policy', 'cross-origin-opener-policy']) assert.ok(headers[name], name)
      assert.equal(headers['x-content-type-options'], 'nosniff')
    }
  })

  test('are asked for again, and answered by 304 when unchanged', async () => {
    const { headers } = await ask('/api/openapi.json')
    assert.equal(headers['cache-control'], 'no-cache')
    const again = await ask('/api/openapi.json', { headers: { 'If-None-Match': headers.etag } })
    assert.deepEqual([again.status, again.body], [304, ''])
  })

  for (const encoding of ['br', 'gzip']) {
    test(`are compressed by ${encoding} for who understands it`, async () => {
      const plain = await ask('/api/openapi.json')
      const small = await ask('/api/openapi.json', { headers: { 'Accept-Encoding': encoding } })
      assert.equal(small.headers['content-encoding'], encoding)
      assert.ok(Number(small.headers['content-length']) < Number(plain.headers['content-length']) / 2)
    })
  }

  test('of the web client are there under any prefix, and what is versioned is kept for good', async () => {
    for (const prefix of ['', '/chat', '/some/where/else', '/app', '/app/img', '/style', '/vendor', '/i18n', '/my%20chat', '/%D1%87%D0%B0%D1%82']) {
      for (const [path, type] of [['/', 'text/html'], ['/?x=1', 'text/html'], ['/index.html', 'text/html'], ['/app/net/api.js', 'text/javascript'],
        ['/style/base.css', 'text/css'], ['/i18n/uk.json', 'application/json'], ['/img/icon.svg', 'image/svg+xml'], ['/worker.js', 'text/javascript'],
        ['/manifest.webmanifest', 'application/manifest+json'], ['/vendor/files.json', 'application/json']]) {
        const { status, headers } = await ask(prefix + path)
        assert.equal(status, 200, prefix + path)
        assert.equal(headers['content-type'].split(';')[0], type, prefix + path)
        assert.equal(headers['cache-control'], 'no-cache', prefix + path)
        assert.match(headers['content-security-policy'], /require-trusted-types-for 'script'/)
      }
      const { body } = await ask(`${prefix}/app/ui.js`)
      const { status, headers } = await ask(`${prefix}/${body.match(/vendor\/preact[^']+/)[0]}`)
      assert.deepEqual([status, headers['cache-control']], [200, 'public, max-age=31536000, immutable'])
    }
  })

  test('of the API’s pages are there under a prefix that is called like a folder of the site', async () => {
    for (const prefix of ['/app', '/img', '/style/vendor']) {
      const { body } = await ask(`${prefix}/api/`)
      assert.match(body, /page\.js/)
      assert.equal((await ask(`${prefix}/api/index.html`)).body, body)
      assert.equal((await ask(`${prefix}/api/page.js`)).status, 200)
      assert.equal((await ask(`${prefix}/api`)).headers.location, `${prefix}/api/`)
    }
  })

  test('have such names that the last folder of an address is the one of the site', () => {
    const folders = ['api', 'app', 'i18n', 'img', 'problem', 'style', 'vendor'], tops = ['worker.js', 'manifest.webmanifest', 'index.html']
    const below = fs.readdirSync(path.join(site.tree, 'www'), { recursive: true }).map(name => name.split('/').slice(1)).filter(names => names.length)
    assert.ok(below.length > 50)
    assert.deepEqual(below.filter(names => names.some(name => folders.includes(name))), [])
    assert.deepEqual(below.filter(names => tops.includes(names.at(-1))), [['index.html']], 'that of /api/')
  })

  for (const [path, to] of [['/api', '/api/'], ['/chat/api', '/chat/api/'], ['/api?x=1', '/api/']]) {
    test(`${path} leads to ${to}`, async () => {
      const { status, headers } = await ask(path)
      assert.deepEqual([status, headers.location], [301, to])
    })
  }

  for (const path of ['/package.json', '/package-lock.json', '/x/api/../package.json', '/.htaccess', '/api/.hidden',
    '/vendor/.git/config', '/problem/413.html', '/node_modules/x.js', '/img/nothing', '/.well-known/', '/chat/problem/']) {
    test(`${path} is not for anybody`, async () => {
      const { status, body } = await ask(path)
      assert.ok([403, 404].includes(status), status)
      assert.doesNotMatch(body, /bellhop/)
    })
  }

  test('outside of the site are out of reach', async () => {
    for (const path of ['/../lighttpd.conf', '/api/../../lighttpd.conf', '/api/%2e%2e/%2e%2e/Makefile', '/api//../../Makefile']) {
      const { status } = await ask(path)
      assert.ok([400, 403, 404].includes(status), `${path}: ${status}`)
    }
  })
})
