/* Socket.IO 5 on Engine.IO 4, by WebSocket (sio-ws) or by polling (sio-poll).
 *
 * A client opens Engine.IO, says "40{token}", is answered "40{sid}", joins a room by an event that
 * is acknowledged, and is ready. Pings are answered. With polling it has a GET open all the time,
 * and posts on the second connection. */
#include "loadgen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPENING, CONNECTING, JOINING, LIVE };
enum { GET = 1, POST };
enum { RECORD_SEPARATOR = 0x1e };

static struct bytes b;

static void put(struct client *cl, const char *p, size_t n);

static void open_packet(struct client *cl, const char *p, size_t n)
{
	char sid[128];

	if (json_get(p, n, "sid", sid, sizeof sid)) {
		free(cl->sid);
		cl->sid = strdup(sid);
	}
	cl->state = CONNECTING;
	b.n = 0;
	bytes_text(&b, "40{\"token\":\"");
	bytes_text(&b, cl->token ? cl->token : "");
	bytes_text(&b, "\"}");
	put(cl, b.p, b.n);
}

static void connect_packet(struct client *cl)
{
	if (!options.sio_join) {
		cl->state = LIVE;
		client_ready(cl);
		return;
	}
	cl->state = JOINING;
	cl->ack_id = 0;
	expand(&b, options.sio_join, cl, "", 0);
	put(cl, b.p, b.n);
}

static void ack_packet(struct client *cl, const char *p, size_t n)
{
	int id = (int)strtol(p + 2, NULL, 10);

	if (memmem(p, n, "\"error\"", 7))
		client_error(cl, "an event was refused");
	if (cl->state == JOINING) {
		cl->state = LIVE;
		client_ready(cl);
	} else if (id == cl->ack_id) {
		client_acked(cl);
	}
}

/* Says a message's words once more, for people. */
static bool is_notice(const char *p, size_t n)
{
	static const char begin[] = "42[\"notification\"";

	return n > sizeof begin && memcmp(p, begin, sizeof begin - 1) == 0;
}

/* One packet: of Engine.IO by its first byte, and if that is 4 (message), of Socket.IO by its
 * second. */
static void packet(struct client *cl, const char *p, size_t n)
{
	if (n && p[0] == '0')
		open_packet(cl, p, n);
	else if (n && p[0] == '2')
		put(cl, "3", 1);
	if (n < 2 || p[0] != '4')
		return;
	if (p[1] == '0' && cl->state == CONNECTING)
		connect_packet(cl);
	else if (p[1] == '3')
		ack_packet(cl, p, n);
	else if (p[1] == '4')
		client_error(cl, "the connection was refused");
	else if (!is_notice(p, n))
		on_payload(cl, p, n);
}

static void send_event(struct client *cl, const char *message, size_t n)
{
	cl->ack_id++;
	expand(&b, options.sio_message, cl, message, n);
	put(cl, b.p, b.n);
}

/* --- by WebSocket --- */

static void ws_start(struct client *cl)
{
	char path[256];

	snprintf(path, sizeof path, "%s?EIO=4&transport=websocket", options.sio_path);
	ws_upgrade(&cl->c[0], path, NULL, NULL);
}

static void ws_http(
	struct conn *c, int status, const char *head, size_t head_n, char *text, size_t n)
{
	(void)head;
	(void)head_n;
	(void)text;
	(void)n;
	if (status != 101)
		client_error(c->client, "the WebSocket was refused");
}

static void ws_message(struct conn *c, char *p, size_t n)
{
	packet(c->client, p, n);
}

/* --- by polling --- */

static void poll_url(const struct client *cl, char *to, size_t room)
{
	snprintf(to, room, "%s?EIO=4&transport=polling%s%s", options.sio_path,
		cl->sid ? "&sid=" : "", cl->sid ? cl->sid : "");
}

static void poll_get(struct client *cl)
{
	char url[300];

	poll_url(cl, url, sizeof url);
	http_request(&cl->c[0], "GET", url, NULL, NULL, NULL, NULL, 0);
	cl->c[0].tag = GET;
}

/* Sends what is queued on the connection that is free; Engine.IO allows one POST at a time. */
static void poll_push(struct client *cl)
{
	struct conn *c = cl->c[0].busy ? &cl->c[1] : &cl->c[0];
	char url[300];

	if (!cl->queue.n || c->busy || cl->outstanding)
		return;
	poll_url(cl, url, sizeof url);
	cl->outstanding = 1;
	http_request(
		c, "POST", url, "text/plain;charset=UTF-8", NULL, NULL, cl->queue.p, cl->queue.n);
	c->tag = POST;
	cl->queue.n = 0;
}

static void poll_http(
	struct conn *c, int status, const char *head, size_t head_n, char *text, size_t n)
{
	struct client *cl = c->client;
	char *end = text + n, words[240];

	(void)head;
	(void)head_n;
	if (status != 200) {
		snprintf(words, sizeof words, "HTTP %d: %.*s", status, (int)(n < 200 ? n : 200),
			text);
		client_error(cl, words);
		return;
	}
	if (c->tag == POST)
		cl->outstanding = 0;
	else
		while (text < end) {
			char *packet_end = memchr(text, RECORD_SEPARATOR, (size_t)(end - text));

			if (!packet_end)
				packet_end = end;
			packet(cl, text, (size_t)(packet_end - text));
			text = packet_end + 1;
		}
	poll_push(cl);
	if (!cl->c[0].busy)
		poll_get(cl);
}

static void poll_close(struct conn *c)
{
	struct client *cl = c->client;

	note_reconnect();
	if (!c->busy)
		return;
	if (c->index == 0) {
		poll_get(cl);
		return;
	}
	cl->outstanding = 0;
	client_error(cl, "the connection was lost in a request");
}

/* Inside the answer of a poll no GET is open: there poll_http() pushes, on the same connection. */
static void put(struct client *cl, const char *p, size_t n)
{
	if (cl->adapter == &ad_sio_ws) {
		ws_send(&cl->c[0], p, n);
		return;
	}
	if (cl->queue.n)
		bytes_add(&cl->queue, (char[]){ RECORD_SEPARATOR }, 1);
	bytes_add(&cl->queue, p, n);
	if (cl->c[0].busy)
		poll_push(cl);
}

const struct adapter ad_sio_ws = {
	.name = "sio-ws",
	.start = ws_start,
	.on_http = ws_http,
	.on_ws = ws_message,
	.send = send_event,
};

const struct adapter ad_sio_poll = {
	.name = "sio-poll",
	.start = poll_get,
	.on_http = poll_http,
	.on_close = poll_close,
	.send = send_event,
};
