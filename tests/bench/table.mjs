// table.mjs - figures as people read them: on a terminal, and in the README.

const holds = { '>=': (a, b) => a >= b, '<=': (a, b) => a <= b, '<': (a, b) => a < b }

export function met({ goal, figure }) {
  if (!goal) return undefined
  const [sign, limit] = goal.split(' ')
  return holds[sign](figure, Number(limit))
}

const inWords = { true: 'met', false: 'MISSED', undefined: '' }
const verdict = line => inWords[met(line)] + (line.noisy ? ' (noisy)' : '')
const signs = { '>=': '≥', '<=': '≤' }
const rounded = n => (Math.abs(n) >= 100 ? n.toFixed(0) : Number(n.toPrecision(3)).toString())
const goal = line => (line.goal ? `${line.goal.replace(/^\S+/, sign => signs[sign] ?? sign)}${unit(line)}` : '')
const unit = line => (line.unit ? ` ${line.unit}` : '')
const figure = line => `${rounded(line.figure)}${unit(line)}`

const columns = [
  ['what', line => line.what],
  ['goal', goal],
  ['figure', figure],
  ['', verdict],
  ['of it', line => line.detail ?? '']
]

export function table(lines) {
  const rows = [columns.map(([head]) => head), ...lines.map(line => columns.map(([, cell]) => cell(line)))]
  const widths = columns.map((_, i) => Math.max(...rows.map(row => row[i].length)))
  return rows.map(row => row.map((cell, i) => cell.padEnd(widths[i])).join('  ').trimEnd()).join('\n')
}

export function markdown(lines) {
  const row = cells => `| ${cells.join(' | ')} |`
  const measured = line => figure(line) + (met(line) === false ? ' (missed)' : '')
  return [
    row(['What', 'Goal', 'Measured', 'Details']),
    row(['---', '---', '---', '---']),
    ...lines.map(line => row([line.what, goal(line) || '—', measured(line), line.detail ?? '']))
  ].join('\n')
}
