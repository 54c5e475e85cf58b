// sse.js - events as one long answer (Server-Sent Events), read by fetch: EventSource would hide why a stream failed.
import { API, Problem, Unusable, either, problemOf, query } from './api.js'

// A stream says its cursor at once; where these seconds pass in silence, something on the way holds it back.
const FIRST_MS = 5000
// It speaks every 15 s, if only a comment.
const QUIET_MS = 40_000

// One block of lines to {cursor, events}, or null where it holds neither.
export function parseBlock(block) {
  const found = { cursor: undefined, events: [] }
  const data = []
  for (const line of block.split(/\r\n|\r|\n/)) {
    const [, name, value] = line.match(/^(\w+)(?:: ?(.*))?$/) ?? []
    if (name === 'id') found.cursor = value ?? ''
    else if (name === 'data') data.push(value ?? '')
  }
  if (data.length) found.events.push(JSON.parse(data.join('\n')))
  return found.cursor === undefined && !found.events.length ? null : found
}

// Whole blocks of `text`, and what is left over.
export function splitBlocks(text) {
  const blocks = text.split(/\r\n\r\n|\n\n|\r\r/)
  return [blocks.slice(0, -1), blocks.at(-1)]
}

export async function* byStream({ token, cursor, signal }) {
  const stop = new AbortController()
  let first = true
  let timer
  const listen = () => {
    clearTimeout(timer)
    timer = setTimeout(() => stop.abort(), first ? FIRST_MS : QUIET_MS)
  }
  try {
    listen()
    const response = await fetch(new URL(`poll/stream${query({ cursor })}`, API), {
      headers: { Accept: 'text/event-stream', Authorization: `Bearer ${await token()}` },
      cache: 'no-store',
      signal: either(signal, stop.signal)
    })
    if (!response.ok) throw await problemOf(response)
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    let rest = ''
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      first = false
      listen()
      const [blocks, left] = splitBlocks(rest + value)
      rest = left
      const found = blocks.map(parseBlock).filter(Boolean)
      if (found.length) {
        yield { cursor: found.findLast(one => one.cursor !== undefined)?.cursor, events: found.flatMap(one => one.events) }
      }
    }
  } catch (fault) {
    if (fault instanceof Problem || signal.aborted) throw fault
    if (first && stop.signal.aborted) throw new Unusable('the stream is held back')
    throw new Problem({ detail: fault.message })
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}
