/* desk.h - serves a program with one loop for what is quick and threads for what asks the database.
 *
 * A thread for each request costs two changes of threads to be accepted and two more to wait for
 * its turn in a batch: with many small posts that is most of the work. Here the loop takes requests
 * in, walks those of quick routes (struct route) through the same steps as everywhere, and parks
 * them where they have to wait for somebody; all others, and those of whom nothing is remembered
 * yet, go to a thread of the pool, which walks them with a database.
 *
 * A quick handler never waits. It hands its work to another thread and says ERR_PARKED; that thread
 * calls desk_resume() when it is done, and the answer is made on the loop.
 *
 * Not for: requests that wait for events; they have lib/live/live.c. */
#ifndef LIVE_DESK_H
#define LIVE_DESK_H

#include "web/app.h"

/* Serves until SIGTERM, and finishes what is running; for `serve` of struct program. */
void desk_serve(struct host *host);

/* From any thread, once, for a request that was parked: `then` makes its answer, on the loop.
 * Everything that the other thread wrote before is seen there. */
void desk_resume(
	struct visit *v, enum err (*then)(struct request *rq, void *context), void *context);

#endif
