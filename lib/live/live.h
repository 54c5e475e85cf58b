/* live.h - the process of a program whose requests wait: one loop, the hub, and a few threads for
 * the database.
 *
 * A request is walked through the same steps as everywhere (lib/web/app.c), on the loop's thread
 * and without a database. Most polls need none: the token is remembered, the person known, the
 * cursor within the tail. Where a step says ERR_NEEDS_DATABASE, a thread fetches what is missing
 * (the session, the memberships, what lies between the cursor and the tail), and the request is
 * walked again with that in hand. Nothing on the loop ever waits. */
#ifndef LIVE_LIVE_H
#define LIVE_LIVE_H

#include "live/answer.h"
#include "live/fcgi.h"
#include "web/app.h"

#include <uv.h>

struct live;
struct threads;

/* What a thread has brought for one request. */
struct fetched {
	enum err err;
	struct arena arena;
	struct log_state state;
	struct sight sight;
	int64_t as_of;            /* the log had been read that far when `sight` was loaded */
	struct hub_event *events; /* behind the cursor, from the database */
	size_t n;
	int64_t position;
	bool more;
};

/* What fcgi_data() of every request points to: who holds it, and is told when its client goes. */
struct held {
	void (*gone)(struct held *h);
};

/* What the loop knows of a request on its way. */
struct live_request {
	struct held held;
	struct live *live;         /* NULL: in a thread, which only asks what is wished */
	struct fcgi_request *fcgi; /* NULL: the client is gone */
	struct fetched *fetched;   /* NULL: nothing was fetched yet */
	int tries;
	bool counted; /* against the limits */
	struct vouched vouched;
	struct wish wish; /* filled in by the handler before it says ERR_NEEDS_DATABASE */
};

/* Serves until SIGTERM; for `serve` of struct program. */
void live_serve(struct host *host);

struct threads *live_threads(struct live *l);
struct hub *live_hub(struct live *l);
uv_loop_t *live_loop(struct live *l);
struct host *live_host(struct live *l);
struct fcgi_server *live_server(struct live *l);
struct log_state live_state(struct live *l);
/* It has been asked to end: nobody may begin to wait. */
bool live_is_ending(const struct live *l);

#endif
