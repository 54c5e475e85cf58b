/* packet.h - Socket.IO 5 packets as text: `TYPE[N-][/NAMESPACE,][ID][JSON]`.
 *
 * Knows no sockets. Binary attachments follow as messages of their own; in the JSON their places
 * are {"_placeholder":true,"num":n}. */
#ifndef LIVE_PACKET_H
#define LIVE_PACKET_H

#include "core/buf.h"

struct json_object;

enum packet_type {
	PACKET_CONNECT,
	PACKET_DISCONNECT,
	PACKET_EVENT,
	PACKET_ACK,
	PACKET_CONNECT_ERROR,
	PACKET_BINARY_EVENT,
	PACKET_BINARY_ACK,
};

enum { PACKET_ATTACHMENTS_MAX = 10, PACKET_NAMESPACE_MAX = 64 };

struct packet {
	enum packet_type type;
	struct str namespace;     /* "/" or "/name"; what follows a '?' in it is left out */
	struct str json;          /* absent: none */
	struct json_object *tree; /* of it; packet_clear() frees it */
	int64_t id;               /* -1: none */
	int attachments;
	const char *unfit; /* of an event that has no tree: why its JSON is not taken */
};

/* false: it is none. */
bool packet_read(struct str text, struct packet *out);
void packet_clear(struct packet *p);
/* namespace and json as above, id -1 for none. */
void packet_write(struct buf *to, const struct packet *p);

#endif
