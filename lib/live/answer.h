/* answer.h - what a client gets of the stream of events: one JSON answer of a poll, or a piece of
 * an event stream. */
#ifndef LIVE_ANSWER_H
#define LIVE_ANSWER_H

#include "live/hub.h"

/* Where somebody stands in the stream: they have everything of the log up to a number, and of what
 * nobody keeps (core/ephemera.h). Opaque to clients: "EPOCH-NUMBER-HEARD". */
struct cursor {
	int64_t epoch, number;
	int64_t heard; /* -1: not said, which is from now on */
};

struct str cursor_text(struct arena *a, struct cursor c);
bool cursor_parse(struct str text, struct cursor *c);

/* What the caller of a poll asked for. */
struct wish {
	bool given; /* with a cursor; else only the present one is wanted */
	struct cursor cursor;
	int64_t chat_id;          /* 0: all */
	int64_t limit, max_bytes; /* max_bytes 0: any size */
	int64_t timeout_s;
	bool stream; /* Server-Sent Events */
};

/* Events of a database read in the form of the hub's. */
struct hub_event *answer_render(struct arena *a, const struct event *events, size_t n);
/* The same of one that nobody keeps. */
struct hub_event answer_ephemeral(struct arena *a, const struct ephemeral *what);

/* {"cursor","events","more"}: as many of the events as the wish permits, those of the log first.
 * `at`: where the cursor stands when all of them are in; `more`: there are further ones behind it.
 * retry_ms 0: none. */
void answer_poll(struct buf *to, struct arena *a, const struct wish *w, struct cursor at,
	const struct hub_event *const *events, size_t n, bool more, int64_t retry_ms);
/* One event of a stream, and where the cursor stands with it. */
void answer_stream(struct buf *to, struct arena *a, struct cursor at, const struct hub_event *e);

#endif
