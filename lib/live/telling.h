/* telling.h - who is still to be told what the hub has heard: one in each turn of the loop.
 *
 * To tell seventy takes as long as a batch of messages takes the database, to tell thousands much
 * longer. Between two of them the loop hears what others ask, so the next batch is being written
 * while the rest are told, and nobody waits for all of them; a turn costs little beside what
 * telling one does. One process, one list. */
#ifndef LIVE_TELLING_H
#define LIVE_TELLING_H

#include <uv.h>

/* The owner embeds it, zeroed at first. */
struct telling {
	struct telling *next, **link; /* link NULL: has been told all */
};

/* `tell` is called once for each that was added, in that order; it may free it. */
void telling_start(uv_loop_t *loop, void (*tell)(struct telling *t));
void telling_add(struct telling *t);
void telling_leave(struct telling *t);
/* All of them, now. */
void telling_all(void);
void telling_stop(void);

#endif
