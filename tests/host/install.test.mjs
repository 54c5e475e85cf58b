// install.sh: all of it lands under DESTDIR, complete and usable, and nothing else is touched.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { isRoot, root, run, temporaryFolder } from './host.mjs'

const BIN = process.env.BIN || path.join(root, '.build/release/bin')

const install = env => run(path.join(root, 'lib/host/install.sh'), [], { env: { ...process.env, BIN, ...env } })

function files(dir) {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap(entry => {
    const name = path.join(dir, entry.name)
    return entry.isDirectory() ? files(name) : [name]
  })
}

const state = dir => (fs.existsSync(dir) ? files(dir).map(name => `${name} ${fs.statSync(name).mtimeMs}`).join('\n') : '')

test('programs, site, examples and units are in their places, readable by all and writable by the owner', async t => {
  const dest = temporaryFolder(t)
  const places = ['/usr/local/lib/bellhop', '/usr/local/share/bellhop', '/usr/local/bin', `${root}/www`, `${root}/schema`]
  const before = places.map(state)
  const { code, out } = await install({ DESTDIR: dest, PREFIX: '/usr' })
  assert.deepEqual([code, out], [0, ''])
  assert.deepEqual(places.map(state), before)

  const installed = files(dest).map(name => name.slice(dest.length))
  const programs = fs.readdirSync(BIN).filter(name => name !== 'bellhop').map(name => `/usr/lib/bellhop/${name}`)
  for (const name of [...programs, '/usr/bin/bellhop', '/usr/share/bellhop/www/api/openapi.json',
    '/usr/share/bellhop/www/problem/413.html', '/usr/share/bellhop/www/vendor/swagger-ui/swagger-ui-bundle.js',
    '/usr/share/bellhop/schema/grants.sql',
    '/usr/share/doc/bellhop/bellhop.conf', '/usr/share/doc/bellhop/lighttpd.conf', '/usr/share/doc/bellhop/apache.conf',
    '/usr/share/doc/bellhop/LICENSE', '/lib/systemd/system/bellhop@.service', '/lib/systemd/system/bellhop@.socket',
    '/usr/lib/sysusers.d/bellhop.conf', '/usr/lib/tmpfiles.d/bellhop.conf']) {
    assert.ok(installed.includes(name), name)
  }
  for (const name of installed) {
    assert.doesNotMatch(name, /package(-lock)?\.json$|\/\./)
    const executable = programs.includes(name) || name === '/usr/bin/bellhop'
    assert.equal(fs.statSync(dest + name).mode & 0o7777, executable ? 0o755 : 0o644, name)
    if (/share\/doc.*\.conf$|systemd/.test(name)) {
      assert.doesNotMatch(fs.readFileSync(dest + name, 'utf8'), /\/usr\/local|env\.BELLHOP/, name)
    }
  }
  assert.match(execFileSync(`${dest}/usr/bin/bellhop`, ['version'], { encoding: 'utf8' }), /\d+\.\d+/)
})

test('a second installation over the first is the same', async t => {
  const dest = temporaryFolder(t)
  await install({ DESTDIR: dest })
  const first = files(dest)
  assert.equal((await install({ DESTDIR: dest })).code, 0)
  assert.deepEqual(files(dest), first)
})

test('the examples are taken by the servers they are for', async t => {
  const dest = temporaryFolder(t)
  await install({ DESTDIR: dest })
  const doc = path.join(dest, 'usr/local/share/doc/bellhop')
  // With -tt it looks into folders that are not everybody's, too.
  const lighttpd = await run('/usr/sbin/lighttpd', [isRoot ? '-tt' : '-t', '-f', path.join(doc, 'lighttpd.conf')], { env: {} })
  assert.deepEqual([lighttpd.code, lighttpd.out], [0, isRoot ? '' : 'Syntax OK\n'])
  assert.match(fs.readFileSync(path.join(doc, 'lighttpd.conf'), 'utf8'), /"socket" => "\/run\/bellhop\/account.sock"/)
  const config = await run(path.join(dest, 'usr/local/bin/bellhop'), ['config', 'check'],
    { env: { BELLHOP_CONF: path.join(doc, 'bellhop.conf') } })
  assert.equal(config.code, 0, config.out)
})

const skip = !fs.existsSync('/usr/bin/systemd-analyze') && 'no systemd here'
test('the units are taken by systemd, and leave a program little', { skip }, async t => {
  const dest = temporaryFolder(t)
  await install({ DESTDIR: dest })
  const { out } = await run('systemd-analyze', ['verify', `--root=${dest}`, 'bellhop@account.service', 'bellhop@account.socket'])
  assert.doesNotMatch(out, /bellhop@\.(service|socket):\d/)
  const security = await run('systemd-analyze', ['security', '--offline=true', `--root=${dest}`, 'bellhop@account.service'])
  assert.ok(Number(security.out.match(/exposure level for .*: ([\d.]+)/)[1]) < 2.5, security.out)
})

test('what is not built, or a relative prefix, is named and installs nothing', async t => {
  const dest = temporaryFolder(t)
  const unbuilt = await install({ DESTDIR: dest, BIN: path.join(dest, 'none') })
  assert.deepEqual([unbuilt.code, /not built.*make/.test(unbuilt.out)], [1, true])
  assert.equal((await install({ DESTDIR: dest, PREFIX: 'usr' })).code, 1)
  assert.deepEqual(fs.readdirSync(dest), [])
})
