// Acknowledged durable posts over REST, 32 senders, each in a chat of its own: ours, the Node peer and the bare libfcgi
// program in turns.
import { crowd } from '../crowd.mjs'
import { cpu, cpuOf, inTurns, inWords, isNoisy, load, noiseInWords, noiseOf, rate, ratio } from '../measure.mjs'
import { stage } from '../stage.mjs'
import { startPeer } from './peer.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const SENDERS = 32

export default async function post({ figure, raw }) {
  const { site, web, database, tokens: few } = await stage()
  const { chat, tokens } = await crowd(await stage())
  const peer = await startPeer(site)
  const common = { rooms: SENDERS, time: 4, warm: 1, settle: 100 }
  const target = (name, scenario, options) => ({
    name,
    run: async () => {
      const line = await load(scenario, { ...common, ...options, label: name })
      raw(line)
      return line
    }
  })
  const { messages } = web.programs
  const { ours, node, bare } = await inTurns(ROUNDS, [
    target('ours', 'post', {
      port: web.port, tokens, 'room-base': chat - 1, 'post-path': '/api/v1/messages/{r}', 'post-body': '{"body":"{m}"}',
      pids: { lighttpd: web.lighttpd, messages, database }
    }),
    target('node', 'post', {
      port: peer.port, tokens: peer.tokens, 'post-path': '/api/chats/{r}/messages', 'post-body': '{"content":"{m}"}',
      pids: { peer: peer.pid, database }
    }),
    target('bare', 'read', {
      port: web.port, tokens: few, 'read-path': '/api/v1/floor', pids: { lighttpd: web.lighttpd, floor: web.programs.floor }
    })
  ])
  const noisy = isNoisy(noiseOf(ours, node, bare))
  const parts = ['messages', 'lighttpd', 'database'].map(name => `${name} ${cpuOf(ours, name).toFixed(3)}`).join(', ')
  figure({
    what: `durable posts over REST / Node peer, ${SENDERS} senders`, goal: '>= 2.5', figure: ratio(ours, node, rate), noisy,
    detail: `${inWords('ours', ours)} (${parts}); ${inWords('Node', node)} s/1,000; ${noiseInWords(ours, node, bare)}`
  })
  figure({ what: 'the same, CPU a message', goal: '<= 0.4', figure: ratio(ours, node, cpu), noisy })
  figure({
    what: 'the same / bare libfcgi program', goal: '>= 0.35', figure: ratio(ours, bare, rate), noisy,
    detail: inWords('bare', bare)
  })
}
