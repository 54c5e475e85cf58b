/* Plain HTTP: rest posts and reads, restpoll asks again and again with a cursor, sse holds an event
 * stream, ws speaks any WebSocket protocol that a few templates describe.
 *
 * Connection 0 receives, connection 1 sends. */
#include "loadgen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POST = 1, READ, INIT, POLL };

static struct bytes path, body;

/* --- rest --- */

static void rest_start(struct client *cl)
{
	client_ready(cl);
}

static void rest_send(struct client *cl, const char *message, size_t n)
{
	struct conn *c = &cl->c[1];

	expand(&path, options.post_path, cl, message, n);
	expand(&body, options.post_body, cl, message, n);
	http_request(c, "POST", path.p, options.post_type, NULL, cl->token, body.p, body.n);
	c->tag = POST;
}

static void rest_read(struct client *cl)
{
	struct conn *c = &cl->c[1];

	expand(&path, options.read_path, cl, "", 0);
	http_request(c, "GET", path.p, NULL, NULL, cl->token, NULL, 0);
	c->tag = READ;
}

static void rest_http(
	struct conn *c, int status, const char *head, size_t head_n, char *text, size_t n)
{
	char words[240];

	(void)head;
	(void)head_n;
	if (status / 100 != 2) {
		snprintf(words, sizeof words, "HTTP %d: %.*s", status, (int)(n < 200 ? n : 200),
			text);
		client_error(c->client, words);
	}
	client_acked(c->client);
}

/* A server may close an idle connection at any time. */
static void rest_close(struct conn *c)
{
	if (!c->busy) {
		note_reconnect();
		return;
	}
	client_error(c->client, "the connection was lost in a request");
	client_acked(c->client);
}

const struct adapter ad_rest = {
	.name = "rest",
	.start = rest_start,
	.on_http = rest_http,
	.on_close = rest_close,
	.send = rest_send,
	.read = rest_read,
};

/* --- restpoll --- */

static void keep(char **to, const char *text)
{
	free(*to);
	*to = strdup(text);
}

/* nchan takes the cursor in headers. */
static void poll_next(struct client *cl)
{
	char more[500] = "";

	expand(&path, options.poll_path, cl, "", 0);
	if (cl->cursor2)
		snprintf(more, sizeof more, "If-Modified-Since: %s\r\nIf-None-Match: %s\r\n",
			cl->cursor, cl->cursor2);
	http_request(&cl->c[0], "GET", path.p, NULL, more, cl->token, NULL, 0);
	cl->c[0].tag = POLL;
	client_ready(cl);
}

static void poll_start(struct client *cl)
{
	if (!options.init_path) {
		poll_next(cl);
		return;
	}
	expand(&path, options.init_path, cl, "", 0);
	http_request(&cl->c[0], "GET", path.p, NULL, NULL, cl->token, NULL, 0);
	cl->c[0].tag = INIT;
}

static void poll_http(
	struct conn *c, int status, const char *head, size_t head_n, char *text, size_t n)
{
	struct client *cl = c->client;
	char value[256], tag[128];

	if (c->index == 1) {
		rest_http(c, status, head, head_n, text, n);
		return;
	}
	if (status / 100 != 2 && status != 304 && status != 408)
		client_error(cl, "a poll was refused");
	if (strcmp(options.cursor_key, "nchan") == 0) {
		if (header_get(head, head_n, "Last-Modified", value, sizeof value) &&
			header_get(head, head_n, "Etag", tag, sizeof tag)) {
			keep(&cl->cursor, value);
			keep(&cl->cursor2, tag);
		}
	} else if (json_get(text, n, options.cursor_key, value, sizeof value)) {
		keep(&cl->cursor, value);
	}
	if (c->tag == POLL)
		on_payload(cl, text, n);
	poll_next(cl);
}

static void poll_close(struct conn *c)
{
	if (c->index == 1) {
		rest_close(c);
		return;
	}
	note_reconnect();
	poll_next(c->client);
}

const struct adapter ad_restpoll = {
	.name = "restpoll",
	.start = poll_start,
	.on_http = poll_http,
	.on_close = poll_close,
	.send = rest_send,
	.read = rest_read,
};

/* --- sse --- */

static void sse_start(struct client *cl)
{
	expand(&path, options.poll_path, cl, "", 0);
	http_request(&cl->c[0], "GET", path.p, NULL, "Accept: text/event-stream\r\n", cl->token,
		NULL, 0);
}

static void sse_http(
	struct conn *c, int status, const char *head, size_t head_n, char *text, size_t n)
{
	if (c->index == 1)
		rest_http(c, status, head, head_n, text, n);
	else if (status != 200 || c->mode != M_SSE)
		client_error(c->client, "the event stream was refused");
	else
		client_ready(c->client);
}

const struct adapter ad_sse = {
	.name = "sse",
	.start = sse_start,
	.on_http = sse_http,
	.send = rest_send,
};

/* --- ws --- */

static void ws_start(struct client *cl)
{
	expand(&path, options.ws_path, cl, "", 0);
	ws_upgrade(&cl->c[0], path.p, options.ws_protocol, cl->token);
}

static void ws_http(
	struct conn *c, int status, const char *head, size_t head_n, char *text, size_t n)
{
	if (c->index == 1) {
		rest_http(c, status, head, head_n, text, n);
		return;
	}
	if (status != 101) {
		client_error(c->client, "the WebSocket was refused");
		return;
	}
	if (options.ws_hello) {
		expand(&body, options.ws_hello, c->client, "", 0);
		ws_send(c, body.p, body.n);
	}
	if (!options.ws_ready)
		client_ready(c->client);
}

static bool holds(const char *p, size_t n, const char *part)
{
	return part && memmem(p, n, part, strlen(part));
}

static void ws_message(struct conn *c, char *p, size_t n)
{
	struct client *cl = c->client;

	if (!cl->ready && holds(p, n, options.ws_ready))
		client_ready(cl);
	else if (cl->awaiting && holds(p, n, options.ws_ack))
		client_acked(cl);
	else
		on_payload(cl, p, n);
}

static void ws_post(struct client *cl, const char *message, size_t n)
{
	if (!options.ws_send) {
		rest_send(cl, message, n);
		return;
	}
	cl->ack_id++;
	expand(&body, options.ws_send, cl, message, n);
	ws_send(&cl->c[0], body.p, body.n);
}

const struct adapter ad_ws = {
	.name = "ws",
	.start = ws_start,
	.on_http = ws_http,
	.on_ws = ws_message,
	.send = ws_post,
};
