/* whisper.h - what nobody keeps, as a process with a loop hears and says it: the ring of ephemeral
 * events goes to the hub, and the table of who is online is looked after.
 *
 * Once a second the people who wait here are marked, so many at a time that each has their turn
 * well before their time is up; then it is told who came and who went, and a thread writes down
 * when those who went were last seen. */
#ifndef LIVE_WHISPER_H
#define LIVE_WHISPER_H

#include "live/live.h"

/* The number in the ring behind which a new hub begins: so far back that a chain of polls goes on
 * where it was broken by the end of the process before. */
int64_t whisper_begin(struct page *p);
void whisper_start(struct live *l);
/* Tells the hub what is new in the ring. */
void whisper_rung(void);
/* They wait, or have waited until now, so they are online. */
void whisper_mark(int64_t user_id);
/* Once a second. */
void whisper_tick(void);

#endif
