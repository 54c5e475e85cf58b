/* fcgi.h - the server side of FastCGI 1.0 responders on a libuv loop, for requests that wait.
 *
 * A request is handed over when its parameters and its whole body are there. From then on it is the
 * handler's: to be answered at once or in an hour, in one piece or in many. While it waits it is
 * one descriptor and some hundred bytes, no thread and no stack.
 *
 * Everything runs on the loop's thread and nothing blocks. Every function may be called from every
 * callback, and no function but fcgi_close() calls back.
 *
 * A struct fcgi_request * is valid from `request` until the first of: fcgi_end, fcgi_finish,
 * fcgi_drop, the return of `gone`.
 *
 * Not for: TLS, TCP across machines (it works, but nobody is asked for a name), roles other than
 * responder, requests that share a connection (each server we know opens one for each). */
#ifndef LIVE_FCGI_H
#define LIVE_FCGI_H

#include "core/str.h"

#include <uv.h>

struct fcgi_server;
struct fcgi_request;

struct fcgi_handler {
	/* A request is complete. */
	void (*request)(struct fcgi_request *r);
	/* The peer closed (if only its half: web servers say so that their client has left),
	 * aborted or failed before the request was ended: once, and the last that is heard of it.
	 */
	void (*gone)(struct fcgi_request *r);
	/* All that was queued is written. May be NULL. */
	void (*drained)(struct fcgi_request *r);
};

struct fcgi_limits {
	/* For a request to come in whole once its connection is open; for an idle connection; for
	 * the peer to take what is left of an answer, anew with every part it takes. */
	int64_t head_ms;
	size_t body_max;
	/* While more than this waits to be written, fcgi_write() refuses. */
	size_t queued_max;
	/* Beyond this nobody is accepted until somebody ends: to be well below the limit of
	 * descriptors. */
	unsigned connections_max;
};

/* Serves what connects to listen_fd, which stays the caller's and becomes non-blocking. NULL, errno
 * set: out of descriptors. */
struct fcgi_server *fcgi_listen(uv_loop_t *loop, int listen_fd, const struct fcgi_handler *handler,
	void *context, struct fcgi_limits limits);
/* Lets in some of those who knock, without hearing them yet: for who is about to be busy for long.
 * A web server whose connections find no room gives up on us. */
void fcgi_let_in(struct fcgi_server *s);
/* No new connections, and no new requests on kept ones; those that have begun go on. */
void fcgi_stop_accepting(struct fcgi_server *s);
/* Closes every connection (calling `gone` where a request waits) and frees the server; the loop
 * must still turn once. */
void fcgi_close(struct fcgi_server *s);
/* How many connections are open. */
unsigned fcgi_connections(const struct fcgi_server *s);

/* What `context` was for fcgi_listen. */
void *fcgi_context(const struct fcgi_request *r);
/* The handler's own, of one request. */
void *fcgi_data(const struct fcgi_request *r);
void fcgi_set_data(struct fcgi_request *r, void *data);

/* "NAME=value" strings, ended by NULL: names are not empty, nothing contains NUL; the body. Both
 * until the request ends or fcgi_release_input(), which is for requests that are going to wait. */
char **fcgi_params(const struct fcgi_request *r);
struct str fcgi_body(const struct fcgi_request *r);
void fcgi_release_input(struct fcgi_request *r);

/* Sends more of the answer (CGI header first). What the socket does not take at once is copied and
 * queued. false: nothing was taken, because too much waits already or the peer is gone (then `gone`
 * follows). */
bool fcgi_write(struct fcgi_request *r, struct str bytes);
/* Bytes that wait for the peer to read. */
size_t fcgi_queued(const struct fcgi_request *r);
/* The answer is complete: sends its last bytes (of any number) and the end in one go. */
void fcgi_finish(struct fcgi_request *r, struct str bytes);
void fcgi_end(struct fcgi_request *r);
/* Gives up without an end, and what is queued with it: for a client that does not read. */
void fcgi_drop(struct fcgi_request *r);

#endif
