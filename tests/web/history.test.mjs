// The messages of a chat as the web client has them: any part may be there, each has its place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { age, alter, at, latest, missing, put, react } from '../../www/app/state/history.js'

const messages = (from, to, more = {}) => Array.from({ length: to - from + 1 }, (_, i) => ({ seq: from + i, body: `m${from + i}`, ...more }))

test('a message is found by its seq, wherever its page came from', () => {
  const history = put(put(undefined, messages(990, 1000)), messages(1, 70))
  for (const seq of [1, 64, 65, 70, 990, 1000]) assert.equal(at(history, seq).body, `m${seq}`)
  for (const seq of [71, 989, 1001]) assert.equal(at(history, seq), undefined)
})

test('putting and altering leave the history before as it was', () => {
  const before = put(undefined, messages(1, 3))
  const after = alter(put(before, messages(4, 4)), 2, message => ({ ...message, body: 'new' }))
  assert.equal(at(before, 2).body, 'm2')
  assert.equal(at(before, 4), undefined)
  assert.equal(at(after, 2).body, 'new')
  assert.equal(alter(before, 9, () => assert.fail('there is no ninth')), before)
})

test('kept messages stand in until they are loaded, and never replace what was loaded', () => {
  let history = put(undefined, messages(1, 3, { body: 'old' }), true)
  assert.equal(at(history, 1).stale, true)
  history = put(history, messages(2, 2))
  assert.equal(at(history, 2).stale, undefined)
  history = put(history, messages(1, 3, { body: 'older' }), true)
  assert.deepEqual([1, 2, 3].map(seq => at(history, seq).body), ['old', 'm2', 'old'])
})

test('what is missing is found as one stretch, no longer than a page', () => {
  const history = put(put(undefined, messages(5, 6)), messages(9, 9))
  assert.deepEqual(missing(history, 1, 9, 50), { after: 0, limit: 4 })
  assert.deepEqual(missing(history, 5, 9, 50), { after: 6, limit: 2 })
  assert.deepEqual(missing(history, 1, 9, 2), { after: 0, limit: 2 })
  assert.deepEqual(missing(history, 9, 200, 50), { after: 9, limit: 50 })
  assert.equal(missing(history, 5, 6, 50), null)
  assert.deepEqual(missing(age(history), 5, 6, 50), { after: 4, limit: 2 })
  assert.deepEqual(missing(undefined, 1, 10, 50), { after: 0, limit: 10 })
})

test('for reading offline the latest ones are kept, up to the first gap', () => {
  const history = put(put(undefined, messages(1, 3)), messages(5, 9))
  assert.deepEqual(latest(history, 9, 3).map(message => message.seq), [7, 8, 9])
  assert.deepEqual(latest(history, 9, 50).map(message => message.seq), [5, 6, 7, 8, 9])
  assert.deepEqual(latest(history, 10, 50), [])
})

test('a reaction put on or taken off twice counts once', () => {
  const one = react([], '👍', 7, true)
  assert.deepEqual(one, [{ emoji: '👍', count: 1, userIds: [7] }])
  assert.equal(react(one, '👍', 7, true), one)
  const two = react(one, '👍', 8, true)
  assert.deepEqual(two, [{ emoji: '👍', count: 2, userIds: [7, 8] }])
  assert.deepEqual(react(two, '👍', 7, false), [{ emoji: '👍', count: 1, userIds: [8] }])
  assert.deepEqual(react(one, '👍', 7, false), [])
  assert.equal(react(one, '👎', 7, false), one)
})

test('a hundred thousand messages are put in quickly, page by page', () => {
  let history
  for (let seq = 1; seq < 100_000; seq += 50) history = put(history, messages(seq, seq + 49))
  assert.equal(at(history, 77_777).body, 'm77777')
  assert.equal(missing(history, 1, 100_000, 50), null)
})
