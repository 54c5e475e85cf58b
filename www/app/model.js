// model.js - the state of this tab, and how a view looks at a part of it.
import { EMPTY, createStore } from './state/store.js'
import { useEffect, useReducer, useRef } from './ui.js'

export const store = createStore(EMPTY)

// What `look` finds in the state. The view is drawn again when that is another value.
export function useStore(look) {
  const [, draw] = useReducer(n => n + 1, 0)
  const latest = useRef()
  const value = look(store.get())
  latest.current = { look, value }
  useEffect(() => {
    const see = state => {
      if (!Object.is(latest.current.look(state), latest.current.value)) draw()
    }
    see(store.get())
    return store.watch(see)
  }, [])
  return value
}
