// What 8,000 who wait cost in memory, in `poll` and in lighttpd.
import { crowd } from '../crowd.mjs'
import { load, pssMb } from '../measure.mjs'
import { stage } from '../stage.mjs'

const WAITING = 8000

export default async function waiting({ figure, raw }) {
  const { web } = await stage()
  const { chat, tokens } = await crowd(await stage())
  if (pssMb(web.lighttpd) === undefined) {
    console.error('# waiting: only root can see it')
    return
  }
  const line = await load('idle', {
    port: web.port, tokens, rooms: WAITING / 10, members: 9, 'room-base': chat - 1, receive: 'restpoll', 'init-path': '/api/v1/poll',
    'poll-path': '/api/v1/poll?timeout=60&cursor={c}', settle: 3000, label: 'waiting',
    pids: { lighttpd: web.lighttpd, poll: web.programs.poll }
  })
  raw(line)
  const grown = name => (line.pss_kb[name][1] - line.pss_kb[name][0]) / WAITING
  figure({
    what: `memory of each of ${WAITING} polls that wait`, goal: '<= 6', figure: grown('poll') + grown('lighttpd'), unit: 'KB',
    detail: `poll ${grown('poll').toFixed(2)}, lighttpd ${grown('lighttpd').toFixed(2)}`
  })
}
