// classic.http: the site's first socket protocol, at / with Upgrade: every example of its description, field by field.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast, makeGroup, openDirect, page, say } from '../chats.mjs'
import { connect } from '../client.mjs'
import { settle } from '../people.mjs'
import { UNLIMITED, openSite } from '../site.mjs'
import { openSocket, refusal } from '../sockets.mjs'

const site = await openSite()
const client = connect(site)
const [patrick0, patrick1, patrick7] = await Promise.all(['Patrick0', 'Patrick1', 'Patrick 7 th'].map(firstName => settle(client, { firstName, lastName: 'Star' })))
const [anna, boris, vera] = await cast(client, 3)

const enter = (person, path = '/') => openSocket(site, path, { token: person.token })
const ask = async (socket, type, params) => {
  socket.say({ type, params })
  return socket.next(frame => frame.type === type && !(frame.success && frame.params.message !== null))
}
const done = type => ({ type, success: true, params: { data: null, message: null, senderName: null } })
const told = (type, message, senderName) => ({ type, success: true, params: { data: null, message, senderName } })

test('1: without a valid token the handshake is 401', async () => {
  const bad = await refusal(openSocket(site, '/', { token: `1${anna.token}` }))
  assert.equal(bad.status, 401)
  assert.equal((await refusal(openSocket(site, '/'))).status, 401)
  const prefixed = await enter(anna, '/chat/')
  await prefixed.end()
})

test('8, 9, 3, 2: a private message, what its receiver gets, the dialog and the list of chats', async () => {
  const [one, other] = await Promise.all([enter(patrick0), enter(patrick1)])
  assert.deepEqual(await ask(one, 'privateMessage', { receiverId: patrick1.id, content: 'Hi' }), done('privateMessage'))
  assert.deepEqual(await other.next(), told('privateMessage', 'Hi', 'Patrick0'))
  assert.deepEqual(await ask(other, 'privateMessage', { receiverId: patrick0.id, content: 'Message from 1' }), done('privateMessage'))
  assert.deepEqual(await one.next(), told('privateMessage', 'Message from 1', 'Patrick1'))

  // The same direct chat as everywhere else.
  const chat = await openDirect(client, patrick0, patrick1)
  const { items } = await page(client, patrick0, chat.id)
  assert.deepEqual(items.map(m => m.body), ['Hi', 'Message from 1'])
  const row = (m, from, to) => ({ sender_id: from.id, receiver_id: to.id, receverName: to.firstName, content: m.body, created_at: m.createdAt })
  const dialog = await ask(one, 'getlatestMessageDialog', { receiverId: patrick1.id, limit: 5, page: 1 })
  assert.deepEqual(dialog, {
    type: 'getlatestMessageDialog',
    success: true,
    params: { data: [row(items[1], patrick1, patrick0), row(items[0], patrick0, patrick1)], message: null, senderName: null }
  })
  const second = await ask(one, 'getlatestMessageDialog', { receiverId: patrick1.id, limit: 1, page: 2 })
  assert.deepEqual(second.params.data, [row(items[0], patrick0, patrick1)])
  assert.deepEqual((await ask(one, 'getlatestMessageDialog', { receiverId: patrick1.id, limit: 1, page: 3 })).params.data, [])
  // Reading makes no chat.
  assert.deepEqual((await ask(one, 'getlatestMessageDialog', { receiverId: patrick7.id })).params.data, [])

  const list = await ask(one, 'listLastMessage', { limit: 5, page: 1 })
  assert.deepEqual(list, {
    type: 'listLastMessage',
    success: true,
    params: {
      data: [{
        id: items[1].id,
        senderId: patrick1.id,
        senderName: 'Patrick1',
        receiverId: patrick0.id,
        receiverName: 'Patrick0',
        groupId: null,
        groupName: null,
        content: 'Message from 1',
        createdAt: items[1].createdAt,
        updatedAt: items[1].createdAt,
        deletedAt: null
      }],
      message: null,
      senderName: null
    }
  })
  await Promise.all([one.end(), other.end()])
})

