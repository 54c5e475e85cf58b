// A small answer with a token checked and one row read from the database.
import { compare } from '../routes.mjs'

export default out => compare(out, { name: 'GET /account/me', path: '/account/me', program: 'account', goal: '>= 0.6' })
