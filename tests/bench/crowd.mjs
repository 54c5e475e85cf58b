// crowd.mjs - thousands of people on the stage's site, laid out as the Node peer's seed does, so that both get the same
// work: everybody in the first chat (fan-out), person n in chat n (one sender a chat) and in chat n/10 (rooms of ten), and
// the first 32 in every chat (history). They are written by SQL and their tokens signed here: registering 8,000 people
// would hash 8,000 passwords.
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

const PEOPLE = 8300
const CHATS = 1000
const READERS = 32
const DAY_S = 86_400

let made

// {people, chats: numbers of the first, tokens: the file}
export const crowd = stage => (made ??= make(stage))


async function make(stage) {
  const { site } = stage
  const [{ person, chat }] = await site.sql(`SELECT (SELECT MAX(id) FROM user) + 1 AS person, (SELECT MAX(id) FROM chat) + 1 AS chat`)
  const [p, c] = [Number(person), Number(chat)]
  await site.sql(`
    INSERT INTO user (id, username, username_key, first_name, last_name, name_key, created_at)
      SELECT ${p - 1} + seq, CONCAT('crowd', seq), CONCAT('crowd', seq), 'One', 'Of Many', CONCAT('one of many ', seq), UTC_TIMESTAMP(3)
      FROM seq_1_to_${PEOPLE};
    INSERT INTO person (user_id, email, email_key) SELECT ${p - 1} + seq, CONCAT('crowd', seq, '@example.org'),
      CONCAT('crowd', seq, '@example.org') FROM seq_1_to_${PEOPLE};
    INSERT INTO session (id, user_id, created_at, last_used_at, expires_at)
      SELECT ${1_000_000} + seq, ${p - 1} + seq, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) + INTERVAL 1 DAY FROM seq_1_to_${PEOPLE};
    INSERT INTO chat (id, kind, name, name_key, active, created_at, updated_at)
      SELECT ${c - 1} + seq, 'group', CONCAT('chat ', seq), CONCAT('chat ', seq), FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000) - seq,
      UTC_TIMESTAMP(3), UTC_TIMESTAMP(3) FROM seq_1_to_${CHATS};
    INSERT IGNORE INTO member (chat_id, user_id, role, joined_at, since)
      SELECT ${c}, ${p - 1} + seq, 'member', UTC_TIMESTAMP(3), 1 FROM seq_1_to_${PEOPLE}
      UNION SELECT ${c - 1} + seq, ${p - 1} + seq, 'member', UTC_TIMESTAMP(3), 1 FROM seq_1_to_${CHATS}
      UNION SELECT ${c - 1} + CEIL(seq / 10), ${p - 1} + seq, 'member', UTC_TIMESTAMP(3), 1 FROM seq_1_to_${PEOPLE}
      UNION SELECT ${c - 1} + a.seq, ${p - 1} + b.seq, 'member', UTC_TIMESTAMP(3), 1 FROM seq_1_to_${CHATS} a, seq_1_to_${READERS} b;
    UPDATE chat c SET member_count = (SELECT COUNT(*) FROM member m WHERE m.chat_id = c.id) WHERE c.id >= ${c};
    UPDATE member m JOIN chat c ON c.id = m.chat_id SET m.hour = c.hour WHERE c.id >= ${c};
    ANALYZE TABLE user, session, member, chat`)
  const tokens = `${site.var}/crowd-tokens`
  const sealed = tokenMaker(site)
  writeFileSync(tokens, Array.from({ length: PEOPLE }, (_, i) => `${sealed(p + i, 1_000_001 + i)}\n`).join(''))
  return { person: p, chat: c, tokens }
}

const part = value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

function tokenMaker(site) {
  const kid = site.keys().at(-1)
  const key = createPrivateKey(readFileSync(`${site.var}/keys/${kid}.pem`))
  const now = Math.floor(Date.now() / 1000)
  return (id, sid) => {
    const claims = { email: `crowd${id}@example.org`, exp: now + DAY_S, firstName: 'One', iat: now, id, iss: 'bellhop', sid, sub: String(id) }
    const text = `${part({ alg: 'ES256', kid, typ: 'JWT' })}.${part(claims)}`
    return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
}