test('5, 6, 8, 4, 7: a group is made, joined, written in, read and left', async () => {
  const [one, other] = await Promise.all([enter(vera), enter(patrick7)])
  assert.deepEqual(await ask(one, 'newGroup', { groupName: 'new name' }), done('newGroup'))
  const [group] = (await client.get('/chats', { token: vera.token })).json.items
  assert.deepEqual([group.kind, group.name, group.role], ['group', 'new name', 'owner'])
  assert.deepEqual(await ask(one, 'addUserInGroup', { groupId: group.id, userId: patrick7.id }), done('addUserInGroup'))
  assert.deepEqual(await ask(one, 'messageInGroup', { groupId: group.id, content: 'lol' }), done('messageInGroup'))
  assert.deepEqual(await other.next(), told('messageInGroup', 'lol', vera.firstName))
  assert.deepEqual(await ask(other, 'messageInGroup', { groupId: group.id, content: 'Message from 8' }), done('messageInGroup'))
  // A first name of several words is said whole.
  assert.deepEqual(await one.next(), told('messageInGroup', 'Message from 8', 'Patrick 7 th'))

  const { items } = await page(client, vera, group.id)
  const row = (m, from) => ({ sender_id: from.id, senderName: from.firstName, group_id: group.id, created_at: m.createdAt, content: m.body })
  const latest = await ask(one, 'getlatestMessageGroup', { groupId: group.id, limit: 5, page: 1 })
  assert.deepEqual(latest, {
    type: 'getlatestMessageGroup',
    success: true,
    params: { data: [row(items[1], patrick7), row(items[0], vera)], message: null, senderName: null }
  })
  const list = await ask(one, 'listLastMessage', { limit: 1, page: 1 })
  const { senderName, receiverId, receiverName, groupId, groupName } = list.params.data[0]
  assert.deepEqual({ senderName, receiverId, receiverName, groupId, groupName },
    { senderName: 'Patrick 7 th', receiverId: null, receiverName: null, groupId: group.id, groupName: 'new name' })

  assert.deepEqual(await ask(other, 'leaveGroup', { groupId: group.id }), done('leaveGroup'))
  assert.deepEqual(await ask(one, 'messageInGroup', { groupId: group.id, content: 'без тебе' }), done('messageInGroup'))
  assert.deepEqual(await ask(other, 'messageInGroup', { groupId: group.id, content: 'x' }),
    { error: true, type: 'messageInGroup', message: 'User is not a member of this group' })
  assert.deepEqual(other.frames.left, [])
  await Promise.all([one.end(), other.end()])
})

test('10: an error names its type, and the connection stays', async () => {
  const group = await makeGroup(client, anna, [])
  const one = await enter(boris)
  assert.deepEqual(await ask(one, 'addUserInGroup', { groupId: group.id, userId: boris.id }),
    { error: true, type: 'addUserInGroup', message: 'User is not a member of this group' })
  assert.deepEqual(await ask(one, 'dance', {}), { error: true, type: 'dance', message: 'Unknown type' })
  for (const bad of ['{', '[]', 'hello', '{"type":"a","type":"b"}', '{"type":"privateMessage","params":{"content":"\\u0000"}}']) {
    one.say(bad)
    const frame = await one.next()
    assert.deepEqual({ ...frame, message: 0 }, { error: true, type: null, message: 0 })
    assert.match(frame.message, /^The frame is not a JSON object that can be accepted \(.+\)$/)
  }
  for (const [type, params] of [['privateMessage', { content: 'x' }], ['privateMessage', { receiverId: anna.id, content: '' }], ['newGroup', {}],
    ['messageInGroup', { groupId: '../1', content: 'x' }], ['listLastMessage', { limit: 0 }], ['listLastMessage', { page: 0 }],
    ['privateMessage', { receiverId: 999999999, content: 'x' }], ['leaveGroup', undefined]]) {
    const frame = await ask(one, type, params)
    assert.deepEqual([frame.error, frame.type, typeof frame.message, Object.keys(frame).length], [true, type, 'string', 3], JSON.stringify(frame))
  }
  one.say({ params: {} })
  assert.equal((await one.next()).message, 'Unknown type')
  assert.deepEqual(await ask(one, 'newGroup', { groupName: 'ще живий' }), done('newGroup'))
  await one.end()
})

test('what cannot be said opens no chat, and a refusal says which param it was', async () => {
  const [from, to] = [await settle(client), await settle(client)]
  const one = await enter(from)
  const error = (type, message) => ({ error: true, type, message })
  const fails = async (type, params, message) => assert.deepEqual(await ask(one, type, params), error(type, message))
  await fails('privateMessage', { receiverId: to.id, content: '' }, 'content must not be empty')
  for (const userId of [undefined, null, 0, 'x', [to.id]]) await fails('addUserInGroup', { groupId: 1, userId }, 'userId must be the id of a user')
  await fails('listLastMessage', { page: 100001 }, 'limit must be from 1 to 200, and page from 1 to 100000')
  const long = await ask(one, 'privateMessage', { receiverId: to.id, content: 'я'.repeat(8001) })
  assert.equal(long.message, 'content is too long')
  const kinds = async person => (await client.get('/chats', { token: person.token })).json.items.map(chat => chat.kind)
  for (const person of [from, to]) assert.ok(!(await kinds(person)).includes('direct'))
  assert.deepEqual(await ask(one, 'privateMessage', { receiverId: to.id, content: 'я'.repeat(8000) }), done('privateMessage'))
  const group = await makeGroup(client, from, [])
  await fails('messageInGroup', { groupId: group.id, content: '' }, 'content must not be empty')
  assert.match((await ask(one, 'newGroup', { groupName: '' })).message, /^groupName /)
  assert.match((await ask(one, 'privateMessage', { receiverId: from.id, content: 'собі' })).message, /^receiverId /)
  await one.end()
})

