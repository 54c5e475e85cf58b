// checker.mjs - judges what a messenger did: every acknowledged message exactly once and in order at every reader that may
// see it, nothing twice, nothing to strangers, no gaps.
//
// It knows nothing of transports. Writers tell it what was answered, readers what they heard, and at the end the history
// says what there is; each of these testimonies is held against the others as it comes. Of a message it keeps a few bytes
// in typed arrays, so a million of them are no matter.
//
// A message is known by its body, "WRITER.NUMBER …". Faults are collected, not thrown: {kind: count}, the first words of
// each kind kept.
const WRITERS_MAX = 16
const NUMBER_BITS = 28

export const bodyOf = (writer, n, filling = '') => `${writer}.${n} ${filling}`

// An array that grows.
class Column {
  constructor(Type) {
    this.cells = new Type(1024)
  }

  get(i) {
    return this.cells[i] ?? 0
  }

  set(i, value) {
    if (i >= this.cells.length) {
      const larger = new this.cells.constructor(Math.max(i + 1, 2 * this.cells.length))
      larger.set(this.cells)
      this.cells = larger
    }
    this.cells[i] = value
  }
}

export class Checker {
  faults = {}
  words = []
  #chats = new Map()
  #states = Array.from({ length: WRITERS_MAX }, () => new Column(Uint8Array))
  readers = []

  get good() {
    return Object.keys(this.faults).length === 0
  }

  fault(kind, words) {
    this.faults[kind] = (this.faults[kind] ?? 0) + 1
    if (this.faults[kind] <= 5) this.words.push(`${kind}: ${words}`)
  }

