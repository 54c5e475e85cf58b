// One message to 8,000 who wait, by long-poll and by event stream, beside the bare responder behind the same lighttpd.
import { crowd } from '../crowd.mjs'
import { inTurns, isNoisy, load, median, noiseInWords, noiseOf, ratio } from '../measure.mjs'
import { stage } from '../stage.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const WAITING = 8000

const lastMs = line => line.last_p50_ms
const cpuPer1000 = line => line.cpu_per_1k_deliv

export default async function fanout({ figure, raw }) {
  const { web, database } = await stage()
  const { chat, tokens } = await crowd(await stage())
  const { poll, messages, bare } = web.programs
  const common = { port: web.port, tokens, rooms: 1, members: WAITING, 'room-base': chat - 1, count: 8, gap: 2500 }
  const ours = { 'post-path': '/api/v1/messages/{r}', 'post-body': '{"body":"{m}"}', pids: { lighttpd: web.lighttpd, poll, messages, database } }
  const floor = { 'post-path': '/api/v1/bare', 'post-body': '{"body":"{m}"}', pids: { lighttpd: web.lighttpd, bare } }
  const target = (name, options) => ({
    name,
    run: async () => {
      const line = await load('fanout', { ...common, ...options, label: name })
      raw(line)
      if (line.lost || line.dups) throw new Error(`${name}: ${line.lost} lost, ${line.dups} twice`)
      return line
    }
  })
  const lines = await inTurns(ROUNDS, [
    target('poll', { ...ours, receive: 'restpoll', 'init-path': '/api/v1/poll', 'poll-path': '/api/v1/poll?timeout=60&cursor={c}' }),
    target('bare', { ...floor, receive: 'restpoll', 'init-path': '/api/v1/bare', 'poll-path': '/api/v1/bare?cursor={c}' }),
    target('stream', { ...ours, gap: 500, receive: 'sse', 'poll-path': '/api/v1/poll/stream' })
  ])
  const noisy = isNoisy(noiseOf(lines.poll, lines.bare))
  const each = name => `${median(lines[name].map(lastMs)).toFixed(0)} ms, CPU ${median(lines[name].map(cpuPer1000)).toFixed(4)} s/1,000`
  const detail = `ours ${each('poll')}; bare ${each('bare')}; ${noiseInWords(lines.poll, lines.bare)}`
  figure({ what: `one message to ${WAITING} long-polls / bare responder, time`, goal: '<= 1.2', figure: ratio(lines.poll, lines.bare, lastMs), noisy, detail })
  figure({ what: 'the same, CPU', goal: '<= 1.2', figure: ratio(lines.poll, lines.bare, cpuPer1000), noisy })
  figure({ what: `one message to ${WAITING} event streams`, goal: '<= 120', figure: median(lines.stream.map(lastMs)), unit: 'ms', noisy: isNoisy(noiseOf(lines.stream)), detail: each('stream') })
  figure({ what: 'the same, CPU', goal: '<= 0.02', figure: median(lines.stream.map(cpuPer1000)), unit: 's/1,000', noisy: isNoisy(noiseOf(lines.stream)) })
}
