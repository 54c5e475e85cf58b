// icons.js - the few signs of the pages, drawn for them: 24 by 24, one line, in the colour of the text around.
import { html } from '../ui.js'

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  chat: 'M4 5h16v11H10l-4.5 4v-4H4z',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16.2 16.2L20 20',
  group: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M16 4.3a3.5 3.5 0 0 1 0 6.4M18 14.5c2.1.7 3.5 2.7 3.5 5.5',
  out: 'M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M10 8l-4 4 4 4M6 12h10',
  attach: 'M20 11.5l-8.2 8.2a5 5 0 0 1-7.1-7.1l8.5-8.5a3.4 3.4 0 0 1 4.8 4.8l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.8',
  send: 'M4 12l16-8-6 16-3-6.5L4 12zM11 13.5L20 4',
  reply: 'M9 7l-5 5 5 5M4.5 12H14a6 6 0 0 1 6 6v1',
  edit: 'M4 20l1-4.5L16.5 4a2 2 0 0 1 3 3L8 18.5 4 20zM14.5 6l3 3',
  bin: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5.5M13.5 11v5.5',
  smile: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM8.5 14.5c1.8 2.7 5.2 2.7 7 0M9 9.5v.01M15 9.5v.01',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.5M12 7.7v.01',
  down: 'M6 9l6 6 6-6',
  check: 'M5 12.5l4.5 4.5L19 7',
  checks: 'M2.5 12.5L7 17l9-10M12 16l1 1 9-10',
  wait: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5V12l3 2',
  mute: 'M4 4l16 16M9 5.2A5.5 5.5 0 0 1 17.5 10c0 2 .4 3.4 1 4.5M16 17H4.5c1.4-1.4 2-3.4 2-7 0-.6.1-1.1.2-1.6M10.5 20h3',
  warn: 'M12 4l9.5 16h-19L12 4zM12 10v4.5M12 17.3v.01',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  crown: 'M4 18h16M4 15L3 7l5 4 4-6 4 6 5-4-1 8z',
  offline: 'M4 4l16 16M8.5 15.5a5 5 0 0 1 5.5-1M5 12a10 10 0 0 1 4-2.5M2 8.5A15 15 0 0 1 6.5 6M13 8.6a10 10 0 0 1 6 3.4M11 5a15 15 0 0 1 11 3.5M12 19v.01'
}

export const Icon = ({ name }) => html`
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`

// The mark: a hotel's bell on its plate.
export const Mark = () => html`
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <path class="mark-bell" d="M6 20.5a10 10 0 0 1 20 0z" />
    <path class="mark-line" d="M4 24.5h24M16 10.5V7.5M13.2 7.5h5.6" />
    <path class="mark-light" d="M10 18a6.5 6.5 0 0 1 4-4.5" />
  </svg>`
