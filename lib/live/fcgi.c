/* One connection is one struct fcgi_request, and its life is a row of stages:
 *
 *     READING --> SERVED --> KEPT --> READING …     the peer wants the connection to stay
 *        |           |
 *        |           +-----> FLUSHING --> closed    the rest of an answer goes out
 *        +----------------> LINGERING --> closed    refused before all of it was read
 *
 * All of them but SERVED have a deadline: how long a request may wait is its handler's to know.
 *
 * Why lingering
 *
 * A Unix socket that is closed with unread input makes the peer's next write fail, though it could
 * still read what was sent to it before. Behind a whole request nothing is unread. But one that is
 * refused early may still be on its way, and a web server whose write fails need not look for an
 * answer. So only our side is shut then, and the rest is read and dropped until the peer has closed
 * or the time is up. */
#include "live/fcgi.h"

#include "core/arena.h"
#include "core/log.h"
#include "live/peer.h"
#include "live/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum {
	CHUNK = 65528, /* of one record: the largest that needs no padding */
	CHUNKS = 16,
	PADDING_MAX = 7,
};

enum stage { READING = 0, SERVED, KEPT, FLUSHING, LINGERING, CLOSED };

struct fcgi_request {
	struct peer peer; /* first */
	struct record in;
	void *data;
	uint8_t stage;
};

struct fcgi_server {
	struct peers *peers;
	const struct fcgi_handler *handler;
	void *context;
	struct record_limits limits;
	size_t queued_max;
	bool stopped;
};

static struct fcgi_server *server_of(const struct fcgi_request *r)
{
	return peers_context(r->peer.peers);
}

static void enter(struct fcgi_request *r, enum stage stage)
{
	r->stage = (uint8_t)stage;
	if (stage == SERVED)
		peer_relax(&r->peer);
	else
		peer_hurry(&r->peer);
}

static void close_request(struct fcgi_request *r)
{
	r->stage = CLOSED;
	record_clear(&r->in);
	peer_close(&r->peer);
}

/* Nothing more will be said to this peer. */
static void depart(struct fcgi_request *r, enum stage how)
{
	bool all_sent = peer_waits(&r->peer) == 0;

	if (all_sent && how == FLUSHING) {
		close_request(r);
		return;
	}
	if (all_sent)
		shutdown(r->peer.fd, SHUT_WR);
	enter(r, how);
}

/* --- going out --- */

static bool send_answer(struct fcgi_request *r, struct str bytes, bool end)
{
	unsigned char heads[CHUNKS][RECORD_HEAD], tail[PADDING_MAX + RECORD_HEAD + RECORD_END];
	struct iovec parts[2 * CHUNKS + 1];
	bool good = true;

	while (good && (bytes.n || end)) {
		size_t tail_n = 0;
		int n = 0;

		for (int i = 0; i < CHUNKS && bytes.n; i++) {
			size_t content = bytes.n < CHUNK ? bytes.n : CHUNK;

			tail_n = -content & PADDING_MAX; /* only the last one may need some */
			record_head(heads[i], RECORD_STDOUT, r->in.request, content, tail_n);
			parts[n++] = (struct iovec){ heads[i], RECORD_HEAD };
			parts[n++] = (struct iovec){ (char *)bytes.p, content };
			bytes.p += content;
			bytes.n -= content;
		}
		memset(tail, 0, tail_n);
		if (end && !bytes.n) {
			record_head(tail + tail_n, RECORD_STDOUT, r->in.request, 0, 0);
			record_end(tail + tail_n + RECORD_HEAD, r->in.request, ENDING_COMPLETE);
			tail_n += RECORD_HEAD + RECORD_END;
			end = false;
		}
		parts[n++] = (struct iovec){ tail, tail_n };
		good = peer_send(&r->peer, parts, n);
	}
	return good;
}

/* Answers, and makes ready for what comes behind the request. */
static void end_request(struct fcgi_request *r, struct str bytes, enum stage unless_kept)
{
	bool good = send_answer(r, bytes, true);

	r->data = NULL;
	record_next(&r->in);
	if (!good)
		close_request(r);
	else if (r->in.keep && !server_of(r)->stopped)
		enter(r, KEPT);
	else
		depart(r, unless_kept);
}

static bool send_reply(struct fcgi_request *r, struct record_event *e)
{
	struct iovec part = { e->reply, e->reply_n };

	/* Who asks and asks and never reads the answers is no web server. */
	return peer_waits(&r->peer) <= server_of(r)->queued_max && peer_send(&r->peer, &part, 1);
}

static void on_output(struct peer *p)
{
	struct fcgi_request *r = (struct fcgi_request *)p;
	const struct fcgi_handler *h = server_of(r)->handler;

	if (r->stage == FLUSHING || r->stage == LINGERING)
		depart(r, r->stage);
	else if (r->stage == KEPT)
		peer_hurry(p);
	else if (r->stage == SERVED && !peer_waits(p) && h->drained)
		h->drained(r);
}

/* --- coming in --- */

static void refuse(struct fcgi_request *r, const struct record_event *e)
{
	bool large = e->status == 413;
	char text[256];
	int n = snprintf(text, sizeof text,
		"Status: %d %s\r\nContent-Type: application/problem+json\r\n"
		"Cache-Control: no-store\r\n\r\n"
		"{\"type\":\"about:blank\",\"title\":\"%s\",\"status\":%d,\"code\":\"%s\"}",
		e->status, large ? "Content Too Large" : "Bad Request",
		large ? "Too large" : "Bad request", e->status,
		large ? "too_large" : "bad_request");

	log_say("warning", "refused with %d: %s", e->status, e->why);
	end_request(r, (struct str){ text, (size_t)n }, LINGERING);
}

