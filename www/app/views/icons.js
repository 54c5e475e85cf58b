// icons.js - the few signs of the pages, drawn for them: 24 by 24, one line, in the colour of the text around.
import { html } from '../ui.js'

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  chat: 'M4 5h16v11H10l-4.500 4v-4H4z',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16.2 16.2L20 20',
  group: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.500-6s6.500 2.400 6.500 6M16 4.300a3.500 3.500 0 0 1 0 6.400M18 14.500c2.100.700 3.500 2.700 3.500 5.500',
  out: 'M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M10 8l-4 4 4 4M6 12h10',
  attach: 'M20 11.500l-8.200 8.200a5 5 0 0 1-7.100-7.100l8.500-8.500a3.400 3.400 0 0 1 4.800 4.800l-8.500 8.500a1.700 1.700 0 0 1-2.400-2.400l7.800-7.800',
  send: 'M4 12l16-8-6 16-3-6.500L4 12zM11 13.500L20 4',
  reply: 'M9 7l-5 5 5 5M4.500 12H14a6 6 0 0 1 6 6v1',
  edit: 'M4 20l1-4.500L16.500 4a2 2 0 0 1 3 3L8 18.500 4 20zM14.500 6l3 3',
  bin: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.500 11v5.500M13.500 11v5.500',
  smile: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.500 14.500c1.800 2.700 5.200 2.700 7 0M9 9.500v.01M15 9.500v.01',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.500M12 7.700v.01',
  down: 'M6 9l6 6 6-6',
  check: 'M5 12.500l4.500 4.500L19 7',
  checks: 'M2.500 12.500L7 17l9-10M12 16l1 1 9-10',
  wait: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.500V12l3 2',
  warn: 'M12 4l9.500 16h-19L12 4zM12 10v4.500M12 17.300v.01',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  crown: 'M4 18h16M4 15L3 7l5 4 4-6 4 6 5-4-1 8z',
  offline: 'M4 4l16 16M8.500 15.500a5 5 0 0 1 5.500-1M5 12a10 10 0 0 1 4-2.500M2 8.500A15 15 0 0 1 6.500 6M13 8.600a10 10 0 0 1 6 3.400M11 5a15 15 0 0 1 11 3.500M12 19v.01'
}

export const Icon = ({ name }) => html`
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`

// The mark: a hotel's bell on its plate.
export const Mark = () => html`
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path class="mark-bell" d="M6 20.500a10 10 0 0 1 20 0z" />
    <path class="mark-line" d="M4 24.500h24M16 10.500V7.500M13.200 7.500h5.600" />
    <path class="mark-light" d="M10 18a6.500 6.500 0 0 1 4-4.500" />
  </svg>`
