// proxy.mjs - stands between the programs and MariaDB, understands as much of the protocol as it takes to see a COMMIT go by,
// and loses its answer.
//
//     const proxy = await openProxy(path, target); … proxy.close()
//     proxy.lose = 'answer'     MariaDB carries it out, and nobody hears of it
//                  'command'    it never arrives
//                  'both'       the client is cut off at once, and the COMMIT arrives only LATE_MS later
//
// It loses one COMMIT and lets all others pass; `lost` counts them. A COMMIT may come as a statement of its own, or in a
// block (lib/data/block.h) together with what is written; `blocks` counts those.
//
//     proxy.old = true          new connections meet a server that knows no blocks
import { rmSync } from 'node:fs'
import net from 'node:net'

const [COM_QUERY, COM_STMT_PREPARE, COM_STMT_EXECUTE] = [0x03, 0x16, 0x17]
const HEAD = 4
const BLOCK = 'BEGIN NOT ATOMIC'
const PARSE_ERROR = 1064
export const LATE_MS = 400

function packet(number, payload) {
  const head = Buffer.alloc(HEAD)
  head.writeUIntLE(payload.length, 0, 3)
  head[3] = number
  return Buffer.concat([head, payload])
}

const refusal = packet(1, Buffer.concat([Buffer.from([0xff, PARSE_ERROR & 0xff, PARSE_ERROR >> 8]), Buffer.from('#42000no such thing here')]))

// Whole packets of a stream, as they come in: {head: 3 bytes of length and a number, payload}.
function packets(whole) {
  let rest = Buffer.alloc(0)
  return bytes => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= HEAD && rest.length >= HEAD + rest.readUIntLE(0, 3)) {
      const length = HEAD + rest.readUIntLE(0, 3)
      whole(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
  }
}

class Relay {
  #commits = new Set() // prepared statements that are COMMIT
  #preparing = false
  #greeted = false

  constructor(proxy, client) {
    this.proxy = proxy
    this.old = proxy.old
    this.client = client
    this.server = net.connect(proxy.target)
    for (const [one, other] of [[this.client, this.server], [this.server, this.client]]) {
      one.on('error', () => {})
      one.on('close', () => this.late || other.destroy())
    }
    client.on('data', packets(packet => this.#asked(packet)))
    this.server.on('data', packets(packet => this.#answered(packet)))
  }

  #isCommit(packet) {
    const text = () => packet.subarray(HEAD + 1).toString().trim().toUpperCase()
    switch (packet[HEAD]) {
      case COM_QUERY: return text() === 'COMMIT'
      case COM_STMT_EXECUTE: return this.#commits.has(packet.readUInt32LE(HEAD + 1))
      case COM_STMT_PREPARE: this.#preparing = text().startsWith(BLOCK)
    }
    return false
  }

  #asked(packet) {
    if (this.old && packet[HEAD] === COM_STMT_PREPARE && packet.subarray(HEAD + 1).toString().startsWith(BLOCK)) {
      return void this.client.write(refusal)
    }
    // The first packet of a client answers the greeting; commands begin at number 0.
    const lose = this.#greeted && packet[3] === 0 && this.#isCommit(packet) ? this.proxy.take() : undefined
    this.#greeted = true
    if (lose === undefined) {
      this.server.write(packet)
    } else if (lose === 'command') {
      this.client.destroy()
    } else if (lose === 'answer') {
      this.losing = true
      this.server.write(packet)
    } else {
      this.late = true
      this.client.destroy()
      setTimeout(() => this.server.write(packet), LATE_MS)
      setTimeout(() => this.server.destroy(), 3 * LATE_MS)
    }
  }

  #answered(packet) {
    if (this.losing) return void this.client.destroy()
    if (this.#preparing && packet[HEAD] === 0) {
      this.#commits.add(packet.readUInt32LE(HEAD + 1))
      this.proxy.blocks++
    }
    this.#preparing = false
    if (!this.client.destroyed) this.client.write(packet)
  }
}

class Proxy {
  lost = 0
  blocks = 0
  old = false
  relays = new Set()

  constructor(target) {
    this.target = target
  }

  close() {
    this.server.close()
    for (const { client, server } of this.relays) {
      client.destroy()
      server.destroy()
    }
  }

  take() {
    const how = this.lose
    this.lose = undefined
    if (how !== undefined) this.lost++
    return how
  }
}

export async function openProxy(path, target) {
  const proxy = new Proxy(target)
  rmSync(path, { force: true })
  proxy.server = net.createServer(client => {
    const relay = new Relay(proxy, client)
    proxy.relays.add(relay)
    client.on('close', () => relay.late || proxy.relays.delete(relay))
  })
  await new Promise((resolve, reject) => proxy.server.on('error', reject).listen(path, resolve))
  return proxy
}
