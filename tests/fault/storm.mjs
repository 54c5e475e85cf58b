// storm.mjs - load with an end that can be judged: writers and readers who lose their connections at any moment and go on,
// with the checker listening to all of them.
//
//     const storm = new Storm(site, { messages: 3000 })
//     await storm.prepare(); await storm.run(); await storm.check()
//
// One hot chat, a hundred others, and of these some which people leave and join while they write. A writer asks again with
// the same clientKey until it has an answer; now and then it gives a message up instead. How a reader reads is a function of
// readers.mjs; others can be given, and by which wire a writer writes.
import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { cast, makeGroup } from '../chats.mjs'
import { connect } from '../client.mjs'
import { checkTruth, messagesOf } from '../truth.mjs'
import { chance, seed } from './chance.mjs'
import { Checker, bodyOf } from './checker.mjs'
import { longPoll, process_, stream } from './readers.mjs'
import { Wire } from './wire.mjs'

const PEOPLE = 20
const RESTLESS = 4 // of the writers, the last
const WRITERS = 16
const HOT_SHARE = 0.3
const PROGRESS_MS = 60_000
const QUIET_MS = 150

export const SETTINGS = {
  BELLHOP_LIMITS_WRITES: '0', BELLHOP_LIMITS_READS: '0', BELLHOP_LIMITS_MESSAGES: '0', BELLHOP_TOKENS_ACCESS_S: '86400'
}

// Thirty-two readers: every way to read, and every size of page.
export function mixture(site, people, hot) {
  const readers = []
  const add = (person, read, wish = {}) => readers.push({ person: people[person], read, wish })
  const limits = [1, 7, 100, 200, undefined]
  for (let i = 0; i < 16; i++) add(i, longPoll, { limit: limits[i % limits.length] })
  for (let i = 0; i < 8; i++) add(i + 8, stream)
  add(3, longPoll, { chatId: hot, limit: 7 })
  add(4, longPoll, { chatId: hot })
  add(5, stream, { chatId: hot })
  add(16, longPoll, { maxBytes: 1024 })
  add(17, longPoll, { maxBytes: 4096, limit: 7 })
  add(18, process_(site), { limit: 100 })
  add(19, process_(site), { limit: 200 })
  add(17, stream)
  return readers
}

export class Storm {
  constructor(site, { messages, chats = 100, readers = mixture, writers = () => undefined, drops = true, deadline_ms = PROGRESS_MS, name = 'storm' }) {
    Object.assign(this, { site, messages, chatsWanted: chats, mix: readers, drops, deadline_ms, name })
    this.checker = new Checker()
    this.wire = new Wire(site)
    this.wireOf = writer => writers(writer) ?? this.wire
    this.stop = new AbortController()
    setMaxListeners(0, this.stop.signal)
    this.stats = { acknowledged: 0, retries: 0, refused: 0, abandoned: 0, dropped: 0, errors: {} }
    this.left = messages
  }

  async prepare() {
    const client = connect(this.site, undefined, 'http')
    const luck = chance(`${this.name} ground`)
    this.people = await cast(client, PEOPLE)
    const everybody = this.people.slice(1)
    const restless = this.people.slice(WRITERS - RESTLESS, WRITERS)
    this.hot = await makeGroup(client, this.people[0], everybody, { name: 'hot' })
    this.checker.chat(this.hot.id, this.people.map(person => person.id))
    this.rooms = []
    this.doors = []
    for (let i = 0; i < this.chatsWanted; i++) {
      const members = this.people.filter(person => !restless.includes(person) && luck.sometimes(0.35))
      if (members.length === 0) members.push(this.people[0])
      const isDoor = i % 12 === 11
      const chat = await makeGroup(client, members[0], members.slice(1), { name: `room ${i}`, public: isDoor })
      this.checker.chat(chat.id, members.map(person => person.id), isDoor ? restless.map(person => person.id) : [])
      const room = { id: chat.id, members }
      this.rooms.push(room)
      if (isDoor) this.doors.push(room)
    }
    const { json } = await client.get('/poll', { token: this.people[0].token })
    this.began = json.cursor
  }

