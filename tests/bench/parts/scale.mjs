// What posting, polling and the list of chats cost somebody with 10 chats and somebody with 1,000, while the database holds
// a thousand messages and a million: in CPU of all servers, since that is what grows.
import { crowd } from '../crowd.mjs'
import { cpu, load, median, noiseInWords, noiseOf, isNoisy } from '../measure.mjs'
import { stage } from '../stage.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 3)
const HOURS_BETWEEN = 6

// Two people who know only their own chats: {few, many: {user: number in the token file, chat}}.
async function settle(site, { person, chat }) {
  const people = { few: { user: 8251, chats: 10 }, many: { user: 8252, chats: 1000 } }
  for (const who of Object.values(people)) {
    const [{ first }] = await site.sql('SELECT MAX(id) + 1 AS first FROM chat')
    const id = person - 1 + who.user
    await site.sql(`DELETE FROM member WHERE user_id = ${id} AND chat_id >= ${chat};
      INSERT INTO chat (id, kind, name, name_key, active, member_count, created_at, updated_at)
        SELECT ${first} - 1 + seq, 'group', CONCAT('one ', seq), CONCAT('one ', seq),
        FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000) - seq * ${HOURS_BETWEEN * 3_600_000}, 10, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM seq_1_to_${who.chats};
      INSERT INTO member (chat_id, user_id, role, joined_at, since)
        SELECT ${first} - 1 + c.seq, ${person} + 8200 + p.seq, 'member', UTC_TIMESTAMP(3), 1 FROM seq_1_to_${who.chats} c, seq_1_to_9 p
        UNION SELECT ${first} - 1 + seq, ${id}, 'member', UTC_TIMESTAMP(3), 1 FROM seq_1_to_${who.chats};
      UPDATE member m JOIN chat c ON c.id = m.chat_id SET m.hour = c.hour WHERE c.id >= ${first};
      ANALYZE TABLE member, chat`)
    who.chat = Number(first)
  }
  return people
}

export default async function scale({ figure, raw }) {
  const { site, web, database } = await stage()
  const seeded = await crowd(await stage())
  const people = await settle(site, seeded)
  const { messages, chats, poll } = web.programs
  const kinds = {
    post: ['post', { 'post-path': '/api/v1/messages/{r}', 'post-body': '{"body":"{m}"}' }, { messages }],
    poll: ['read', {}, { poll }],
    'list of chats': ['read', { 'read-path': '/api/v1/chats?limit=10' }, { chats }]
  }
  const measure = async (kind, { user, chat }) => {
    const [scenario, options, program] = kinds[kind]
    // Who polls is up to date.
    const [{ epoch, head }] = await site.sql('SELECT epoch, head FROM log_head')
    const line = await load(scenario, {
      port: web.port, tokens: seeded.tokens, rooms: 1, 'user-base': user - 1, 'room-base': chat - 1, time: 2, warm: 0.5, settle: 100,
      label: kind, ...options, ...kind === 'poll' && { 'read-path': `/api/v1/poll?timeout=0&cursor=${epoch}-${head}` }, pids: { lighttpd: web.lighttpd, ...program, database }
    })
    raw(line)
    return line
  }
  const lines = {}
  const round = async size => {
    for (let i = 0; i < ROUNDS; i++)
      for (const kind of Object.keys(kinds))
        for (const who of ['few', 'many']) (lines[`${kind} ${size} ${who}`] ??= []).push(await measure(kind, people[who]))
  }
  await round('small')
  await site.sql(`INSERT IGNORE INTO message (chat_id, seq, id, author_id, created_at, body)
    SELECT ${seeded.chat} + 600 + seq DIV 10000, seq MOD 10000 + 1, ${2 ** 41} + seq, ${seeded.person}, UTC_TIMESTAMP(3), 'lorem ipsum'
    FROM seq_0_to_999999; ANALYZE TABLE message`)
  await round('large')
  for (const kind of Object.keys(kinds)) {
    const of = (size, who) => median(lines[`${kind} ${size} ${who}`].map(cpu))
    const all = [of('small', 'few'), of('small', 'many'), of('large', 'few'), of('large', 'many')]
    figure({
      what: `${kind}: with 1,000 chats and 1,000,000 messages / with 10 and few, CPU`, goal: '<= 1.2', figure: Math.max(...all.slice(1)) / all[0],
      noisy: isNoisy(noiseOf(...Object.values(lines))),
      detail: `${all.map(n => n.toFixed(3)).join(', ')} s/1,000 (few messages: 10, 1,000 chats; many: 10, 1,000); ${noiseInWords(...Object.values(lines))}`
    })
  }
}
