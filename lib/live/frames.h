/* frames.h - WebSocket frames (RFC 6455): coming in by wslay, going out by hand.
 *
 * wslay's context has two buffers of 4 KiB inside, too much for thousands of sockets that say
 * nothing. So there is one only while something of a message has come in and something of it is
 * still missing; between messages a reader is a NULL pointer. Knows no sockets. */
#ifndef LIVE_FRAMES_H
#define LIVE_FRAMES_H

#include "core/str.h"

enum { FRAME_HEAD_MAX = 10 };

enum frame_kind { FRAME_TEXT = 1, FRAME_BINARY = 2, FRAME_CLOSE = 8, FRAME_PING = 9 };

struct frames;

struct frames_reader {
	void (*message)(void *context, struct str bytes, bool binary);
	/* Pongs, and the close frame that ends it. */
	void (*reply)(void *context, struct str frame);
};

/* Eats bytes as a client sends them. false: it is over, by a close frame or by what is none; the
 * reply to that was said already. Text is UTF-8; a message beyond message_max ends it with 1009. */
bool frames_eat(struct frames **f, const struct frames_reader *r, void *context, size_t message_max,
	struct str bytes);
void frames_free(struct frames **f);

/* The head of a whole frame of n bytes going out; returns its length. */
size_t frame_head(unsigned char to[FRAME_HEAD_MAX], enum frame_kind kind, size_t n);

#endif
