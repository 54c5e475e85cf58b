// events.js - what an event of the log does to the state. Each may come twice, and then does nothing the second time.
import { alter, at, put, react } from './history.js'
import { alterChat, counted, dropChat, withPerson, withUsers } from './chats.js'
import { echoed } from './outbox.js'

export const TYPING_MS = 6000

// The next state. What cannot be known from the event alone is asked for: see `wanted`.
export function applied(state, event, now = Date.now()) {
  const apply = EVENTS[event.type]
  return apply && !event.truncated ? apply(state, event, now) : state
}

// The chat that is to be loaded because of this event: one that is new here, or whose own side of things has changed.
export function wanted(state, event) {
  if (!event.chatId) return null
  const mine = event.user?.id === state.me?.id
  if (event.type === 'member.left' && mine) return null
  if (event.type === 'chat.deleted' || event.type === 'typing') return null
  if (!state.chats[event.chatId] || event.truncated) return event.chatId
  // The names of a direct chat, and how many are in a group that one looks at.
  const moved = event.type === 'member.joined' || event.type === 'member.left'
  return moved && (mine || state.open?.chatId === event.chatId) ? event.chatId : null
}

const EVENTS = {
  message(state, { chatId, message }) {
    let next = alterHistory(state, chatId, history => put(history, [message]))
    next = quiet(next, chatId, message.author.id)
    // Who writes has read what stands above, and no event says so besides.
    next = alterChat(next, chatId, chat => {
      const seen = marked(chat, message.author.id === state.me?.id, message.seq)
      return message.seq < chat.lastSeq ? seen : counted({ ...seen, lastSeq: message.seq, lastMessage: message })
    })
    return message.author.id === state.me?.id ? { ...next, outbox: echoed(next.outbox, message) } : next
  },
  'message.edited': (state, { chatId, message }) =>
    alterMessage(state, chatId, message.seq, known => ({ ...known, ...message })),
  'message.deleted': (state, { chatId, seq, at: when }) =>
    alterMessage(state, chatId, seq, known => ({ ...known, body: '', files: [], reactions: [], deletedAt: known.deletedAt ?? when })),
  reaction: (state, { chatId, seq, emoji, userId, on }) =>
    alterMessage(state, chatId, seq, known => {
      const reactions = react(known.reactions, emoji, userId, on)
      return reactions === known.reactions ? known : { ...known, reactions }
    }),
  chat(state, { chatId, chat }) {
    const next = alterChat(state, chatId, known => ({
      ...known,
      ...(known.kind === 'direct' ? {} : { name: chat.name, imagePath: chat.imagePath }),
      memberCount: chat.memberCount,
      members: chat.members,
      public: chat.public,
      protected: chat.protected,
      updatedAt: chat.updatedAt
    }))
    return withUsers(next, chat.members)
  },
  'chat.deleted': (state, { chatId }) => dropChat(state, chatId),
  'member.joined'(state, { chatId, user, role }) {
    // Who comes into the lobby is new here, and can be written to.
    const next = state.chats[chatId]?.kind === 'lobby' ? withPerson(state, user) : state
    return alterMembers(withUsers(next, [user]), chatId, items => {
      const known = items.find(member => member.user.id === user.id)
      if (known) return items.map(member => (member === known ? { ...member, user, role } : member))
      return [...items, { user, role, joinedAt: null, readSeq: 0 }]
    })
  },
  'member.left'(state, { chatId, user }) {
    if (user.id === state.me?.id) return dropChat(state, chatId)
    return alterMembers(state, chatId, items => items.filter(member => member.user.id !== user.id))
  },
  read(state, { chatId, userId, seq }) {
    return alterChat(state, chatId, chat => marked(chat, userId === state.me?.id, seq))
  },
  user(state, { user }) {
    const chats = Object.fromEntries(Object.entries(state.chats).map(([id, chat]) => [id, renamed(chat, user, state.me)]))
    const me = state.me?.id === user.id ? { ...state.me, ...user } : state.me
    return withUsers({ ...state, chats, me }, [user])
  },
  typing(state, { chatId, userId }, now) {
    if (userId === state.me?.id) return state
    return { ...state, typing: { ...state.typing, [chatId]: { ...state.typing[chatId], [userId]: now + TYPING_MS } } }
  },
  presence(state, { userId, online, lastSeenAt }) {
    const known = state.users[userId]
    return known ? withUsers(state, [{ ...known, online, lastSeenAt: lastSeenAt ?? known.lastSeenAt }]) : state
  }
}

// One has read up to there, or somebody else has. No mark moves back.
function marked(chat, mine, seq) {
  if (seq <= (mine ? chat.readSeq : chat.othersRead ?? 0)) return chat
  return mine ? counted({ ...chat, readSeq: seq }) : { ...chat, othersRead: seq }
}

function renamed(chat, user, me) {
  if (!chat.members.some(member => member.id === user.id)) return chat
  const members = chat.members.map(member => (member.id === user.id ? user : member))
  const faces = chat.kind === 'direct' && user.id !== me?.id
  return faces ? { ...chat, members, name: user.fullName, imagePath: user.imagePath } : { ...chat, members }
}

function alterHistory(state, chatId, change) {
  const history = change(state.history[chatId])
  return history === state.history[chatId] ? state : { ...state, history: { ...state.history, [chatId]: history } }
}

// A message stands in the history, and perhaps in the list as the last one.
function alterMessage(state, chatId, seq, change) {
  const next = at(state.history[chatId], seq) ? alterHistory(state, chatId, history => alter(history, seq, change)) : state
  return alterChat(next, chatId, chat =>
    chat.lastMessage?.seq === seq ? { ...chat, lastMessage: change(chat.lastMessage) } : chat)
}

function alterMembers(state, chatId, change) {
  const known = state.members[chatId]
  return known ? { ...state, members: { ...state.members, [chatId]: { ...known, items: change(known.items) } } } : state
}

// Who has said it is not typing any more.
function quiet(state, chatId, userId) {
  if (!state.typing[chatId]?.[userId]) return state
  const { [userId]: _said, ...others } = state.typing[chatId]
  return { ...state, typing: { ...state.typing, [chatId]: others } }
}

// Those whose typing is still believed at `now`.
export function typists(state, chatId, now = Date.now()) {
  return Object.entries(state.typing[chatId] ?? {}).filter(([, until]) => until > now).map(([id]) => Number(id))
}

// Without those whose typing is not believed any more.
export function quietened(state, now = Date.now()) {
  const chats = Object.keys(state.typing).map(id => [id, typists(state, id, now).map(user => [user, state.typing[id][user]])])
  return { ...state, typing: Object.fromEntries(chats.filter(([, who]) => who.length).map(([id, who]) => [id, Object.fromEntries(who)])) }
}

// Whether somebody other than its author has read a message of mine.
export const isRead = (chat, message) => message.status || message.seq <= (chat?.othersRead ?? 0)
