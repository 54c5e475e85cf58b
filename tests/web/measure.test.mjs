// Which rows of a history are drawn: few, around the view, however long the history is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Heights, rangeOf } from '../../www/app/views/measure.js'

const heights = (n, height) => {
  const all = new Heights()
  for (let seq = 1; seq <= n; seq++) all.set(seq, height)
  return all
}

test('at the end the last rows are drawn, two views of them', () => {
  assert.deepEqual(rangeOf({ stick: true }, 100_000, 800, heights(10, 40)), { first: 99_960, last: 100_000 })
  assert.deepEqual(rangeOf({ stick: true }, 3, 800, heights(3, 40)), { first: 1, last: 3 })
  assert.deepEqual(rangeOf({ stick: true }, 0, 800, new Heights()), { first: 1, last: 0 })
})

test('elsewhere the rows around the anchor, a view above and a view below', () => {
  const range = rangeOf({ seq: 50_000, offset: 0 }, 100_000, 800, heights(10, 40))
  assert.deepEqual(range, { first: 49_980, last: 50_039 })
  assert.deepEqual(rangeOf({ seq: 5, offset: 0 }, 10, 800, heights(10, 40)), { first: 1, last: 10 })
})

test('an anchor beyond the end is the end', () => {
  assert.deepEqual(rangeOf({ seq: 99, offset: 0 }, 2, 100, heights(2, 40)), { first: 1, last: 2 })
})

test('rows that were drawn are as high as they were, others as is usual', () => {
  const all = heights(2, 50)
  all.set(2, 150)
  assert.equal(all.typical, 100)
  assert.equal(all.sum(1, 3), 300)
  all.forget()
  assert.equal(all.sum(1, 3), 300)
})

test('a distance from the top finds its row, also in the middle of 100,000', () => {
  const all = heights(10, 40)
  assert.deepEqual(all.find(90, 100_000), { seq: 3, offset: -10 })
  assert.deepEqual(all.find(2_000_000, 100_000), { seq: 50_001, offset: 0 })
  assert.deepEqual(all.find(9e9, 100_000), { seq: 100_000, offset: 0 })
})
