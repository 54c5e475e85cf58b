/* caller.h - who stands behind a request, as far as it says; for the requests that are made in
 * their name. */
#ifndef LIVE_CALLER_H
#define LIVE_CALLER_H

#include "core/str.h"

struct wire;
struct http_head;

struct caller {
	struct str address, host, user_agent;
	struct str base; /* what stands before our part of the path */
	bool secure;
};

/* One block of memory; to be given back with free(). */
struct caller *caller_read(const struct wire *w, const struct http_head *h, struct str base);
struct caller *caller_copy(const struct caller *c);

#endif
