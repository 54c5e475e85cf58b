// history.js - the messages of a chat by their seq, which counts without gaps. So any part of a history may be there or
// not, every message has its place before it is loaded, and a change copies one small chunk however long the history is.
const SHIFT = 6
const CHUNK = 1 << SHIFT
const place = seq => [(seq - 1) >> SHIFT, (seq - 1) & (CHUNK - 1)]

const EMPTY_HISTORY = { chunks: {} }

export function at(history, seq) {
  const [chunk, i] = place(seq)
  return history?.chunks[chunk]?.[i]
}

// Messages as the server has them take the place of what was known; kept ones (`stale`, from an earlier visit) stand in
// until then and never replace others.
export function put(history = EMPTY_HISTORY, messages, stale = false) {
  const chunks = { ...history.chunks }
  const copied = new Set()
  for (const message of messages) {
    const [chunk, i] = place(message.seq)
    if (stale && chunks[chunk]?.[i]) continue
    if (!copied.has(chunk)) {
      chunks[chunk] = chunks[chunk] ? chunks[chunk].slice() : new Array(CHUNK)
      copied.add(chunk)
    }
    chunks[chunk][i] = stale ? { ...message, stale } : message
  }
  return { ...history, chunks }
}

// One message changed by `change`; the same history where it is not here.
export function alter(history, seq, change) {
  const message = at(history, seq)
  if (!message) return history
  const [chunk, i] = place(seq)
  const copy = history.chunks[chunk].slice()
  copy[i] = change(message)
  return { ...history, chunks: { ...history.chunks, [chunk]: copy } }
}

// All that is here may be out of date: it stays readable until it is loaded again.
export function age(history) {
  const chunks = {}
  for (const [name, chunk] of Object.entries(history.chunks)) {
    chunks[name] = chunk.map(message => message && { ...message, stale: true })
  }
  return { ...history, chunks }
}

// The first stretch of from…to that is to be loaded, as {after, limit}: null where all is here.
export function missing(history, from, to, most) {
  let first = 0
  for (let seq = from; seq <= to; seq++) {
    const message = at(history, seq)
    if (message && !message.stale) {
      if (first) return { after: first - 1, limit: Math.min(seq - first, most) }
    } else {
      first ||= seq
    }
  }
  return first ? { after: first - 1, limit: Math.min(to - first + 1, most) } : null
}

// The latest messages that are here without a gap, `most` of them: what is kept for reading offline.
export function latest(history, lastSeq, most) {
  const found = []
  for (let seq = lastSeq; seq > 0 && found.length < most; seq--) {
    const message = at(history, seq)
    if (!message) break
    found.unshift(message)
  }
  return found
}

// Reactions after one person put one on or took it off. Doing so twice changes nothing.
export function react(reactions, emoji, userId, on) {
  const before = reactions.find(one => one.emoji === emoji)
  if (!before) return on ? [...reactions, { emoji, count: 1, userIds: [userId] }] : reactions
  const had = before.userIds.includes(userId)
  if (had === on) return reactions
  // Only ten are named; one who is not may be among the others, and then the next load says so.
  if (!on && before.count === 1) return reactions.filter(one => one !== before)
  const userIds = on ? [...before.userIds, userId].slice(0, 10) : before.userIds.filter(id => id !== userId)
  const after = { emoji, count: before.count + (on ? 1 : -1), userIds }
  return reactions.map(one => (one === before ? after : one))
}
