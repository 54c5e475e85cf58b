// Texts of the web client: links, large emoji, initials, filtering, and the blocks of an event stream.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pauseMs } from '../../www/app/net/live.js'
import { parseBlock, splitBlocks } from '../../www/app/net/sse.js'
import { matches } from '../../www/app/state/chats.js'
import { isLarge, pieces } from '../../www/app/text/links.js'
import { initials, tint } from '../../www/app/text/names.js'

const linked = text => pieces(text).filter(piece => piece.href).map(piece => piece.text)

for (const [text, links] of [
  ['see https://example.com/a?b=1#c.', ['https://example.com/a?b=1#c']],
  ['(https://en.wikipedia.org/wiki/Bell_(instrument))', ['https://en.wikipedia.org/wiki/Bell_(instrument)']],
  ['www.example.com, and http://localhost:8080/x!', ['www.example.com', 'http://localhost:8080/x']],
  ['дивись https://приклад.укр/шлях', ['https://приклад.укр/шлях']],
  ['javascript:alert(1) data:text/html,x vbscript:x file:///etc/passwd', []],
  ['https:// http://. www.', []],
  ['<a href="https://x.example/">', ['https://x.example/']]
]) test(`links in ${text}`, () => assert.deepEqual(linked(text), links))

test('the pieces of a text are the whole text', () => {
  for (const text of ['', 'a https://b.example c www.d.example', 'https://a.example', '\n\n <b>&amp;']) {
    assert.equal(pieces(text).map(piece => piece.text).join(''), text)
  }
})

test('only http and https are ever linked', () => {
  for (const { href } of pieces('HTTPS://EXAMPLE.COM wWw.x.example ftp://y.example').filter(piece => piece.href)) assert.match(href, /^https?:\/\//)
})

test('a few emoji alone are large', () => {
  for (const text of ['👍', '❤️ 🔥', '👨‍👩‍👧‍👦', '🇺🇦', '👍🏽👍🏽👍🏽']) assert.ok(isLarge(text), text)
  for (const text of ['', 'a', '👍 ok', '12', '👍👍👍👍', '#', ' ']) assert.ok(!isLarge(text), text)
})

test('initials, in any script', () => {
  for (const [name, letters] of [['Ann Lee', 'AL'], ['Леся Українка', 'ЛУ'], ['bob', 'B'], ['Ann Maria Lee', 'AL'], ['  ', '?'], ['💡 Ideas', 'I'], ['🔥', '🔥'], ['(x) y', 'XY']]) {
    assert.equal(initials(name), letters)
  }
})

test('a tint is always the same, and one of eight', () => {
  for (let id = 0; id < 200; id++) assert.ok(tint(id) >= 0 && tint(id) < 8 && tint(id) === tint(String(id)))
})

test('the filter finds beginnings of words, in any case', () => {
  assert.ok(matches('Леся Українка', 'укр ле'))
  assert.ok(matches('Lake house', 'HOUSE'))
  assert.ok(!matches('Lake house', 'lake boat'))
  assert.ok(matches('anything', ' '))
})

test('blocks of an event stream', () => {
  assert.deepEqual(splitBlocks('id: 1\n\n: comment\n\nid: 2\nda'), [['id: 1', ': comment'], 'id: 2\nda'])
  assert.deepEqual(parseBlock('retry: 2000\nid: 5-1'), { cursor: '5-1', events: [] })
  assert.deepEqual(parseBlock('id: 5-2\ndata: {"type":"read","seq":1}'), { cursor: '5-2', events: [{ type: 'read', seq: 1 }] })
  assert.equal(parseBlock(': nothing'), null)
})

test('pauses grow, spread, and have an end', () => {
  for (let n = 1; n < 30; n++) {
    assert.ok(pauseMs(n, 0) >= pauseMs(n, 1) / 2 && pauseMs(n, 1) <= 30_000)
    assert.ok(pauseMs(n, 0.5) <= pauseMs(n + 1, 0.5))
  }
})
