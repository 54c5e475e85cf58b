/* socketio.h - Socket.IO 5 on top of Engine.IO: namespaces, events, acknowledgements, binary.
 *
 * One client is one Engine.IO session with a socket in each namespace it has joined. What the
 * sockets are for is an app's: it says which namespaces there are, lets in or not, and takes
 * events. */
#ifndef LIVE_SOCKETIO_H
#define LIVE_SOCKETIO_H

#include "live/engineio.h"
#include "live/packet.h"

struct sio;
struct sio_socket;

struct sio_app {
	/* Whether there is a namespace of that name. */
	bool (*has)(struct str namespace);
	/* Somebody wants in: sio_accept() or sio_refuse(), now or later. auth: what they said,
	 * NULL: nothing. */
	void (*connect)(struct sio_socket *s, struct json_object *auth, struct str auth_json);
	/* An event of a socket that was let in, whose attachments have all come. */
	void (*event)(struct sio_socket *s, const struct packet *p, const struct str *attachments);
	/* What waited to be read is read. May be NULL. */
	void (*drained)(struct sio_socket *s);
	/* It is gone, by itself: the last that is heard of it. */
	void (*gone)(struct sio_socket *s);
	/* A client has come: something of its own for its sockets, and how that is freed. May both
	 * be NULL. */
	void *(*met)(const struct wire *w, const struct http_head *h);
	void (*forget)(void *met);
};

/* connect_ms: for how long a client may be in no namespace. */
void sio_start(const struct sio_app *app, const struct engine_settings *s, int64_t connect_ms);
void sio_stop(void);

void sio_accept(struct sio_socket *s, struct str json);
/* json: {"message":"…","data"?:{…}}. The socket is gone behind this. */
void sio_refuse(struct sio_socket *s, struct str json);
/* json: ["name",…] */
void sio_emit(struct sio_socket *s, struct str json, const struct str *attachments, int n);
/* json: […] */
void sio_ack(
	struct sio_socket *s, int64_t id, struct str json, const struct str *attachments, int n);
/* An event in both its forms: see engine_send_made(). Only in the main namespace. */
void sio_emit_made(struct sio_socket *s, struct str packet, struct str frame);
/* Between the two, what is sent goes out together. */
void sio_cork(struct sio_socket *s);
void sio_uncork(struct sio_socket *s);
/* Ends it without `gone`; `close` ends the client's connection as well. */
void sio_disconnect(struct sio_socket *s, bool close);

/* Breaks the client's connection off: it comes again by itself. Without `gone` for this one. */
void sio_drop(struct sio_socket *s);

size_t sio_waits(const struct sio_socket *s);
void sio_set_data(struct sio_socket *s, void *data);
void *sio_data(const struct sio_socket *s);
/* What `met` brought. */
void *sio_met(const struct sio_socket *s);

#endif
