// Access tokens that are not ours, not whole, or not any more: 401 in every program, whatever is wrong with them.
import assert from 'node:assert/strict'
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { connect, refused } from '../client.mjs'
import { settle } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const { get } = client

const kid = readdirSync(`${site.var}/keys`).filter(name => name.endsWith('.pem')).sort().pop().replace('.pem', '')
const key = createPrivateKey(readFileSync(`${site.var}/keys/${kid}.pem`))
const publicPem = readFileSync(`${site.var}/keys/public/${kid}.pem`)
const stranger = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })

const encode = value => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const decode = part => JSON.parse(Buffer.from(part, 'base64url'))
const es256 = (data, by) => sign('sha256', Buffer.from(data), { key: by, dsaEncoding: 'ieee-p1363' }).toString('base64url')

function signed(head, claims, by = key) {
  const data = `${encode(head)}.${encode(claims)}`
  return `${data}.${es256(data, by)}`
}

function hmac(head, claims, secret) {
  const data = `${encode(head)}.${encode(claims)}`
  return `${data}.${createHmac('sha256', secret).update(data).digest('base64url')}`
}

async function everywhere(token, status = 401) {
  for (const door of ['/account/me', '/users']) {
    const answer = await get(door, { token })
    assert.equal(answer.status, status, `${door} with ${token.slice(0, 300)}`)
  }
}

function forgeries(token, other) {
  const [h, p, s] = token.split('.')
  const head = decode(h)
  const claims = decode(p)
  const now = Math.floor(Date.now() / 1000)
  const without = (object, name) => Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))
  const otherClaims = decode(other.split('.')[1])
  return {
    'no signature': `${h}.${p}.`,
    'no third part': `${h}.${p}`,
    'a fourth part': `${token}.x`,
    'one part': h,
    'dots only': '..',
    'cut by one': token.slice(0, -1),
    'cut in half': token.slice(0, token.length / 2),
    'one more letter': `${token}A`,
    'padded': `${token}==`,
    'standard base64': `${h}.${p}.${Buffer.from(s, 'base64url').toString('base64').replace(/=+$/, '')}+/`,
    'an empty header': `.${p}.${s}`,
    'no claims': `${h}..${s}`,
    'another one’s claims': `${h}.${other.split('.')[1]}.${s}`,
    'another one’s signature': `${h}.${p}.${other.split('.')[2]}`,
    'a signature of zeros': `${h}.${p}.${Buffer.alloc(64).toString('base64url')}`,
    'a DER signature': `${h}.${p}.${sign('sha256', Buffer.from(`${h}.${p}`), key).toString('base64url')}`,
    ...Object.fromEntries(['none', 'None', 'NONE', '', null, 'nOnE'].map(alg =>
      [`alg ${alg}`, `${encode({ ...head, alg })}.${p}.`])),
    'alg none with a signature': `${encode({ ...head, alg: 'none' })}.${p}.${s}`,
    'no alg': signed(without(head, 'alg'), claims),
    'HS256 with the public key': hmac({ ...head, alg: 'HS256' }, claims, publicPem),
    'HS256 with the public key in DER':
      hmac({ ...head, alg: 'HS256' }, claims, createPublicKey(publicPem).export({ type: 'spki', format: 'der' })),
    'HS256 with nothing': hmac({ ...head, alg: 'HS256' }, claims, ''),
    'HS256 with the kid': hmac({ ...head, alg: 'HS256' }, claims, kid),
    'ES256 said, HMAC done': hmac(head, claims, publicPem),
    ...Object.fromEntries(['ES384', 'RS256', 'PS256', 'EdDSA', 'es256', 'ES256 ', 'HS512'].map(alg =>
      [`alg ${alg}`, signed({ ...head, alg }, claims)])),
    'alg as a list': signed({ ...head, alg: ['ES256'] }, claims),
    'alg twice': `${encode(`{"alg":"ES256","alg":"none","kid":"${kid}"}`)}.${p}.${s}`,
    'crit': signed({ ...head, crit: ['exp'] }, claims),
    'another key of the same name': signed(head, claims, stranger.privateKey),
    'its own key inside': signed({ ...head, jwk: stranger.publicKey.export({ format: 'jwk' }) }, claims, stranger.privateKey),
    'its own key elsewhere': signed({ ...head, jku: 'http://127.0.0.1/keys' }, claims, stranger.privateKey),
    'no kid': signed(without(head, 'kid'), claims),
    ...Object.fromEntries(['', 'x', `../${kid}`, `./${kid}`, `${kid}.pem`, '../../bellhop.conf', '/dev/null', `${kid}\u0000`, `${kid} `,
      kid.toUpperCase() === kid ? kid.toLowerCase() + 'x' : kid.toUpperCase(), "' OR 1=1 --", 'x'.repeat(1000), 1, null, [kid]]
      .map((name, i) => [`kid ${i}: ${name}`, signed({ ...head, kid: name }, claims)])),
    'expired': signed(head, { ...claims, iat: now - 1000, exp: now - 1 }),
    'expired long ago': signed(head, { ...claims, iat: 1, exp: 2 }),
    'no exp': signed(head, without(claims, 'exp')),
    'exp as text': signed(head, { ...claims, exp: String(claims.exp) }),
    'exp as a fraction': signed(head, { ...claims, exp: claims.exp + 0.5 }),
    'exp negative': signed(head, { ...claims, exp: -1 }),
    'exp null': signed(head, { ...claims, exp: null }),
    'exp true': signed(head, { ...claims, exp: true }),
    'issued tomorrow': signed(head, { ...claims, iat: now + 86_400, exp: now + 87_300 }),
    'no iat': signed(head, without(claims, 'iat')),
    'no sid': signed(head, without(claims, 'sid')),
    'sid 0': signed(head, { ...claims, sid: 0 }),
    'sid of nobody': signed(head, { ...claims, sid: 9007199254740991 }),
    'sid of somebody else': signed(head, { ...claims, sid: otherClaims.sid }),
    'sid as text': signed(head, { ...claims, sid: `${claims.sid}` }),
    'no sub': signed(head, without(claims, 'sub')),
    'sub of somebody else': signed(head, { ...claims, sub: otherClaims.sub }),
    'id of somebody else': signed(head, { ...claims, id: otherClaims.id }),
    'somebody else with this session': signed(head, { ...claims, sub: otherClaims.sub, id: otherClaims.id }),
    'sub negative': signed(head, { ...claims, sub: '-1', id: -1 }),
    'another issuer': signed(head, { ...claims, iss: 'https://evil.example' }),
    'no issuer': signed(head, without(claims, 'iss')),
    'claims that are no object': signed(head, '[]'),
    'claims that are no JSON': signed(head, 'x'),
    'claims with a name twice': signed(head, `{"exp":1,${JSON.stringify(claims).slice(1)}`),
    'a header that is no object': signed('"ES256"', claims),
    'broken UTF-8 in the claims': `${h}.${Buffer.from([0xff, 0xfe]).toString('base64url')}.${s}`,
    'five kilobytes of A': 'A'.repeat(5120),
    'five kilobytes of dots': '.'.repeat(5120),
    'signed right, but five kilobytes': signed(head, { ...claims, padding: 'x'.repeat(5120) }),
    'nested a thousand times': signed(head, '{"a":'.repeat(600) + '1' + '}'.repeat(600)),
    'not ASCII': `${h}.${p}.${s.slice(0, -2)}\u00e9\u00e9`,
    'a space inside': `${h}. ${p}.${s}`,
    'two tokens': `${token}, ${token}`,
    'two tokens after each other': `${token} ${token}`,
    'percent-encoded': token.replace(/\./g, '%2e')
  }
}

