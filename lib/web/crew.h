/* crew.h - the threads of a program, which serve one request each.
 *
 * There are as many as have something to do, up to what the settings say: one begins, another comes
 * when all are busy, and who has had nothing to do for a minute ends. There are more while some of
 * them stand aside: a thread that is kept waiting, by a slow client or for a place to hash a
 * password, says so, and another takes its place. So five hundred people whose uploads trickle in
 * cost five hundred small stacks, and nobody else's time. */
#ifndef WEB_CREW_H
#define WEB_CREW_H

#include "web/request.h"

/* Serves FastCGI requests until the process is asked to end, and all of them to their end. */
void crew_serve(struct host *host);

/* The thread is about to wait for long, and goes on behind crew_return(). false: too many do so
 * already. Always true where there is no crew, and for who stands aside already. */
bool crew_stand_aside(void);
void crew_return(void);

#endif
