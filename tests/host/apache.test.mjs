// apache.conf: the same site behind a private Apache, in each of the three ways to run the programs.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { after, before, describe, test } from 'node:test'
import { Site, alive, atEnd, copyOfTree, freePort, isRoot, signal, temporaryFolder, until } from './host.mjs'
import { openIo, openSocket, refusal } from '../sockets.mjs'

const APACHE = '/usr/sbin/apache2'
const MODULES = '/usr/lib/apache2/modules'
const common = ['mpm_event', 'alias', 'xsendfile', 'authz_core', 'deflate', 'dir', 'env', 'filter', 'headers', 'mime', 'reqtimeout']
const ways = { cgi: ['cgid'], fcgid: ['fcgid'], sockets: ['proxy', 'proxy_fcgi', 'proxy_http', 'rewrite'] }

let site, folder
const ends = []
before(async () => {
  const t = { after: end => ends.push(end) }
  folder = temporaryFolder(t)
  fs.chmodSync(folder, 0o777)
  // As an ordinary user, since Apache runs programs as one: in a copy that this user can read.
  const tree = isRoot ? copyOfTree(path.join(folder, 'tree')) : undefined
  site = await Site.make(t, { folder, tree, user: 'nobody' })
  const { code, out } = await site.serve('start')
  assert.equal(code, 0, out)
})
after(async () => { for (const end of ends) await end() })

async function apache(t, way) {
  const port = await freePort()
  const dir = path.join(folder, way)
  fs.mkdirSync(dir)
  fs.chmodSync(dir, 0o777)
  for (const name of ['account', 'users', 'files', 'health']) {
    fs.symlinkSync(path.join(site.var, `run/${name}.sock`), path.join(dir, `${name}.sock`))
  }
  fs.symlinkSync(path.join(site.var, 'run/bridge.sock'), path.join(dir, 'bridge.sock'))
  fs.writeFileSync(path.join(dir, 'httpd.conf'), `
    ServerRoot "${dir}"
    ServerName localhost
    Listen 127.0.0.1:${port}
    PidFile "${dir}/pid"
    ErrorLog "${dir}/error.log"
    TypesConfig /dev/null
    ${[...common, ...ways[way]].map(m => `LoadModule ${m}_module ${MODULES}/mod_${m}.so`).join('\n')}
    ${way === 'cgi' ? `ScriptSock "${dir}/cgid"` : ''}
    ${way === 'fcgid' ? `FcgidIPCDir "${dir}"\nFcgidProcessTableFile "${dir}/table"` : ''}
    Define bellhop_${way}
    ${way === 'sockets' ? 'Define bellhop_bridge' : ''}
    Define bellhop_www "${path.join(site.tree, 'www')}"
    Define bellhop_bin "${site.env.BIN}"
    Define bellhop_conf "${path.join(site.var, 'bellhop.conf')}"
    Define bellhop_run "${dir}"
    Define bellhop_files "${path.join(site.var, 'files')}"
    Include "${path.join(site.tree, 'apache.conf')}"
  `)
  const server = spawn(APACHE, ['-DFOREGROUND', '-f', path.join(dir, 'httpd.conf')], { ...site.options, stdio: 'inherit' })
  atEnd(t, async () => {
    signal(server.pid, 'SIGTERM')
    if (server.exitCode === null) await once(server, 'exit')
    await until(() => !fs.existsSync(path.join(dir, 'pid')), 'the end of Apache')
  })
  const url = `http://127.0.0.1:${port}`
  await until(async () => {
    assert.ok(alive(server.pid), fs.existsSync(`${dir}/error.log`) && fs.readFileSync(`${dir}/error.log`, 'utf8'))
    return fetch(url).then(() => true, () => false)
  }, 'Apache')
  return url
}

