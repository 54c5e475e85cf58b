// links.js - finds the addresses in a text. Answers pieces {text, href?}; it makes no markup, and only http and https
// become links.
const ADDRESS = /\b(?:https?:\/\/|www\.)[^\s<>"'`{}|\\^]+/giu
const TAIL = /[.,;:!?…»”’)\]]+$/u

export function pieces(text) {
  const found = []
  let from = 0
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0])
    const href = hrefOf(address)
    if (!href) continue
    if (match.index > from) found.push({ text: text.slice(from, match.index) })
    found.push({ text: address, href })
    from = match.index + address.length
  }
  if (from < text.length) found.push({ text: text.slice(from) })
  return found
}

// What ends a sentence is no part of an address, but a bracket that was opened in it is.
function trimmed(address) {
  for (;;) {
    const tail = address.match(TAIL)?.[0]
    if (!tail) return address
    const last = address.at(-1)
    const opener = { ')': '(', ']': '[' }[last]
    if (opener && count(address, opener) >= count(address, last)) return address
    address = address.slice(0, -1)
  }
}

const count = (text, letter) => text.split(letter).length - 1

function hrefOf(address) {
  try {
    const url = new URL(/^www\./i.test(address) ? `https://${address}` : address)
    const known = url.hostname.includes('.') || url.hostname === 'localhost'
    return known && /^https?:$/.test(url.protocol) ? url.href : null
  } catch {
    return null
  }
}

const ONLY_EMOJI = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\s){1,24}$/u
// One to three emoji and nothing else are shown large.
export function isLarge(text) {
  if (!ONLY_EMOJI.test(text)) return false
  const letters = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text.trim())]
  const n = letters.filter(({ segment }) => segment.trim()).length
  return n > 0 && n <= 3
}
