// POST /files, GET and HEAD /files/{id} and /files/{id}/thumb: bytes go in whichever way, come out as they are, in parts
// too, for those whose they are.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast } from '../chats.mjs'
import { connect, refused } from '../client.mjs'
import { settle } from '../people.mjs'
import { JPEG, filePart, multipart, pdf, png, text, wav } from '../samples.mjs'
import { openSite } from '../site.mjs'

const client = connect(await openSite())
const [ann, bob] = await cast(connect(await openSite(), undefined, 'http'), 2)
// Cookies are given over http and kept by browsers alone.
const carol = await settle(client)

const upload = (person, raw, options = {}) => client.post('/files', { token: person.token, raw, type: 'application/octet-stream', ...options })

async function stored(person, raw, options) {
  const answer = await upload(person, raw, options)
  assert.equal(answer.status, 201, answer.text)
  return answer.json
}

const fetchFile = (person, path, headers = {}) => client.get(path, { token: person.token, headers })

// A file to read parts of.
const WORDS = Buffer.from(Array.from({ length: 400 }, (_, i) => `Рядок ${i}\n`).join(''))
const book = await stored(ann, WORDS, { headers: { 'Content-Disposition': 'attachment; filename="book.txt"' } })
const picture = await stored(ann, png(600, 300))
const get = (headers, person = ann, file = book) => fetchFile(person, `/files/${file.id}`, headers)

test('a raw body becomes a File, and comes out as it went in', async () => {
  assert.deepEqual(book, { id: book.id, url: `/api/v1/files/${book.id}`, name: 'book.txt', mime: 'text/plain', size: WORDS.length, width: null,
    height: null, thumbUrl: null, placeholder: null })
  const answer = await get()
  assert.equal(answer.status, 200)
  assert.ok(answer.bytes.equals(WORDS))
  assert.equal(answer.headers['content-length'], String(WORDS.length))
})

test('a multipart body does the same; other parts and their order do not matter', async () => {
  const other = { head: 'Content-Disposition: form-data; name="comment"', body: 'so\r\n--xXboundary it goes' }
  const tricky = Buffer.concat([Buffer.from('\r\n--xXboundaryX\r\r\n-\r\n--'), WORDS, Buffer.from('\r\n--xXboundaryX')])
  for (const parts of [[filePart(WORDS, 'b.txt')], [other, filePart(WORDS, 'b.txt')], [filePart(WORDS, 'b.txt'), other], [filePart(tricky, 'b.txt')]]) {
    const file = await stored(ann, undefined, multipart(parts))
    const body = parts.find(part => part.head.includes('filename')).body
    assert.deepEqual([file.name, file.size], ['b.txt', body.length])
    assert.ok((await get({}, ann, file)).bytes.equals(body))
  }
})

test('PUT, as curl -T says it, is the same', async () => {
  const answer = await client.put('/files?name=c.txt', { token: ann.token, raw: WORDS, type: 'text/plain' })
  assert.deepEqual([answer.status, answer.json.name], [201, 'c.txt'])
})

test('a multipart body that is broken is refused', async () => {
  const good = multipart([filePart(WORDS)])
  const cut = good.raw.subarray(0, good.raw.length - 4)
  for (const [options, status, code, fields] of [
    [{ ...good, raw: cut }, 400, 'bad_request'],
    [{ ...good, type: 'multipart/form-data' }, 400, 'bad_request'],
    [{ ...good, type: 'multipart/form-data; boundary=' }, 400, 'bad_request'],
    [{ ...good, type: `multipart/form-data; boundary=${'x'.repeat(71)}` }, 400, 'bad_request'],
    [{ ...good, type: 'multipart/mixed; boundary=xXboundaryXx' }, 400, 'bad_request'],
    [multipart([filePart(WORDS), filePart(WORDS)]), 400, 'bad_request'],
    [multipart([{ head: 'X: y', body: WORDS }]), 400, 'bad_request'],
    [multipart([{ head: `Content-Disposition: form-data; name="file"\r\nX: ${'y'.repeat(9000)}`, body: WORDS }]), 400, 'bad_request'],
    [multipart([{ head: 'Content-Disposition: form-data; name="fil"', body: WORDS }]), 422, 'invalid_fields', ['file']],
    [multipart([filePart('')]), 422, 'invalid_fields', ['file']],
    [{ raw: Buffer.alloc(0) }, 422, 'invalid_fields', ['file']]
  ]) refused(await upload(ann, undefined, options), status, code, fields)
})

