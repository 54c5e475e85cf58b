/* waiter.h - polls and event streams that wait.
 *
 * A waiter is a FastCGI request that has been through all its steps and is to be answered when
 * something happens, or when its time is up. */
#ifndef LIVE_WAITER_H
#define LIVE_WAITER_H

#include "live/live.h"

/* Whether one more may wait: on this process, and of this person. */
bool waiter_has_place(struct request *rq);
/* A newer poll of the same session with the same filter takes the place of the older one: its
 * client has gone, or has changed its mind. */
void waiter_release_older(struct request *rq, const struct wish *wish);
/* From now on it waits for what is behind that position; ERR_PARKED. */
enum err waiter_park(struct request *rq, const struct wish *wish, const struct listener *from);

void waiter_start(struct live *l);
/* Answers everybody with what they have, which is nothing, or that they must begin anew; for the
 * end of the process, or of the log they followed. */
void waiter_release_all(enum err e);
void waiter_stop(void);

#endif
