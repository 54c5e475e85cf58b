// The latest 50 messages of a chat out of 1,000,000, beside the Node peer, and beside the same out of 10,000.
import { crowd } from '../crowd.mjs'
import { cpu, cpuOf, inTurns, inWords, isNoisy, load, noiseInWords, noiseOf, rate, ratio } from '../measure.mjs'
import { stage } from '../stage.mjs'
import { startPeer } from './peer.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const READERS = 8
const CHATS = 100
const MESSAGES = 1_000_000
const FEW = 100
const BODY = "REPEAT('lorem ipsum ', 6)"

// So many messages in each of the first CHATS chats from `chat` on; their ids lie beyond those of the log.
async function fill(site, chat, author, each) {
  await site.sql(`INSERT INTO message (chat_id, seq, id, author_id, created_at, body)
    SELECT ${chat} + seq DIV ${each}, seq MOD ${each} + 1, ${2 ** 40} + ${chat} * ${MESSAGES} + seq, ${author}, UTC_TIMESTAMP(3), ${BODY}
    FROM seq_0_to_${CHATS * each - 1};
    UPDATE chat SET last_seq = ${each} WHERE id >= ${chat} AND id < ${chat + CHATS};
    ANALYZE TABLE message`)
}

export default async function history({ figure, raw }) {
  const { site, web, database } = await stage()
  const { person, chat, tokens } = await crowd(await stage())
  const peer = await startPeer(site)
  const common = { rooms: READERS, 'read-rooms': CHATS, time: 4, warm: 1, settle: 100 }
  const target = (name, options) => ({
    name,
    run: async () => {
      const line = await load('read', { ...common, ...options, label: name })
      raw(line)
      return line
    }
  })
  const pids = { lighttpd: web.lighttpd, messages: web.programs.messages, database }
  // The readers are in every chat; the first hundred are left to the parts that post.
  const mine = from => ({ port: web.port, tokens, 'room-base': from - 1, 'read-path': '/api/v1/messages/{r}?limit=50', pids })
  const [many, few] = [chat + 200, chat + 400]
  await fill(site, few, person, FEW)
  const small = target('small', mine(few))
  const before = await inTurns(ROUNDS, [small])
  await fill(site, many, person, MESSAGES / CHATS)
  await site.sql(`INSERT INTO peer.messages (chat_id, sender_id, content, created_at)
    SELECT 1 + seq MOD ${CHATS}, 1 + seq MOD 32, ${BODY}, UTC_TIMESTAMP(3) FROM seq_1_to_${MESSAGES}; ANALYZE TABLE peer.messages`)
  const { ours, node } = await inTurns(ROUNDS, [
    target('ours', mine(many)),
    target('node', { port: peer.port, tokens: peer.tokens, 'read-path': '/api/chats/{r}/messages?limit=50', pids: { peer: peer.pid, database } })
  ])
  const noisy = isNoisy(noiseOf(ours, node))
  const parts = Object.keys(pids).map(name => `${name} ${cpuOf(ours, name).toFixed(3)}`).join(', ')
  figure({
    what: `latest 50 of ${MESSAGES} messages / Node peer, ${READERS} readers`, goal: '>= 2.5', figure: ratio(ours, node, rate), noisy,
    detail: `${inWords('ours', ours)} (${parts}); ${inWords('Node', node)} s/1,000; ${noiseInWords(ours, node)}`
  })
  figure({ what: 'the same, CPU', goal: '<= 0.4', figure: ratio(ours, node, cpu), noisy })
  figure({
    what: `the same / out of ${CHATS * FEW}, CPU`, goal: '<= 1.1', figure: ratio(ours, before.small, cpu), noisy,
    detail: inWords('small', before.small)
  })
}
