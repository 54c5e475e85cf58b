/* threads.h - what each thread of the loop's pool works with: a database connection and an arena,
 * taken for one piece of work and given back. */
#ifndef LIVE_THREADS_H
#define LIVE_THREADS_H

#include "web/app.h"

#include <uv.h>

struct threads {
	struct worker *all;
	bool *taken;
	int64_t *used_us; /* when it was given back; 0: it rests */
	int n;
	uv_mutex_t lock; /* guards which of them are free */
};

/* Before the pool is first used. A few, for who asks the database now and then; or so many. */
void threads_init(struct threads *t, struct host *host);
void threads_init_many(struct threads *t, struct host *host, int n);
void threads_free(struct threads *t);
/* There is always one: the pool has as many threads as there are of these. */
struct worker *thread_take(struct threads *t);
void thread_give(struct threads *t, struct worker *w);
/* From time to time: those that have been idle give back what they hold. */
void threads_rest(struct threads *t);

#endif
