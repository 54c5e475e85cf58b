// delivery.mjs - from post to delivery: one measurement of it, and how it is told, by whatever way it goes.
import { isNoisy, load, median, noiseInWords, noiseOf, ratio } from './measure.mjs'

const half = line => line.deliv_p50_ms
const most = line => line.deliv_p99_ms

// A target for inTurns().
export const delivering = (name, options, raw) => ({
  name,
  run: async () => {
    const line = await load('latency', { ...options, label: name })
    raw(line)
    if (line.lost || line.dups) throw new Error(`${name}: ${line.lost} lost, ${line.dups} twice`)
    return line
  }
})

export function tellDelivery(figure, way, { ours, node }, [halfWithin, mostWithin]) {
  const noisy = isNoisy(noiseOf(ours, node))
  const words = lines => `${median(lines.map(half)).toFixed(2)} / ${median(lines.map(most)).toFixed(2)} ms`
  const detail = `half / 99 % within: ours ${words(ours)}, Node ${words(node)}; ${noiseInWords(ours, node)}`
  figure({ what: `post to delivery at 100/s by ${way}, half within`, goal: halfWithin, figure: median(ours.map(half)), unit: 'ms', noisy, detail })
  figure({ what: 'the same, 99 % within', goal: mostWithin, figure: median(ours.map(most)), unit: 'ms', noisy })
  figure({ what: 'the same / Node peer, half within', goal: '< 1', figure: ratio(ours, node, half), noisy })
}
