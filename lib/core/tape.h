/* tape.h - the newest events of the log, in memory that those who write and those who read them
 * share.
 *
 * Who has committed an event writes it down here before ringing the bell, and who hears the bell
 * need not ask the database for what it has just been given. The tape is short, and it may have
 * gaps: what is long, what was written on another machine, what somebody died over. Then the
 * database is asked. It never says anything that is not in the log.
 *
 * Any number of writers and readers, no lock: each event has a place by its number, sealed with a
 * sum of all that stands there; a place that is being written over has no seal that fits. */
#ifndef CORE_TAPE_H
#define CORE_TAPE_H

#include "core/arena.h"

struct tape;

enum { TAPE_EVENTS = 256, TAPE_DATA_MAX = 1024 };

struct taped {
	int64_t epoch, id, chat_id, at_ms;
	struct str data;
};

/* NULL, errno set: it cannot be had. */
struct tape *tape_open(const char *run_dir);
void tape_close(struct tape *t);

/* What is longer than TAPE_DATA_MAX is left out. */
void tape_put(struct tape *t, const struct taped *e);
/* The event of that number, its data in the arena. */
bool tape_get(struct tape *t, struct arena *a, int64_t epoch, int64_t id, struct taped *e);
/* It was unsaid. */
void tape_wipe(struct tape *t, int64_t id);

#endif
