// From post to delivery at 100 messages a second, ten rooms of ten, by Socket.IO on WebSocket: ours and the Node peer's in
// turns.
import { inTurns, isNoisy, load, median, noiseInWords, noiseOf, ratio } from '../measure.mjs'
import { parties } from '../socketio.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const IN_A_ROOM = 10

const half = line => line.deliv_p50_ms
const most = line => line.deliv_p99_ms

export default async function hear({ figure, raw }) {
  const people = 4 * IN_A_ROOM
  const both = await parties({ people, rooms: people / IN_A_ROOM })
  const { ours, node } = await inTurns(ROUNDS, ['ours', 'node'].map(name => ({
    name,
    run: async () => {
      const line = await load('latency', {
        ...both[name], rooms: 10, members: IN_A_ROOM - 1, send: 'sio-ws', receive: 'sio-ws', rate: 100, time: 6, warm: 1, label: name
      })
      raw(line)
      if (line.lost || line.dups) throw new Error(`${name}: ${line.lost} lost, ${line.dups} twice`)
      return line
    }
  })))
  const noisy = isNoisy(noiseOf(ours, node))
  const words = lines => `${median(lines.map(half)).toFixed(2)} / ${median(lines.map(most)).toFixed(2)} ms`
  const detail = `half / 99 % within: ours ${words(ours)}, Node ${words(node)}; ${noiseInWords(ours, node)}`
  figure({ what: 'post to delivery at 100/s by Socket.IO, half within', goal: '<= 0.5', figure: median(ours.map(half)), unit: 'ms', noisy, detail })
  figure({ what: 'the same, 99 % within', goal: '<= 1.2', figure: median(ours.map(most)), unit: 'ms', noisy })
  figure({ what: 'the same / Node peer, half within', goal: '< 1', figure: ratio(ours, node, half), noisy })
}
