// viewer.js - a picture as large as the window, and its neighbours.
import { t } from '../i18n.js'
import { fileUrl } from '../net/api.js'
import { html, useId, useState } from '../ui.js'
import { Icon } from './icons.js'
import { IconButton, useModal } from './parts.js'

export function Viewer({ pictures, at, onClose }) {
  const [i, setI] = useState(at)
  const box = useModal()
  const id = useId()
  const picture = pictures[i]
  const step = by => setI((i + by + pictures.length) % pictures.length)
  const key = event => {
    if (event.key === 'ArrowRight') step(1)
    if (event.key === 'ArrowLeft') step(-1)
  }
  return html`
    <dialog class="viewer" ref=${box} aria-labelledby=${id} onClose=${onClose} onKeyDown=${key}
      onClick=${event => event.target.tagName !== 'IMG' && !event.target.closest('button, a') && onClose()}>
      <header>
        <h2 class="document-name" id=${id} dir="auto">${picture.name}</h2>
        <a class="icon-button" href=${fileUrl(picture.url)} download=${picture.name} aria-label=${t('download')}
          title=${t('download')}><${Icon} name="save" /></a>
        <${IconButton} icon="close" label=${t('close')} onClick=${onClose} />
      </header>
      <img key=${picture.id} src=${fileUrl(picture.url)} alt=${picture.name} width=${picture.width} height=${picture.height} />
      ${pictures.length > 1 && html`
        <${IconButton} icon="back" class="icon-button viewer-before" label=${t('picture.before')} onClick=${() => step(-1)} />
        <${IconButton} icon="back" class="icon-button viewer-next" label=${t('picture.next')} onClick=${() => step(1)} />`}
    </dialog>`
}
