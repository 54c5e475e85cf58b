// outbox.js - messages on their way, as pure changes of a list. An item is
//   {key, chatId, body, replyTo, files: [{name, mime, size, width, height, blob, id?, part}], at, tries, state, problem?, echo?}
// `key` is the clientKey, so a message is there once however often it is sent. `state`: 'waiting', 'sending', 'failed'
// (refused; the author decides).

export const queued = (outbox, item) => [...outbox.filter(one => one.key !== item.key), item]
export const dropped = (outbox, key) => outbox.filter(one => one.key !== key)
export const changed = (outbox, key, values) => outbox.map(one => (one.key === key ? { ...one, ...values } : one))

// The stream may be quicker than the answer to the sender: the item whose message has just come in is not shown beside
// it. It stays in the outbox until the answer says which one it was.
export function echoed(outbox, message) {
  const item = outbox.find(one => one.chatId === message.chatId && !one.echo && one.state !== 'failed' &&
    one.tries > 0 && one.body === message.body && one.files.length === message.files.length)
  return item ? changed(outbox, item.key, { echo: message.seq }) : outbox
}

// What is shown behind the history of a chat.
export const shown = (outbox, chatId) => outbox.filter(one => one.chatId === chatId && !one.echo)

// The item that is to be sent next in a chat: they go in order, and a refused one keeps nobody up.
export const next = (outbox, chatId) => outbox.find(one => one.chatId === chatId && one.state !== 'failed')

export const chatsWaiting = outbox => [...new Set(outbox.filter(one => one.state !== 'failed').map(one => one.chatId))]

// Lists of several tabs, or of this one before and after a reload: what is kept, without what has been sent meanwhile.
export function reconciled(outbox, kept) {
  const known = new Map(outbox.map(one => [one.key, one]))
  return kept.map(item => ({ ...item, ...known.get(item.key), files: known.get(item.key)?.files ?? item.files }))
    .sort((a, b) => a.at - b.at)
}

// Files that are attached to what is written in a chat, and not sent yet.
export function withTray(state, chatId, files) {
  const { [chatId]: _, ...others } = state.trays
  return { ...state, trays: files.length ? { ...others, [chatId]: files } : others }
}
