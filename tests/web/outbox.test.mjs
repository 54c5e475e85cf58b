// Messages on their way: in order, never shown twice, never lost between tabs and reloads.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changed, chatsWaiting, dropped, echoed, next, queued, reconciled, shown, withTray } from '../../www/app/state/outbox.js'

const item = (key, more = {}) => ({ key, chatId: 5, body: 'hi', files: [], replyTo: null, at: key.charCodeAt(0), tries: 0, state: 'waiting', ...more })
const message = (more = {}) => ({ chatId: 5, seq: 9, body: 'hi', files: [], ...more })

test('they go in order, and a refused one keeps nobody up', () => {
  const box = [item('a', { state: 'failed' }), item('b'), item('c', { chatId: 6 })]
  assert.equal(next(box, 5).key, 'b')
  assert.deepEqual(chatsWaiting(box), [5, 6])
  assert.equal(next(changed(box, 'b', { state: 'failed' }), 5), undefined)
})

test('putting one in twice, and taking out what is not there, does no harm', () => {
  assert.equal(queued([item('a')], item('a')).length, 1)
  assert.equal(dropped([item('a')], 'b').length, 1)
})

test('one whose message came by the stream first is not shown beside it', () => {
  const box = [item('a', { tries: 1, state: 'sending' }), item('b', { tries: 0 })]
  const after = echoed(box, message())
  assert.deepEqual(shown(after, 5).map(one => one.key), ['b'])
  assert.equal(next(after, 5).key, 'a', 'but it stays until the answer says so')
})

test('a message of another device with the same words hides nothing that was never sent', () => {
  assert.equal(shown(echoed([item('a')], message()), 5).length, 1)
  assert.equal(shown(echoed([item('a', { tries: 1 })], message({ body: 'other' })), 5).length, 1)
  assert.equal(shown(echoed([item('a', { tries: 1 })], message({ chatId: 6 })), 5).length, 1)
})

test('two of the same words hide one each', () => {
  const box = [item('a', { tries: 1 }), item('b', { tries: 1 })]
  assert.equal(shown(echoed(box, message()), 5).length, 1)
  assert.equal(shown(echoed(echoed(box, message()), message({ seq: 10 })), 5).length, 0)
})

test('what was kept is the truth, and what this tab knows of it stays', () => {
  const mine = [item('b', { tries: 3, state: 'sending' }), item('gone')]
  assert.deepEqual(reconciled(mine, [item('b'), item('a')]).map(one => [one.key, one.tries]), [['a', 0], ['b', 3]])
})

test('files that are attached belong to one chat', () => {
  const files = [{ name: 'a.txt' }]
  const state = withTray(withTray({ trays: {} }, 5, files), 6, files)
  assert.deepEqual(state.trays, { 5: files, 6: files })
  assert.deepEqual(withTray(state, 5, []).trays, { 6: files })
})
