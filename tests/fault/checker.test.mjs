// The checker itself: made-up histories, each with one fault, and the one without.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Checker, bodyOf } from './checker.mjs'

const [CHAT, OTHER, ANN, BOB, EVE] = [7, 8, 1, 2, 3]

// Two writers, six messages, and what each reader heard; `change` spoils one of it.
async function judge(change = () => {}) {
  const checker = new Checker()
  checker.chat(CHAT, [ANN, BOB], [EVE])
  checker.chat(OTHER, [ANN])
  const messages = Array.from({ length: 6 }, (_, i) =>
    ({ chatId: i === 4 ? OTHER : CHAT, seq: i === 4 ? 1 : i === 5 ? 5 : i + 1, id: 10 + i, body: bodyOf(i % 2, i, 'слово') }))
  const event = message => ({ id: message.id, type: 'message', chatId: message.chatId, message })
  const move = (id, type) => ({ id, type, chatId: CHAT, user: { id: EVE } })
  const story = {
    answers: messages.map(message => ({ ...message })),
    refused: [[0, 8]],
    ann: messages.map(event),
    bob: messages.filter(message => message.chatId === CHAT).map(event),
    eve: [move(9, 'member.joined'), event(messages[0]), move(10.5, 'member.left'), move(11.5, 'member.joined'),
      ...[messages[2], messages[3], messages[5]].map(event)],
    history: [...messages].sort((a, b) => a.chatId - b.chatId).map(message => ({ ...message }))
  }
  change(story, { event, move })
  for (const message of story.answers) {
    const [writer, n] = message.body.split(/[. ]/).map(Number)
    checker.acknowledged(writer, n, message.asked ?? message.chatId, message)
  }
  for (const [writer, n] of story.refused) checker.refused(writer, n)
  for (const [name, id] of [['ann', ANN], ['bob', BOB], ['eve', EVE]]) {
    const reader = checker.reader(name, id)
    for (const each of story[name]) reader.hear(each)
  }
  await checker.finish(story.history)
  return checker
}

const caught = (name, kind, change) =>
  test(name, async () => {
    const { faults, words } = await judge(change)
    assert.ok(faults[kind] > 0, `found only ${JSON.stringify(faults)}`)
    assert.ok(words.length > 0)
  })

test('a history without a fault is good', async () => assert.deepEqual((await judge()).faults, {}))
test('a stub counts as the message it stands for', async () => {
  const { faults } = await judge(({ bob }) => { bob[1] = { id: 11, type: 'message', chatId: CHAT, truncated: true } })
  assert.deepEqual(faults, {})
})
caught('a message that a reader never hears', 'lost', ({ bob }) => bob.pop())
caught('a message in the middle that a reader never hears', 'gap', ({ bob }) => bob.splice(1, 1))
caught('a message heard twice', 'doubled', ({ bob }) => bob.splice(2, 0, bob[1]))
caught('two messages heard the wrong way round', 'reordered', ({ bob }) => bob.splice(1, 2, bob[2], bob[1]))
caught('a stub of another message', 'reordered', ({ bob }) => { bob[1] = { id: 11.2, type: 'message', chatId: CHAT, truncated: true } })
caught('a message of a chat one is not in', 'foreign', ({ bob }, { event }) =>
  bob.push(event({ chatId: OTHER, seq: 1, id: 20, body: bodyOf(0, 4) })))
caught('a message heard after leaving', 'foreign', ({ eve, bob }) => eve.splice(3, 0, bob[1]))
caught('a message that came between joining and the first one heard', 'gap', ({ eve }) => eve.splice(4, 1))
caught('a message that came before leaving and was not heard', 'gap', ({ eve }) => eve.splice(1, 1, { ...eve[1], id: 9.5 }) && (eve[2].id = 11.2))
caught('never being told that one is in', 'lost', ({ eve }) => eve.splice(3))
caught('an acknowledged message that is not there', 'lost', ({ history, ann, bob, eve }) => { for (const list of [history, ann, bob, eve]) list.pop() })
caught('a message that stands in two places', 'doubled', ({ history }) => history.push({ chatId: OTHER, seq: 2, id: 30, body: bodyOf(1, 1) }))
caught('a gap in the history', 'gap', ({ history }) => history.push({ chatId: OTHER, seq: 3, id: 30, body: bodyOf(1, 9) }))
caught('ids that descend', 'reordered', ({ history }) => history.push({ chatId: OTHER, seq: 2, id: 1, body: bodyOf(1, 9) }))
caught('another message where the answer said', 'reordered', ({ answers }) => { [answers[1].seq, answers[3].seq] = [4, 2] })
caught('an answer with a message of another chat', 'acknowledged', ({ answers }) => { answers[1].asked = OTHER })
caught('a refused message that is there', 'refused', ({ history }) => history.push({ chatId: OTHER, seq: 2, id: 30, body: bodyOf(0, 8) }))
