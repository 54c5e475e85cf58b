// echo.mjs - the echo server of tests/echo, and plain words for what is said to it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import http from 'node:http'
import { fileURLToPath } from 'node:url'
import { Inbox, WebSocket } from '../sockets.mjs'

const ECHO = process.env.ECHO ?? fileURLToPath(new URL('../../.build/asan/echo/echo', import.meta.url))

// So slow that no test that is about something else meets it.
export const HEART = { interval: 25_000, timeout: 20_000 }

// mode: engine or socket. It ends with this process, and says so when it did not end well.
export async function openEcho(mode, { interval, timeout } = HEART) {
  const child = spawn(ECHO, [mode, 0, interval, timeout], { stdio: ['pipe', 'pipe', 'inherit'] })
  const line = await new Promise(resolve => child.stdout.once('data', resolve))
  const path = `/${mode}.io/`
  const port = Number(line)
  const ended = new Promise(resolve => child.on('close', (...end) => resolve(end)))

  // options: method, body, headers, agent. {status, text, json, headers}
  function ask(query, { method = 'GET', body, headers = {} } = {}) {
    return new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port, method, path: `${path}?${new URLSearchParams(query)}`, headers }, response => {
        const parts = []
        response.on('data', part => parts.push(part))
        response.on('end', () => {
          const text = Buffer.concat(parts).toString()
          const isJson = response.headers['content-type'] === 'application/json'
          resolve({ status: response.statusCode, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined })
        })
      })
      request.on('error', reject)
      request.end(body)
    })
  }

  function open(query = {}) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}?${new URLSearchParams({ EIO: 4, transport: 'websocket', ...query })}`)
    const said = new Inbox()
    socket.on('message', (data, isBinary) => said.put(isBinary ? data : data.toString()))
    const closed = new Promise(resolve => socket.on('close', resolve))
    return new Promise((resolve, reject) => {
      socket.on('open', () => resolve({ socket, said, closed, next: wants => said.next(wants), say: text => socket.send(text) }))
      socket.on('error', reject)
    })
  }

  const polled = { EIO: 4, transport: 'polling' }
  return {
    port,
    ask,
    open,
    polled,
    // A session by polling: its handshake, and what it can do.
    async handshake() {
      const { text } = await ask(polled)
      const hello = JSON.parse(text.slice(1))
      const query = { ...polled, sid: hello.sid }
      return { hello, query, get: () => ask(query), post: body => ask(query, { method: 'POST', body }) }
    },
    async end() {
      child.stdin.end()
      assert.deepEqual(await ended, [0, null])
    }
  }
}
