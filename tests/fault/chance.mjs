// chance.mjs - chance that can be had again: the same seed, the same choices. SEED gives it, and each part says which it had.
export const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))

// A stream of choices; `name` makes streams of one seed differ (mulberry32).
export function chance(name, from = seed) {
  let state = from
  for (const letter of String(name)) state = Math.imul(state ^ letter.charCodeAt(0), 0x9e3779b1) >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = n => Math.floor(next() * n)
  return { next, below, sometimes: share => next() < share, pick: list => list[below(list.length)] }
}
