// measure.js - which part of a long history is drawn, and where. A row stands for each seq, loaded or not; rows that were
// drawn are as high as they were, others as high as rows are on average. Pure: the numbers come from log.js.

export class Heights {
  #known = []
  #sum = 0
  #n = 0

  get typical() {
    return this.#n ? this.#sum / this.#n : 64
  }

  of(seq) {
    return this.#known[seq] ?? this.typical
  }

  set(seq, height) {
    const before = this.#known[seq]
    if (before === undefined) this.#n++
    this.#sum += height - (before ?? 0)
    this.#known[seq] = height
  }

  // Another width makes other heights; what was known is still the best guess for what is typical.
  forget() {
    const typical = this.typical
    this.#known = []
    this.#sum = typical
    this.#n = 1
  }

  // Of all rows from `first` up to `last`, both included.
  sum(first, last) {
    let total = 0
    for (let seq = first; seq <= last; seq++) total += this.#known[seq] ?? this.typical
    return total
  }

  // The row at this distance from the top of row 1, and where in the row that is.
  find(distance, last) {
    let top = 0
    for (let seq = 1; seq <= last; seq++) {
      const height = this.of(seq)
      if (top + height > distance) return { seq, offset: top - distance }
      top += height
    }
    return { seq: last, offset: 0 }
  }
}

// The rows to draw for a view of `room` pixels, and as much again above and below: from the end (`stick`), or around a
// row (`seq`) that stands `offset` pixels below the top of the view.
export function rangeOf({ stick, seq, offset }, last, room, heights) {
  if (last === 0) return { first: 1, last: 0 }
  if (stick) return { first: above(last, 2 * room, heights), last }
  const anchor = Math.min(Math.max(seq, 1), last)
  return { first: above(anchor, offset + room, heights), last: below(anchor, 2 * room - offset, last, heights) }
}

function above(from, pixels, heights) {
  let seq = from
  for (let sum = 0; seq > 1 && sum < pixels; ) sum += heights.of(--seq)
  return seq
}

function below(from, pixels, last, heights) {
  let seq = from
  for (let sum = heights.of(seq); seq < last && sum < pixels; ) sum += heights.of(++seq)
  return seq
}
