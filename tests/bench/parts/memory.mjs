// What each program holds when it waits: its proportional share (PSS) of all pages, after its start and after 1,000
// requests, and after a rest, which comes after seconds here and not a minute. Programs are not dumpable, so only root can
// see it.
import http from 'node:http'
import { pssMb } from '../measure.mjs'
import { pidIn, programsOf, stage } from '../stage.mjs'

const REQUESTS = 1000
const AT_ONCE = 8
const IDLE_S = 5
const REST_MS = 15_000

// One GET route of each program, asked by many people so that nobody comes to a limit. Whatever it answers counts.
async function ask(site, route, people) {
  const path = `/api/v1/${route.program}${route.path.replace(/\{\w+\}/g, '1')}`
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE })
  const get = ({ token }) => new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: site.port, path, agent, headers: { Authorization: `Bearer ${token}` } }
    http.get(options, answer => answer.on('error', reject).on('end', resolve).resume()).on('error', reject)
  })
  await Promise.all(Array.from({ length: REQUESTS }, (_, i) => get(people[i % people.length])))
  agent.destroy()
}

export default async function memory({ figure }) {
  const { site, people } = await stage()
  site.stop()
  process.env.BELLHOP_DATABASE_IDLE_S = String(IDLE_S)
  site.start()
  delete process.env.BELLHOP_DATABASE_IDLE_S
  const lighttpd = pidIn(`${site.var}/run/lighttpd.pid`)
  const holder = pidIn(`${site.var}/run/programs.sid`)
  const programs = programsOf(holder)
  const before = Object.fromEntries(Object.entries(programs).map(([name, pid]) => [name, pssMb(pid)]))
  if (Object.values(before).includes(undefined)) {
    console.error('# memory: only root can see it')
    return
  }
  const routes = site.routes()
  for (const name of Object.keys(programs)) {
    const route = routes.find(({ program, method }) => program === name && method === 'GET')
    // The bridge answers nobody but its sockets.
    if (route) await ask(site, route, people)
  }
  const all = () => [lighttpd, holder, ...Object.values(programs)].reduce((sum, pid) => sum + pssMb(pid), 0)
  const worked = all()
  for (const [name, pid] of Object.entries(programs)) {
    const after = pssMb(pid)
    figure({
      what: `memory of ${name}`,
      goal: '< 6',
      figure: Math.max(before[name], after),
      unit: 'MB',
      detail: `${before[name].toFixed(2)} after its start, ${after.toFixed(2)} after ${REQUESTS} requests`
    })
  }
  await new Promise(later => setTimeout(later, REST_MS))
  const rested = all()
  const started = Object.values(before).reduce((sum, mb) => sum + mb, pssMb(lighttpd) + pssMb(holder))
  figure({
    what: 'memory of lighttpd, all programs and who holds their sockets, idle',
    goal: '<= 20',
    figure: rested,
    unit: 'MB',
    detail: `${started.toFixed(1)} after the start, ${worked.toFixed(1)} just after ${REQUESTS} requests to each; lighttpd alone ${pssMb(lighttpd).toFixed(2)}`
  })
}