/* The handler hears of it once, and what it does to the request from now on is of no effect. */
static void tell_gone(struct fcgi_request *r)
{
	r->stage = CLOSED;
	server_of(r)->handler->gone(r);
	r->data = NULL;
}

static void aborted(struct fcgi_request *r, struct record_event *e)
{
	if (e->served)
		tell_gone(r);
	if (r->peer.fd < 0)
		return;
	if (!send_reply(r, e))
		close_request(r);
	else if (e->last || server_of(r)->stopped)
		depart(r, FLUSHING);
	else
		enter(r, KEPT);
}

static void on_news(struct fcgi_request *r, enum record_news news, struct record_event *e)
{
	switch (news) {
	case RECORD_NOTHING: break;
	case RECORD_BEGINS:
		if (r->stage == KEPT)
			enter(r, READING);
		break;
	case RECORD_WHOLE:
		enter(r, SERVED);
		server_of(r)->handler->request(r);
		break;
	case RECORD_ABORTED: aborted(r, e); break;
	case RECORD_REPLY_DUE:
		if (send_reply(r, e)) {
			if (e->last)
				depart(r, LINGERING);
			break;
		}
		/* fall through */
	case RECORD_BROKEN:
		if (r->stage == SERVED)
			tell_gone(r);
		close_request(r);
		break;
	case RECORD_REFUSED: refuse(r, e); break;
	}
}

static void on_input(struct peer *p, struct str bytes)
{
	struct fcgi_request *r = (struct fcgi_request *)p;
	enum record_news news = RECORD_BROKEN;
	struct record_event e;

	while (r->stage <= KEPT && news != RECORD_NOTHING) {
		news = record_eat(&r->in, &server_of(r)->limits, &bytes, &e);
		on_news(r, news, &e);
	}
}

/* lighttpd shuts its half when its client has left, and complains in its log of a program that died
 * unless the request is ended all the same. Of no effect on a peer that is gone altogether. */
static void on_lost(struct peer *p)
{
	struct fcgi_request *r = (struct fcgi_request *)p;
	unsigned char end[RECORD_END];
	struct iovec part = { end, sizeof end };

	if (r->stage == SERVED) {
		record_end(end, r->in.request, ENDING_COMPLETE);
		peer_send(p, &part, 1);
		tell_gone(r);
	}
	r->stage = CLOSED;
	record_clear(&r->in);
}

/* --- the server --- */

static void on_over(void *server)
{
	free(server);
}

static const struct peer_kind kind = {
	.size = sizeof(struct fcgi_request),
	.input = on_input,
	.output = on_output,
	.lost = on_lost,
	.over = on_over,
};

struct fcgi_server *fcgi_listen(uv_loop_t *loop, int listen_fd, const struct fcgi_handler *handler,
	void *context, struct fcgi_limits limits)
{
	struct fcgi_server *s = must_alloc(sizeof *s);

	s->handler = handler;
	s->context = context;
	s->limits = (struct record_limits){ limits.body_max, limits.connections_max };
	s->queued_max = limits.queued_max;
	s->peers = peers_listen(loop, listen_fd, &kind, s, limits.head_ms, limits.connections_max);
	if (s->peers)
		return s;
	free(s);
	return NULL;
}

static void end_if_kept(struct peer *p)
{
	struct fcgi_request *r = (struct fcgi_request *)p;

	if (r->stage == KEPT)
		depart(r, FLUSHING);
}

void fcgi_let_in(struct fcgi_server *s)
{
	peers_let_in(s->peers);
}

void fcgi_stop_accepting(struct fcgi_server *s)
{
	s->stopped = true;
	peers_stop_accepting(s->peers);
	peers_each_timed(s->peers, end_if_kept);
}

void fcgi_close(struct fcgi_server *s)
{
	peers_close(s->peers);
}

unsigned fcgi_connections(const struct fcgi_server *s)
{
	return peers_count(s->peers);
}

/* --- a request --- */

void *fcgi_context(const struct fcgi_request *r)
{
	return server_of(r)->context;
}

void *fcgi_data(const struct fcgi_request *r)
{
	return r->data;
}

void fcgi_set_data(struct fcgi_request *r, void *data)
{
	r->data = data;
}

char **fcgi_params(const struct fcgi_request *r)
{
	return record_params(&r->in);
}

struct str fcgi_body(const struct fcgi_request *r)
{
	return record_body(&r->in);
}

void fcgi_release_input(struct fcgi_request *r)
{
	record_release(&r->in);
}

bool fcgi_write(struct fcgi_request *r, struct str bytes)
{
	return r->stage == SERVED && fcgi_queued(r) <= server_of(r)->queued_max &&
	       send_answer(r, bytes, false);
}

size_t fcgi_queued(const struct fcgi_request *r)
{
	return peer_waits(&r->peer);
}

void fcgi_finish(struct fcgi_request *r, struct str bytes)
{
	if (r->stage == SERVED)
		end_request(r, bytes, FLUSHING);
}

void fcgi_end(struct fcgi_request *r)
{
	fcgi_finish(r, STR(""));
}

void fcgi_drop(struct fcgi_request *r)
{
	if (r->stage == SERVED)
		close_request(r);
}
