/* forward.h - a command of a socket, asked of the program that owns it.
 *
 * It goes to the program's FastCGI socket in [paths] run, as the request that a web server would
 * make of it: with the client's token and address. So every rule, limit and error is the program's,
 * and stands once. Nothing blocks. */
#ifndef LIVE_FORWARD_H
#define LIVE_FORWARD_H

#include "core/buf.h"
#include "live/caller.h"

#include <uv.h>

struct forward;

/* All of it is copied. */
struct question {
	struct str method, path; /* "/messages/5?limit=1" */
	struct str body;         /* JSON; absent: none */
	struct str token;
	const struct caller *caller;
};

/* body: of the answer, JSON or empty. */
typedef void forward_done(void *context, int status, struct str body);

/* `done` is called once and never from within; unless it is forgotten: then the command is carried
 * out all the same, and nobody hears of it. */
struct forward *forward(uv_loop_t *loop, const char *run_dir, const struct question *q,
	forward_done *done, void *context);
void forward_forget(struct forward *f);

/* How many are on their way. */
unsigned forward_count(void);

#endif
