/* classic.h - the site's first socket protocol, at / with Upgrade: {"type","params"} frames, eight
 * types, and a frame for every message that comes. Its names are as they are. */
#ifndef LIVE_CLASSIC_H
#define LIVE_CLASSIC_H

#include "live/http.h"

struct wire;

/* A handshake; base: what stands before / in the path. */
void classic_begin(struct wire *w, const struct http_head *h, struct str base);

#endif
