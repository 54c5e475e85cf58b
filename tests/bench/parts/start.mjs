// From `make start` to the first 200, on a machine where all is installed and built, with a folder that is not there yet;
// then the same folder again.
import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { ROOT, freePort } from '../../site.mjs'
import { median } from '../measure.mjs'

const TIMES = 3

const execute = promisify(execFile)

// A make of its own, not one that shares jobs with the one that runs us.
const { MAKEFLAGS, MAKELEVEL, MFLAGS, ...plain } = process.env

async function seconds(target, site) {
  const begin = performance.now()
  await execute('make', ['--no-print-directory', target, `PORT=${site.port}`, `VAR=${site.folder}`], { cwd: ROOT, env: plain })
  return (performance.now() - begin) / 1000
}

async function firstAnswer(site) {
  const begin = performance.now()
  const started = seconds('start', site)
  let done = false
  started.finally(() => { done = true }).catch(() => {})
  for (;;) {
    const last = done
    const answer = await fetch(`http://127.0.0.1:${site.port}/api/v1/health`).catch(() => undefined)
    if (answer?.status === 200) break
    if (last) await started.then(() => { throw new Error('make start ended, and the site does not answer') })
    await new Promise(again => setTimeout(again, 5))
  }
  const first = (performance.now() - begin) / 1000
  return { first, whole: await started }
}

export default async function start({ figure, raw }) {
  const fresh = []
  const again = []
  const stops = []
  for (let i = 0; i < TIMES; i++) {
    const site = { port: await freePort(), folder: `${ROOT}/.build/bench/start-${process.pid}` }
    try {
      fresh.push(await firstAnswer(site))
      stops.push(await seconds('stop', site))
      again.push(await firstAnswer(site))
      stops.push(await seconds('stop', site))
    } finally {
      await seconds('stop', site)
      rmSync(site.folder, { recursive: true, force: true })
    }
  }
  raw({ fresh, again, stops })
  const of = (runs, key) => median(runs.map(run => run[key]))
  const all = numbers => numbers.map(s => s.toFixed(2)).join(', ')
  figure({
    what: 'make start to the first 200, fresh VAR',
    goal: '< 3',
    figure: of(fresh, 'first'),
    unit: 's',
    detail: `${all(fresh.map(run => run.first))}; the command returned after ${of(fresh, 'whole').toFixed(2)}`
  })
  figure({
    what: 'make start to the first 200, again',
    figure: of(again, 'first'),
    unit: 's',
    detail: all(again.map(run => run.first))
  })
  figure({ what: 'make stop', figure: median(stops), unit: 's', detail: all(stops) })
}
