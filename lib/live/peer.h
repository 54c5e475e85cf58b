/* peer.h - thousands of connections of one listening socket on a libuv loop.
 *
 * Accepts, reads, writes what waits, ends who takes too long; knows nothing of what is said (that
 * is lib/live/fcgi.c). A connection is a struct that begins with a struct peer and costs little
 * more than that: see peer.c for how.
 *
 * All on the loop's thread, nothing blocks. Every function may be called from every callback; no
 * function but peers_close() calls back. */
#ifndef LIVE_PEER_H
#define LIVE_PEER_H

#include "core/str.h"

#include <sys/uio.h>
#include <uv.h>

struct peers;
struct outbox;

struct peer_link {
	struct peer_link *prev, *next;
};

struct peer {
	struct peer_link link;
	struct peers *peers;
	struct outbox *out;
	int64_t deadline_ms;
	int fd; /* -1: closed, and freed soon */
	bool watches_out, broken, lost;
};

/* What a kind of connection is, and does when something happens. */
struct peer_kind {
	size_t size; /* of its struct, zeroed when the connection opens */
	/* Bytes came in; they are gone when this returns. */
	void (*input)(struct peer *p, struct str bytes);
	/* Some of what waited was sent; peer_waits() is what is left. */
	void (*output)(struct peer *p);
	/* The other side closed (its half at least) or failed, its time is up, or peers_close():
	 * will be closed and freed behind this. Not called for who is closed by peer_close(). */
	void (*lost)(struct peer *p);
	/* Behind peers_close(), when nobody is left. */
	void (*over)(void *context);
};

/* Serves who connects to listen_fd, which stays the caller's and becomes non-blocking; never more
 * than `max` at once, the others wait to be accepted. NULL, errno set: out of descriptors. */
struct peers *peers_listen(uv_loop_t *loop, int listen_fd, const struct peer_kind *kind,
	void *context, int64_t patience_ms, unsigned max);
/* Lets in some of those who knock, without hearing them yet: for who is about to be busy for long.
 */
void peers_let_in(struct peers *s);
void peers_stop_accepting(struct peers *s);
void peers_close(struct peers *s);
unsigned peers_count(const struct peers *s);
void *peers_context(const struct peers *s);
/* Calls f for each connection that has a deadline; f may close it. */
void peers_each_timed(struct peers *s, void (*f)(struct peer *p));

/* From now on there are patience_ms to the next call of one of the two, or no limit. A new
 * connection has a limit. */
void peer_hurry(struct peer *p);
void peer_relax(struct peer *p);
/* Sends the parts (and changes them); what the socket does not take is copied and waits. false: the
 * connection is broken, `lost` will follow. */
bool peer_send(struct peer *p, struct iovec *parts, int n);
size_t peer_waits(const struct peer *p);
void peer_close(struct peer *p);

#endif
