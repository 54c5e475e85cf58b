/* question.h - a command of a socket as a request: what a web server would make of it, with the
 * client's token and address. Knows no sockets. */
#ifndef LIVE_QUESTION_H
#define LIVE_QUESTION_H

#include "core/arena.h"
#include "live/caller.h"

struct question {
	struct str method, path; /* "/messages/5?limit=1" */
	struct str body;         /* JSON; absent: none */
	struct str token;
	const struct caller *caller;
};

/* "NAME=value" strings, ended by NULL, in the arena. */
char **question_params(struct arena *a, const struct question *q);

#endif
