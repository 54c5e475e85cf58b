// netline.js - the quiet line that says when one is offline, or when messages take long, and lets one try at once.
import { t } from '../i18n.js'
import { useStore } from '../model.js'
import { html, useEffect, useState } from '../ui.js'
import { retryNow } from '../work/sync.js'
import { drain } from '../work/sending.js'
import { Icon } from './icons.js'

const LONG_MS = 8000

export function NetLine() {
  const net = useStore(state => state.net)
  const oldest = useStore(state => state.outbox.find(item => item.state !== 'failed')?.at)
  const online = useOnline()
  const [, draw] = useState(0)
  useEffect(() => {
    if (!oldest) return undefined
    const timer = setTimeout(() => draw(oldest), Math.max(0, oldest + LONG_MS - Date.now()) + 50)
    return () => clearTimeout(timer)
  }, [oldest])

  const late = oldest && Date.now() - oldest > LONG_MS
  const off = !online || net.status === 'offline'
  // Who else is online is not known then, and not said.
  useEffect(() => {
    document.documentElement.toggleAttribute('data-offline', off)
  }, [off])
  if (!off && !late) return html`<div class="net-line" role="status"></div>`
  const again = () => {
    retryNow()
    drain()
  }
  return html`
    <div class="net-line shown" role="status">
      <${Icon} name="offline" />
      <span>${t(!online ? 'net.offline' : off ? 'net.away' : 'net.late')}</span>
      <button type="button" class="link" onClick=${again}>${t('retry')}</button>
    </div>`
}

function useOnline() {
  const [online, setOnline] = useState(navigator.onLine)
  useEffect(() => {
    const look = () => setOnline(navigator.onLine)
    addEventListener('online', look)
    addEventListener('offline', look)
    return () => {
      removeEventListener('online', look)
      removeEventListener('offline', look)
    }
  }, [])
  return online
}
