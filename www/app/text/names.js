// names.js - a person's or a chat's letters and colour, where there is no picture.
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(word => /[\p{L}\p{N}]/u.test(word))
  const letters = words.length ? [words[0], ...(words.length > 1 ? [words.at(-1)] : [])] : [name.trim() || '?']
  return letters.map(word => first(word)).join('').toLocaleUpperCase()
}

function first(word) {
  const letter = word.match(/[\p{L}\p{N}]\p{M}*/u)
  return letter ? letter[0] : [...word][0] ?? '?'
}

// One of the eight tints of the style sheet, always the same for the same id.
export const tint = id => (Number(id) * 2654435761 >>> 16) % 8