test('a token made by these tests as `account` makes it is good', async () => {
  const { token } = await settle(client)
  const [head, claims] = token.split('.').map((part, i) => i < 2 && decode(part))
  assert.equal(head.kid, kid)
  await everywhere(signed(head, claims), 200)
})

test('forged, foreign, broken and expired tokens: 401 everywhere', async t => {
  const [person, other] = [await settle(client), await settle(client)]
  for (const [name, token] of Object.entries(forgeries(person.token, other.token))) {
    await t.test(name, () => everywhere(token))
  }
  await everywhere(person.token, 200)
})

test('each bit of the signature counts, and the last of the text too', async () => {
  const { token } = await settle(client)
  const [h, p, s] = token.split('.')
  const signature = Buffer.from(s, 'base64url')
  for (const bit of [0, 100, 255, 256, 300, 511]) {
    const bent = Buffer.from(signature)
    bent[bit >> 3] ^= 1 << (bit & 7)
    refused(await get('/account/me', { token: `${h}.${p}.${bent.toString('base64url')}` }), 401, 'unauthorized')
  }
  // 64 bytes take 86 letters, of whose last only two bits count: a second spelling is a second token.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const spelling = letters[letters.indexOf(s.at(-1)) ^ 1]
  refused(await get('/account/me', { token: `${h}.${p}.${s.slice(0, -1)}${spelling}` }), 401, 'unauthorized')
})

test('the word before the token may be in any case, and nothing else will do', async () => {
  const { token } = await settle(client)
  const ask = Authorization => get('/account/me', { headers: { Authorization } })
  for (const good of [`bearer ${token}`, `BEARER ${token}`]) assert.equal((await ask(good)).status, 200)
  for (const bad of [token, `Token ${token}`, `Bearer${token}`, `Bearer: ${token}`, `Basic ${token}`, `Bearer "${token}"`, `Bearer`]) {
    refused(await ask(bad), 401, 'unauthorized')
  }
})

test('a token in the query or in a body counts for nothing', async () => {
  const { token } = await settle(client)
  refused(await get(`/account/me?access_token=${token}&token=${token}`), 401, 'unauthorized')
  refused(await client.post('/account/logout', { form: { access_token: token } }), 401, 'unauthorized')
})
