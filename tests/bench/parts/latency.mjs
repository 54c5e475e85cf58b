// From post to delivery at 100 messages a second, ten rooms of ten, by long-poll: ours and the Node peer's in turns.
import { crowd } from '../crowd.mjs'
import { delivering, tellDelivery } from '../delivery.mjs'
import { inTurns } from '../measure.mjs'
import { stage } from '../stage.mjs'
import { startPeer } from './peer.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 3)

export default async function latency({ figure, raw }) {
  const { site, web, database } = await stage()
  const { chat, tokens } = await crowd(await stage())
  const peer = await startPeer(site)
  const common = { rooms: 10, members: 9, rate: 100, time: 10, warm: 2 }
  const target = (name, options) => delivering(name, { ...common, ...options }, raw)
  const { poll, messages } = web.programs
  const lines = await inTurns(ROUNDS, [
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
  tellDelivery(figure, 'long-poll', lines, ['<= 0.6', '<= 1.4'])
}
