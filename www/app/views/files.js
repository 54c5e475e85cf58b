// files.js - files in messages: pictures in place, players for sound and video, documents by name and size; and the same
// while they are on their way.
import { sizeOf, t } from '../i18n.js'
import { fileUrl } from '../net/api.js'
import { html, useEffect, useMemo } from '../ui.js'
import { cancel } from '../work/sending.js'
import { kindOf } from '../work/uploads.js'
import { openDialog } from './dialogs.js'
import { Icon } from './icons.js'

const PICTURE_MAX = { width: 360, height: 320 }

const PLACEHOLDER = /^data:image\/webp;base64,[A-Za-z0-9+/]+=*$/

// The place that a picture takes, known before it is loaded, with a tiny one of it where the server made one.
function placeOf({ width, height, placeholder }) {
  const backgroundImage = PLACEHOLDER.test(placeholder) ? `url(${placeholder})` : undefined
  if (!width || !height) return { width: '240px', aspectRatio: '4 / 3', backgroundImage }
  const scale = Math.min(1, PICTURE_MAX.width / width, PICTURE_MAX.height / height)
  return { width: `${Math.max(48, Math.round(width * scale))}px`, aspectRatio: `${width} / ${height}`, backgroundImage }
}

export function Files({ files }) {
  const pictures = files.filter(file => kindOf(file.mime) === 'image')
  return html`
    <div class="files">
      ${files.map(file => html`<${File} key=${file.id} file=${file}
        onView=${() => openDialog('viewer', { pictures, at: pictures.indexOf(file) })} />`)}
    </div>`
}

function File({ file, onView }) {
  const url = fileUrl(file.url)
  const kind = kindOf(file.mime)
  if (kind === 'image') {
    return html`
      <button type="button" class="picture" style=${placeOf(file)} onClick=${onView}
        aria-label=${t('picture.open', { name: file.name })}>
        <img src=${fileUrl(file.thumbUrl) ?? url} alt="" width=${file.width} height=${file.height} loading="lazy"
          decoding="async" />
      </button>`
  }
  if (kind === 'video') {
    return html`<video class="video" controls preload="metadata" src=${url} style=${placeOf(file)} aria-label=${file.name}
      poster=${fileUrl(file.thumbUrl) ?? undefined}></video>`
  }
  return html`
    ${kind === 'audio' && html`<audio class="audio" controls preload="metadata" src=${url} aria-label=${file.name}></audio>`}
    <a class="document" href=${url} download=${file.name}>
      <${Icon} name="file" />
      <span class="document-name" dir="auto">${file.name}</span>
      <span class="document-size">${sizeOf(file.size)}</span>
    </a>`
}

// An address for bytes that are only here, for as long as something shows them.
function useBlobUrl(blob) {
  const url = useMemo(() => (blob ? URL.createObjectURL(blob) : null), [blob])
  useEffect(() => () => url && URL.revokeObjectURL(url), [url])
  return url
}

export const PendingFiles = ({ item }) => html`
  <div class="files">
    ${item.files.map((file, i) => html`<${Preview} key=${i} file=${file}>
      ${item.state !== 'failed' && html`
        <progress max="1" value=${file.part ?? 0} aria-label=${t('sending.file', { name: file.name })}></progress>
        <button type="button" class="link" onClick=${() => cancel(item.key)}>${t('cancel')}</button>`}<//>`)}
  </div>`

export function Preview({ file, children }) {
  const kind = kindOf(file.mime)
  const url = useBlobUrl(kind === 'image' ? file.blob : null)
  return html`
    <div class="preview">
      ${url ? html`<img src=${url} alt="" />` : html`<${Icon} name="file" />`}
      <span class="document-name" dir="auto">${file.name}</span>
      <span class="document-size">${sizeOf(file.size)}</span>
      ${children}
    </div>`
}
