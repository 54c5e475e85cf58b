// measure.mjs - running loadgen in turns, and what to believe of it.
//
// Machines are not quiet and not the same from one minute to the next. So what is compared is measured in turns
// (A B A B …), each round gives one ratio, and the median of those counts; a turn in which others used the machine is
// repeated. Where it stays noisy the table says so, and the ratio of the rates means little: who competes with more
// threads gets more of a machine. The ratio of the CPU for one request, client included, then tells more; on a quiet
// machine that is kept busy both say the same.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { ROOT } from '../site.mjs'

export const TOOLS = `${ROOT}/.build/release/bench`
const NOISE_MAX = 0.15 // cores that others use
const TRIES = 3

const execute = promisify(execFile)

export const median = numbers => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]

// Runs a tool to its end; what it prints is a line of JSON.
export async function tool(name, args, env = {}) {
  const { stdout, stderr } = await execute(`${TOOLS}/${name}`, args.map(String), { env: { ...process.env, ...env } })
  if (stderr) console.error(stderr.trimEnd())
  return JSON.parse(stdout)
}

export const noise = run => run.other_cpu_s / run.win_s

// loadgen with options by name; pids: {name: pid}. The quietest of a few tries, if it was not quiet.
export async function load(scenario, { pids = {}, ...options }) {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const servers = Object.entries(pids).map(([name, pid]) => `${name}:${pid}`).join()
  const runs = []
  do {
    runs.push(await tool('loadgen', [scenario, ...args, '--pids', servers]))
  } while (noise(runs.at(-1)) > NOISE_MAX && runs.length < TRIES)
  const [best] = runs.sort((a, b) => noise(a) - noise(b))
  if (best.errors) throw new Error(`${options.label}: ${best.errors} errors under load`)
  return best
}

// Measures each of `targets` ({name, run: () => loadgen's line}) once a round. Returns the lines by name.
export async function inTurns(rounds, targets) {
  const lines = Object.fromEntries(targets.map(({ name }) => [name, []]))
  for (let i = 0; i < rounds; i++) for (const { name, run } of targets) lines[name].push(await run())
  return lines
}

// The median over the rounds of (figure of a) / (figure of b).
export const ratio = (a, b, figure) => median(a.map((line, i) => figure(line) / figure(b[i])))

export const rate = line => line.acked_per_s
export const cpu = line => (line.srv_cpu_s * 1000) / line.acked
export const requestsPerCpu = line => line.acked / (line.srv_cpu_s + line.lg_cpu_s)
export const cpuOf = (lines, name) => median(lines.map(line => (line.cpu[name] * 1000) / line.acked))

const spread = numbers => `${Math.round(Math.min(...numbers))}–${Math.round(Math.max(...numbers))}`
export const inWords = (name, lines) =>
  `${name} ${Math.round(median(lines.map(rate)))}/s [${spread(lines.map(rate))}] CPU ${median(lines.map(cpu)).toFixed(3)}`
export const noiseOf = (...all) => median(all.flat().map(noise))
export const isNoisy = n => n > NOISE_MAX
export const noiseInWords = (...all) => `others used ${noiseOf(...all).toFixed(2)} cores`

// Proportional memory in MB; undefined when this user may not see it.
export function pssMb(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+) kB$/m)[1]) / 1024
  } catch (fault) {
    if (fault.code !== 'EACCES' && fault.code !== 'EPERM') throw fault
  }
}
