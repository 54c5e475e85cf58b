// wire.mjs - plain HTTP for load: no judge, no coverage, and a connection can be dropped at any moment.
import http from 'node:http'

export const API = '/api/v1'

export class Wire {
  #agent = new http.Agent({ keepAlive: true, maxSockets: 256, timeout: 2000 })

  constructor(site) {
    this.port = site.port
  }

  #request({ method, path, token, body, headers = {} }) {
    const all = { ...headers, Authorization: `Bearer ${token}` }
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    if (bytes) Object.assign(all, { 'Content-Type': 'application/json', 'Content-Length': bytes.length })
    const request = http.request({ host: '127.0.0.1', port: this.port, method, path: API + path, agent: this.#agent, headers: all })
    request.end(bytes)
    return request
  }

  // {status, json}; throws when there is no answer, or when it was dropped: after drop_ms, if that is given.
  ask(wish, { drop_ms, timeout_ms = 10_000, signal } = {}) {
    return new Promise((resolve, reject) => {
      const request = this.#request(wish)
      const end = drop_ms ?? timeout_ms
      const timer = setTimeout(() => request.destroy(new Error(drop_ms === undefined ? `no answer to ${wish.path} in ${end} ms` : 'dropped')), end)
      const stop = () => request.destroy(new Error('stopped'))
      signal?.addEventListener('abort', stop)
      const done = (settle, value) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', stop)
        settle(value)
      }
      request.on('error', fault => done(reject, fault))
      request.on('response', response => {
        const parts = []
        response.on('data', part => parts.push(part))
        response.on('error', fault => done(reject, fault))
        response.on('end', () => {
          const text = Buffer.concat(parts).toString()
          try {
            done(resolve, { status: response.statusCode, json: text === '' ? undefined : JSON.parse(text) })
          } catch (fault) {
            done(reject, fault)
          }
        })
      })
    })
  }

  // Calls event({id, data}) for each of a stream's until it ends, is dropped or stopped; answers the status.
  follow(wish, event, { drop_ms, signal }) {
    return new Promise((resolve, reject) => {
      const request = this.#request(wish)
      const stop = () => request.destroy()
      const timer = setTimeout(stop, drop_ms)
      signal.addEventListener('abort', stop)
      let status
      request.on('error', fault => (status || fault.message === 'socket hang up' ? resolve(status) : reject(fault)))
      request.on('close', () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', stop)
        resolve(status)
      })
      request.on('response', response => {
        status = response.statusCode
        let rest = ''
        response.setEncoding('utf8').on('data', text => {
          if (request.destroyed) return
          const blocks = (rest + text).split('\n\n')
          rest = blocks.pop()
          for (const block of blocks) event(Object.fromEntries(block.split('\n').filter(line => !line.startsWith(':')).map(line => line.split(/: (.*)/s))))
        })
        response.on('error', () => {})
      })
    })
  }
}
