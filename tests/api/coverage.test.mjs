// After all other tests of a run: every call of the document was made, and both went well and failed; and what they left
// in the database agrees with itself.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { operations } from '../document.mjs'
import { openSite } from '../site.mjs'
import { checkTruth } from '../truth.mjs'

const folder = process.env.COVERAGE_DIR
const seen = {}
for (const file of readdirSync(folder)) {
  for (const [name, statuses] of Object.entries(JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')))) {
    seen[name] ??= new Set()
    Object.keys(statuses).forEach(status => seen[name].add(Number(status)))
  }
}

for (const op of operations) {
  test(`${op.name} was called with success and with failure`, () => {
    const statuses = [...(seen[op.name] ?? [])]
    assert.ok(statuses.some(status => status < 300), `answers: ${statuses}`)
    assert.ok(statuses.some(status => status >= 400), `answers: ${statuses}`)
  })
}

// A fault of ours is for no test to cause; contention and limits per address depend on the machine.
test('every kind of refusal in the document was seen', () => {
  const expected = new Set(operations.flatMap(op => Object.keys(op.node.responses)).map(Number))
  expected.delete(500)
  const met = new Set(Object.values(seen).flatMap(statuses => [...statuses]))
  assert.deepEqual([...expected].filter(status => !met.has(status)), [])
})

test('no call was ever answered 500', () => {
  for (const [name, statuses] of Object.entries(seen)) assert.ok(!statuses.has(500), name)
})

test('the log has no holes, and following it leads to what the tables hold', async () => checkTruth(await openSite()))
