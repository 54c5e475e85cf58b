// portrait.js - the picture of a person or a group, and choosing another. It is made small and square here, so that no
// more than that leaves the machine.
import { t } from '../i18n.js'
import { Problem } from '../net/api.js'
import { token } from '../net/session.js'
import { html, useRef } from '../ui.js'
import { kindOf, upload } from '../work/uploads.js'
import { Avatar } from './avatar.js'
import { Trouble, useDeed } from './parts.js'

const SIDE = 512

export function Portrait({ id, name, imagePath, onChange }) {
  const { busy, problem, run } = useDeed()
  const chooser = useRef()
  const take = event => {
    const [blob] = event.target.files
    event.target.value = ''
    if (blob) run(async () => onChange(await send(await squared(blob))))
  }
  return html`
    <div class="portrait">
      <${Avatar} id=${id} name=${name} imagePath=${imagePath} large />
      <div>
        <input ref=${chooser} type="file" accept="image/*" hidden tabindex="-1" onChange=${take} />
        <button type="button" disabled=${busy} onClick=${() => chooser.current.click()}>${t('picture.choose')}</button>
        ${imagePath && html` <button type="button" class="link" onClick=${() => onChange(null)}>${t('picture.remove')}</button>`}
        <${Trouble} problem=${problem} />
      </div>
    </div>`
}

async function squared(blob) {
  const picture = await createImageBitmap(blob).catch(() => null)
  // What the browser cannot read the server may; it says so if it cannot.
  if (!picture) return blob
  const side = Math.min(picture.width, picture.height)
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = Math.min(SIDE, side)
  const from = [(picture.width - side) / 2, (picture.height - side) / 2, side, side]
  canvas.getContext('2d').drawImage(picture, ...from, 0, 0, canvas.width, canvas.height)
  return new Promise(resolve => canvas.toBlob(resolve, 'image/jpeg', 0.9))
}

async function send(blob) {
  const { signal } = new AbortController()
  const { mime, url } = await upload({ name: blob.name ?? 'picture.jpg', blob }, { token: await token(), signal, onPart() {} })
  if (kindOf(mime) !== 'image') throw new Problem({ status: 422, code: 'invalid_fields', fields: { file: `is ${mime}` } })
  return url
}
