// What `files` holds while fifty people upload 50 MB each: the most that was resident at any moment.
import { readFileSync, rmSync } from 'node:fs'
import { curl, depot, largeFile } from '../depot.mjs'
import { pidIn, programsOf } from '../stage.mjs'

const UPLOADS = 50
const MB = 50

const status = (pid, name) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm'))[1]) / 1024

export default async function upmemory({ figure }) {
  const { site, url, header } = await depot()
  const file = largeFile(`${site.var}/large.mp4`, MB)
  const pid = programsOf(pidIn(`${site.var}/run/lighttpd.pid`)).files
  const before = status(pid, 'VmRSS')
  await Promise.all(Array.from({ length: UPLOADS }, () => curl('-H', header, '-X', 'POST', '-T', file, url('/files'))))
  rmSync(file)
  figure({
    what: `memory of files during ${UPLOADS} uploads of ${MB} MB`,
    goal: '< 16',
    figure: status(pid, 'VmHWM'),
    unit: 'MB',
    detail: `resident at most; ${before.toFixed(1)} before`
  })
}
