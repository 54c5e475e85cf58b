// truth.mjs - what the database holds: the log of events, and whether everything in it agrees.
import assert from 'node:assert/strict'

const TABLES = 'chat, member, former_member, direct_chat, message, message_file, file, content, quota, sent, reaction, event, log_head'
const ROWS = 20_000

// What stands for the hour of a chat with many members.
export const NO_HOUR = 4294967295

// Moves with every change of a chat, of who is in it, of what was said and of the log.
export async function digest(site) {
  const rows = await site.sql(`CHECKSUM TABLE ${TABLES}`)
  return rows.map(row => `${row.Table} ${row.Checksum}`).join('\n')
}

// The log, or what it holds of one chat, as clients get it: {id, type, chatId, …what the event carries}. The words of a
// message lie open in its event, which has its id.
export async function readLog(site, chatId) {
  const events = []
  for await (const event of logOf(site, chatId)) events.push(event)
  return events
}

async function* logOf(site, chatId) {
  let rows
  do {
    rows = await site.sql(`SELECT id, type, chat_id, user_id, data FROM event WHERE id > ${rows?.at(-1).id ?? 0}
      ${chatId ? `AND chat_id = ${chatId}` : ''} ORDER BY id LIMIT ${ROWS}`)
    yield* rows.map(asEvent)
  } while (rows.length === ROWS)
}

// All messages there are, by chat and seq. With a sign before them, the words NULL are not nothing.
export async function* messagesOf(site) {
  let at = { chat_id: 0, seq: 0 }
  let rows
  do {
    rows = await site.sql(`SELECT m.chat_id, m.seq, m.id, m.author_id, CONCAT('=', m.body) AS body, m.deleted_at IS NOT NULL AS deleted,
      m.files, (SELECT COUNT(*) FROM message_file f WHERE f.chat_id = m.chat_id AND f.seq = m.seq) AS lying,
      m.reactions, (SELECT COUNT(*) FROM reaction r WHERE r.chat_id = m.chat_id AND r.seq = m.seq) AS counted FROM message m
      WHERE m.chat_id = ${at.chat_id} AND m.seq > ${at.seq} OR m.chat_id > ${at.chat_id} ORDER BY m.chat_id, m.seq LIMIT ${ROWS}`)
    at = rows.at(-1)
    yield* rows.map(m => ({ chatId: Number(m.chat_id), seq: Number(m.seq), id: Number(m.id), author: Number(m.author_id),
      body: m.body.slice(1), deleted: m.deleted === '1', reactions: Number(m.reactions), counted: Number(m.counted), files: Number(m.files), lying: Number(m.lying) }))
  } while (rows.length === ROWS)
}

function asEvent(row) {
  const [id, data] = [Number(row.id), JSON.parse(`{${row.data}}`)]
  const carried = row.type === 'message' ? { message: { id, ...data } } : data
  return { ...carried, id, type: row.type, chatId: Number(row.chat_id), of: Number(row.user_id) }
}

const byKey = rows => Object.fromEntries(rows.map(({ key, ...rest }) => [key, rest]))

// What the log tells, followed from its beginning as a client would.
class Story {
  chats = new Map()

  chat(id) {
    if (!this.chats.has(id)) this.chats.set(id, { members: new Map(), messages: [] })
    return this.chats.get(id)
  }

  inside({ members }, userId, event) {
    assert.ok(members.has(userId), `event ${event.id} (${event.type}) is by ${userId}, who is not in chat ${event.chatId}`)
    return members.get(userId)
  }

  living({ messages }, seq, event) {
    const message = messages[seq - 1]
    assert.ok(message && !message.deleted, `event ${event.id} (${event.type}) is of message ${seq}, which is not there`)
    return message
  }

  tell(event) {
    const { type, id } = event
    if (['user', 'session.revoked'].includes(type)) return
    const chat = this.chat(event.chatId)
    const { members, messages } = chat
    assert.ok(!chat.deleted, `event ${id} (${type}) is of chat ${event.chatId}, which was deleted`)
    if (type === 'chat') {
      assert.equal(event.chat.id, event.chatId)
      Object.assign(chat, { name: event.chat.name, memberCount: event.chat.memberCount })
    } else if (type === 'chat.deleted') {
      members.clear()
      chat.deleted = true
    } else if (type === 'member.joined') {
      const before = members.get(event.user.id)
      members.set(event.user.id, { role: event.role, readSeq: before?.readSeq ?? messages.length })
    } else if (type === 'member.left') {
      this.inside(chat, event.user.id, event)
      members.delete(event.user.id)
    } else if (type === 'message') {
      const { message } = event
      this.inside(chat, message.author.id, event).readSeq = message.seq
      assert.equal(message.seq, messages.length + 1, `event ${id} has seq ${message.seq}`)
      messages.push({ id, author: message.author.id, told: message.body })
    } else if (type === 'message.edited') {
      const { message } = event
      this.inside(chat, message.author.id, event)
      const edited = messages[message.seq - 1]
      assert.deepEqual([message.id, message.author.id, edited.deleted], [edited.id, edited.author, undefined])
      edited.edited = message.body
    } else if (type === 'message.deleted') {
      Object.assign(this.living(chat, event.seq, event), { deleted: true, reactions: undefined })
    } else if (type === 'reaction') {
      this.inside(chat, event.userId, event)
      const reactions = (this.living(chat, event.seq, event).reactions ??= new Set())
      const key = `${event.emoji} ${event.userId}`
      assert.equal(reactions.has(key), !event.on, `event ${id} changes nothing`)
      if (event.on) reactions.add(key)
      else reactions.delete(key)
    } else if (type === 'read') {
      const member = this.inside(chat, event.userId, event)
      assert.ok(event.seq <= messages.length, `event ${id} reads beyond the end`)
      member.readSeq = Math.max(member.readSeq, event.seq)
    } else {
      assert.fail(`event ${id} has the type ${type}`)
    }
  }
}

