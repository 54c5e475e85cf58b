/* live.h - the process of a program whose requests wait: one loop, the hub, and a few threads for
 * the database.
 *
 * It reads the tail of the log into the hub, and what nobody keeps; while nobody is there it only
 * follows the log's head, so that a site whose people do not wait pays nothing for those who could.
 * Who comes in, and how, is its door's: FastCGI requests (live/call.h) or sockets (live/bridge.h).
 * Nothing on the loop ever waits. */
#ifndef LIVE_LIVE_H
#define LIVE_LIVE_H

#include "live/answer.h"
#include "live/fcgi.h"
#include "web/app.h"

#include <uv.h>

struct live;
struct threads;
struct fetched;

/* What stands between the process and its clients. One process, one door. */
struct door {
	/* Begins to accept. */
	void (*open)(struct live *l);
	/* The process ends: nobody new; who waits is answered. */
	void (*stop)(void);
	/* The log that all have followed is over; behind this there is another hub. */
	void (*begin_anew)(void);
	/* The hub is about to hear something: what it said before must have been passed on, since
	 * it keeps only so much. NULL: that is done at once. */
	void (*tell)(void);
	/* The hub has been told of more, or a second has gone by. NULL: nobody waits for that. */
	void (*told)(void);
	/* Whether everybody has gone. */
	bool (*is_empty)(void);
	/* Who is still there is cut off; the loop must still turn once. */
	void (*close)(void);
};

/* What fcgi_data() of every request points to: who holds it, and is told when its client goes. */
struct held {
	void (*gone)(struct held *h);
};

/* What whoever asks now has a right to hear of: all that was rung for so far. */
struct rung_for {
	int64_t head, heard, until_us;
	int beginnings, failures;
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
	struct live_request *next; /* of those who wait for the hub to have heard that */
	struct rung_for rung_for;
	struct wish wish; /* filled in by the handler before it says ERR_NEEDS_DATABASE */
};

/* Serves until SIGTERM. */
void live_serve(struct host *host, const struct door *door);

struct threads *live_threads(struct live *l);
struct hub *live_hub(struct live *l);
uv_loop_t *live_loop(struct live *l);
struct host *live_host(struct live *l);
struct log_state live_state(struct live *l);
/* Where the log ends now, as far as anybody on this machine has heard: whoever begins without a
 * cursor begins here. The hub may be a moment behind. */
int64_t live_head(struct live *l);
struct rung_for live_rung_for(struct live *l);
/* Whether the hub has heard that much; or cannot, or has tried for long, or stands in another log.
 */
bool live_has_heard(struct live *l, const struct rung_for *r);
/* Before and behind each time that the hub is told of something. */
void live_tell(struct live *l);
void live_told(struct live *l);
/* How often everything began anew: what was read before that says nothing of the hub there is now.
 */
int live_beginnings(const struct live *l);
/* Somebody has come: from now on the log is read. */
void live_attend(struct live *l);
/* Somebody has seen that the log goes elsewhere: looks at it now. */
void live_look(struct live *l);
/* It has been asked to end: nobody may begin to wait. */
bool live_is_ending(const struct live *l);

#endif
