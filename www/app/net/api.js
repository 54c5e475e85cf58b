// api.js - asks the site's API, and says in one way what went wrong. Knows nothing of sessions: see session.js.

// The folder that the site lives in, under whatever prefix: this file is app/net/api.js in it.
export const SITE = new URL('../../', import.meta.url)
export const API = new URL('api/v1/', SITE)

const PATIENCE_MS = 30_000

// What a request came to when it came to no good: a problem document of the server, or status 0 when nobody answered.
export class Problem extends Error {
  constructor({ status = 0, code = 'offline', detail = '', fields = {}, retryAfter = 0 }) {
    super(detail || code)
    Object.assign(this, { name: 'Problem', status, code, detail, fields, retryAfter })
  }

  // Whether the same request may do better later, as it is.
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

// A way to the server that does not work here, though others may.
export class Unusable extends Error {}

// For answers of the web server itself, or of something before it.
export const codeOf = status => (status === 413 ? 'too_large' : status >= 502 ? 'offline' : `http_${status}`)

export async function problemOf(response) {
  const told = await response.json().catch(() => ({}))
  return new Problem({
    status: response.status,
    code: told.code ?? codeOf(response.status),
    detail: told.detail ?? '',
    fields: told.fields ?? {},
    retryAfter: Number(response.headers.get('Retry-After')) || 0
  })
}

// Where a picture or a file of the site stands. Its path begins at the site, whatever prefix that lives under; null for
// other hosts, which are never asked.
export function fileUrl(path) {
  if (!path || /^[a-z][a-z\d+.-]*:|^\/\//i.test(path)) return null
  return new URL(path.replace(/^.*?\/?api\/v1\//, ''), API).href
}

export function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return given.length ? `?${new URLSearchParams(given)}` : ''
}

// One request. Answers the JSON of a good answer, null where there is none; throws a Problem.
export async function ask(method, path, { body, token, signal, patience = PATIENCE_MS } = {}) {
  const headers = { Accept: 'application/json' }
  if (token) headers.Authorization = `Bearer ${token}`
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  // A POST without a body still says its length.
  const sent = body !== undefined ? JSON.stringify(body) : method === 'POST' ? '' : undefined
  const hurry = AbortSignal.timeout(patience)
  let response
  try {
    response = await fetch(new URL(path, API), {
      method,
      headers,
      body: sent,
      signal: signal ? either(signal, hurry) : hurry,
      cache: 'no-store'
    })
  } catch (fault) {
    if (signal?.aborted) throw fault
    throw new Problem({ detail: fault.message })
  }
  if (!response.ok) throw await problemOf(response)
  if (response.status === 204) {
    // Unread, it would count as broken off.
    await response.text()
    return null
  }
  return response.json().catch(fault => {
    throw new Problem({ detail: fault.message })
  })
}

// AbortSignal.any, which browsers have learned late.
export function either(one, other) {
  if (AbortSignal.any) return AbortSignal.any([one, other])
  const both = new AbortController()
  for (const signal of [one, other]) {
    if (signal.aborted) both.abort(signal.reason)
    else signal.addEventListener('abort', () => both.abort(signal.reason), { once: true })
  }
  return both.signal
}
