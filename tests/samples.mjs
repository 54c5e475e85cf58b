// samples.mjs - files of each type that is taken, made by hand so that a test can say what is in them; and what can be
// done to them.
import { randomBytes } from 'node:crypto'
import zlib, { deflateRawSync, deflateSync, inflateSync } from 'node:zlib'

const be32 = n => { const b = Buffer.alloc(4); b.writeUInt32BE(n); return b }
const be16 = n => { const b = Buffer.alloc(2); b.writeUInt16BE(n); return b }
const le32 = n => { const b = Buffer.alloc(4); b.writeUInt32LE(n); return b }
const le16 = n => { const b = Buffer.alloc(2); b.writeUInt16LE(n); return b }
// Node.js has it from version 20 on.
const checksum = zlib.crc32 ?? (bytes => {
  let c = ~0
  for (const byte of bytes) {
    c ^= byte
    for (let i = 0; i < 8; i++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0)
  }
  return ~c >>> 0
})

// A TIFF block that says which way up a picture is, and something that nobody is to read.
export const SECRET = 'N 50.4501 E 30.5234'
export const exif = orientation => Buffer.concat([
  Buffer.from('MM\0*'), be32(8), be16(2),
  be16(0x112), be16(3), be32(1), be16(orientation), be16(0),
  be16(0x10e), be16(2), be32(SECRET.length), be32(38),
  be32(0), Buffer.from(SECRET)])

// --- PNG ---

export const pngChunk = (name, body) => {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), body])
  return Buffer.concat([be32(body.length), named, be32(checksum(named))])
}
const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
export const pngHead = (width, height) => pngChunk('IHDR', Buffer.concat([be32(width), be32(height), Buffer.from([8, 2, 0, 0, 0])]))

// Each quarter has a colour of its own: red, green, blue, white, from the top left as one reads.
const QUARTERS = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]
export function png(width, height, extra = []) {
  const rows = Array.from({ length: height }, (_, y) => {
    const row = [0]
    for (let x = 0; x < width; x++) row.push(...QUARTERS[2 * (y >= height / 2) + (x >= width / 2)])
    return Buffer.from(row)
  })
  return Buffer.concat([SIGNATURE, pngHead(width, height), ...extra, pngChunk('IDAT', deflateSync(Buffer.concat(rows))),
    pngChunk('IEND', Buffer.alloc(0))])
}
export const pngText = text => pngChunk('tEXt', Buffer.from(`Comment\0${text}`, 'latin1'))

// The colours of the quarters of a PNG as programs write it without much ado: 8 bits, with or without alpha.
export function quarters(bytes) {
  const width = bytes.readUInt32BE(16)
  const height = bytes.readUInt32BE(20)
  const size = bytes[25] === 6 ? 4 : 3
  const parts = []
  for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)))
  }
  const pixels = unfilter(inflateSync(Buffer.concat(parts)), width * size, height, size)
  const at = (x, y) => [...pixels.subarray((y * width + x) * size, (y * width + x) * size + 3)]
  const [right, bottom] = [width - 1, height - 1]
  return { width, height, colours: [at(0, 0), at(right, 0), at(0, bottom), at(right, bottom)].map(c => QUARTERS.findIndex(q => String(q) === String(c))) }
}

function unfilter(raw, stride, height, size) {
  const out = Buffer.alloc(stride * height)
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < stride; i++) {
      const left = i >= size ? out[y * stride + i - size] : 0
      const up = y ? out[(y - 1) * stride + i] : 0
      const corner = y && i >= size ? out[(y - 1) * stride + i - size] : 0
      const near = [left, up, corner].map(v => Math.abs(left + up - corner - v))
      const paeth = near[0] <= near[1] && near[0] <= near[2] ? left : near[1] <= near[2] ? up : corner
      out[y * stride + i] = raw[y * (stride + 1) + 1 + i] + [0, left, up, (left + up) >> 1, paeth][raw[y * (stride + 1)]]
    }
  }
  return out
}

// --- JPEG: 32 by 16 pixels; also as printers have it, in four colours ---

