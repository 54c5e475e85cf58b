/* call.h - the door of a program whose FastCGI requests wait: polls and event streams.
 *
 * A request is walked through the same steps as everywhere (lib/web/app.c), on the loop's thread
 * and without a database. Most polls need none: the token is remembered, the person known, the
 * cursor within the tail. Where a step says ERR_NEEDS_DATABASE, a thread fetches what is missing
 * (live/fetch.h), and the request is walked again with that in hand. */
#ifndef LIVE_CALL_H
#define LIVE_CALL_H

#include "live/live.h"

/* Serves until SIGTERM; for `serve` of struct program. */
void call_serve(struct host *host);
/* Lets in some of those who knock, for who is about to be busy for long. */
void call_let_in(void);

#endif
