// What becomes of an upload, by what its bytes are: honest files of each type, pictures that lose what is no picture, and
// hostile ones, each with its answer.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { cast } from '../chats.mjs'
import { connect, refused } from '../client.mjs'
import * as sample from '../samples.mjs'
import { openSite } from '../site.mjs'

const site = await openSite({ own: true, settings: { BELLHOP_LIMITS_WRITES: '0', BELLHOP_LIMITS_READS: '0', BELLHOP_UPLOADS_MEGAPIXELS: '4' } })
const client = connect(site)
const [ann] = await cast(connect(site, undefined, 'http'), 1)
const { SECRET } = sample

const upload = (raw, options) => client.post('/files', { token: ann.token, raw, type: 'application/octet-stream', ...options })
async function stored(raw, options) {
  const answer = await upload(raw, options)
  assert.equal(answer.status, 201, answer.text)
  return answer.json
}
async function bytesOf(path) {
  const answer = await client.get(path.replace('/api/v1', ''), { token: ann.token })
  assert.equal(answer.status, 200, answer.text)
  return answer.bytes
}

const HONEST = {
  'image/png': sample.png(40, 30),
  'image/jpeg': sample.JPEG,
  'image/webp': sample.WEBP,
  'image/gif': sample.gif(),
  'audio/wav': sample.wav(),
  'audio/mpeg': sample.mp3(),
  'audio/flac': sample.flac(),
  'audio/ogg': sample.ogg(),
  'audio/mp4': sample.m4a(),
  'video/mp4': sample.mp4(2000),
  'video/webm': sample.webm(),
  'application/pdf': sample.pdf(),
  'text/plain': sample.text(),
  'application/zip': sample.zip({ 'a.txt': Buffer.from('a') }),
  'application/gzip': gzipSync('a'),
  'application/json': Buffer.from('{"a":[1,2,3]}'),
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': sample.docx()
}
for (const [mime, bytes] of Object.entries(HONEST)) {
  test(`an honest ${mime} is taken and given back as it was`, async () => {
    const file = await stored(bytes)
    assert.deepEqual([file.mime, file.size], [mime, bytes.length])
    assert.ok((await bytesOf(file.url)).equals(bytes))
    const isPicture = mime.startsWith('image/')
    assert.equal(file.thumbUrl !== null && file.placeholder !== null && file.width > 0 && file.height > 0, isPicture)
    if (isPicture) assert.equal((await bytesOf(file.thumbUrl)).toString('latin1', 8, 12), 'WEBP')
  })
}

// Of lossy WebP, the size in its head.
const webpSize = bytes => [bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff]

test('a small picture is at most 480 pixels each way, of the same shape, never larger than the picture', async () => {
  for (const [size, small] of [[[960, 480], [480, 240]], [[300, 600], [240, 480]], [[40, 30], [40, 30]], [[2000, 2], [480, 1]], [[1, 1], [1, 1]]]) {
    const file = await stored(sample.png(...size))
    assert.deepEqual([file.width, file.height], size)
    assert.deepEqual(webpSize(await bytesOf(file.thumbUrl)), small)
  }
})

// Which quarter stands where, when a picture with that orientation is shown upright.
const UPRIGHT = { 1: [0, 1, 2, 3], 2: [1, 0, 3, 2], 3: [3, 2, 1, 0], 4: [2, 3, 0, 1], 5: [0, 2, 1, 3], 6: [2, 0, 3, 1], 7: [3, 1, 2, 0], 8: [1, 3, 0, 2] }

test('a picture is turned as EXIF says, and EXIF goes', async () => {
  for (const [orientation, colours] of Object.entries(UPRIGHT)) {
    const file = await stored(sample.png(40, 20, [sample.pngChunk('eXIf', sample.exif(Number(orientation)))]))
    const bytes = await bytesOf(file.url)
    const [width, height] = orientation < 5 ? [40, 20] : [20, 40]
    assert.deepEqual(sample.quarters(bytes), { width, height, colours }, orientation)
    assert.deepEqual([file.width, file.height, file.size], [width, height, bytes.length])
    assert.deepEqual(webpSize(await bytesOf(file.thumbUrl)), [width, height])
    assert.ok(!bytes.includes(SECRET) && !bytes.includes('eXIf'))
  }
  for (const make of [sample.jpegWithExif, sample.webpWithExif]) {
    for (const orientation of [1, 3, 6]) {
      const file = await stored(make(orientation))
      const bytes = await bytesOf(file.url)
      const size = orientation === 6 ? [16, 32] : [32, 16]
      assert.deepEqual([file.width, file.height], size)
      assert.deepEqual(webpSize(await bytesOf(file.thumbUrl)), size)
      if (make === sample.jpegWithExif) assert.deepEqual(sample.jpegSize(bytes), size)
      assert.ok(!bytes.includes(SECRET) && !bytes.includes('Exif') && !bytes.includes('EXIF'))
    }
  }
})