for (const way of Object.keys(ways)) {
  describe(`by ${way}`, () => {
    let url
    const here = []
    before(async () => { url = await apache({ after: end => here.push(end) }, way) })
    after(async () => { for (const end of here) await end() })

    const post = (address, body) => fetch(url + address, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body)
    })

    test('people register, log in and are known by their token, under a prefix too', async () => {
      const email = `${way}@example.org`
      const password = 'correct horse'
      assert.equal((await post('/api/v1/account/register', { email, password, firstName: 'A', lastName: 'B' })).status, 201)
      const login = await post('/chat/api/v1/account/login', { login: email, password })
      assert.equal(login.status, 200)
      assert.match(login.headers.get('set-cookie'), /Path=\/chat\/api\/v1\/account\/refresh;/)
      const { accessToken } = await login.json()
      const me = await fetch(`${url}/a/b/api/v1/account/me?x=1`, { headers: { Authorization: `Bearer ${accessToken}` } })
      assert.deepEqual([me.status, (await me.json()).email], [200, email])
    })

    test('the bridge answers where it is defined', async () => {
      const registered = await post('/api/v1/account/register', { email: `${way}2@example.org`, password: 'correct horse', firstName: 'A', lastName: 'B' })
      const { accessToken: token } = await registered.json()
      const at = { port: new URL(url).port }
      if (way !== 'sockets') {
        assert.equal((await refusal(openSocket(at, '/ws', { token }))).status, 404)
        return
      }
      for (const address of ['/ws', '/chat/ws']) {
        const socket = await openSocket(at, address, { token })
        assert.equal((await socket.next()).type, 'hello')
        assert.equal((await socket.ask('GET', '/account/me')).body.email, `${way}2@example.org`)
        await socket.end()
      }
      for (const address of ['/', '/chat/']) {
        const classic = await openSocket(at, address, { token })
        classic.say({ type: 'dance' })
        assert.equal((await classic.next()).message, 'Unknown type')
        await classic.end()
      }
      assert.equal((await refusal(openSocket(at, '/ws', { token: 'x' }))).status, 401)
      for (const transports of [['polling'], ['websocket']]) {
        const io = await openIo(at, { token }, { transports })
        assert.equal((await io.ask('request', { method: 'GET', path: '/account/me' })).data.email, `${way}2@example.org`)
        io.end()
      }
    })

    test('health answers', async () => {
      const answer = await fetch(`${url}/api/v1/health`)
      assert.deepEqual([answer.status, (await answer.json()).status], [200, 'ok'])
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff')
      assert.equal(answer.headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'")
    })

    for (const address of ['/api/v1', '/api/v1/accounts', '/x/api/v1/nothing/me', '/api/v1/users/a%2Fb']) {
      test(`${address} is a problem`, async () => {
        const answer = await fetch(url + address)
        assert.ok([401, 404].includes(answer.status), answer.status)
        assert.equal(answer.headers.get('content-type'), 'application/problem+json')
        assert.equal((await answer.json()).status, answer.status)
        assert.ok(answer.headers.get('x-request-id'))
      })
    }

    test('a body too large is a problem 413', async () => {
      const answer = await post('/api/v1/account/login', { login: 'x'.repeat(2 << 20) })
      assert.equal(answer.status, 413)
      assert.equal(answer.headers.get('content-type'), 'application/problem+json')
      assert.equal((await answer.json()).code, 'too_large')
    })

    test('an upload comes back, whole and in part; what is refused early says so', async () => {
      const email = `files-${way}@example.org`
      const register = await post('/api/v1/account/register', { email, password: 'correct horse', firstName: 'A', lastName: 'B' })
      const Authorization = `Bearer ${(await register.json()).accessToken}`
      const words = 'Рядок за рядком.\n'.repeat(50_000)
      const upload = await fetch(`${url}/chat/api/v1/files?name=a.txt`, { method: 'POST', headers: { Authorization }, body: words })
      assert.equal(upload.status, 201)
      const { id } = await upload.json()
      const whole = await fetch(`${url}/chat/api/v1/files/${id}`, { headers: { Authorization } })
      assert.deepEqual([whole.status, whole.headers.get('content-type'), whole.headers.get('x-sendfile')], [200, 'text/plain', null])
      assert.match(whole.headers.get('content-disposition'), /filename="a.txt"/)
      assert.match(whole.headers.get('content-security-policy'), /sandbox/)
      assert.equal(await whole.text(), words)
      const etag = whole.headers.get('etag')
      const part = await fetch(`${url}/api/v1/files/${id}`, { headers: { Authorization, Range: 'bytes=0-9', 'If-Range': etag } })
      assert.deepEqual([part.status, part.headers.get('etag'), await part.text()], [206, etag, 'Рядок'])
      assert.equal((await fetch(`${url}/api/v1/files/${id}`, { headers: { Authorization, 'If-None-Match': etag } })).status, 304)
      assert.equal((await fetch(`${url}/api/v1/files/${id}`)).status, 401)
      const refused = await fetch(`${url}/api/v1/files`, { method: 'POST', headers: { Authorization }, body: Buffer.alloc(3 << 20) })
      assert.deepEqual([refused.status, (await refused.json()).code], [415, 'unsupported_file_type'])
    })

    test('files have types, a policy and an ETag, under a prefix too', async () => {
      for (const prefix of ['', '/chat', '/app', '/app/img', '/vendor', '/my%20chat', '/%D1%87%D0%B0%D1%82']) {
        const page = await fetch(`${url}${prefix}/api/`)
        assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
        assert.match(page.headers.get('content-security-policy'), /^default-src 'self';.*img-src 'self' data:/)
        const script = await fetch(`${url}${prefix}/api/page.js`)
        assert.equal(script.headers.get('content-type'), 'text/javascript; charset=utf-8')
        assert.ok(script.headers.get('etag'))
        await Promise.all([page.text(), script.text()])
        for (const [path, type] of [['/', 'text/html; charset=utf-8'], ['/index.html', 'text/html; charset=utf-8'], ['/app/main.js', 'text/javascript; charset=utf-8'], ['/worker.js', 'text/javascript; charset=utf-8'],
          ['/manifest.webmanifest', 'application/manifest+json']]) {
          const part = await fetch(url + prefix + path)
          assert.deepEqual([part.status, part.headers.get('content-type'), part.headers.get('cache-control')], [200, type, 'no-cache'], prefix + path)
          assert.match(part.headers.get('content-security-policy'), /require-trusted-types-for/)
          await part.text()
        }
        const ui = await (await fetch(`${url}${prefix}/app/ui.js`)).text()
        const versioned = await fetch(`${url}${prefix}/${ui.match(/vendor\/preact[^']+/)[0]}`)
        assert.deepEqual([versioned.status, versioned.headers.get('cache-control')], [200, 'public, max-age=31536000, immutable'])
        await versioned.text()
      }
      const redirect = await fetch(`${url}/chat/api`, { redirect: 'manual' })
      assert.match(redirect.headers.get('location'), /\/chat\/api\/$/)
    })

    for (const address of ['/package.json', '/api/.hidden', '/account', '/api/v1/../../../bin/account', '/img/nothing']) {
      test(`${address} is not for anybody`, async () => {
        const answer = await fetch(url + address)
        assert.ok([403, 404].includes(answer.status), answer.status)
        await answer.text()
      })
    }
  })
}
