// tabs.js - several tabs of one browser: one leads, which means that it alone follows the log and tells the others. When
// it closes, the browser gives its lock to another, which goes on from the last cursor it heard of.
import { SITE } from '../net/api.js'

const NAME = `bellhop:${SITE.pathname}`
const channel = globalThis.BroadcastChannel ? new BroadcastChannel(NAME) : null
const hearers = new Map()

if (channel) channel.onmessage = ({ data }) => hearers.get(data.type)?.(data)

export const tell = (type, values) => channel?.postMessage({ type, ...values })
export const hear = (type, hearer) => hearers.set(type, hearer)

// Runs `work` once this tab leads, and for as long: until `signal` ends it. Without locks every tab leads itself.
export async function lead(signal, work) {
  if (!navigator.locks) return work()
  try {
    await navigator.locks.request(`${NAME}:lead`, { signal }, work)
  } catch (fault) {
    if (!signal.aborted) throw fault
  }
}

// One tab at a time does this.
export const alone = (name, work) => (navigator.locks ? navigator.locks.request(`${NAME}:${name}`, work) : work())
