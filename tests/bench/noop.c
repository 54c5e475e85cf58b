/* noop - a Bellhop program that only answers, to measure what the way of a request costs beside
 * tests/bench/floor.c, which answers the same through bare libfcgi. */
#include "web/route.h"

/* GET /noop */
static enum err answer(struct request *rq)
{
	struct writer *j = reply_json(rq);

	put_int(j, "id", 1234567);
	put_bool(j, "ok", true);
	return OK;
}

static const struct route routes[] = {
	{ "GET", "/", AUTH_NONE, 0, NULL, answer },
	{ 0 },
};

const struct program program = { "noop", routes, false };
