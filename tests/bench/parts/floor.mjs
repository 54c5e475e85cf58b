// What our way of a request costs when there is nothing to do, beside the least that libfcgi can do.
import { compare } from '../routes.mjs'

export default out => compare(out, { name: 'no-op route', path: '/noop', program: 'noop', goal: '>= 0.9' })
