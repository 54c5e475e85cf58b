// The peer that Bellhop is measured against: Express, Socket.IO, mysql2 in one process, as most tutorials build a chat,
// but tuned. A message is stored by a prepared INSERT over a pool of 10 connections, sent to its room, then
// acknowledged. REST and the joining of a room look membership up; posts over a socket rely on the joining.
//
// PORT; DB_SOCKET, DB_USER, DB_PASSWORD; database `peer`, made by seed.mjs.
import { createSecretKey, scrypt, timingSafeEqual } from 'node:crypto'
import http from 'node:http'
import { promisify } from 'node:util'
import { database, require, SECRET } from './peer.mjs'

const express = require('express')
const jwt = require('jsonwebtoken')
const { Server } = require('socket.io')

const BACKLOG = 8192
const TEXT_MAX = 4000

// As a string jsonwebtoken takes the secret for a public key first, which costs 0.28 ms a token.
const key = createSecretKey(Buffer.from(SECRET))
const derive = promisify(scrypt)
const db = database()
const app = express()
const server = http.createServer(app)
const io = new Server(server, { serveClient: false, cors: { origin: false } })
const room = chat => `chat:${chat}`

async function isMember(chat, user) {
  const [rows] = await db.execute('SELECT 1 FROM chat_members WHERE chat_id = ? AND user_id = ?', [chat, user])
  return rows.length > 0
}

async function saveAndEmit(chatId, user, content, to) {
  const createdAt = new Date()
  const [{ insertId }] = await db.execute(
    'INSERT INTO messages (chat_id, sender_id, content, created_at) VALUES (?, ?, ?, ?)',
    [chatId, user.id, content, createdAt])
  const message = { id: insertId, chatId, senderId: user.id, sender: user.username, content, createdAt }
  to.to(room(chatId)).emit('message', message)
  return message
}

const valid = content => typeof content === 'string' && content.length > 0 && content.length <= TEXT_MAX

// --- REST

const answered = handler => (req, res, next) => handler(req, res).catch(next)

function authenticated(req, res, next) {
  const header = req.headers.authorization ?? ''
  try {
    req.user = jwt.verify(header.startsWith('Bearer ') ? header.slice(7) : '', key)
  } catch {
    return res.status(401).json({ error: 'Unauthorized' })
  }
  next()
}

async function passwordIsRight(password, hash) {
  const [salt, wanted] = hash.split(':')
  return timingSafeEqual(await derive(password, Buffer.from(salt, 'hex'), 32), Buffer.from(wanted, 'hex'))
}

app.disable('x-powered-by')
app.use(express.json({ limit: '64kb' }))
app.get('/api/health', (req, res) => res.json({ ok: true }))

app.post('/api/login', answered(async (req, res) => {
  const { username, password } = req.body
  const [[user]] = await db.execute('SELECT id, username, password_hash FROM users WHERE username = ?', [String(username)])
  if (!user || !(await passwordIsRight(String(password), user.password_hash))) {
    return res.status(401).json({ error: 'Invalid credentials' })
  }
  res.json({ token: jwt.sign({ id: user.id, username: user.username }, key, { expiresIn: '7d' }) })
}))

app.get('/api/chats/:id/messages', authenticated, answered(async (req, res) => {
  const chat = Number(req.params.id)
  const limit = Math.min(Number(req.query.limit) || 50, 100)
  const before = Number(req.query.before) || Number.MAX_SAFE_INTEGER
  if (!(await isMember(chat, req.user.id))) return res.status(403).json({ error: 'Forbidden' })
  const [rows] = await db.execute(
    `SELECT m.id, m.sender_id AS senderId, u.username AS sender, m.content, m.created_at AS createdAt
     FROM messages m JOIN users u ON u.id = m.sender_id
     WHERE m.chat_id = ? AND m.id < ? ORDER BY m.id DESC LIMIT ?`,
    [chat, before, String(limit)])
  res.json({ messages: rows.reverse() })
}))

app.post('/api/chats/:id/messages', authenticated, answered(async (req, res) => {
  const chat = Number(req.params.id)
  const { content } = req.body
  if (!valid(content)) return res.status(400).json({ error: 'Bad content' })
  if (!(await isMember(chat, req.user.id))) return res.status(403).json({ error: 'Forbidden' })
  res.status(201).json(await saveAndEmit(chat, req.user, content, io))
}))

app.use((fault, req, res, next) => {
  console.error(fault.message)
  res.status(500).json({ error: 'Internal error' })
})

// --- sockets

const acknowledged = handler => async (what, ack) => {
  try {
    ack?.(await handler(what))
  } catch {
    ack?.({ error: 'Internal error' })
  }
}

io.use((socket, next) => {
  try {
    socket.user = jwt.verify(socket.handshake.auth.token, key)
    next()
  } catch {
    next(new Error('Unauthorized'))
  }
})

io.on('connection', socket => {
  socket.on('join', acknowledged(async chat => {
    if (!(await isMember(Number(chat), socket.user.id))) return { error: 'Forbidden' }
    await socket.join(room(Number(chat)))
    return { ok: true }
  }))
  socket.on('message', acknowledged(async ({ chatId, content }) => {
    if (!valid(content)) return { error: 'Bad content' }
    if (!socket.rooms.has(room(Number(chatId)))) return { error: 'Forbidden' }
    const { id, createdAt } = await saveAndEmit(Number(chatId), socket.user, content, socket)
    return { id, createdAt }
  }))
})

server.listen(Number(process.env.PORT), '127.0.0.1', BACKLOG)
