// run.mjs [http] [cgi] [-- FILE…]: the API tests on one site, over each transport in turn (both, if none is named). BIN
// chooses the programs. Files x.http.test.mjs and x.cgi.test.mjs are for that transport alone. TAP goes to standard
// output; the last line is "N passed, N failed, N skipped".
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UNLIMITED, openSite } from '../site.mjs'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const LAST = 'coverage.test.mjs'

const [transports, chosen] = split(process.argv.slice(2))
const total = { pass: 0, fail: 0, skipped: 0 }

function split(words) {
  const at = words.indexOf('--')
  const names = at < 0 ? words : words.slice(0, at)
  for (const name of names) {
    if (!['http', 'cgi'].includes(name)) {
      console.error('usage: run.mjs [http] [cgi] [-- FILE…]')
      process.exit(2)
    }
  }
  return [names.length ? names : ['http', 'cgi'], at < 0 ? undefined : words.slice(at + 1)]
}

function filesFor(transport) {
  const all = chosen ?? readdirSync(HERE).filter(name => name.endsWith('.test.mjs') && name !== LAST)
  const other = transport === 'http' ? '.cgi.test.mjs' : '.http.test.mjs'
  return all.map(name => HERE + basename(name)).filter(name => !name.endsWith(other))
}

// Runs test files, passes their TAP on, and adds up what it says at its end.
function tap(files, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--test', '--test-reporter=tap', '--test-concurrency=2', ...files], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      // A group of its own, which ends as a whole: some of its processes have sites to stop.
      detached: true
    })
    const end = () => process.kill(-child.pid, 'SIGTERM')
    process.once('exit', end)
    child.on('close', () => process.removeListener('exit', end))
    let line = ''
    child.stdout.setEncoding('utf8').on('data', text => {
      process.stdout.write(text)
      line += text
      const lines = line.split('\n')
      line = lines.pop()
      for (const l of lines) {
        const [, what, n] = l.match(/^# (pass|fail|cancelled|skipped|todo) (\d+)$/) ?? []
        if (what === 'pass') total.pass += Number(n)
        else if (what === 'fail' || what === 'cancelled') total.fail += Number(n)
        else if (what) total.skipped += Number(n)
      }
    })
    child.on('error', reject)
    child.on('close', code => resolve(code === 0))
  })
}

const site = await openSite({ own: true, settings: UNLIMITED })
const { var: folder, port, bin, settings } = site
let good = true
for (const transport of transports) {
  const COVERAGE_DIR = `${folder}/coverage-${transport}`
  mkdirSync(COVERAGE_DIR, { recursive: true })
  const env = { TRANSPORT: transport, COVERAGE_DIR, SITE: JSON.stringify({ var: folder, port, bin, settings }) }
  console.log(`# transport ${transport}, programs ${bin}`)
  const start = Date.now()
  good = (await tap(filesFor(transport), env)) && good
  if (!chosen) good = (await tap([HERE + LAST], env)) && good
  console.log(`# ${transport}: ${((Date.now() - start) / 1000).toFixed(1)} s`)
}
process.on('exit', () => {
  // A sanitizer's complaint, found when the site stopped, is a failure too.
  if (process.exitCode && good) total.fail++
  console.log(`${total.pass} passed, ${total.fail} failed, ${total.skipped} skipped`)
})
process.exitCode = good ? 0 : 1
