/* http.h - the head of an HTTP/1.1 request, from bytes; and what goes back.
 *
 * Strict, since it stands behind a web server or on a port of its own for those who want to speak
 * WebSocket: no folded headers, no chunked bodies, no blank before a colon. Knows no sockets. */
#ifndef LIVE_HTTP_H
#define LIVE_HTTP_H

#include "core/arena.h"
#include "core/buf.h"

enum { HTTP_HEAD_MAX = 16384, HTTP_HEADERS_MAX = 64, HTTP_ACCEPT_BYTES = 29 };

struct http_header {
	struct str name, value;
};

/* Points into the bytes it was read from. */
struct http_head {
	struct str method, target, path, query; /* query: absent without '?' */
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t n;
	int64_t length; /* of the body */
	bool keeps;     /* the connection stays open behind the answer */
};

/* 0: more bytes are needed; 1: the head is whole, and *used bytes long; else the status to refuse
 * it with. */
int http_read(struct str bytes, struct http_head *h, size_t *used);
/* The value of a header; absent where there is none. */
struct str http_value(const struct http_head *h, const char *name);
/* Of a name in the query, decoded; absent where there is none or it makes no sense. */
struct str http_query(const struct http_head *h, struct arena *a, const char *name);

/* Whether it asks for WebSocket (`Upgrade: websocket`); whether it does so by RFC 6455, and then
 * what the answer has in Sec-WebSocket-Accept. */
bool http_upgrades(const struct http_head *h);
bool http_accept(const struct http_head *h, char accept[HTTP_ACCEPT_BYTES]);

/* "HTTP/1.1 401 Unauthorized\r\n". */
void http_status(struct buf *to, int status);
/* What every answer to it says: X-Request-Id, the caller's where that is fit for a log line, else
 * one of ours. */
void http_request_id(struct buf *to, const struct http_head *h);
/* That a page of this foreign origin may read it; absent: nothing. */
void http_allow(struct buf *to, struct str origin);
/* The body of a refusal: a problem document (RFC 9457). */
void http_problem(struct buf *to, int status, const char *code, const char *detail);

#endif
