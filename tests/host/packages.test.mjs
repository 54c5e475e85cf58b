// packages.sh and npm.sh: what is missing is installed, and nothing else happens. apt-get and the others are stand-ins
// that write down how they were called; no package of this machine is touched.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { root, run, temporaryFolder } from './host.mjs'

const script = path.join(root, 'lib/host/packages.sh')
const everything = [...fs.readFileSync(script, 'utf8').matchAll(/^\w+_packages=\(\n([^)]*)\)/gm)]
  .flatMap(m => m[1].replace(/#.*/g, '').split(/\s+/).filter(Boolean))

// A machine where PATH holds what is named here, a few basics and nothing else.
function machine(t, { installed = everything, sudo = false, user = '0', node = 'v18.19.0', apt = true }) {
  const bin = temporaryFolder(t)
  const log = path.join(bin, 'log')
  const program = (name, body) => fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  for (const name of ['bash', 'env', 'cat', 'rm', 'sleep', 'true']) {
    fs.symlinkSync(`/usr/bin/${name}`, path.join(bin, name))
  }
  const known = installed.map(name => `${name} installed 1.0\n`).join('')
  fs.writeFileSync(path.join(bin, 'installed'), `${known}curl deinstall 1.0\n`)
  program('dpkg-query', `cat ${bin}/installed; exit 1`)
  program('id', `echo ${user}`)
  program('invoke-rc.d', `echo service "$@" >>${log}`)
  program('update-rc.d', `echo service "$@" >>${log}`)
  program('systemctl', `echo service "$@" >>${log}`)
  if (apt) {
    program('apt-get', `echo "$DEBIAN_FRONTEND apt-get $*" >>${log}
fail() { echo "E: $1" >&2; exit 100; }
case "$*" in *update) [ ! -e ${bin}/locked ] || { rm ${bin}/locked; fail "Could not get lock /var/lib/apt/lists/lock"; } ;; esac
case "$*" in *install*) [ ! -e ${bin}/broken ] || fail "no mirror" ;; esac`)
  }
  if (sudo) program('sudo', `echo sudo "$@" >>${log}; [ "$1" != -n ] || shift; exec "$@"`)
  if (node) {
    program('node', `echo ${node}`)
    program('npm', 'echo 9.2.0')
  }
  return {
    file: name => path.join(bin, name),
    run: which => run(script, [which], { env: { PATH: bin } }),
    log: () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8') : '')
  }
}

const without = (...names) => everything.filter(name => !names.includes(name))

test('where all is there nothing is done and nothing said', async t => {
  for (const which of ['run', 'test']) {
    const here = machine(t, {})
    const { code, out, ms } = await here.run(which)
    assert.deepEqual([code, out, here.log()], [0, '', ''])
    t.diagnostic(`${which}: ${ms.toFixed(0)} ms`)
  }
})

test('root installs exactly what is missing, without recommended packages and questions, and says so', async t => {
  const here = machine(t, { installed: without('libjwt-dev', 'curl') })
  const { code, out } = await here.run('run')
  assert.equal(code, 0, out)
  assert.match(out, /^Installing Debian packages: libjwt-dev curl$/m)
  const [update, install, ...rest] = here.log().trim().split('\n')
  assert.match(update, /^noninteractive apt-get .*update$/)
  assert.match(install, /^noninteractive apt-get .*-y .*Lock::Timeout=300 .*install --no-install-recommends libjwt-dev curl$/)
  assert.deepEqual(rest, [])
})

test('what only tests need is not installed to run', async t => {
  const here = machine(t, { installed: without('valgrind', 'clang') })
  assert.equal((await here.run('run')).out, '')
  assert.match((await here.run('test')).out, /clang valgrind$/m)
})

test('a package that brings a system service is not among them', () => {
  for (const name of ['mariadb-server', 'apache2', 'default-mysql-server']) assert.ok(!everything.includes(name), name)
})

test('the service that comes with lighttpd does not stay, and one that was there is left alone', async t => {
  const fresh = machine(t, { installed: without('lighttpd') })
  assert.equal((await fresh.run('run')).code, 0)
  assert.match(fresh.log(), /install [^]*service .*lighttpd/)
  assert.match(fresh.log(), /service (.*disable.*lighttpd|lighttpd disable)/)
  const before = machine(t, { installed: without('curl') })
  await before.run('run')
  assert.doesNotMatch(before.log(), /service/)
})

test('an ordinary user installs through sudo', async t => {
  const here = machine(t, { installed: without('curl'), user: '1000', sudo: true })
  assert.equal((await here.run('run')).code, 0)
  assert.match(here.log(), /sudo -n env DEBIAN_FRONTEND=noninteractive apt-get .*install --no-install-recommends curl/)
})

test('with neither root nor sudo the exact command is named', async t => {
  const here = machine(t, { installed: without('curl', 'gcc'), user: '1000' })
  const { code, out } = await here.run('run')
  assert.equal(code, 1)
  assert.match(out, /Have root run: apt-get update && apt-get install --no-install-recommends gcc curl$/m)
  assert.equal(here.log(), '')
})

test('Node.js of another packaging counts, is never replaced, and must be new enough', async t => {
  const other = machine(t, { node: 'v22.1.0' })
  assert.deepEqual([(await other.run('run')).out, other.log()], ['', ''])
  const none = machine(t, { node: null })
  assert.match((await none.run('run')).out, /Installing Debian packages: nodejs npm/)
  const old = machine(t, { node: 'v16.20.2' })
  const { code, out } = await old.run('run')
  assert.deepEqual([code, /is version 16.20.2, and 18 or newer is needed/.test(out)], [1, true])
})

test('locked package lists are waited for', async t => {
  const here = machine(t, { installed: without('curl') })
  fs.writeFileSync(here.file('locked'), '')
  assert.equal((await here.run('run')).code, 0)
  assert.equal(here.log().match(/update$/gm).length, 2)
})

test('an installation that fails says what to look at', async t => {
  const here = machine(t, { installed: without('curl') })
  fs.writeFileSync(here.file('broken'), '')
  const { code, out } = await here.run('run')
  assert.deepEqual([code, /no mirror[^]*could not install[^]*mirror[^]*try again/.test(out)], [1, true])
})

test('a machine without apt-get is told what it needs', async t => {
  const { code, out } = await machine(t, { installed: without('curl'), apt: false }).run('run')
  assert.deepEqual([code, /needed, and there is no apt-get[^]*\ncurl$/m.test(out)], [1, true])
})

// A list of packages, and an npm that "installs" it and counts its calls.
function list(t, { npm = '' } = {}) {
  const dir = temporaryFolder(t)
  const file = name => path.join(dir, name)
  fs.mkdirSync(file('bin'))
  fs.writeFileSync(file('package.json'), '{}')
  fs.writeFileSync(file('package-lock.json'), '{"one":1}')
  fs.writeFileSync(file('bin/npm'), `#!/bin/sh
echo "$@" >>${dir}/calls
${npm}
mkdir -p node_modules/swagger-ui-dist
for f in swagger-ui.css swagger-ui-bundle.js swagger-ui.js LICENSE NOTICE; do
  cat package-lock.json >node_modules/swagger-ui-dist/$f
done
mkdir -p node_modules/preact/dist node_modules/preact/hooks/dist node_modules/htm/dist
for p in preact htm; do
  printf '{\\n  "version": "1.2.3"\\n}\\n' >node_modules/$p/package.json
  cat package-lock.json >node_modules/$p/LICENSE
done
cat package-lock.json >node_modules/preact/dist/preact.mjs
cat package-lock.json >node_modules/htm/dist/htm.mjs
printf 'import{o}from"preact";\\n//# sourceMappingURL=hooks.mjs.map\\n' >node_modules/preact/hooks/dist/hooks.mjs
`, { mode: 0o755 })
  for (const name of ['app', 'i18n', 'img', 'style']) fs.mkdirSync(file(name))
  fs.writeFileSync(file('app/main.js'), 'one')
  for (const name of ['index.html', 'manifest.webmanifest']) fs.writeFileSync(file(name), '')
  const env = { ...process.env, PATH: `${dir}/bin:${process.env.PATH}` }
  return {
    file,
    npm: () => run(path.join(root, 'lib/host/npm.sh'), [dir, file('to')], { env }),
    vendor: () => run(path.join(root, 'lib/host/vendor.sh'), [file('to/node_modules'), file('vendor')]),
    calls: () => fs.readFileSync(file('calls'), 'utf8').trim().split('\n')
  }
}

test('npm packages are installed when their list has changed, and only then, without running their scripts', async t => {
  const here = list(t)
  assert.equal((await here.npm()).code, 0)
  assert.equal((await here.npm()).out, '')
  assert.deepEqual(here.calls(), ['ci --ignore-scripts --no-audit --no-fund --loglevel=error'])
  fs.writeFileSync(here.file('package-lock.json'), '{"two":2}')
  await here.npm()
  assert.equal(here.calls().length, 2)
})

test('browsers get the files they need and no others, renewed when they changed', async t => {
  const here = list(t)
  await here.npm()
  assert.equal((await here.vendor()).code, 0)
  const bundle = here.file('vendor/swagger-ui/swagger-ui-bundle.js')
  assert.deepEqual(fs.readdirSync(path.dirname(bundle)).sort(), ['LICENSE', 'NOTICE', 'swagger-ui-bundle.js', 'swagger-ui.css'])
  const { mtimeMs } = fs.statSync(bundle)
  await here.vendor()
  assert.equal(fs.statSync(bundle).mtimeMs, mtimeMs)
  fs.writeFileSync(here.file('package-lock.json'), '{"two":2}')
  await here.npm()
  await here.vendor()
  assert.equal(fs.readFileSync(bundle, 'utf8'), '{"two":2}')
})

test('modules find each other by their place, and the worker knows by a list when a file has changed', async t => {
  const here = list(t)
  await here.npm()
  assert.equal((await here.vendor()).code, 0)
  assert.equal(fs.readFileSync(here.file('vendor/preact-1.2.3/hooks.mjs'), 'utf8'), 'import{o}from"./preact.mjs";\n')
  const read = () => JSON.parse(fs.readFileSync(here.file('vendor/files.json'), 'utf8'))
  const before = read()
  assert.deepEqual(Object.keys(before), ['app/main.js', 'index.html', 'manifest.webmanifest', 'vendor/htm-1.2.3/htm.mjs',
    'vendor/preact-1.2.3/hooks.mjs', 'vendor/preact-1.2.3/preact.mjs'])
  fs.writeFileSync(here.file('app/main.js'), 'two')
  await here.vendor()
  const after = read()
  assert.deepEqual(Object.keys(after).filter(name => after[name] !== before[name]), ['app/main.js'])
})

test('two builds at once install npm packages once', async t => {
  const here = list(t, { npm: 'sleep 0.3' })
  const results = await Promise.all([here.npm(), here.npm(), here.npm()])
  assert.deepEqual(results.map(r => r.code), [0, 0, 0])
  assert.equal(here.calls().length, 1)
})

test('an npm installation that was broken off is done again', async t => {
  const here = list(t, { npm: '[ -e ../again ] || { touch ../again; exit 1; }' })
  const first = await here.npm()
  assert.deepEqual([first.code, /could not install/.test(first.out)], [1, true])
  assert.equal((await here.npm()).code, 0)
  assert.equal(here.calls().length, 2)
})

test('the lock files name packages by their hash, and no address', () => {
  for (const name of ['www', 'tests']) {
    const text = fs.readFileSync(path.join(root, name, 'package-lock.json'), 'utf8')
    assert.doesNotMatch(text, /"resolved"/, name)
    assert.match(text, /"integrity": "sha512-/)
  }
})
