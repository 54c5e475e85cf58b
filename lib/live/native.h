/* native.h - the site's own protocol over WebSocket, at /ws: text frames, a JSON object each.
 *
 *     server  {"type":"hello","cursor":"…"}, then every event as in a poll, with its `cursor`
 *     client  {"auth":"…","cursor"?:"…"} where the handshake brought no token; later to renew it
 *     client  {"req":1,"method":"POST","path":"/messages/5","body":{…}}
 *     server  {"res":1,"status":201,"body":{…}} */
#ifndef LIVE_NATIVE_H
#define LIVE_NATIVE_H

#include "live/http.h"

struct wire;

/* A handshake at /ws; base: what stands before it in the path. */
void native_begin(struct wire *w, const struct http_head *h, struct str base);
/* How many there are. */
unsigned native_count(void);

#endif
