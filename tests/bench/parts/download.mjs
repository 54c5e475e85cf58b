// A download of 100 MB, with its question of who may have it, beside a bare lighttpd that sends the same file.
import { spawn } from 'node:child_process'
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { curl, depot, largeFile } from '../depot.mjs'
import { median } from '../measure.mjs'
import { freePort } from '../../site.mjs'

const ROUNDS = 15

async function bareServer(site) {
  const port = await freePort()
  const conf = `${site.var}/bare.conf`
  writeFileSync(conf, `server.document-root = "${site.var}/files"\nserver.bind = "127.0.0.1"\nserver.port = ${port}\n` +
    'mimetype.assign = ( "" => "video/mp4" )\n')
  const server = spawn('setpriv', ['--pdeathsig', 'INT', 'lighttpd', '-D', '-f', conf],
    { stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } })
  for (let tries = 0; ; tries++) {
    if (await fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false)) return { port, server }
    if (tries > 500) throw new Error('the bare lighttpd does not answer')
    await delay(20)
  }
}

export default async function download({ figure, raw }) {
  const { site, url, header } = await depot()
  const file = largeFile(`${site.var}/large.mp4`, 100)
  const { size } = statSync(file)
  const { id } = JSON.parse((await curl('-H', header, '-X', 'POST', '-T', file, url('/files'))).text)
  const place = readdirSync(`${site.var}/files`).find(name => statSync(`${site.var}/files/${name}`).size === size)
  const { port, server } = await bareServer(site)
  const seconds = { bare: [], files: [] }
  for (let i = 0; i < ROUNDS; i++) {
    seconds.bare.push((await curl('-o', '/dev/null', `http://127.0.0.1:${port}/${place}`)).seconds)
    seconds.files.push((await curl('-o', '/dev/null', '-H', header, url(`/files/${id}`))).seconds)
  }
  server.kill('SIGINT')
  rmSync(file)
  raw(seconds)
  figure({
    what: 'download of 100 MB beside a bare lighttpd, rate',
    goal: '>= 0.9',
    figure: median(seconds.bare.map((bare, i) => bare / seconds.files[i])),
    unit: '',
    detail: `files ${Math.round(100 / median(seconds.files))} MB/s, lighttpd ${Math.round(100 / median(seconds.bare))} MB/s; ${ROUNDS} rounds`
  })
}
