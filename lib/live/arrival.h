/* arrival.h - a poll or event stream that has just come: it is answered with what there is for it,
 * or begins to wait.
 *
 * The order that loses nothing: what the tail already has is looked through first, then the waiter
 * listens, and since all of that is one turn of the loop, nothing can come in between. */
#ifndef LIVE_ARRIVAL_H
#define LIVE_ARRIVAL_H

#include "live/live.h"

/* The handler on the loop: answers, parks (ERR_PARKED), or says ERR_NEEDS_DATABASE. */
enum err arrive(struct request *rq, const struct wish *wish);

#endif