async function checkLog(site, story) {
  const [{ head, floor, n, last }] = await site.sql(`SELECT head, floor, (SELECT COUNT(*) FROM event) AS n,
    (SELECT MAX(id) FROM event) AS last FROM log_head`)
  assert.deepEqual([Number(last), Number(n)], [Number(head), Number(head) - Number(floor)], 'the log has holes')
  for await (const event of logOf(site)) story.tell(event)
}

// That the log has no holes and tells of nothing that could not be; that following it leads to what the tables hold; and
// that what the tables count is so. For a site that nobody uses at the moment.
export async function checkTruth(site) {
  const story = new Story()
  await checkLog(site, story)

  const chats = byKey(await site.sql(`SELECT c.id AS \`key\`, c.kind, c.name, c.deleted_at IS NOT NULL AS deleted,
    c.last_seq, IFNULL(m.n, 0) AS messages, IFNULL(m.last, 0) AS last, c.member_count, IFNULL(p.n, 0) AS members,
    IFNULL(p.owners, 0) AS owners, IFNULL(p.furthest, 0) AS furthest
    FROM chat c
    LEFT JOIN (SELECT chat_id, COUNT(*) AS n, MAX(seq) AS last FROM message GROUP BY chat_id) m ON m.chat_id = c.id
    LEFT JOIN (SELECT chat_id, COUNT(*) AS n, SUM(role = 'owner') AS owners, MAX(read_seq) AS furthest
      FROM member GROUP BY chat_id) p ON p.chat_id = c.id`))
  for (const [id, chat] of Object.entries(chats)) {
    assert.deepEqual([chat.last_seq, chat.last_seq], [chat.messages, chat.last], `messages of chat ${id}`)
    assert.equal(chat.member_count, chat.members, `members of chat ${id}`)
    assert.equal(chat.owners, chat.kind === 'group' && chat.deleted === '0' ? '1' : '0', `owners of chat ${id}`)
    assert.ok(Number(chat.furthest) <= Number(chat.last_seq), `read marks of chat ${id}`)
    if (chat.kind === 'direct') assert.equal(chat.members, '2', `direct chat ${id}`)
    const told = story.chat(Number(id))
    assert.equal(told.deleted ?? false, chat.deleted === '1', `chat ${id}`)
    if (chat.kind === 'group' && chat.deleted === '0') {
      assert.deepEqual([told.name, String(told.memberCount)], [chat.name, chat.members], `last told of chat ${id}`)
    }
  }

  const members = await site.sql('SELECT chat_id, user_id, role, read_seq FROM member ORDER BY chat_id, user_id')
  const told = [...story.chats].flatMap(([chatId, { members: m }]) =>
    [...m].map(([userId, { role, readSeq }]) => `${chatId} ${userId} ${role} ${readSeq}`))
  assert.deepEqual(members.map(m => `${m.chat_id} ${m.user_id} ${m.role} ${m.read_seq}`).sort(), told.sort())

  for await (const { chatId, seq, id, author, body, deleted, reactions, counted, files, lying } of messagesOf(site)) {
    const where = `message ${chatId}/${seq}`
    const t = story.chat(chatId).messages[seq - 1]
    assert.deepEqual([t.id, t.author, t.deleted ?? false], [id, author, deleted], where)
    assert.deepEqual([t.told, t.edited ?? t.told], [body, body], where)
    assert.equal(body === '' && files === 0, deleted, where)
    assert.equal(files, lying, where)
    const n = t.reactions?.size ?? 0
    assert.deepEqual([reactions, counted], [n, n], where)
  }

  assert.deepEqual(await site.sql(`SELECT q.user_id, q.used, IFNULL(SUM(c.size), 0) AS sum FROM quota q LEFT JOIN file f ON f.owner_id = q.user_id
    LEFT JOIN content c ON c.id = f.content_id GROUP BY q.user_id HAVING used <> sum`), [], 'room that nobody uses, or has not')
  assert.deepEqual(await site.sql(`SELECT c.id, m.user_id FROM member m JOIN chat c ON c.id = m.chat_id JOIN user u ON u.id = m.user_id
    WHERE u.deleted_at IS NOT NULL AND c.kind <> 'direct'`), [], 'deleted people are in groups')
  assert.deepEqual(await site.sql(`SELECT c.id FROM chat c WHERE c.kind = 'direct'
    AND (SELECT COUNT(*) FROM direct_chat d WHERE d.chat_id = c.id) <> 1`), [], 'direct chats of no pair')
  assert.deepEqual(await site.sql(`SELECT m.chat_id, m.user_id, m.hour, c.hour AS chats FROM member m JOIN chat c ON c.id = m.chat_id
    WHERE m.hour <> c.hour AND m.hour <> ${NO_HOUR}`), [], 'members who do not know the hour of their chat')
}
