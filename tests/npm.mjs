// npm.mjs - libraries from npm, which are installed outside of the source tree, under .build.
import { createRequire } from 'node:module'

export const require = createRequire(new URL('../.build/npm/tests/package.json', import.meta.url))
