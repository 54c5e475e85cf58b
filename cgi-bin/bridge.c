/* bridge - the stream of events, and every command, over WebSocket and Socket.IO.
 *
 * A daemon beside the web programs (lib/live/bridge.h), not needed by any of them. Who comes to one
 * of its sockets goes through the steps of every request, by the one route below; what they ask for
 * is forwarded to the programs that own it, but for messages, which are posted from here. */
#include "live/bridge.h"
#include "live/guest.h"
#include "live/posting.h"

enum { CURSOR_BYTES_MAX = 48 };

struct enter_in {
	struct value cursor;
};

static const struct field enter_fields[] = {
	FIELD(struct enter_in, cursor, "cursor", FROM_QUERY, F_TEXT, 0, CURSOR_BYTES_MAX, 0),
	{ 0 },
};

/* Somebody at a socket shows their token, and says from where on they want to hear. */
static enum err enter(struct request *rq)
{
	const struct enter_in *in = rq->in;

	return guest_arrive(rq, in->cursor.s);
}

static void open_all(struct host *host)
{
	posting_open(host, false);
}

static const struct route routes[] = {
	{ "GET", "/", AUTH_USER, 0, enter_fields, enter },
	{ 0 },
};

const struct program program = { .name = "bridge",
	.routes = routes,
	.tapes = true,
	.open = open_all,
	.close = posting_close,
	.serve = bridge_serve,
	.is_daemon = true };
