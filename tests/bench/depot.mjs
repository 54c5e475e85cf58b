// depot.mjs - a site for the figures of files: somebody who may upload what they like, and large files to do it with.
import { execFile } from 'node:child_process'
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { mp4 } from '../samples.mjs'
import { openSite } from '../site.mjs'

const run = promisify(execFile)
const settings = { BELLHOP_UPLOADS_QUOTA_MB: '0', BELLHOP_UPLOADS_AT_ONCE: '1000', BELLHOP_LIMITS_WRITES: '0', BELLHOP_LIMITS_READS: '0' }

let made
export const depot = () => (made ??= make())

async function make() {
  const site = await openSite({ own: true, settings })
  const url = path => `http://127.0.0.1:${site.port}/api/v1${path}`
  const answer = await fetch(url('/account/register'), {
    method: 'POST',
    body: new URLSearchParams({ email: 'a@example.org', password: 'correct horse', firstName: 'A', lastName: 'B' })
  })
  const { accessToken } = await answer.json()
  return { site, url, header: `Authorization: Bearer ${accessToken}` }
}

// A video of so many MB of noise, on the disk.
export function largeFile(path, mb) {
  const file = openSync(path, 'w')
  writeSync(file, mp4())
  for (let i = 0; i < mb; i++) writeSync(file, randomBytes(1 << 20))
  fsyncSync(file)
  closeSync(file)
  return path
}

// {status, seconds, text} by curl, which costs less than anything written here would.
export async function curl(...args) {
  const { stdout } = await run('curl', ['-sS', '-H', 'Expect:', '-w', '\n%{http_code} %{time_total}', ...args], { maxBuffer: 1 << 20 })
  const [text, last] = stdout.split(/\n(?=[^\n]*$)/)
  const [status, seconds] = last.split(' ').map(Number)
  if (status >= 300) throw new Error(`${status}: ${text}`)
  return { status, seconds, text }
}
