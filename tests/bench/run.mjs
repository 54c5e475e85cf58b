// run.mjs [PART…]: measures this build beside bare floors in one run, prints ratios and whether they meet their goals, and
// leaves all of it in .build/bench/results.jsonl. Parts are the files of parts/; those named in STANDARD when none is
// named. run.mjs --markdown prints the table of the last run for the README.
//
// A missed goal is a figure, not a failure: the exit code says only whether everything could be measured.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, appendFileSync } from 'node:fs'
import os from 'node:os'
import { ROOT } from '../site.mjs'
import { markdown, table } from './table.mjs'

const STANDARD = ['floor', 'me', 'cgi', 'post', 'fanout', 'latency', 'speak', 'hear', 'sockets', 'waiting', 'history', 'scale', 'memory', 'start', 'upload', 'download', 'upmemory']
const FOLDER = `${ROOT}/.build/bench`
const RESULTS = `${FOLDER}/results.jsonl`

const parts = readdirSync(new URL('parts', import.meta.url)).map(name => name.replace('.mjs', ''))
const words = process.argv.slice(2)

if (words[0] === '--markdown') {
  console.log(markdown(lastRun()))
} else if (words.every(name => parts.includes(name))) {
  await measure(words.length ? words : STANDARD)
} else {
  console.error(`usage: run.mjs [--markdown | PART…]; parts: ${parts.join(' ')}`)
  process.exitCode = 2
}

function lastRun() {
  if (!existsSync(RESULTS)) return []
  return readFileSync(RESULTS, 'utf8').trim().split('\n').map(line => JSON.parse(line)).filter(line => line.what)
}

async function measure(names) {
  mkdirSync(FOLDER, { recursive: true })
  rmSync(RESULTS, { force: true })
  const lines = []
  const write = line => appendFileSync(RESULTS, JSON.stringify(line) + '\n')
  const [cpu] = os.cpus()
  write({ at: new Date().toISOString(), cpu: cpu.model, cores: os.cpus().length, kernel: os.release() })
  for (const name of names) {
    console.error(`# ${name}`)
    const { default: part } = await import(`./parts/${name}.mjs`)
    await part({
      // A figure for the table: what, goal ('>= 0.9', or none), figure, unit, detail.
      figure(line) {
        lines.push({ part: name, ...line })
        write(lines.at(-1))
      },
      // What a figure was made of.
      raw: line => write({ part: name, raw: line })
    })
  }
  console.log(table(lines))
}
