// What the server says in English is told in the reader's language: every code and every word about a field that its
// sources know.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

const ROOT = new URL('../../', import.meta.url)
const read = path => readFileSync(new URL(path, ROOT), 'utf8')
const sources = ['lib/web/', 'cgi-bin/'].flatMap(folder => readdirSync(new URL(folder, ROOT)).filter(name => name.endsWith('.c')).map(name => read(folder + name))).join('\n')

// What a browser has and the words need.
Object.defineProperty(globalThis, 'navigator', { value: { languages: ['uk'] }, configurable: true })
Object.assign(globalThis, {
  document: { documentElement: {} },
  localStorage: { getItem: () => null },
  fetch: async url => ({ ok: true, json: async () => JSON.parse(readFileSync(url, 'utf8')) })
})
const { explain, explainField, loadWords, t } = await import('../../www/app/i18n.js')

const LATIN = /[a-z]{2,}/i
const plain = words => words.replace(/name@example\.org|ZIP|[Ee]mail/g, '')

test('each code of the server has words of its own in both languages, or is none that a person meets', async () => {
  const codes = [...read('lib/web/reply.c').matchAll(/\{ \d{3}, "([a-z_]+)"/g)].map(([, code]) => code)
  assert.ok(codes.length > 20)
  const faults = ['bad_request', 'malformed_json', 'malformed_form', 'cross_origin', 'method_not_allowed', 'cursor_expired', 'unsupported_media_type',
    'range_not_satisfiable']
  for (const tag of ['en', 'uk']) {
    await loadWords(tag)
    for (const code of codes) {
      const told = explain({ code, detail: 'English words.', fields: {}, retryAfter: 3 })
      assert.equal(told === t('problem.unknown'), faults.includes(code), `${tag} ${code}: ${told}`)
      if (tag === 'uk') assert.doesNotMatch(plain(told), LATIN, code)
    }
  }
})

test('whatever is said of a field, a person reads it in their language', async () => {
  await loadWords('uk')
  const said = [...sources.matchAll(/(?:return|why =|\?|:|field_wrong\([^;]*?,)\s*"((?:is|has|must|may|mixes|holds|cannot|there) [^"]+)"/g)].map(([, why]) => why)
  assert.ok(said.length > 30, `${said.length} found`)
  const fields = ['email', 'username', 'firstName', 'password', 'birthday', 'name', 'body', 'fileIds', 'userIds', 'replyTo', 'file', 'unheard-of']
  for (const why of [...said, 'is of a kind nobody thought of']) {
    for (const name of fields) {
      const told = explainField(name, why)
      assert.doesNotMatch(plain(told), LATIN, `${name} ${why}: ${told}`)
      assert.match(told, /\.$/)
    }
  }
  assert.equal(explainField('email', 'is not an e-mail address'), 'Напишіть адресу на зразок name@example.org.')
  assert.equal(explainField('file', 'is empty'), 'Цей файл порожній. Виберіть інший.')
  assert.equal(explainField('password', 'is too short'), 'Щонайменше 8 символів.')
  assert.equal(explainField('username', 'mixes letters of alphabets that look alike'), t('field.mixed'))
  assert.equal(explain({ code: 'invalid_fields', fields: { fileIds: 'there is no such file of yours', replyTo: 'is no message of this chat' } }),
    `${t('field.fileIds')} ${t('field.replyTo')}`)
})