test('comments, texts and whatever stands behind the end go; the picture stays byte for byte', async () => {
  const behind = Buffer.from(`<script>${SECRET}</script>`)
  for (const [dirty, clean] of [
    [sample.png(9, 9, [sample.pngText(SECRET), sample.pngChunk('tIME', Buffer.alloc(7)), sample.pngChunk('prIv', Buffer.from(SECRET))]), sample.png(9, 9)],
    [Buffer.concat([sample.png(9, 9), behind]), sample.png(9, 9)],
    [sample.jpegWithWords(SECRET), sample.JPEG],
    [Buffer.concat([sample.JPEG, behind]), sample.JPEG],
    [Buffer.concat([sample.WEBP, behind]), sample.WEBP],
    [sample.gif({ words: SECRET, behind: SECRET }), sample.gif()]
  ]) {
    const file = await stored(dirty)
    const bytes = await bytesOf(file.url)
    assert.ok(bytes.equals(clean), bytes.toString('latin1'))
    assert.equal(file.size, clean.length)
  }
})

test('what is animated stays so', async () => {
  const gif = sample.gif({ frames: 3, words: SECRET })
  const moving = await bytesOf((await stored(gif)).url)
  assert.equal(sample.gifFrames(moving), 3)
  assert.ok(moving.includes('NETSCAPE2.0') && !moving.includes(SECRET))
  const webp = await bytesOf((await stored(sample.webpAnimated())).url)
  assert.equal(webp.toString('latin1').split('ANMF').length - 1, 2)
  assert.ok(!webp.includes(SECRET))
})

test('a JPEG in printers’ colours has a small picture too', async () => {
  const file = await stored(sample.CMYK)
  assert.deepEqual([file.mime, file.width, file.height], ['image/jpeg', 32, 16])
  assert.deepEqual(webpSize(await bytesOf(file.thumbUrl)), [32, 16])
})

// --- hostile ones ---

const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
const html = Buffer.from('<!DOCTYPE html><html><body><script>alert(1)</script></body></html>')
const cut = bytes => bytes.subarray(0, bytes.length - 20)
const flat = sample.png(200, 200)

const HOSTILE = {
  'SVG': [svg, 415, 'unsupported_file_type'],
  'SVG as PNG': [svg, 415, 'unsupported_file_type', { type: 'image/png', headers: { 'Content-Disposition': 'attachment; filename="a.png"' } }],
  'SVG behind an XML head': [Buffer.concat([Buffer.from('<?xml version="1.0"?>\n<!-- a -->\n'), svg]), 415, 'unsupported_file_type'],
  'HTML': [html, 415, 'unsupported_file_type'],
  'HTML as PNG': [html, 415, 'unsupported_file_type', { type: 'image/png' }],
  'a program': [Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(200)]), 415, 'unsupported_file_type'],
  'a script': [Buffer.from('#!/bin/sh\nrm -rf /\n'), 415, 'unsupported_file_type'],
  'bytes of no type': [Buffer.from([0, 1, 2, 3, 250, 251, 252]), 415, 'unsupported_file_type'],
  'PNG of 65535×65535': [Buffer.concat([flat.subarray(0, 8), sample.pngHead(65535, 65535), flat.subarray(33)]), 413, 'too_large'],
  'PNG of 2³¹ pixels a side': [Buffer.concat([flat.subarray(0, 8), sample.pngHead(0x7fffffff, 0x7fffffff), flat.subarray(33)]), 413, 'too_large'],
  'PNG of no pixels': [Buffer.concat([flat.subarray(0, 8), sample.pngHead(0, 0), flat.subarray(33)]), 422, 'invalid_fields'],
  'PNG that is larger than its pixels': [Buffer.concat([flat.subarray(0, 8), sample.pngHead(1900, 1900), flat.subarray(33)]), 422, 'invalid_fields'],
  'PNG over the limit of pixels': [sample.png(2001, 2000), 413, 'too_large'],
  'JPEG of 65535×65535': [sample.jpegClaiming(65535, 65535), 413, 'too_large'],
  'GIF of 65535×65535': [Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(4, 0xff), sample.gif().subarray(10)]), 413, 'too_large'],
  'half a PNG': [cut(flat), 422, 'invalid_fields'],
  'half a JPEG': [sample.JPEG.subarray(0, 620), 422, 'invalid_fields'],
  'half a WebP': [cut(sample.WEBP), 422, 'invalid_fields'],
  'half a GIF': [cut(sample.gif()), 422, 'invalid_fields'],
  'the head of a PNG': [flat.subarray(0, 33), 422, 'invalid_fields'],
  'the head of a GIF': [sample.gif().subarray(0, 13), 422, 'invalid_fields'],
  'GIF that is a script': [Buffer.from('GIF89a/*\0\0\0\0\0*/=1;alert(1)//'), 422, 'invalid_fields']
}
for (const [name, [bytes, status, code, options]] of Object.entries(HOSTILE)) {
  test(`${name}: ${status}`, async () => {
    const before = site.uploads()
    refused(await upload(bytes, options), status, code, status === 422 ? ['file'] : undefined)
    assert.deepEqual(site.uploads(), before, 'something stays on the disk')
  })
}

