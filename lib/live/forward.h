/* forward.h - a command of a socket, asked of the program that owns it.
 *
 * It goes to the program's FastCGI socket in [paths] run, as the request that a web server would
 * make of it. So every rule, limit and error is the program's, and stands once. Messages alone are
 * posted here, by the same handler (live/posting.h). Nothing blocks. */
#ifndef LIVE_FORWARD_H
#define LIVE_FORWARD_H

#include "live/question.h"

struct forward;
struct live;

/* Before all others. */
void forward_open(struct live *l);
/* While the loop still turns; and behind it. */
void forward_close(void);
void forward_end(void);

/* body: of the answer, JSON or empty. */
typedef void forward_done(void *context, int status, struct str body);

/* The question is copied. `done` is called once and never from within; unless it is forgotten: then
 * the command is carried out all the same, and nobody hears of it. */
struct forward *forward(const struct question *q, forward_done *done, void *context);
void forward_forget(struct forward *f);

/* How many are on their way. */
unsigned forward_count(void);

#endif