export const JPEG = Buffer.from(`/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxO
UlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAAR
CAAQACADAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJx
FDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZ
mqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcI
CQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZH
SElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn
6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDvK/NjsCgDCr9iPyoKAOSr1z+hgoA8+r48+CCgD//Z`, 'base64')
export const CMYK = Buffer.from(`/9j/7gAOQWRvYmUAZAAAAAAC/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQUZMTlJTUjI+WmFaUGBKUVJP
/9sAQwEODg4TERMmFRUmTzUtNU9PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09P/8AAFAgAEAAgBAERAAIRAQMR
AQQRAP/EAB8AAAEFAQEBAQEBAAAAAAAAAAABAgMEBQYHCAkKC//EALUQAAIBAwMCBAMFBQQEAAABfQECAwAEEQUSITFBBhNRYQcicRQygZGhCCNCscEV
UtHwJDNicoIJChYXGBkaJSYnKCkqNDU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6g4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqy
s7S1tre4ubrCw8TFxsfIycrS09TV1tfY2drh4uPk5ebn6Onq8fLz9PX29/j5+v/EAB8BAAMBAQEBAQEBAQEAAAAAAAABAgMEBQYHCAkKC//EALURAAIB
AgQEAwQHBQQEAAECdwABAgMRBAUhMQYSQVEHYXETIjKBCBRCkaGxwQkjM1LwFWJy0QoWJDThJfEXGBkaJicoKSo1Njc4OTpDREVGR0hJSlNUVVZXWFla
Y2RlZmdoaWpzdHV2d3h5eoKDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uLj5OXm5+jp6vLz9PX29/j5
+v/aAA4EAQACEQMRBAAAPwDgq/STjPTqKACt2vx0/VQooAK66vIP55CigAr0CvsD70KKACv/2Q==`, 'base64')
const jpegSegment = (marker, body) => Buffer.concat([Buffer.from([0xff, marker]), be16(body.length + 2), body])
const afterStart = (bytes, ...segments) => Buffer.concat([bytes.subarray(0, 2), ...segments, bytes.subarray(2)])
export const jpegWithExif = orientation => afterStart(JPEG, jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif(orientation)])))
export const jpegWithWords = words => afterStart(JPEG, jpegSegment(0xfe, Buffer.from(words)),
  jpegSegment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0${words}`)), jpegSegment(0xed, Buffer.from(words)))
export const jpegSize = bytes => {
  for (let at = 2; at < bytes.length; at += 2 + bytes.readUInt16BE(at + 2)) {
    if (bytes[at + 1] === 0xc0 || bytes[at + 1] === 0xc2) return [bytes.readUInt16BE(at + 7), bytes.readUInt16BE(at + 5)]
  }
}
// The same with another size in its head.
export function jpegClaiming(width, height) {
  const copy = Buffer.from(JPEG)
  const at = copy.indexOf(Buffer.from([0xff, 0xc0]))
  copy.writeUInt16BE(height, at + 5)
  copy.writeUInt16BE(width, at + 7)
  return copy
}

// --- WebP: 32 by 16 pixels ---

export const WEBP = Buffer.from('UklGRkwAAABXRUJQVlA4IEAAAABwAgCdASogABAAAoBCJaACdLwJ4B+EH4kgRiAAAP7rcl//7d5H/vgPxQv21PGW5Fvz0P6V5//6+qEpCGWFAAAA', 'base64')
export const WEBP_LOSSLESS = Buffer.from('UklGRjgAAABXRUJQVlA4TCwAAAAvH8ADAB8gEEjeHzqN+RcQFPk/2vxHZIeAINtmkpOc5AEuENH/2DbVXxXADw==', 'base64')
const riffChunk = (name, body) => Buffer.concat([Buffer.from(name), le32(body.length), body, Buffer.alloc(body.length % 2)])
const riff = (...chunks) => {
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks])
  return Buffer.concat([Buffer.from('RIFF'), le32(body.length), body])
}
const le24 = n => le32(n).subarray(0, 3)
const extended = flags => riffChunk('VP8X', Buffer.concat([Buffer.from([flags, 0, 0, 0]), le24(31), le24(15)]))
export const webpWithExif = orientation => riff(extended(0x0c), WEBP_LOSSLESS.subarray(12), riffChunk('EXIF', exif(orientation)),
  riffChunk('XMP ', Buffer.from(SECRET)))
const webpFrame = () => riffChunk('ANMF', Buffer.concat([le24(0), le24(0), le24(31), le24(15), le24(100), Buffer.from([0]), WEBP.subarray(12)]))
export const webpAnimated = () => riff(extended(0x0a), riffChunk('ANIM', Buffer.concat([le32(0), le16(0)])), webpFrame(), webpFrame(),
  riffChunk('EXIF', exif(1)))

// --- GIF: pixels as codes that never need a table ---

function gifFrame(width, height, colour) {
  const bits = []
  const put = code => { for (let i = 0; i < 3; i++) bits.push((code >> i) & 1) }
  for (let i = 0; i < width * height; i++) {
    if (i % 2 === 0) put(4)
    put(colour)
  }
  put(5)
  const bytes = []
  for (let i = 0; i < bits.length; i += 8) bytes.push(bits.slice(i, i + 8).reduce((sum, bit, k) => sum | (bit << k), 0))
  const blocks = []
  for (let i = 0; i < bytes.length; i += 255) blocks.push(Math.min(255, bytes.length - i), ...bytes.slice(i, i + 255))
  return Buffer.concat([Buffer.from([0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c, 0, 0, 0, 0]), le16(width), le16(height), Buffer.from([0, 2, ...blocks, 0])])
}
const gifWords = words => Buffer.concat([Buffer.from([0x21, 0xfe, words.length]), Buffer.from(words), Buffer.from([0])])
export const gif = ({ width = 20, height = 10, frames = 1, words = '', behind = '' } = {}) => Buffer.concat([
  Buffer.from('GIF89a'), le16(width), le16(height), Buffer.from([0x91, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]),
  Buffer.from([0x21, 0xff, 11]), Buffer.from('NETSCAPE2.0'), Buffer.from([3, 1, 0, 0, 0]),
  ...(words ? [gifWords(words)] : []),
  ...Array.from({ length: frames }, (_, i) => gifFrame(width, height, i % 4)),
  Buffer.from([0x3b]), Buffer.from(behind)])
export const gifFrames = bytes => bytes.toString('latin1').split('\x21\xf9\x04').length - 1

// --- archives, and what is one inside ---

// entries: {name: bytes}
export function zip(entries) {
  const parts = []
  const list = []
  let at = 0
  for (const [name, body] of Object.entries(entries)) {
    const packed = deflateRawSync(body)
    const common = Buffer.concat([le16(20), le16(0), le16(8), le32(0), le32(checksum(body)), le32(packed.length), le32(body.length), le16(name.length), le16(0)])
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed])
    list.push(Buffer.concat([Buffer.from('PK\x01\x02'), le16(20), common, Buffer.alloc(10), le32(at), Buffer.from(name)]))
    parts.push(local)
    at += local.length
  }
  const central = Buffer.concat(list)
  return Buffer.concat([...parts, central, Buffer.from('PK\x05\x06'), le32(0), le16(list.length), le16(list.length), le32(central.length), le32(at), le16(0)])
}
export const docx = () => zip({
  '[Content_Types].xml': Buffer.from('<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'),
  '_rels/.rels': Buffer.from('<?xml version="1.0"?><Relationships/>'),
  'word/document.xml': Buffer.from('<?xml version="1.0"?><w:document/>')
})

// --- sounds, videos, documents ---

export const wav = () => Buffer.concat([Buffer.from('RIFF'), le32(36 + 800), Buffer.from('WAVEfmt '), le32(16), le16(1), le16(1), le32(8000), le32(8000),
  le16(1), le16(8), Buffer.from('data'), le32(800), Buffer.alloc(800, 128)])
export const mp3 = () => Buffer.concat(Array.from({ length: 8 }, () => Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(413)])))
export const flac = () => Buffer.concat([Buffer.from('fLaC'), Buffer.from([0x80, 0, 0, 34]), be16(4096), be16(4096), Buffer.alloc(30)])
export const ogg = () => Buffer.concat([Buffer.from('OggS\0\x02'), Buffer.alloc(8), le32(1), le32(0), le32(0), Buffer.from([1, 30]), Buffer.from('\x01vorbis'), le32(0),
  Buffer.from([1]), le32(44100), le32(0), le32(96000), le32(0), Buffer.from([0xb8, 1])])
const box = (name, body) => Buffer.concat([be32(body.length + 8), Buffer.from(name), body])
export const mp4 = (size = 0) => Buffer.concat([box('ftyp', Buffer.from('isom\0\0\x02\0isomiso2avc1mp41')), box('free', Buffer.alloc(8)), box('mdat', randomBytes(size))])
export const m4a = () => Buffer.concat([box('ftyp', Buffer.from('M4A \0\0\x02\0M4A mp42isom')), box('mdat', Buffer.alloc(64))])
export const webm = () => Buffer.from('1a45dfa39f4286810142f7810142f2810442f381084282847765626d42878104428581021853806701ffffffffffffff', 'hex')
export const pdf = (more = '') => Buffer.from(`%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n${more}trailer<</Root 1 0 R>>\n%%EOF\n`)
export const text = (words = 'Лист без прикрас.\n') => Buffer.from(words)

export const multipart = (parts, boundary = 'xXboundaryXx') => ({
  type: `multipart/form-data; boundary=${boundary}`,
  raw: Buffer.concat([...parts.flatMap(({ head, body }) => [Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), Buffer.from(body), Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`)])
})
export const filePart = (body, filename = 'a.png', type = 'image/png') =>
  ({ head: `Content-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: ${type}`, body })
