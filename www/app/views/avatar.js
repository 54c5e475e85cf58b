// avatar.js - a face: the picture, or two letters on a tint of their own; with a dot for who is online.
import { fileUrl } from '../net/api.js'
import { initials, tint } from '../text/names.js'
import { html, useState } from '../ui.js'

export function Avatar({ id, name, imagePath, online, small, large }) {
  const url = fileUrl(imagePath)
  const [broken, setBroken] = useState(null)
  const size = small ? 'small' : large ? 'large' : ''
  return html`
    <span class="avatar ${size} tint-${tint(id)}" aria-hidden="true">
      ${url && broken !== url
        ? html`<img src=${url} alt="" loading="lazy" decoding="async" onError=${() => setBroken(url)} />`
        : html`<span class="letters" data-letters=${initials(name)}></span>`}
      ${online && html`<span class="online"></span>`}
    </span>`
}
