// What the peer's server and its seed share.
import { createRequire } from 'node:module'

export const require = createRequire(new URL('../../../.build/npm/peer-node/package.json', import.meta.url))
export const SECRET = 'this server is only ever measured'

const mysql = require('mysql2/promise')

export function database(options) {
  const { DB_SOCKET: socketPath, DB_USER: user, DB_PASSWORD: password } = process.env
  return mysql.createPool({ socketPath, user, password, database: 'peer', connectionLimit: 10, ...options })
}
