// The checker proves itself: copies of the tree, each with one defect switched in, and the storm until it is caught. A
// defect that is not caught fails, and so does a patch that does not apply any more.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { ROOT, openSite } from '../../site.mjs'
import { SETTINGS, Storm } from '../storm.mjs'

const TRIES = Number(process.env.TRIES ?? 12)
const MESSAGES = 4000
const HERE = new URL('.', import.meta.url).pathname
const wanted = process.env.DEFECTS?.split(' ')

// What is built already comes along, so that only what the patch touches is built again.
function copyWith(name) {
  const copy = `${ROOT}/.build/fault/${name}`
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(`${copy}/.build`, { recursive: true })
  for (const part of ['Makefile', 'cgi-bin', 'lib', 'schema', 'tests/unit', 'tests/fuzz', 'tests/bench', '.build/release']) {
    if (existsSync(`${ROOT}/${part}`)) cpSync(`${ROOT}/${part}`, `${copy}/${part}`, { recursive: true, preserveTimestamps: true })
  }
  const { status, stderr } = spawnSync('patch', ['-p1', '--forward', '--fuzz=0', '-i', `${HERE}${name}.patch`], { cwd: copy, encoding: 'utf8' })
  assert.equal(status, 0, `the patch of the defect “${name}” does not apply any more: make it anew\n${stderr}`)
  execFileSync('make', ['-C', copy, '--no-print-directory', 'programs'], { env: { ...process.env, MAKEFLAGS: '' }, stdio: ['ignore', 'ignore', 'inherit'] })
  return `${copy}/.build/release/bin`
}

for (const name of readdirSync(HERE).filter(file => file.endsWith('.patch')).map(file => file.slice(0, -6))) {
  if (wanted && !wanted.includes(name)) continue
  test(`the defect “${name}” is caught`, async t => {
    const site = await openSite({ own: true, settings: SETTINGS, bin: copyWith(name) })
    let tries = 0
    let storm
    do {
      storm = new Storm(site, { messages: MESSAGES, name: `${name} ${tries}`, deadline_ms: 8000 })
      storm.stopsAtFault = true
      await storm.prepare()
      await storm.run()
      await storm.quiet()
      if (storm.checker.good) await storm.check()
    } while (storm.checker.good && ++tries < TRIES)
    t.diagnostic(`caught ${name}: ${JSON.stringify(storm.checker.faults)} at try ${tries + 1}`)
    assert.ok(!storm.checker.good, `not in ${TRIES} tries of ${MESSAGES} messages`)
    rmSync(`${ROOT}/.build/fault/${name}`, { recursive: true, force: true })
  })
}
