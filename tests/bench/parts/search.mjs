// Full-text search in a room of many messages: what the index costs to make and to keep, and what one question costs.
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { median } from '../measure.mjs'
import { programsOf, pidIn, stage } from '../stage.mjs'

const MESSAGES = Number(process.env.MESSAGES ?? 1_000_000)
const RARE_EACH = 100_000
const ROUNDS = 15
const TICKS_PER_S = 100

// Words by Zipf's law, of 60,000: the most frequent one is in every message.
const word = "LOWER(CONV(FLOOR(EXP(RAND() * LN(60000))) * 48271 % 2147483647, 10, 36))"
const fill = author => `
  SELECT head INTO @head FROM log_head;
  SELECT last_seq INTO @seq FROM chat WHERE id = 1;
  INSERT INTO message (chat_id, seq, id, author_id, body, created_at)
    SELECT 1, @seq + seq, @head + seq, ${author}, CONCAT_WS(' ', 'every', IF(seq % ${RARE_EACH} = 77, 'needle', 'other'),
      ${Array(8).fill(word)}), UTC_TIMESTAMP(3) FROM seq_1_to_${MESSAGES};
  INSERT INTO event (id, type, chat_id, data, at)
    SELECT id, 'message', 1, CONCAT('"chatId":1,"seq":', seq, ',"body":"', body, '"'), created_at FROM message WHERE id > @head;
  UPDATE chat SET last_seq = @seq + ${MESSAGES} WHERE id = 1;
  UPDATE log_head SET head = @head + ${MESSAGES}`

const spent = pid => {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).map(Number)
  return (user + system) / TICKS_PER_S
}

export default async function search({ figure, raw }) {
  const { site, web, people: [{ id, token }], database } = await stage()
  const ask = (method, path, body) => fetch(`http://127.0.0.1:${site.port}/api/v1${path}`, {
    method,
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body)
  }).then(answer => answer.json())

  await site.sql(fill(id))
  const { messages } = web.programs
  const clocks = () => [spent(messages), spent(database)]
  const before = clocks()
  const began = Date.now()
  await ask('POST', '/messages/1', { body: 'the last one' })
  for (let lag = 1; lag > 0; await delay(200)) {
    ;[{ lag }] = await site.sql('SELECT l.head - s.indexed AS lag FROM log_head l, search_head s')
    lag = Number(lag)
  }
  const took = (Date.now() - began) / 1000
  const [own, db] = clocks().map((now, i) => (now - before[i]) * 1000 / MESSAGES)
  const [{ bytes }] = await site.sql(`ANALYZE TABLE word; SELECT data_length AS bytes FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_name = 'word'`).then(rows => rows.slice(-1).map(row => ({ bytes: Object.values(row)[0] })))
  raw({ took, own, db, bytes })
  figure({ what: 'search: indexing, with nobody waiting', figure: MESSAGES / took, unit: 'per s',
    detail: `CPU ${(own + db).toFixed(3)} s/1,000 (program ${own.toFixed(3)}), ${Math.round(Number(bytes) / MESSAGES)} bytes a message` })

  const questions = { 'a rare word': 'needle', 'a word in every message': 'every', 'two words': 'every needle',
    'a beginning': 'need', 'a single letter': 'a', 'no such word': 'absent' }
  for (const [name, q] of Object.entries(questions)) {
    const times = []
    for (let i = 0; i < ROUNDS; i++) {
      const start = performance.now()
      const { items } = await ask('GET', `/messages/search?q=${encodeURIComponent(q)}`)
      times.push(performance.now() - start)
      raw({ q, ms: times.at(-1), found: items.length })
    }
    figure({ what: `search in ${MESSAGES.toLocaleString('en')} messages: ${name}`, figure: median(times), unit: 'ms' })
  }
}