  // A chat and the ids of those who are in it from the beginning to the end; `restless` come and go.
  chat(id, members, restless = []) {
    this.#chats.set(id, { id, members: new Set(members), restless: new Set(restless), codes: new Column(Uint32Array),
      ids: new Column(Float64Array), last: 0, moves: [] })
  }

  last(chatId) {
    return this.#chats.get(chatId).last
  }

  get chatIds() {
    return [...this.#chats.keys()]
  }

  // What somebody says of a place in a chat. Whoever comes first is believed, and everybody else must agree.
  #testify(who, chat, seq, id, writer, n) {
    const code = writer * 2 ** NUMBER_BITS + n + 1
    const known = chat.codes.get(seq)
    if (known !== 0 && (known !== code || chat.ids.get(seq) !== id)) {
      this.fault('reordered', `${who} finds ${writer}.${n} (id ${id}) at ${chat.id}/${seq}, where another was found (id ${chat.ids.get(seq)})`)
      return
    }
    if (known !== 0) return
    const state = this.#states[writer]
    if (state.get(n) === 1) this.fault('doubled', `${who} finds ${writer}.${n} at ${chat.id}/${seq}, and it stands elsewhere too`)
    if (state.get(n) === 2) this.fault('refused', `${who} finds ${writer}.${n} at ${chat.id}/${seq}, which was refused`)
    state.set(n, 1)
    chat.codes.set(seq, code)
    chat.ids.set(seq, id)
    if (seq > chat.last) chat.last = seq
  }

  testify(who, chatId, { seq, id, body }) {
    const [, writer, n] = body.match(/^(\d+)\.(\d+) /) ?? []
    const chat = this.#chats.get(chatId)
    if (!chat || writer === undefined) this.fault('foreign', `${who} finds “${body.slice(0, 20)}” in chat ${chatId}`)
    else this.#testify(who, chat, seq, id, Number(writer), Number(n))
  }

  acknowledged(writer, n, chatId, message) {
    if (message.chatId !== chatId || !message.body.startsWith(bodyOf(writer, n))) {
      this.fault('acknowledged', `${writer}.${n} to ${chatId} was answered with ${message.chatId}/${message.seq}`)
    }
    this.testify(`the answer to writer ${writer}`, message.chatId, message)
  }

  refused(writer, n) {
    const state = this.#states[writer]
    if (state.get(n) === 1) this.fault('refused', `${writer}.${n} was refused and is there`)
    state.set(n, 2)
  }

  reader(name, userId, chatId) {
    const reader = new Reader(this, name, userId, chatId ? [this.#chats.get(chatId)] : [...this.#chats.values()])
    this.readers.push(reader)
    return reader
  }

  // How far the latest message of this person in that chat is, as far as anybody knows.
  lastBy(writer, chatId) {
    const { codes, last } = this.#chats.get(chatId)
    for (let seq = last; seq > 0; seq--) {
      if (Math.floor((codes.get(seq) - 1) / 2 ** NUMBER_BITS) === writer) return seq
    }
    return 0
  }

  // `history`: {chatId, seq, id, body} of all there is, by chat and seq.
  async finish(history) {
    const ends = new Map()
    for await (const message of history) {
      const before = ends.get(message.chatId) ?? 0
      if (message.seq !== before + 1) this.fault('gap', `the history has ${message.chatId}/${message.seq} behind ${before}`)
      ends.set(message.chatId, message.seq)
      this.testify('the history', message.chatId, message)
    }
    for (const chat of this.#chats.values()) {
      const end = ends.get(chat.id) ?? 0
      if (end !== chat.last) this.fault('lost', `the history of ${chat.id} ends at ${end}, and ${chat.last} was seen`)
      for (let seq = 2; seq <= chat.last; seq++) {
        if (chat.ids.get(seq) <= chat.ids.get(seq - 1)) this.fault('reordered', `ids of ${chat.id}/${seq - 1} and ${seq} descend`)
      }
    }
    for (const reader of this.readers) reader.finish()
  }
}

// One chain of cursors. It may begin anywhere; from its first cursor on it misses nothing.
class Reader {
  #checker
  #places = new Map()
  #lastId = 0
  heard = 0

  constructor(checker, name, userId, chats) {
    Object.assign(this, { name, userId })
    this.#checker = checker
    for (const chat of chats) {
      const restless = chat.restless.has(userId)
      if (chat.members.has(userId) || restless) this.#places.set(chat.id, { chat, last: 0, inside: !restless, moves: restless ? [] : undefined })
    }
  }

  #fault(kind, words) {
    this.#checker.fault(kind, `${this.name} ${words}`)
  }

  hear(event) {
    if (event.id === undefined) return
    if (event.id <= this.#lastId) this.#fault(event.id === this.#lastId ? 'doubled' : 'reordered', `hears ${event.id} behind ${this.#lastId}`)
    this.#lastId = Math.max(event.id, this.#lastId)
    this.heard++
    if (event.type === 'message') this.#message(event)
    else if (event.type === 'member.joined' || event.type === 'member.left') this.#move(event)
  }

  #message({ id, chatId, message, truncated }) {
    const place = this.#places.get(chatId)
    if (!place?.inside) return this.#fault('foreign', `hears message ${id} of chat ${chatId}, in which they are not`)
    // A stub says where, and not what.
    const seq = truncated ? (place.last ?? 0) + 1 : message.seq
    if (place.last === undefined) place.moves.push({ id: place.since, before: seq - 1 })
    else if (seq > place.last + 1) this.#fault('gap', `hears ${chatId}/${seq} behind ${place.last}`)
    else if (seq <= place.last) this.#fault('doubled', `hears ${chatId}/${seq} behind ${place.last}`)
    place.last = seq
    if (!truncated) this.#checker.testify(this.name, chatId, message)
    else if (![0, id].includes(place.chat.ids.get(seq))) this.#fault('reordered', `hears ${id} at ${chatId}/${seq}`)
  }

  // What is heard after coming in begins at once, and what was heard before going out was all.
  #move({ id, type, chatId, user, truncated }) {
    const place = this.#places.get(chatId)
    if (!place?.moves || truncated || user.id !== this.userId) return
    const inside = type === 'member.joined'
    if (inside === place.inside) this.#fault('moves', `hears ${type} of themself in ${chatId} twice (${this.userId}, ${id}, last ${place.since})`)
    if (!inside && place.last !== undefined) place.moves.push({ id, before: place.last })
    Object.assign(place, { inside, last: inside ? undefined : place.last, since: id })
  }

  get isUpToDate() {
    return [...this.#places.values()].every(({ chat, last, inside }) => inside && (last ?? chat.last) >= chat.last)
  }

  finish() {
    for (const { chat, last, inside, moves = [] } of this.#places.values()) {
      if (!inside) this.#fault('lost', `has not heard that they are in ${chat.id}`)
      else if ((last ?? chat.last) < chat.last) this.#fault('lost', `has heard ${chat.id} up to ${last} of ${chat.last}`)
      for (const { id, before } of moves) {
        if (chat.ids.get(before) > id || (before < chat.last && chat.ids.get(before + 1) < id)) {
          this.#fault('gap', `moved at ${id} in ${chat.id}, not between ${before} and the next`)
        }
      }
    }
  }
}