test('answers come in the order of what they answer, for they have no other sign', async () => {
  const [from, to] = [await settle(client), await settle(client)]
  const one = await enter(from)
  const post = content => ({ type: 'privateMessage', params: { receiverId: to.id, content } })
  for (const frame of [post('1'), post(''), post('2'), '{', { type: 'dance' }, post('3')]) one.say(frame)
  const answers = []
  while (answers.length < 6) answers.push(await one.next())
  assert.deepEqual(answers.map(({ type, success = false }) => [type, success]), [['privateMessage', true], ['privateMessage', false],
    ['privateMessage', true], [null, false], ['dance', false], ['privateMessage', true]])
  await one.end()
})

test('a direct chat is no group', async () => {
  const chat = await openDirect(client, vera, boris)
  await say(client, vera, chat.id)
  const one = await enter(vera)
  for (const [type, more] of [['getlatestMessageGroup', {}], ['messageInGroup', { content: 'x' }], ['messageInGroup', { content: 'x' }]])
    assert.deepEqual(await ask(one, type, { groupId: chat.id, ...more }), { error: true, type, message: 'User is not a member of this group' })
  assert.deepEqual((await page(client, vera, chat.id)).items.filter(m => m.body === 'x'), [])
  await one.end()
})

test('where and by whom something was said does not hang on what its receiver may still ask', async () => {
  const strict = await openSite({ own: true, settings: { ...UNLIMITED, BELLHOP_LIMITS_READS: '1', BELLHOP_LIMITS_READS_BURST: '1' } })
  const there = connect(strict)
  const [marta, petro] = [await settle(there, { firstName: 'Марта Ганна' }), await settle(there)]
  const chat = await openDirect(there, marta, petro)
  const group = await makeGroup(there, marta, [petro])
  const socket = await openSocket(strict, '/', { token: petro.token })
  let answer
  do answer = await there.get('/account/me', { token: petro.token })
  while (answer.status !== 429)
  await say(there, marta, chat.id, 'таємно')
  await say(there, marta, group.id, 'гучно')
  assert.deepEqual(await socket.next(), told('privateMessage', 'таємно', 'Марта Ганна'))
  assert.deepEqual(await socket.next(), told('messageInGroup', 'гучно', 'Марта Ганна'))
  await socket.end()
})

test('deleted people have the same words for a name everywhere', async () => {
  const [ghost, witness] = [await settle(client, { firstName: 'Іван Павло' }), await settle(client)]
  const chat = await openDirect(client, witness, ghost)
  const group = await makeGroup(client, witness, [ghost])
  for (const [person, id] of [[ghost, group.id], [ghost, chat.id], [witness, chat.id]]) await say(client, person, id)
  const { status } = await client.del('/account/me', { token: ghost.token, body: { password: ghost.password } })
  assert.equal(status, 204)
  const one = await enter(witness)
  const rows = async (type, params) => (await ask(one, type, params)).params.data
  const gone = 'deleted user'
  const dialog = await rows('getlatestMessageDialog', { receiverId: ghost.id })
  assert.deepEqual(dialog.map(row => row.receverName), [gone, witness.firstName])
  assert.deepEqual((await rows('getlatestMessageGroup', { groupId: group.id })).map(row => row.senderName), [gone])
  const last = (await rows('listLastMessage')).filter(row => [null, group.id].includes(row.groupId))
  assert.deepEqual(last.map(row => [row.senderName, row.receiverName]), [[witness.firstName, gone], [gone, null]])
  await one.end()
})

test('the list of chats is paged', async () => {
  for (let i = 0; i < 5; i++) await say(client, anna, (await makeGroup(client, anna, [])).id, `${i}`)
  const one = await enter(anna)
  const contents = async number => (await ask(one, 'listLastMessage', { limit: 2, page: number })).params.data.map(row => row.content)
  assert.deepEqual([await contents(1), await contents(2), await contents(3), await contents(4)], [['4', '3'], ['2', '1'], ['0'], []])
  await one.end()
})

test('a session that ends closes its socket', async () => {
  const person = await enter(patrick1)
  await client.post('/account/logout', { token: patrick1.token })
  assert.equal((await person.closed).code, 4401)
})
