// session.js - who is logged in. The access token is kept in memory only; what outlives a reload is a cookie that no
// script can read, and a mark that there is one, so that strangers are not asked for it.
import { Problem, SITE, ask } from './api.js'

const MARK = `bellhop:${SITE.pathname}:in`
// Renewed this long before it ends, so that pictures, which go by cookie, do not notice.
const EARLY_MS = 120_000

let session = null
let renewing = null
let leaving = null
let timer = 0
const listeners = new Set()

// Told {session, before, by, why} whenever it changes: null when it has ended. `by`: 'me', or 'other' for another tab of
// this browser; `why`: 'ended' when the server ended it.
export function onSession(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const wasHere = () => localStorage.getItem(MARK) !== null

export function adopt(next, by = 'me', why = '') {
  const before = session
  session = next && { ...next, endsAt: next.endsAt ?? Date.now() + next.expiresIn * 1000 }
  // The refresh token is in the cookie; a page has no use for it.
  if (session) delete session.refreshToken
  clearTimeout(timer)
  if (session) {
    localStorage.setItem(MARK, '1')
    timer = setTimeout(() => renew().catch(() => {}), Math.max(session.endsAt - Date.now() - EARLY_MS, 10_000))
  } else {
    localStorage.removeItem(MARK)
  }
  for (const listener of listeners) listener({ session, before, by, why })
  return session
}

export const logIn = async (login, password) => adopt(await ask('POST', 'account/login', { body: { login, password } }))
export const signUp = async person => adopt(await ask('POST', 'account/register', { body: person }))

export async function logOut() {
  const { accessToken } = session ?? {}
  try {
    leaving = accessToken && ask('POST', 'account/logout', { token: accessToken })
    await leaving
  } catch (problem) {
    // An ended session is what was wanted.
    if (problem.status !== 401) throw problem
  } finally {
    leaving = null
  }
  adopt(null)
}

// The next tokens, by the cookie. Tabs take turns, and one that was second takes over what the first was given.
export function renew() {
  renewing ??= inTurn(async before => {
    // The server lets go of a session's sockets while it is being left.
    if (leaving && await leaving.then(() => true, () => false)) throw new Problem({ status: 401, code: 'unauthorized' })
    if (session && session !== before && session.endsAt - Date.now() > EARLY_MS) return session
    try {
      return adopt(await ask('POST', 'account/refresh', { body: {} }))
    } catch (problem) {
      if (problem.status === 401) adopt(null, 'me', 'ended')
      throw problem
    }
  }).finally(() => {
    renewing = null
  })
  return renewing
}

function inTurn(work) {
  const before = session
  if (!navigator.locks) return work(before)
  return navigator.locks.request(`${MARK}:renew`, () => work(before))
}

export async function token() {
  if (!session || session.endsAt - Date.now() < 15_000) await renew()
  return session.accessToken
}

// A request of who is logged in; a token that the server does not take any more is renewed once.
export async function call(method, path, options = {}) {
  const mine = await token()
  try {
    return await ask(method, path, { ...options, token: mine })
  } catch (problem) {
    if (problem.status !== 401) throw problem
    if (session?.accessToken === mine) await renew()
    return ask(method, path, { ...options, token: session.accessToken })
  }
}
