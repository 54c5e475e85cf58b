/* wire.h - connections that speak HTTP/1.1, and WebSocket once both sides want it.
 *
 * A request is handed over when it is whole. It is answered at once, or by and by: who holds it
 * claims the wire, and hears when its client goes. Or it is upgraded, and then messages come. All
 * on the loop's thread; nothing blocks.
 *
 * A struct wire * is valid until wire_drop() or wire_close(), or the return of `gone`; behind an
 * answer it belongs to nobody again. */
#ifndef LIVE_WIRE_H
#define LIVE_WIRE_H

#include "live/http.h"

#include <uv.h>

struct wire;
struct wires;

struct wire_limits {
	unsigned connections_max;
	int64_t patience_ms; /* for a request to come in whole, for an answer to be taken */
	size_t body_max;
};

/* Who claims a wire. */
struct wire_user {
	void (*message)(struct wire *w, struct str bytes, bool binary);
	/* All that waited to be sent is sent. May be NULL. */
	void (*drained)(struct wire *w);
	/* The other side has gone; the last that is heard of it. */
	void (*gone)(struct wire *w);
};

/* The foreign origin whose pages may read the answer; absent: none. */
typedef struct str wires_origin(const struct http_head *h);

/* Serves who connects to listen_fd. `request` answers, claims, upgrades or drops; what it is given
 * is gone when it returns. NULL, errno set: out of descriptors. */
struct wires *wires_listen(uv_loop_t *loop, int listen_fd, struct wire_limits limits,
	wires_origin *origin,
	void (*request)(struct wire *w, const struct http_head *h, struct str body));
void wires_stop_accepting(struct wires *s);
void wires_close(struct wires *s);
unsigned wires_count(const struct wires *s);

void wire_claim(struct wire *w, const struct wire_user *user, void *data);
void *wire_data(const struct wire *w);

/* headers: whole lines, or nothing. The length is added, and what is to become of the connection.
 */
void wire_answer(struct wire *w, int status, struct str headers, struct str body);
/* The same for an answer in CGI form: "Status: 401\r\n…\r\n\r\nbody". */
void wire_answer_cgi(struct wire *w, struct str cgi);

/* Switches to WebSocket; the claim stays. accept: see http_accept(). */
void wire_upgrade(struct wire *w, const char *accept, size_t message_max);
bool wire_is_upgraded(const struct wire *w);
void wire_send(struct wire *w, struct str message, bool binary);
/* Whole frames, made by frame_head() already. */
void wire_put(struct wire *w, struct str frames);
void wire_ping(struct wire *w);
/* Whether anything has come in since this was last asked. */
bool wire_was_heard(struct wire *w);
/* Bytes that wait for the other side to read. */
size_t wire_waits(const struct wire *w);

/* Between the two what is said to one wire in a row is sent in one go, and with wires_release() at
 * the latest. */
void wires_gather(void);
void wires_release(void);

/* The closing handshake, without `gone`. */
void wire_close(struct wire *w, unsigned code, const char *why);
/* At once, without `gone`. */
void wire_drop(struct wire *w);

/* For who wants to know where it comes from. */
int wire_fd(const struct wire *w);

#endif