test('no token, a wrong one, another method: refused', async () => {
  refused(await client.post('/files', { raw: WORDS }), 401, 'unauthorized')
  refused(await client.post('/files', { raw: WORDS, token: 'x.y.z' }), 401, 'unauthorized')
  refused(await client.put('/files', { raw: WORDS }), 401, 'unauthorized')
  refused(await client.get(`/files/${book.id}`), 401, 'unauthorized')
  refused(await client.get(`/files/${picture.id}/thumb`), 401, 'unauthorized')
  refused(await client.get('/files', { token: ann.token }), 405, 'method_not_allowed')
  refused(await client.del(`/files/${book.id}`, { token: ann.token }), 405, 'method_not_allowed')
})

test('a page of another site cannot upload', async () => {
  refused(await upload(ann, WORDS, { headers: { Origin: 'https://evil.example' } }), 403, 'cross_origin')
})

test('a file is for who uploaded it; for others it is not there', async () => {
  for (const path of [`/files/${book.id}`, `/files/${picture.id}`, `/files/${picture.id}/thumb`]) {
    refused(await fetchFile(bob, path), 404, 'not_found')
    assert.equal((await fetchFile(ann, path)).status, 200)
  }
  for (const path of ['/files/999999999', '/files/0', '/files/x', `/files/${book.id}/thumb`, '/files/999999999/thumb']) {
    refused(await fetchFile(ann, path), 404, 'not_found')
  }
})

test('the access cookie opens files, and uploads nothing', async () => {
  const { id } = await stored(carol, WORDS)
  const cookie = `bellhop_access=${carol.cookies.bellhop_access.value}`
  for (const method of ['GET', 'HEAD']) assert.equal((await client.call(method, `/files/${id}`, { cookie })).status, 200)
  refused(await client.post('/files', { cookie, raw: WORDS }), 401, 'unauthorized')
})

test('the head says what the file is, and lets browsers do no more with it than that', async () => {
  const { headers } = await get()
  assert.equal(headers['content-type'], 'text/plain')
  assert.equal(headers['content-disposition'], "attachment; filename=\"book.txt\"; filename*=UTF-8''book.txt")
  assert.equal(headers['x-content-type-options'], 'nosniff')
  assert.match(headers['content-security-policy'], /sandbox/)
  assert.match((await get({}, ann, picture)).headers['content-disposition'], /^inline;/)
  assert.match((await get({}, ann, await stored(ann, wav()))).headers['content-disposition'], /^inline;/)
  assert.match((await get({}, ann, await stored(ann, pdf()))).headers['content-disposition'], /^attachment;/)
})

test('HEAD says the same and sends nothing', async () => {
  for (const path of [`/files/${book.id}`, `/files/${picture.id}/thumb`]) {
    const [head, whole] = [await client.call('HEAD', path, { token: ann.token, headers: { Range: 'bytes=0-1' } }), await fetchFile(ann, path)]
    assert.deepEqual([head.status, head.bytes.length, head.headers['content-length']], [200, 0, String(whole.bytes.length)])
    assert.equal(head.headers.etag, whole.headers.etag)
  }
})

test('what is known already is not sent again', async () => {
  const { etag } = (await get()).headers
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const answer = await get({ 'If-None-Match': known })
    assert.deepEqual([answer.status, answer.bytes.length, answer.headers.etag], [304, 0, etag], known)
  }
  for (const other of ['"x"', etag.slice(1, -1), `"x${etag.slice(1)}`]) assert.equal((await get({ 'If-None-Match': other })).status, 200, other)
  refused(await fetchFile(bob, `/files/${book.id}`, { 'If-None-Match': etag }), 404, 'not_found')
})

