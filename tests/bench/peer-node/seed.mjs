// seed.mjs USERS FILE: the peer's tables, users 1 to USERS, their tokens (a line each) in FILE, and 1,000 chats:
// everybody is in chat 1 (fan-out), user n in chat n (one sender a chat) and in chat n/10 (rooms of ten), and the first
// 32 users in every chat (history).
import { randomBytes, scryptSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { database, require, SECRET } from './peer.mjs'

const jwt = require('jsonwebtoken')

const CHATS = 1000
const READERS = 32
const ROWS_AT_ONCE = 10000

const [count, file] = process.argv.slice(2)
const numbers = Array.from({ length: Number(count) }, (_, i) => i + 1)
const chats = Array.from({ length: CHATS }, (_, i) => i + 1)
const salt = randomBytes(16)
const hash = `${salt.toString('hex')}:${scryptSync('secret', salt, 32).toString('hex')}`
const db = database({ database: undefined, multipleStatements: true })

const members = new Set()
for (const n of numbers) for (const chat of [1, n, Math.ceil(n / 10)]) if (chat <= CHATS) members.add(`${chat} ${n}`)
for (const chat of chats) for (let n = 1; n <= READERS; n++) members.add(`${chat} ${n}`)
const rows = [...members].map(pair => pair.split(' ').map(Number))

await db.query(readFileSync(new URL('schema.sql', import.meta.url), 'utf8'))
await db.query('INSERT INTO peer.users (id, username, password_hash) VALUES ?', [numbers.map(n => [n, `u${n}`, hash])])
await db.query('INSERT INTO peer.chats (id, name) VALUES ?', [chats.map(chat => [chat, `chat ${chat}`])])
for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) {
  await db.query('INSERT INTO peer.chat_members (chat_id, user_id) VALUES ?', [rows.slice(at, at + ROWS_AT_ONCE)])
}
const token = n => jwt.sign({ id: n, username: `u${n}` }, SECRET, { expiresIn: '7d' })
writeFileSync(file, numbers.map(n => `${token(n)}\n`).join(''))
await db.end()
