// An upload of 100 MB, beside copying the same file to the same disk and waiting for it to be there.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { curl, depot, largeFile } from '../depot.mjs'
import { median } from '../measure.mjs'

const ROUNDS = 7

export default async function upload({ figure, raw }) {
  const { site, url, header } = await depot()
  const file = largeFile(`${site.var}/large.mp4`, 100)
  const ratios = []
  const seconds = { copy: [], upload: [] }
  for (let i = 0; i < ROUNDS; i++) {
    const began = performance.now()
    execFileSync('dd', [`if=${file}`, `of=${site.var}/copy`, 'bs=1M', 'conv=fsync', 'status=none'])
    const copy = (performance.now() - began) / 1000
    rmSync(`${site.var}/copy`)
    const sent = await curl('-H', header, '-X', 'POST', '-T', file, url('/files'))
    seconds.copy.push(copy)
    seconds.upload.push(sent.seconds)
    ratios.push(sent.seconds / copy)
  }
  rmSync(file)
  raw(seconds)
  figure({
    what: 'upload of 100 MB beside a copy of it with fsync, time',
    goal: '<= 1.3',
    figure: median(ratios),
    unit: '',
    detail: `upload ${median(seconds.upload).toFixed(3)} s, copy ${median(seconds.copy).toFixed(3)} s; ${ROUNDS} rounds`
  })
}
