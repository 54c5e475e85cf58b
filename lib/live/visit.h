/* visit.h - requests of a program that has a loop: what is quick on the loop, the rest in threads.
 *
 * A thread for each request costs two changes of threads to be accepted and two more to wait for
 * its turn in a batch: with many small posts that is most of the work. Here requests of quick
 * routes (struct route) are walked on the loop through the same steps as everywhere, and parked
 * where they have to wait for somebody; all others, and those of whom nothing is remembered yet, go
 * to a thread of the pool, which walks them with a database.
 *
 * A quick handler never waits. It hands its work to another thread and says ERR_PARKED; that thread
 * calls visit_resume() when it is done, and the answer is made on the loop.
 *
 * Where they come from is somebody else's: FastCGI (live/desk.h), or a socket of the bridge
 * (live/forward.h). Not for: requests that wait for events; they have lib/live/live.c. */
#ifndef LIVE_VISIT_H
#define LIVE_VISIT_H

#include "web/app.h"

#include <uv.h>

struct threads;
struct visit;
struct visits;

/* Requests of host->program. All of it but visit_resume() is for the loop's thread. */
struct visits *visits_new(uv_loop_t *loop, struct host *host, struct threads *threads);
/* At the end: who is on their way still is not answered. The loop must still turn once. */
void visits_free(struct visits *all);
unsigned visits_count(const struct visits *all);

/* The answer in CGI form, which is gone when this returns. */
typedef void visit_done(void *context, struct str answer);
/* Variables and body are copied. `done` is called once, and never from within. */
struct visit *visit_begin(
	struct visits *all, char **params, struct str body, visit_done *done, void *context);
/* Nobody waits for the answer any more: what was asked for is done all the same. */
void visit_forget(struct visit *v);

/* From any thread, once, for a request that was parked: `then` makes its answer, on the loop.
 * Everything that the other thread wrote before is seen there. */
void visit_resume(
	struct visit *v, enum err (*then)(struct request *rq, void *context), void *context);

#endif
