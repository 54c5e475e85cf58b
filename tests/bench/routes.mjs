// routes.mjs - a route of ours beside the bare floor: the same requests, behind the same lighttpd, in turns.
import { cpuOf, inTurns, inWords, isNoisy, load, noiseInWords, noiseOf, rate, ratio, requestsPerCpu } from './measure.mjs'
import { stage } from './stage.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const CONNECTIONS = [8, 32]
const SECONDS = 3

export async function compare({ figure, raw }, { name, path, program, goal }) {
  const { web, tokens, database } = await stage()
  const target = (label, at, served, connections) => ({
    name: label,
    run: async () => {
      const line = await load('read', {
        port: web.port,
        rooms: connections,
        'read-path': `/api/v1${at}`,
        tokens,
        time: SECONDS,
        warm: 0.5,
        settle: 100,
        label: `${label}-${connections}`,
        pids: { lighttpd: web.lighttpd, [served]: web.programs[served], database }
      })
      raw(line)
      return line
    }
  })
  for (const connections of CONNECTIONS) {
    const { ours, bare } = await inTurns(ROUNDS, [
      target('bare', '/floor', 'floor', connections),
      target('ours', path, program, connections)
    ])
    const parts = [`${program} ${cpuOf(ours, program).toFixed(3)}`, `lighttpd ${cpuOf(ours, 'lighttpd').toFixed(3)}`,
      `database ${cpuOf(ours, 'database').toFixed(3)}`]
    figure({
      what: `${name} / bare libfcgi program, ${connections} connections`,
      goal,
      figure: ratio(ours, bare, rate),
      noisy: isNoisy(noiseOf(ours, bare)),
      detail: `by CPU ${ratio(ours, bare, requestsPerCpu).toFixed(2)}; ${inWords('ours', ours)} (${parts.join(', ')}); ` +
        `${inWords('bare', bare)} s/1,000; ${noiseInWords(ours, bare)}`
    })
  }
}
