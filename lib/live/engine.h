/* engine.h - an Engine.IO session inside: how it lives, what it sends. For live/engineio.c, which
 * takes the requests; everybody else uses live/engineio.h. */
#ifndef LIVE_ENGINE_H
#define LIVE_ENGINE_H

#include "live/engineio.h"
#include "live/wheel.h"

enum fault { UNKNOWN_TRANSPORT, UNKNOWN_SID, BAD_METHOD, BAD_REQUEST, FORBIDDEN, BAD_VERSION };

struct engine {
	char sid[ENGINE_SID + 1];
	struct wire *poll, *probe, *socket;
	/* Packets that wait for a GET, each with its length and kind in front. */
	struct buf out;
	struct wound pulse, upgrade;
	struct wound late; /* what was sent without haste waits for more */
	int64_t dies_us, answered_us;
	void *data;
	struct str allow_origin; /* of the last request */
	int corks;
	bool waits_for_pong, probed, closing, over;
	bool hurries; /* something of what waits is not to wait for more */
};

extern struct engine_settings engine_settings;

/* A session, corked, of which the app has been told. */
struct engine *engine_new(struct wire *w, const struct http_head *h);
struct engine *engine_find(struct str sid);
/* It ends by itself, or by the other side: the app is told. */
void engine_die(struct engine *e);
/* Nobody finds it any more; it is freed when nobody is at work for it. */
void engine_leave(struct engine *e);
/* A ping was answered, or there was none yet. */
void engine_live_on(struct engine *e);

/* A packet with its type in front; a binary one without. */
void engine_send_packet(struct engine *e, struct str packet, bool binary);
/* What waits goes out, if there is a way. */
void engine_flush(struct engine *e);

void engine_answer(
	struct wire *w, int status, const char *type, struct str origin, struct str body);
void engine_answer_poll(struct engine *e, struct wire *w, struct str payload);
void engine_refuse(struct wire *w, enum fault why, struct str origin);

#endif
