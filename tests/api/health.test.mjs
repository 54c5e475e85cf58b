import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, transport, refused } from '../client.mjs'
import { settle } from '../people.mjs'
import { openSite } from '../site.mjs'

const site = await openSite()
const client = connect(site)
const { get } = client

test('health: all is well', async () => {
  const { status, json } = await get('/health')
  assert.equal(status, 200)
  assert.match(json.version, /^\d+\.\d+/)
})

// Prometheus' text format, read strictly: name, labels, value; HELP and TYPE before the first sample of a family.
function parse(text) {
  const samples = new Map()
  const types = new Map()
  assert.ok(text.endsWith('\n'))
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = line.match(/^# (HELP|TYPE) ([a-zA-Z_:][\w:]*) (.+)$/)
    if (comment) {
      if (comment[1] === 'TYPE') {
        assert.ok(!types.has(comment[2]), `${comment[2]} has two types`)
        assert.match(comment[3], /^(counter|gauge|histogram|summary)$/)
        types.set(comment[2], comment[3])
      }
      continue
    }
    const sample = line.match(/^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?[\d.e+-]+|\+Inf|NaN)$/)
    assert.ok(sample, `not Prometheus text: ${line}`)
    const family = sample[1].replace(/_(bucket|sum|count)$/, '')
    assert.ok(types.has(sample[1]) || types.get(family) === 'histogram', `${sample[1]} has no TYPE`)
    const key = sample[1] + (sample[2] ?? '')
    assert.ok(!samples.has(key), `${key} comes twice`)
    samples.set(key, Number(sample[3].replace('+Inf', 'Infinity')))
  }
  return { samples, types }
}

async function metrics() {
  const { status, text, headers } = await get('/health/metrics')
  assert.equal(status, 200)
  assert.match(headers['content-type'], /^text\/plain; ?version=0\.0\.4/)
  return parse(text)
}

const sum = ({ samples }, ...parts) =>
  [...samples].filter(([key]) => parts.every(part => key.includes(part))).reduce((n, [, value]) => n + value, 0)

test('metrics: the text parses, and counts requests, errors and times by program and route', async () => {
  const { token, id } = await settle(client)
  const before = await metrics()
  for (let i = 0; i < 5; i++) await get(`/users/${id}`, { token })
  for (let i = 0; i < 3; i++) await get(`/users/${id}`)
  const after = await metrics()
  const grown = (...parts) => sum(after, ...parts) - sum(before, ...parts)
  const route = ['program="users"', 'route="/{id}"']
  assert.ok(grown('_requests_total', ...route) >= 8)
  assert.ok(grown('_requests_total', ...route, '4') >= 3)
  assert.ok(grown('_count', ...route) >= 8)
  assert.ok(grown('_sum', ...route) > 0)
})

test('metrics: counters only grow, histograms add up, and no secret or person is in them', async () => {
  const before = await metrics()
  const person = await settle(client)
  await get(`/users/${person.id}?q=secret-query`, { token: person.token })
  const { text } = await get('/health/metrics')
  const after = parse(text)
  for (const [key, value] of before.samples) {
    const name = key.split('{')[0]
    const type = after.types.get(name) ?? after.types.get(name.replace(/_(bucket|sum|count)$/, ''))
    if (type === 'counter' || type === 'histogram') assert.ok(after.samples.get(key) >= value, `${key} went back`)
  }
  for (const [key, value] of after.samples) {
    if (!key.includes('le="+Inf"')) continue
    const count = key.replace('_bucket', '_count').replace(/,?le="\+Inf"/, '')
    assert.equal(after.samples.get(count), value, count)
  }
  for (const secret of [person.email, person.token, 'secret-query', `/${person.id}`]) assert.ok(!text.includes(secret))
})

if (transport === 'cgi') {
  const from = (REMOTE_ADDR, options = {}) => get('/health/metrics', { ...options, env: { ...options.env, REMOTE_ADDR } })

  test('metrics: from elsewhere there are none, whatever the caller says of itself', async () => {
    for (const address of ['192.0.2.7', '10.0.0.1', '2001:db8::1', '127.0.0.1.evil.example', '']) {
      refused(await from(address), 404, 'not_found')
      refused(await from(address, { headers: { 'X-Forwarded-For': '127.0.0.1', 'X-Real-Ip': '127.0.0.1' } }), 404, 'not_found')
      refused(await from(address, { token: 'x' }), 404, 'not_found')
    }
    for (const address of ['127.0.0.1', '::1', '127.1.2.3']) assert.equal((await from(address)).status, 200, address)
  })

  test('metrics: from elsewhere with the configured token', async () => {
    const env = { BELLHOP_HTTP_METRICS_TOKEN: 'a-long-metrics-token' }
    assert.equal((await from('192.0.2.7', { env, token: 'a-long-metrics-token' })).status, 200)
    for (const token of ['a-long-metrics-toke', 'a-long-metrics-tokens', '', 'A-long-metrics-token']) {
      refused(await from('192.0.2.7', { env, token }), 404, 'not_found')
    }
  })
}
