// What MariaDB alone can do with a plain chat, from C: how far above all of us the ceiling is.
import { readFileSync } from 'node:fs'
import { tool } from '../measure.mjs'
import { stage } from '../stage.mjs'

const SECONDS = 3
const RUNS = [['paced', 1], ['insert', 1], ['insert', 32], ['tx3', 32], ['batch10', 8], ['select', 8]]

export default async function ceiling({ figure }) {
  const { site, database } = await stage()
  const { socket, admin_user: DB_USER, admin_password: DB_PASSWORD } = site.ini.database
  await site.sql(readFileSync(new URL('../ceil.sql', import.meta.url), 'utf8'))
  for (const [mode, connections] of RUNS) {
    const run = await tool('dbceil', [socket, mode, connections, SECONDS, database], { DB_USER, DB_PASSWORD })
    figure({
      what: `MariaDB alone: ${mode}, ${connections} connections`,
      figure: run.rows_per_s,
      unit: mode === 'select' ? 'pages/s' : 'rows/s',
      detail: `half within ${run.p50_ms} ms, 99 % within ${run.p99_ms}; CPU ${run.db_cpu_per_1k_ops} s/1,000`
    })
  }
}