  error(what) {
    this.stats.errors[what] = (this.stats.errors[what] ?? 0) + 1
  }

  // --- writing

  async #write(writer, n, chatId, luck) {
    const person = this.people[writer]
    const body = bodyOf(writer, n, 'слово '.repeat(luck.below(luck.sometimes(0.02) ? 300 : 8)))
    const wish = { method: 'POST', path: `/messages/${chatId}`, token: person.token, body: { body, clientKey: `${this.name} ${writer} ${n}` } }
    const givesUp = this.drops && luck.sometimes(0.005)
    for (let tries = 1; !this.stop.signal.aborted; tries++) {
      let answer
      try {
        const drop_ms = this.drops && (givesUp || luck.sometimes(0.02)) ? luck.below(4) : undefined
        answer = await this.wireOf(writer).ask(wish, { drop_ms, signal: this.stop.signal })
      } catch (fault) {
        if (fault.message === 'dropped') this.stats.dropped++
        else this.error(fault.code ?? fault.message)
        if (givesUp) return void this.stats.abandoned++
        this.stats.retries++
        await delay(2 + luck.below(20))
        continue
      }
      if (answer.status < 300) {
        this.checker.acknowledged(writer, n, chatId, answer.json)
        this.stats.acknowledged++
        this.progress = Date.now()
        return
      }
      if (answer.status === 404) {
        // An earlier try may still be on its way when somebody comes in again.
        if (tries === 1) this.checker.refused(writer, n)
        this.stats.refused++
        return
      }
      this.error(`${answer.status} ${answer.json?.code}`)
      this.stats.retries++
      await delay(5 + luck.below(30))
    }
  }

  async #steady(writer) {
    const luck = chance(`${this.name} writer ${writer}`)
    const mine = this.rooms.filter(room => room.members.includes(this.people[writer]))
    for (let n = 0; this.left-- > 0 && !this.stop.signal.aborted; n++) {
      await this.#write(writer, n, luck.sometimes(HOT_SHARE) || mine.length === 0 ? this.hot.id : luck.pick(mine).id, luck)
    }
  }

  async #certainly(wish, statuses) {
    while (!this.stop.signal.aborted) {
      const answer = await this.wire.ask(wish, { signal: this.stop.signal }).catch(fault => this.error(fault.code ?? fault.message))
      if (statuses.includes(answer?.status)) return
      if (answer) this.error(`${answer.status} ${answer.json?.code}`)
      await delay(10)
    }
  }

  // Comes in, writes, and leaves while it still writes.
  async #restless(writer) {
    const luck = chance(`${this.name} writer ${writer}`)
    const { token } = this.people[writer]
    let n = 0
    const turn = async (room, stays) => {
      const ways = `/chats/${room.id}`
      await this.#certainly({ method: 'POST', path: `${ways}/join`, token, body: {} }, [200])
      const words = Array.from({ length: 4 }, async (_, i) => {
        this.left--
        const mine = n++
        await delay(i * luck.below(4))
        await this.#write(writer, mine, room.id, luck)
      })
      if (!stays) {
        await delay(luck.below(8))
        await this.#certainly({ method: 'POST', path: `${ways}/leave`, token }, [204, 404])
      }
      await Promise.all(words)
    }
    while (this.left > 0 && this.doors.length && !this.stop.signal.aborted) await turn(luck.pick(this.doors), false)
    for (const room of this.doors) await turn(room, true)
  }

  // --- all of it

  async run() {
    const began = Date.now()
    this.progress = began
    const readers = this.mix(this.site, this.people, this.hot.id).map(({ person, read, wish }, i) => {
      const name = `reader ${i} (${read.name} ${JSON.stringify(wish)})`
      const reader = this.checker.reader(name, person.id, wish.chatId)
      const chain = { wire: this.wire, token: person.token, cursor: this.began, wish, drops: this.drops, signal: this.stop.signal,
        luck: chance(`${this.name} ${name}`),
        hear: event => {
          this.progress = Date.now()
          reader.hear(event)
        },
        error: what => this.error(`${read.name}: ${what}`) }
      return read(chain)
    })
    const watch = setInterval(() => this.#look(), 500)
    try {
      await Promise.all(Array.from({ length: WRITERS }, (_, i) => (i < WRITERS - RESTLESS ? this.#steady(i) : this.#restless(i))))
      this.stats.seconds = (Date.now() - began) / 1000
      while (!this.stop.signal.aborted && !this.checker.readers.every(reader => reader.isUpToDate)) await delay(20)
    } finally {
      clearInterval(watch)
      this.stop.abort()
      await Promise.all(readers)
    }
  }

  // When all is quiet, a message is heard at once, and not with the tick: the median of nine, far beyond what it takes.
  async quiet() {
    if (!this.checker.good) return
    const { token } = this.people[0]
    const times = []
    const room = await makeGroup(connect(this.site, undefined, 'http'), this.people[0], [], { name: 'quiet' })
    let { cursor } = (await this.wire.ask({ method: 'GET', path: '/poll', token })).json
    for (let i = 0; i < 9; i++) {
      const waiting = this.wire.ask({ method: 'GET', path: `/poll?cursor=${cursor}&timeout=9&chatId=${room.id}`, token })
      await delay(30)
      await this.wire.ask({ method: 'POST', path: `/messages/${room.id}`, token, body: { body: 'тиша' } })
      const began = performance.now()
      cursor = (await waiting).json.cursor
      times.push(performance.now() - began)
    }
    times.sort((a, b) => a - b)
    if (times[4] > QUIET_MS) this.checker.fault('late', `${times.map(Math.round)} ms from the answer to the poll`)
  }

  #look() {
    if (Date.now() - this.progress > this.deadline_ms) {
      this.checker.fault('stuck', `nothing moves for ${this.deadline_ms} ms`)
      this.stop.abort()
    }
    if (this.stopsAtFault && !this.checker.good) this.stop.abort()
  }

  // Unread of everybody in every chat, as GET /chats has it.
  async #checkUnread() {
    const restless = this.people.slice(WRITERS - RESTLESS, WRITERS)
    for (const [i, person] of this.people.entries()) {
      for (let next = ''; next !== null; ) {
        const { json } = await this.wire.ask({ method: 'GET', path: `/chats?limit=200${next && `&before=${next}`}`, token: person.token })
        for (const { id, lastSeq, readSeq, unread } of json.items) {
          if (!this.checker.chatIds.includes(id)) continue
          const last = this.checker.last(id)
          const read = i < WRITERS ? this.checker.lastBy(i, id) : 0
          // Who comes in again has read what was said before.
          const reads = restless.includes(person) ? readSeq >= read : readSeq === read
          if (lastSeq !== last || unread !== last - readSeq || !reads) {
            this.checker.fault('unread', `${person.id} in ${id}: ${JSON.stringify({ lastSeq, readSeq, unread })} of ${last}, ${read} read`)
          }
        }
        next = json.next
      }
    }
  }

  async check() {
    await this.checker.finish(this.#history())
    await this.#checkUnread()
    await checkTruth(this.site).catch(fault => this.checker.fault('truth', fault.message.slice(0, 2000)))
  }

  async *#history() {
    for await (const message of messagesOf(this.site)) {
      if (this.checker.chatIds.includes(message.chatId)) yield message
    }
  }

  get summary() {
    const { seconds, errors, ...counts } = this.stats
    const heard = this.checker.readers.reduce((sum, reader) => sum + reader.heard, 0)
    return `seed ${seed}: ${JSON.stringify(counts)}, ${heard} heard, ${Math.round(counts.acknowledged / seconds)} messages/s; errors ${JSON.stringify(errors)}`
  }
}