test('one part of a file', async () => {
  const n = WORDS.length
  for (const [range, first, last] of [['bytes=0-0', 0, 0], ['bytes=10-19', 10, 19], [`bytes=${n - 1}-`, n - 1, n - 1], ['bytes=5-', 5, n - 1], ['bytes=-7', n - 7, n - 1],
    [`bytes=0-${n * 2}`, 0, n - 1], [`bytes=-${n * 2}`, 0, n - 1], ['BYTES= 10-19 ', 10, 19], ['bytes=10-19,', 10, 19],
    [`bytes=3-4,${n}-`, 3, 4], ['bytes=0-99999999999999999999999', 0, n - 1]]) {
    const answer = await get({ Range: range })
    assert.deepEqual([answer.status, answer.headers['content-range']], [206, `bytes ${first}-${last}/${n}`], range)
    assert.ok(answer.bytes.equals(WORDS.subarray(first, last + 1)), range)
    assert.equal(answer.headers['content-length'], String(last - first + 1))
  }
})

test('several parts of a file', async () => {
  const answer = await get({ Range: 'bytes=0-3, 10-12,-2' })
  assert.equal(answer.status, 206)
  const [, boundary] = answer.headers['content-type'].match(/^multipart\/byteranges; boundary=([\w-]+)$/)
  const n = WORDS.length
  const part = (first, last) => Buffer.concat([
    Buffer.from(`\r\n--${boundary}\r\nContent-Type: text/plain\r\nContent-Range: bytes ${first}-${last}/${n}\r\n\r\n`), WORDS.subarray(first, last + 1)])
  assert.ok(answer.bytes.equals(Buffer.concat([part(0, 3), part(10, 12), part(n - 2, n - 1), Buffer.from(`\r\n--${boundary}--\r\n`)])))
})

test('a range that makes no sense is none; one that lies outside is refused', async () => {
  for (const range of ['bytes', 'bytes=', 'bytes=a-b', 'bytes=5-3', 'bytes=-', 'lines=0-3', 'bytes=0-1-2', 'bytes=0-3;', 'bytes=0x0-3', 'bytes=+1-2',
    `bytes=0-,0-`, `bytes=${Array(17).fill('0-0').join()}`]) {
    const answer = await get({ Range: range })
    assert.deepEqual([answer.status, answer.bytes.length], [200, WORDS.length], range)
  }
  for (const range of [`bytes=${WORDS.length}-`, 'bytes=99999999999999999999-', 'bytes=-0', `bytes=${WORDS.length}-${WORDS.length + 5},-0`]) {
    const answer = refused(await get({ Range: range }), 416, 'range_not_satisfiable')
    assert.equal(answer.headers['content-range'], `bytes */${WORDS.length}`)
  }
})

test('a part is for who has the rest', async () => {
  const { etag } = (await get()).headers
  assert.equal((await get({ Range: 'bytes=0-3', 'If-Range': etag })).status, 206)
  for (const other of ['"x"', `W/${etag}`, 'Sat, 21 Nov 2026 10:00:00 GMT']) assert.equal((await get({ Range: 'bytes=0-3', 'If-Range': other })).status, 200, other)
})

test('the same bytes have the same tag, whoever uploads them, and are files of their own', async () => {
  const mine = await stored(bob, WORDS)
  assert.notEqual(mine.id, book.id)
  assert.equal((await get({}, bob, mine)).headers.etag, (await get()).headers.etag)
  refused(await fetchFile(bob, `/files/${book.id}`), 404, 'not_found')
})

test('files of another type are told by their bytes', async () => {
  assert.equal((await stored(ann, JPEG, { type: 'text/plain' })).mime, 'image/jpeg')
  assert.equal((await stored(ann, text(), { type: 'image/png' })).mime, 'text/plain')
})
