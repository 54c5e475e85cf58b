// From post to delivery at 100 messages a second, ten rooms of ten, by long-poll: ours and the Node peer's in turns.
import { crowd } from '../crowd.mjs'
import { inTurns, isNoisy, load, median, noiseInWords, noiseOf, ratio } from '../measure.mjs'
import { stage } from '../stage.mjs'
import { startPeer } from './peer.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 3)

const half = line => line.deliv_p50_ms
const most = line => line.deliv_p99_ms

export default async function latency({ figure, raw }) {
  const { site, web, database } = await stage()
  const { chat, tokens } = await crowd(await stage())
  const peer = await startPeer(site)
  const common = { rooms: 10, members: 9, rate: 100, time: 10, warm: 2 }
  const target = (name, options) => ({
    name,
    run: async () => {
      const line = await load('latency', { ...common, ...options, label: name })
      raw(line)
      if (line.lost || line.dups) throw new Error(`${name}: ${line.lost} lost, ${line.dups} twice`)
      return line
    }
  })
  const { poll, messages } = web.programs
  const { ours, node } = await inTurns(ROUNDS, [
    target('ours', {
      port: web.port, tokens, 'room-base': chat - 1, 'post-path': '/api/v1/messages/{r}', 'post-body': '{"body":"{m}"}',
      receive: 'restpoll', 'init-path': '/api/v1/poll', 'poll-path': '/api/v1/poll?timeout=60&chatId={r}&cursor={c}',
      pids: { lighttpd: web.lighttpd, poll, messages, database }
    }),
    target('node', {
      port: peer.port, tokens: peer.tokens, send: 'sio-poll', receive: 'sio-poll', 'sio-join': '420["join",{r}]',
      'sio-message': '42{i}["message",{"chatId":{r},"content":"{m}"}]', pids: { peer: peer.pid, database }
    })
  ])
  const noisy = isNoisy(noiseOf(ours, node))
  const words = lines => `${median(lines.map(half)).toFixed(2)} / ${median(lines.map(most)).toFixed(2)} ms`
  const detail = `half / 99 % within: ours ${words(ours)}, Node ${words(node)}; ${noiseInWords(ours, node)}`
  figure({ what: 'post to delivery at 100/s by long-poll, half within', goal: '<= 0.6', figure: median(ours.map(half)), unit: 'ms', noisy, detail })
  figure({ what: 'the same, 99 % within', goal: '<= 1.4', figure: median(ours.map(most)), unit: 'ms', noisy })
  figure({ what: 'the same / Node peer, half within', goal: '< 1', figure: ratio(ours, node, half), noisy })
}
