// socketio.mjs - how loadgen speaks Socket.IO to us, on the bridge's own port and behind lighttpd, and to the Node peer with
// nothing in front: the same people in the same chats. Ours tell a socket of all chats of its person, the peer's of those it has joined; so nobody here is one of those
// who are in every chat, and each hears of one chat alone.
import { crowd } from './crowd.mjs'
import { startPeer } from './parts/peer.mjs'
import { stage } from './stage.mjs'

const IN_EVERY_CHAT = 40

// {ours, behind, node}: options of `load`; so many people are left out, and so many chats.
export async function parties({ people = IN_EVERY_CHAT, rooms = IN_EVERY_CHAT } = {}) {
  const { site, web, bridge, database } = await stage()
  const { chat, tokens } = await crowd(await stage())
  const peer = await startPeer(site)
  const ours = {
    port: bridge,
    tokens,
    'user-base': people,
    'room-base': chat - 1 + rooms,
    'sio-message': '42{i}["message",{"chatId":{r},"body":"{m}"}]',
    pids: { bridge: web.programs.bridge, database }
  }
  return {
    ours,
    behind: { ...ours, port: web.port, pids: { ...ours.pids, lighttpd: web.lighttpd } },
    node: {
      port: peer.port,
      tokens: peer.tokens,
      'user-base': people,
      'room-base': rooms,
      'sio-join': '420["join",{r}]',
      'sio-message': '42{i}["message",{"chatId":{r},"content":"{m}"}]',
      pids: { peer: peer.pid, database }
    }
  }
}
