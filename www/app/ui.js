// ui.js - the one place that knows which library draws the pages: Preact, with HTM for its markup. The versions are
// those of www/package.json.
import { h } from '../vendor/preact-11.2.0/preact.mjs'
import htm from '../vendor/htm-3.1.1/htm.mjs'

export { render } from '../vendor/preact-11.2.0/preact.mjs'
export {
  useEffect, useId, useImperativeHandle, useLayoutEffect, useMemo, useReducer, useRef, useState
} from '../vendor/preact-11.2.0/hooks.mjs'

// Text in a template becomes a text node, always: nothing here makes markup out of words.
export const html = htm.bind(h)