test('archives are kept closed: a bomb, and one in another, are so many bytes and no more', async () => {
  const bomb = sample.zip({ 'zeros': Buffer.alloc(50 << 20) })
  let nested = sample.zip({ 'a': Buffer.from('a') })
  for (let i = 0; i < 20; i++) nested = sample.zip({ [`${i}.zip`]: nested })
  for (const bytes of [bomb, nested, gzipSync(Buffer.alloc(20 << 20))]) {
    const file = await stored(bytes)
    assert.equal(file.size, bytes.length)
    const answer = await client.get(`/files/${file.id}`, { token: ann.token })
    assert.ok(answer.bytes.equals(bytes))
    assert.equal(answer.headers['content-encoding'], undefined)
    assert.match(answer.headers['content-disposition'], /^attachment;/)
  }
})

test('JSON that is deeply nested is a document like others, or none', async () => {
  const answer = await upload(Buffer.from('['.repeat(5000) + ']'.repeat(5000)))
  assert.ok([201, 415].includes(answer.status), answer.text)
})

test('a polyglot is what it begins as, and no more: a picture loses the rest, a document is never shown in place', async () => {
  const both = Buffer.concat([sample.png(8, 8), sample.zip({ 'a.html': html })])
  assert.ok((await bytesOf((await stored(both)).url)).equals(sample.png(8, 8)))
  const file = await stored(sample.pdf('<script>alert(1)</script>\n'))
  const { headers } = await client.get(`/files/${file.id}`, { token: ann.token })
  assert.match(headers['content-disposition'], /^attachment;/)
  assert.match(headers['content-security-policy'], /sandbox/)
})

// --- names ---

const NAMES = [
  ['a.png', 'a.png'],
  ['Кіт 🐈.png', 'Кіт 🐈.png'],
  ['../../etc/passwd', 'passwd'],
  ['..\\..\\boot.ini', 'boot.ini'],
  ['/absolute/a.png', 'a.png'],
  ['a\r\nSet-Cookie: x=1.png', 'aSet-Cookie: x=1.png'],
  ['a\0b.png', 'ab.png'],
  ['he said "no".png', 'he said "no".png'],
  ['a;b=c,d.png', 'a;b=c,d.png'],
  ['gnp\u202egpj.exe', 'gnpgpj.exe'],
  ['\u200f\u2066a\u2069.png', 'a.png'],
  ['x'.repeat(300) + '.png', 'x'.repeat(251) + '.png'],
  ['я'.repeat(300) + '.png', 'я'.repeat(125) + '.png'],
  ['...', 'file.png'],
  ['.htaccess', 'htaccess'],
  ['   ', 'file.png'],
  ['', 'file.png'],
  ['\u202e', 'file.png'],
  ['100%.png', '100%.png']
]

const percent = text => [...Buffer.from(text)].map(b => `%${b.toString(16).padStart(2, '0')}`).join('')

test('names are shown and saved safely, however they came in', async () => {
  for (const [given, name] of NAMES) {
    const ways = {
      'filename*': { headers: { 'Content-Disposition': `attachment; filename="other.png"; filename*=UTF-8''${percent(given)}` } },
      'multipart': given.includes('\0') || given.includes('\r') || given.includes('\\') ? undefined : sample.multipart([sample.filePart(sample.png(4, 4), given.replaceAll('"', '%22'))])
    }
    for (const [way, options] of Object.entries(ways)) {
      if (!options || (way === 'filename*' && given === '')) continue
      const file = await stored(sample.png(4, 4), options)
      assert.equal(file.name, name, `${JSON.stringify(given)} by ${way}`)
      const { headers } = await client.get(`/files/${file.id}`, { token: ann.token })
      assert.equal(decodeURIComponent(headers['content-disposition'].match(/filename\*=UTF-8''(\S+)$/)[1]), name)
      assert.equal(headers['set-cookie'], undefined)
    }
  }
  const plain = await stored(sample.png(4, 4), { headers: { 'Content-Disposition': 'attachment; filename=plain.png' } })
  const quoted = await stored(sample.png(4, 4), { headers: { 'Content-Disposition': 'attachment; filename="he said \\"no\\".png"' } })
  assert.deepEqual([plain.name, quoted.name], ['plain.png', 'he said "no".png'])
  assert.equal((await stored(sample.text())).name, 'file.txt')
})
