// The plainest of web hosts: a process for each request, which starts, asks the database, answers and ends.
import { tool } from '../measure.mjs'
import { stage } from '../stage.mjs'

const TIMES = 200

export default async function cgi({ figure, raw }) {
  const { site, people } = await stage()
  const path = `/api/v1/users/${people[1].id}`
  const run = await tool('spawn', [TIMES, `${site.bin}/users`], {
    ...site.settings,
    BELLHOP_CONF: site.conf,
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REMOTE_ADDR: '127.0.0.1',
    REQUEST_METHOD: 'GET',
    REQUEST_URI: path,
    HTTP_HOST: `127.0.0.1:${site.port}`,
    HTTP_AUTHORIZATION: `Bearer ${people[0].token}`
  })
  raw(run)
  figure({
    what: 'plain CGI request of users, median',
    goal: '< 8',
    figure: run.p50_ms,
    unit: 'ms',
    detail: `least ${run.min_ms}, 90 % below ${run.p90_ms}, CPU of the program ${run.cpu_ms} ms; ${TIMES} one after the other`
  })
}
