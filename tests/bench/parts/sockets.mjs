// 8,000 WebSockets: what they cost in memory while nothing happens, in the bridge and in lighttpd; and one message to all of
// them, ours behind lighttpd and the Node peer's with nothing in front, in turns.
import { crowd } from '../crowd.mjs'
import { inTurns, isNoisy, load, median, noiseInWords, noiseOf, pssMb, ratio } from '../measure.mjs'
import { stage } from '../stage.mjs'
import { parties } from '../socketio.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const SOCKETS = 8000

const lastMs = line => line.last_p50_ms
const cpuPer1000 = line => line.cpu_per_1k_deliv

async function idle({ figure, raw }) {
  const { web } = await stage()
  const { chat, tokens } = await crowd(await stage())
  const line = await load('idle', {
    port: web.port, tokens, rooms: SOCKETS / 10, members: 9, 'room-base': chat - 1, receive: 'ws', 'ws-path': '/ws', 'ws-ready': '"hello"',
    settle: 2000, label: 'sockets', pids: { lighttpd: web.lighttpd, bridge: web.programs.bridge }
  })
  raw(line)
  const each = name => (line.pss_kb[name][1] - line.pss_kb[name][0]) / line.clients
  figure({ what: `memory of each of ${line.clients} idle WebSockets, in the bridge`, goal: '<= 4', figure: each('bridge'), unit: 'KB' })
  figure({
    what: 'the same, with lighttpd', goal: '<= 8', figure: each('bridge') + each('lighttpd'), unit: 'KB',
    detail: `lighttpd ${each('lighttpd').toFixed(2)}`
  })
}

async function spread({ figure, raw }) {
  const both = await parties({ people: 0, rooms: 0 })
  const shape = { rooms: 1, members: SOCKETS, count: 8, gap: 500, send: 'sio-ws', receive: 'sio-ws' }
  const target = (name, label, options) => ({
    name: label,
    run: async () => {
      const line = await load('fanout', { ...both[name], ...shape, ...options, label })
      raw(line)
      if (line.lost || line.dups) throw new Error(`${label}: ${line.lost} lost, ${line.dups} twice`)
      return line
    }
  })
  const atWs = {
    send: 'ws', receive: 'ws', 'ws-path': '/ws', 'ws-ready': '"hello"', 'ws-ack': '"res"',
    'ws-send': '{"req":{i},"method":"POST","path":"/messages/{r}","body":{"body":"{m}"}}'
  }
  const { native, direct, ours, node } = await inTurns(ROUNDS, [
    target('behind', 'native', atWs),
    target('ours', 'direct', atWs),
    target('behind', 'ours', {}),
    target('node', 'node', {})
  ])
  const noisy = isNoisy(noiseOf(native, direct, ours, node))
  const words = lines => `${median(lines.map(lastMs)).toFixed(0)} ms, CPU ${median(lines.map(cpuPer1000)).toFixed(4)} s/1,000`
  const detail = `at /ws ${words(native)}; by Socket.IO, each with a notification, ${words(ours)}; Node ${words(node)}; ${noiseInWords(native, direct, ours, node)}`
  figure({ what: `one message to ${SOCKETS} WebSockets`, goal: '<= 100', figure: median(native.map(lastMs)), unit: 'ms', noisy, detail })
  figure({ what: 'the same / Node peer, CPU a delivery', goal: '<= 0.75', figure: ratio(native, node, cpuPer1000), noisy })
  figure({ what: 'the same on the bridge’s own port', goal: '<= 0.75', figure: ratio(direct, node, cpuPer1000), noisy, detail: words(direct) })
  figure({ what: 'the same by Socket.IO / Node peer, time', figure: ratio(ours, node, lastMs), noisy })
  figure({ what: 'the same, CPU a delivery', goal: '<= 0.75', figure: ratio(ours, node, cpuPer1000), noisy })
}

export default async function sockets(table) {
  const { web } = await stage()
  if (pssMb(web.lighttpd) === undefined) console.error('# sockets: only root can see their memory')
  else await idle(table)
  await spread(table)
}
