// poll.js - events by long-poll: works wherever HTTP does.
import { query } from './api.js'

const WAIT_S = 25

// Yields {cursor, events} for ever; throws the Problem that ends it.
export async function* byPoll({ ask, cursor, signal }) {
  for (;;) {
    const answer = await ask('GET', `poll${query({ cursor, timeout: WAIT_S })}`, { signal, patience: (WAIT_S + 15) * 1000 })
    cursor = answer.cursor
    yield answer
    if (answer.retryMs) await new Promise(resolve => setTimeout(resolve, answer.retryMs))
  }
}
