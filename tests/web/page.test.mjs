// The page's own list of what a browser is to fetch ahead: all that the messenger is made of, and each of it there.
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const SITE = new URL('../../www/', import.meta.url)

// A module and all that it imports at once, as paths in the site. What is vendored is there after a build only.
function graph(url, found = new Set()) {
  const path = url.href.slice(SITE.href.length)
  if (found.has(path)) return found
  found.add(path)
  if (path.startsWith('vendor/')) return found
  for (const [, from] of readFileSync(url, 'utf8').matchAll(/^(?:import|export) [^'"]*?from '([^']+)'/gm)) graph(new URL(from, url), found)
  return found
}

test('the page names each module of the messenger, so that they come side by side, and nothing else', () => {
  const page = readFileSync(new URL('index.html', SITE), 'utf8')
  const named = [...page.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, path]) => path)
  const needed = graph(new URL('app/messenger.js', SITE), graph(new URL('app/main.js', SITE)))
  assert.deepEqual(named.sort(), [...needed].filter(path => path !== 'app/main.js').sort())
  for (const path of named) assert.ok(path.startsWith('vendor/') || existsSync(new URL(path, SITE)), path)
})
