// stage.mjs - what is measured: a site's programs behind a second lighttpd with the site's own lighttpd.conf, and beside
// them three more: the bare floors (floor.c, bare.c) and our own path without work (noop.c). So all that is compared
// stands behind the same web server, and nobody but the site's own programs follows its log.
//
// Made when first asked for, and taken down with the process: all of it carries the site's mark, so that stopping the
// site stops it too.
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { ROOT, freePort, openSite } from '../site.mjs'
import { TOOLS } from './measure.mjs'

const PEOPLE = 40
const START_MAX_MS = 10_000

// Limits are counted, but do not stop anybody here.
const limits = ['READS', 'WRITES', 'MESSAGES'].flatMap(name => [[`BELLHOP_LIMITS_${name}`, '1000'], [`BELLHOP_LIMITS_${name}_BURST`, '100000']])
const settings = { ...Object.fromEntries(limits), BELLHOP_TOKENS_ACCESS_S: '86400' }

let made
export const stage = () => (made ??= make())

async function make() {
  const bridge = await freePort()
  const site = await openSite({ own: true, settings: { ...settings, BELLHOP_BRIDGE_PORT: String(bridge) } })
  const web = await startWeb(site)
  const people = await register(site)
  const tokens = `${site.var}/tokens`
  writeFileSync(tokens, people.map(({ token }) => `${token}\n`).join(''))
  return { site, web, bridge, people, tokens, database: pidIn(`${site.var}/run/db.pid`) }
}

export const pidIn = file => Number(readFileSync(file, 'utf8'))

// The programs below who holds their sockets: {name: pid}.
export function programsOf(holder) {
  const children = readFileSync(`/proc/${holder}/task/${holder}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return Object.fromEntries(children.map(pid => [readFileSync(`/proc/${pid}/comm`, 'utf8').trim(), Number(pid)]))
}

function route(name) {
  return `$HTTP["url"] =~ "^/api/v1/${name}(/|$)" { fastcgi.server = ( "/api/v1/${name}" => ( program + (` +
    ` "socket" => home + "/run/${name}.sock", "tcp-fin-propagate" => "enable" )) ) }\n`
}

const floors = ['floor', 'noop', 'bare']
const programsIn = site => programsOf(pidIn(`${site.var}/run/programs.sid`))

// Paths of sockets are short, so the site's own name for its folder is used.
async function startWeb(site) {
  const home = `${path.dirname(site.ini.paths.run)}/bench`
  const port = await freePort()
  mkdirSync(`${home}/run/deflate`, { recursive: true })
  mkdirSync(`${home}/log`)
  for (const name of Object.keys(programsIn(site))) symlinkSync(`${site.ini.paths.run}/${name}.sock`, `${home}/run/${name}.sock`)
  copyFileSync(site.conf, `${home}/bellhop.conf`)
  writeFileSync(`${home}/lighttpd.conf`,
    `include "${ROOT}/lighttpd.conf"\n` + floors.map(route).join(''))
  const log = openSync(`${home}/log/out`, 'a')
  const run = (signal, ...words) => {
    const child = spawn('setpriv', ['--pdeathsig', signal, ...words], {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        ...settings,
        PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
        BELLHOP_CONF: `${home}/bellhop.conf`,
        BELLHOP_SITE: site.var,
        BELLHOP_WWW: `${ROOT}/www`,
        BELLHOP_HOME: home,
        ADDRESS: '127.0.0.1',
        PORT: port
      }
    })
    child.unref()
    return child.pid
  }
  const holder = run('TERM', `${site.bin}/bellhop`, 'programs', `${home}/run`, ...floors.map(name => `${TOOLS}/${name}`))
  run('INT', 'lighttpd', '-D', '-f', `${home}/lighttpd.conf`)
  await answers(`http://127.0.0.1:${port}/api/v1/noop`, () => readFileSync(`${home}/log/out`, 'utf8'))
  const lighttpd = pidIn(`${home}/run/lighttpd.pid`)
  return {
    port,
    lighttpd,
    // Those of the site are others when it was started anew.
    get programs() {
      return { ...programsIn(site), ...programsOf(holder) }
    }
  }
}

async function answers(url, words) {
  for (const end = Date.now() + START_MAX_MS; ; await delay(20)) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.status === 200) return
    if (Date.now() > end) throw new Error(`${url} does not answer: ${answer?.status}\n${words()}`)
  }
}

async function register(site) {
  const people = []
  for (let n = 1; n <= PEOPLE; n++) {
    const answer = await fetch(`http://127.0.0.1:${site.port}/api/v1/account/register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: `p${n}@example.org`, password: `secret ${n}`, firstName: 'Person', lastName: `${n}` })
    })
    if (answer.status !== 201) throw new Error(`nobody can register: ${await answer.text()}`)
    const { user, accessToken } = await answer.json()
    people.push({ id: user.id, token: accessToken })
  }
  return people
}
