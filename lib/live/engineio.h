/* engineio.h - Engine.IO 4: messages both ways over held HTTP requests, WebSocket, or the one and
 * then the other.
 *
 * A session outlives its connections: while it is polled, messages wait in a queue for the next
 * GET; an upgrade takes that queue along, so nothing is lost and nothing passes anything else. Who
 * sits on top hears of messages and of the end, and knows nothing of transports. Knows nothing of
 * Socket.IO, nor of people. */
#ifndef LIVE_ENGINEIO_H
#define LIVE_ENGINEIO_H

#include "live/http.h"

enum { ENGINE_SID = 20 };

struct wire;
struct engine;

struct engine_app {
	/* A session begins with this request. */
	void (*opened)(struct engine *e, const struct wire *w, const struct http_head *h);
	void (*message)(struct engine *e, struct str bytes, bool binary);
	/* What waited to be read is read. */
	void (*drained)(struct engine *e);
	/* It is over, for whatever reason but engine_close(): the last that is heard of it. */
	void (*closed)(struct engine *e);
};

struct engine_settings {
	const struct engine_app *app;
	int64_t ping_interval_ms, ping_timeout_ms;
	int64_t payload_max; /* of what comes in: a message, or a body of several */
	size_t sessions_max;
};

/* Before all others. */
void engine_start(const struct engine_settings *s);
/* Every session ends. */
void engine_stop(void);
size_t engine_count(void);

/* A request for the address of Engine.IO; allow_origin: the foreign origin that may read the
 * answer, absent for none. It is not copied. */
void engine_request(
	struct wire *w, const struct http_head *h, struct str body, struct str allow_origin);

void engine_set_data(struct engine *e, void *data);
void *engine_data(const struct engine *e);
/* Bytes that wait for the other side to read. */
size_t engine_waits(const struct engine *e);
void engine_send(struct engine *e, struct str bytes, bool binary);
/* The same of a text message in both its forms, for who sends it to many: with the '4' in front,
 * and as a whole frame. */
void engine_send_made(struct engine *e, struct str packet, struct str frame);
/* Between the two what is sent to a polled session is gathered into one answer. */
void engine_cork(struct engine *e);
void engine_uncork(struct engine *e);
/* Ends it behind what was sent, without `closed`. */
void engine_close(struct engine *e);

#endif
