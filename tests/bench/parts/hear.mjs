// From post to delivery at 100 messages a second, ten rooms of ten, by Socket.IO on WebSocket: ours and the Node peer's in
// turns.
import { delivering, tellDelivery } from '../delivery.mjs'
import { inTurns } from '../measure.mjs'
import { parties } from '../socketio.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const IN_A_ROOM = 10

export default async function hear({ figure, raw }) {
  const people = 4 * IN_A_ROOM
  const both = await parties({ people, rooms: people / IN_A_ROOM })
  const shape = { rooms: 10, members: IN_A_ROOM - 1, send: 'sio-ws', receive: 'sio-ws', rate: 100, time: 6, warm: 1 }
  const lines = await inTurns(ROUNDS, ['ours', 'node'].map(name => delivering(name, { ...both[name], ...shape }, raw)))
  tellDelivery(figure, 'Socket.IO', lines, ['<= 0.5', '<= 1.2'])
}
