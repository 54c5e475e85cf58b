// Acknowledged durable posts over Socket.IO, ours on the bridge's own port, ours behind lighttpd and the Node peer's in
// turns: by WebSocket and by polling with a chat for each of 32 senders, and by WebSocket with nine who hear it.
import { cpu, cpuOf, inTurns, inWords, isNoisy, load, noiseInWords, noiseOf, rate, ratio } from '../measure.mjs'
import { parties } from '../socketio.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const SENDERS = 32
const IN_A_ROOM = 10

const ways = [
  { what: `durable posts by Socket.IO on WebSocket / Node peer, ${SENDERS} senders`, send: 'sio-ws', most: 1.3, cpuMost: 0.7 },
  { what: 'the same by polling', send: 'sio-poll', most: 1, cpuMost: 1 },
  { what: 'with nine receivers a room, on WebSocket, 8 senders', send: 'sio-ws', heard: true, most: 1.5, cpuMost: 1 }
]

export default async function speak({ figure, raw }) {
  for (const { what, send, heard, most, cpuMost } of ways) {
    const people = 4 * IN_A_ROOM
    const both = await parties(heard ? { people, rooms: people / IN_A_ROOM } : { people, rooms: people })
    const shape = heard ? { rooms: 8, members: IN_A_ROOM - 1, receive: send } : { rooms: SENDERS }
    const { ours, behind, node } = await inTurns(ROUNDS, ['ours', 'behind', 'node'].map(name => ({
      name,
      run: async () => {
        const line = await load('post', { ...both[name], ...shape, send, time: 4, warm: 1, settle: 500, label: `${name}-${send}${heard ? '-heard' : ''}` })
        raw(line)
        if (line.lost || line.dups) throw new Error(`${name}: ${line.lost} lost, ${line.dups} twice`)
        return line
      }
    })))
    const noisy = isNoisy(noiseOf(ours, behind, node))
    const parts = ['bridge', 'database'].map(name => `${name} ${cpuOf(ours, name).toFixed(3)}`).join(', ')
    figure({
      what, goal: `>= ${most}`, figure: ratio(ours, node, rate), noisy,
      detail: `${inWords('ours', ours)} (${parts}); ${inWords('behind lighttpd', behind)}; ${inWords('Node', node)} s/1,000; ${noiseInWords(ours, behind, node)}`
    })
    figure({ what: 'the same, CPU a message', goal: `<= ${cpuMost}`, figure: ratio(ours, node, cpu), noisy })
  }
}
