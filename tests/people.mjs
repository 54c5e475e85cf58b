// people.mjs - users made for one test, whom no other test knows.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { patiently } from './client.mjs'

export const unique = () => randomBytes(6).toString('hex')

export function newcomer(with_ = {}) {
  return {
    email: `${unique()}@example.org`,
    password: `secret ${unique()}`,
    firstName: 'Леся',
    lastName: 'Українка',
    ...with_
  }
}

// Registers somebody; the answer's session with what was sent.
export async function settle(client, with_, options) {
  const person = newcomer(with_)
  const answer = await patiently(() => client.post('/account/register', { body: person, ...options }))
  assert.equal(answer.status, 201, answer.text)
  return { ...person, ...signedIn(answer), id: answer.json.user.id }
}

export function signedIn(answer) {
  const { accessToken, refreshToken, sessionId, user } = answer.json
  return { token: accessToken, refreshToken, sessionId, user, cookies: answer.cookies }
}

export const logIn = (client, login, password, options) =>
  patiently(() => client.post('/account/login', { body: { login, password }, ...options }))

// One more session of somebody.
export async function again(client, person) {
  const answer = await logIn(client, person.email, person.password)
  assert.equal(answer.status, 200, answer.text)
  return { ...person, ...signedIn(answer) }
}
