// The files of the web client fit together: words, versions, lists; and none of them makes markup out of text.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

const WWW = new URL('../../www/', import.meta.url)
const read = path => readFileSync(new URL(path, WWW), 'utf8')
const json = path => JSON.parse(read(path))
const modules = ['main.js', 'messenger.js', 'model.js', 'theme.js', 'i18n.js', 'ui.js',
  ...['net', 'state', 'text', 'views', 'work'].flatMap(folder => readdirSync(new URL(`app/${folder}/`, WWW)).map(name => `${folder}/${name}`))]
  .map(name => `app/${name}`)
const code = modules.map(read).join('\n')

test('both languages have the same words, with the same names in them', () => {
  const [en, uk] = ['en', 'uk'].map(tag => json(`i18n/${tag}.json`))
  const own = words => Object.keys(words).filter(key => !key.startsWith('problem.')).sort()
  assert.deepEqual(own(uk), own(en))
  for (const key of own(en)) {
    const names = word => [...new Set([...JSON.stringify(word).matchAll(/\{(\w+)\}/g)].map(match => match[1]))].sort()
    assert.deepEqual(names(uk[key]), names(en[key]), key)
    assert.equal(typeof uk[key], typeof en[key], key)
  }
  for (const [tag, words] of [['en', en], ['uk', uk]]) {
    const forms = new Intl.PluralRules(tag).resolvedOptions().pluralCategories.sort()
    for (const [key, word] of Object.entries(words)) if (typeof word === 'object') assert.deepEqual(Object.keys(word).sort(), forms, `${tag} ${key}`)
  }
})

test('all words that the code asks for are there, and no others', () => {
  const en = json('i18n/en.json')
  const strings = new Set([...code.matchAll(/'([a-z][a-z.-]*)'/g)].map(match => match[1]))
  const made = /^(problem|field|theme|role|tab|file)\./
  for (const key of Object.keys(en)) assert.ok(strings.has(key) || made.test(key), `nobody says ${key}`)
  for (const [, key] of code.matchAll(/\bt\('([^']+)'/g)) assert.ok(key in en, `no words for ${key}`)
})

test('the versions in addresses are those of the packages', () => {
  const { dependencies } = json('package.json')
  for (const file of ['app/ui.js', 'index.html']) {
    for (const [, name, version] of read(file).matchAll(/vendor\/(preact|htm)-([\d.]+)\//g)) assert.equal(version, dependencies[name], file)
  }
})

test('the page names only files that are there', () => {
  for (const [, path] of read('index.html').matchAll(/(?:href|src)="([^"#]+)"/g)) {
    if (!path.startsWith('vendor/')) assert.ok(existsSync(new URL(path, WWW)), path)
    assert.doesNotMatch(path, /^(\/|https?:)/, 'every address is relative to the page')
  }
  for (const { src } of json('manifest.webmanifest').icons) assert.ok(existsSync(new URL(src, WWW)), src)
})

test('every import is a file, and every file is imported', () => {
  const wanted = new Set(['app/main.js'])
  for (const file of modules) {
    for (const [, path] of read(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)) {
      const url = new URL(path, new URL(file, WWW))
      wanted.add(url.href.slice(WWW.href.length))
      if (!path.includes('/vendor/')) assert.ok(existsSync(url), `${file}: ${path}`)
    }
  }
  for (const file of modules) assert.ok(wanted.has(file), `nobody imports ${file}`)
})

test('no text becomes markup, code or style', () => {
  assert.doesNotMatch(code, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|dangerouslySet|\beval\(|new Function|srcdoc/)
  assert.doesNotMatch(read('index.html'), /<style|style=|\son\w+=|javascript:/i)
})

test('no other host is named', () => {
  for (const file of [...modules, 'index.html', 'worker.js', 'manifest.webmanifest']) assert.doesNotMatch(read(file), /https?:\/\/[a-z]/i, file)
})

test('the page names each module of the messenger, so that they come side by side, and no other', () => {
  const graph = (url, found) => {
    const path = url.href.slice(WWW.href.length)
    if (found.has(path)) return found
    found.add(path)
    if (path.startsWith('vendor/')) return found
    for (const [, from] of read(path).matchAll(/^(?:import|export) [^'"]*?from '([^']+)'/gm)) graph(new URL(from, url), found)
    return found
  }
  const named = [...read('index.html').matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, path]) => path)
  const needed = new Set()
  for (const first of ['app/main.js', 'app/messenger.js']) graph(new URL(first, WWW), needed)
  needed.delete('app/main.js')
  assert.deepEqual(named.sort(), [...needed].sort())
})
