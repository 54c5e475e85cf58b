// messenger.js - everything that begins when somebody is logged in, and ends when they are not: one door for main.js.
import { store } from './model.js'
import * as keep from './work/keep.js'
import * as sending from './work/sending.js'
import * as sync from './work/sync.js'
import * as telling from './work/telling.js'
import * as way from './work/way.js'

export { Messenger } from './views/messenger.js'

let unwatch = () => {}

export async function arrive(me) {
  const before = await keep.recall('me')
  if (before && before.id !== me.id) await keep.forget()
  await keep.keep('me', me)
  unwatch = store.watch((state, { me: known }) => {
    if (state.me && known && state.me !== known) keep.keep('me', state.me)
  })
  telling.start()
  await sending.start()
  way.start()
  await sync.start(telling.news)
}

// Who logs out leaves nothing behind. Whose session was ended finds what was not sent yet when they come back.
export async function depart(ended) {
  unwatch()
  sync.stop()
  telling.stop()
  way.stop()
  if (ended) await keep.keep('state', null)
  else await keep.forget()
}
