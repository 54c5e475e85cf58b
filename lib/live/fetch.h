/* fetch.h - what a request that waits needs from the database, fetched by a thread of the pool.
 *
 * The thread walks a copy of the request: who asks (which fills the memory of tokens that the loop
 * looks into), what they may see, and what lies between their cursor and the tail. */
#ifndef LIVE_FETCH_H
#define LIVE_FETCH_H

#include "live/live.h"

/* What a thread has brought for one request. */
struct fetched {
	enum err err;
	struct arena arena;
	struct log_state state;
	struct sight sight;       /* nothing where there is more to fetch */
	int64_t as_of;            /* the log had been read that far when `sight` was loaded */
	struct hub_event *events; /* behind the cursor, from the database */
	size_t n;
	int64_t position;
	bool more;
};

/* Called on the loop, once. `walked` is how the thread's walk ended: ERR_NEEDS_DATABASE where the
 * handler came to its wish; `vouched` is whom that walk let in. `got` is the receiver's; NULL: the
 * log went elsewhere meanwhile, and it says nothing. */
typedef void fetch_done(
	void *context, enum err walked, const struct vouched *vouched, struct fetched *got);

/* Copies the variables: the client may go meanwhile. */
void fetch(struct live *l, char **params, fetch_done *done, void *context);
void fetched_free(struct fetched *f);

#endif
