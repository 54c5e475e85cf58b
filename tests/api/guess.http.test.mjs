// Messages are written on the strength of what the program that wrote the last one remembers of the chat (lib/data/guess.h).
// Whatever has changed meanwhile, by whom and where: what is written and what is answered stays right.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { cast, leave, look, makeGroup, openDirect, page, say } from '../chats.mjs'
import { connect, refused } from '../client.mjs'
import { openIo } from '../sockets.mjs'
import { UNLIMITED, openSite } from '../site.mjs'
import { checkTruth } from '../truth.mjs'

const site = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_LIMITS_MESSAGES: '0' } })
const client = connect(site)
const [ann, bob, eve] = await cast(client, 3)
const post = (person, chatId, body) => client.post(`/messages/${chatId}`, { token: person.token, body })
const seqs = async chatId => (await page(client, ann, chatId, { limit: 200 })).items.map(({ seq }) => seq)
const upTo = n => Array.from({ length: n }, (_, i) => i + 1)
after(() => checkTruth(site))

// So many messages that the next one is guessed.
const warm = async (person, chatId) => {
  for (let i = 0; i < 3; i++) await say(client, person, chatId, 'тепло')
}

const statements = async () => Number((await site.sql("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'"))[0].Value)

// So many were there while `during` took place, but for those that come with time: the log is looked at once a second.
async function asked(during = () => new Promise(later => setTimeout(later, 3000))) {
  const [from, start] = [await statements(), performance.now()]
  await during()
  return { n: await statements() - from, ms: performance.now() - start }
}

test('a message after another is one question to the database, with a clientKey too', async () => {
  const chat = await openDirect(client, ann, bob)
  await warm(ann, chat.id)
  const quiet = await asked()
  let said = 3
  for (const key of [undefined, 'ключ']) {
    let least = Infinity
    // What is indexed for the search in spare moments is asked for as well, now and then.
    for (let round = 0; round < 10 && least >= 1.6; round++) {
      await say(client, ann, chat.id, 'раз', key && { clientKey: `${key} ${round} 0` })
      const { n, ms } = await asked(async () => {
        for (let i = 1; i <= 60; i++) await say(client, ann, chat.id, `${i}`, key && { clientKey: `${key} ${round} ${i}` })
      })
      least = Math.min(least, (n - quiet.n * ms / quiet.ms) / 60)
      said += 61
    }
    assert.ok(least < 1.6, `${least} for each`)
  }
  assert.deepEqual(await seqs(chat.id), upTo(said).slice(-200))
})

test('two programs that write in one chat do not get in each other\'s way', async () => {
  const chat = await openDirect(client, ann, eve)
  const socket = await openIo(site, { token: ann.token })
  for (let i = 0; i < 30; i++) {
    await say(client, ann, chat.id, `зовні ${i}`)
    if (i % 3) assert.equal((await socket.ask('message', { chatId: chat.id, body: `тут ${i}` })).ok, true)
    if (i % 5 === 0) await say(client, eve, chat.id, `друга ${i}`)
  }
  await Promise.all(upTo(40).map(async i => (i % 2 ? say(client, ann, chat.id, `${i}`) : assert.ok((await socket.ask('message', { chatId: chat.id, body: `${i}` })).ok))))
  assert.deepEqual(await seqs(chat.id), upTo(30 + 20 + 6 + 40))
  socket.end()
})

test('who is no member any more is refused, and the message of another in the same moment is written', async () => {
  const chat = await makeGroup(client, ann, [bob, eve])
  const others = await Promise.all([bob, eve].map(person => openDirect(client, person, ann)))
  for (const person of [bob, eve]) await warm(person, chat.id)
  for (const [i, person] of [bob, eve].entries()) await warm(person, others[i].id)
  await leave(client, bob, chat.id)
  assert.equal((await client.del(`/chats/${chat.id}/members/${eve.id}`, { token: ann.token })).status, 204)
  for (const person of [bob, eve]) {
    const [here, there] = await Promise.all([post(person, chat.id, { body: 'ще' }), post(person, others[person === eve ? 1 : 0].id, { body: 'там' })])
    refused(here, 404, 'not_found')
    assert.equal(there.status, 201)
  }
  await say(client, ann, chat.id, 'далі')
  assert.deepEqual(await seqs(chat.id), upTo(7))
})

test('a deleted chat takes no message', async () => {
  const chat = await makeGroup(client, ann, [bob])
  await warm(bob, chat.id)
  assert.equal((await client.del(`/chats/${chat.id}`, { token: ann.token })).status, 204)
  refused(await post(bob, chat.id, { body: 'ще' }), 404, 'not_found')
})

test('an answer to what was written elsewhere is known, one to nothing is refused', async () => {
  const chat = await openDirect(client, bob, eve)
  await warm(bob, chat.id)
  const socket = await openIo(site, { token: bob.token })
  const { data } = await socket.ask('message', { chatId: chat.id, body: 'нове' })
  assert.equal((await say(client, bob, chat.id, 'відповідь', { replyTo: data.seq })).replyTo, data.seq)
  refused(await post(bob, chat.id, { body: 'ні', replyTo: 1000 }), 422, 'invalid_fields', ['replyTo'])
  socket.end()
})

test('a key that was used before leads to its message', async () => {
  const chat = await openDirect(client, ann, bob)
  await warm(ann, chat.id)
  const first = await say(client, ann, chat.id, 'одне', { clientKey: 'той самий' })
  await warm(ann, chat.id)
  const socket = await openIo(site, { token: ann.token })
  const again = await post(ann, chat.id, { body: 'одне', clientKey: 'той самий' })
  assert.deepEqual([again.status, again.json], [200, first])
  assert.deepEqual((await socket.ask('message', { chatId: chat.id, body: 'одне', clientKey: 'той самий' })).data, first)
  const answers = await Promise.all(upTo(8).map(() => post(ann, chat.id, { body: 'разом', clientKey: 'разом' })))
  assert.equal(new Set(answers.map(({ json }) => json.seq)).size, 1)
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 200, 200, 200, 201])
  socket.end()
})

test('the first message of an hour takes the chat to its place in the list', async () => {
  const [quiet, loud] = await Promise.all([makeGroup(client, ann, [bob]), makeGroup(client, ann, [bob])])
  for (const chat of [quiet, loud]) await warm(ann, chat.id)
  await site.sql(`UPDATE chat SET active = active - 7200000 WHERE id = ${quiet.id};
    UPDATE member m JOIN chat c ON c.id = m.chat_id SET m.hour = c.hour WHERE c.id = ${quiet.id}`)
  await say(client, ann, quiet.id, 'знову')
  const hours = await site.sql(`SELECT m.hour = c.hour AS told, c.active DIV 3600000 = c.hour AS kept FROM member m JOIN chat c ON c.id = m.chat_id WHERE c.id = ${quiet.id}`)
  assert.deepEqual(hours.map(({ told, kept }) => [told, kept]), [['1', '1'], ['1', '1']])
  assert.equal((await client.get('/chats?limit=1', { token: bob.token })).json.items[0].id, quiet.id)
  assert.equal((await look(client, bob, quiet.id)).lastMessage.body, 'знову')
})
