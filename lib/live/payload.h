/* payload.h - the body of an Engine.IO 4 request or answer: packets, one behind the other.
 *
 *     packet RS packet RS …      RS is 0x1e
 *     packet = type text | 'b' base64 */
#ifndef LIVE_PAYLOAD_H
#define LIVE_PAYLOAD_H

#include "core/arena.h"
#include "core/buf.h"

struct payload_packet {
	char type;        /* '0' … '6'; of a binary one '4' */
	struct str bytes; /* behind the type */
	bool binary;
};

/* Cuts the next packet off *rest. false: it is none; *rest is absent when nothing is left. */
bool payload_next(struct arena *a, struct str *rest, struct payload_packet *out);
/* One packet of text, type in front, as it comes by WebSocket. */
bool payload_packet(struct str text, struct payload_packet *out);
/* Puts one more packet behind what is there. */
void payload_put(struct buf *to, struct str packet, bool binary);

#endif
