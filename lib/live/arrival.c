#include "live/arrival.h"

#include "live/fetch.h"
#include "live/waiter.h"
#include "live/whisper.h"
#include "web/route.h"

enum {
	LIMIT_MAX = 200,
	GATHERED_MAX = 2 * LIMIT_MAX, /* what a thread has brought, and what the tail has */
	RETRY_MS = 2000,
};

/* Collects what the tail has for a poll that has just come. */
struct gathering {
	struct listener listener;
	const struct hub_event *events[GATHERED_MAX];
	size_t n, limit;
	bool more;
	int64_t heard; /* listener.heard as it was when it came */
};

static void gather(struct listener *l, const struct hub_event *e)
{
	struct gathering *g = (struct gathering *)(void *)l;

	if (g->n < g->limit)
		g->events[g->n++] = e;
	else
		g->more = true;
}

static const struct listener_kind gathering_kind = { gather, NULL, NULL };

static enum err answer_now(
	struct request *rq, const struct wish *wish, const struct gathering *g, int64_t retry_ms)
{
	struct cursor at = { live_state(rq->live->live).epoch, g->listener.position,
		g->listener.heard };

	answer_poll(rq->body, rq->arena, wish, at, g->events, g->n, g->more, retry_ms);
	return OK;
}

static bool stream_head(struct gate *g, struct str bytes)
{
	return fcgi_write(g->stream, bytes);
}

/* The head of the stream, where it stands, what was missed; then it waits like a poll, again and
 * again. */
static enum err open_stream(struct request *rq, const struct wish *wish, const struct gathering *g)
{
	struct fcgi_request *fcgi = rq->live->fcgi;
	struct buf *body = rq->body;
	struct cursor end = { live_state(rq->live->live).epoch, g->listener.position,
		g->listener.heard };
	struct cursor at = { end.epoch, end.number, g->heard };

	rq->text_type = STR("text/event-stream");
	rq->endless = true;
	rq->gate->write = stream_head;
	rq->gate->stream = fcgi;
	buf_z(body, "retry: 2000\n");
	for (size_t i = 0; i < g->n; i++) {
		at.number = g->events[i]->id ? g->events[i]->id : end.number;
		at.heard = g->events[i]->id ? at.heard : g->events[i]->heard;
		answer_stream(body, rq->arena, at, g->events[i]);
	}
	/* Also where nothing was to be seen: the next stream need not look there again. */
	buf_z(body, "id: ");
	buf_str(body, cursor_text(rq->arena, end));
	buf_z(body, "\n\n");
	finish(rq, OK);
	/* More than fits: the client comes back at once with that id. */
	if (g->more) {
		fcgi_end(fcgi);
		return ERR_PARKED;
	}
	return waiter_park(rq, wish, &g->listener);
}

/* Behind the events of the log, if those are all: what nobody keeps. */
static void overhear(struct request *rq, struct gathering *g)
{
	struct hub *h = live_hub(rq->live->live);
	size_t n = g->n;

	if (g->more || !hub_knows(h, rq->user_id))
		return;
	hub_whisper_again(h, rq->user_id, &g->listener);
	if (g->more)
		g->listener.heard = g->n > n ? g->events[g->n - 1]->heard : g->heard;
}

static enum err serve_from(struct request *rq, const struct wish *wish, struct gathering *g)
{
	overhear(rq, g);
	if (live_is_ending(rq->live->live) && wish->stream)
		return ERR_CONTENTION;
	if (wish->stream)
		return waiter_has_place(rq) ? open_stream(rq, wish, g) : ERR_RATE_LIMITED;
	if (g->n || g->more || wish->timeout_s == 0 || live_is_ending(rq->live->live))
		return answer_now(rq, wish, g, 0);
	waiter_release_older(rq, wish);
	return waiter_has_place(rq) ? waiter_park(rq, wish, &g->listener)
				    : answer_now(rq, wish, g, RETRY_MS);
}

/* What the tail of the log has. */
static void replay(struct request *rq, struct gathering *g)
{
	hub_replay(live_hub(rq->live->live), rq->user_id, &g->listener);
	if (g->more)
		g->listener.position = g->events[g->n - 1]->id;
}

/* What a thread has brought from the database stands before all else. A stream goes on behind it
 * with what the tail has; where that does not reach, its client comes again. */
static enum err serve_fetched(
	struct request *rq, const struct wish *wish, const struct fetched *f, struct gathering *g)
{
	struct hub *h = live_hub(rq->live->live);
	bool met = !f->more && hub_meet(h, &f->sight, f->as_of);

	for (g->n = 0; g->n < f->n; g->n++)
		g->events[g->n] = &f->events[g->n];
	g->more = f->more;
	g->listener.position = f->position;
	if (wish->stream && !g->more) {
		g->limit = f->n + LIMIT_MAX;
		g->more = !met || !hub_can_serve(h, rq->user_id, f->position);
		if (!g->more)
			replay(rq, g);
	}
	return serve_from(rq, wish, g);
}

static bool is_expired(const struct wish *wish, const struct log_state *s)
{
	return wish->given && (wish->cursor.epoch != s->epoch || wish->cursor.number < s->floor);
}

/* From where on somebody hears what nobody keeps: what was said before they first asked is not for
 * them. */
static int64_t heard_before(const struct request *rq, const struct wish *wish)
{
	struct page *page = rq->host->page;

	if (!wish->given || wish->cursor.heard < 0)
		return ephemera_end(page);
	return hub_heard_from(live_hub(rq->live->live), ephemera_from(page, wish->cursor.heard));
}

enum err arrive(struct request *rq, const struct wish *wish)
{
	struct live_request *lr = rq->live;
	struct log_state state;
	struct gathering g = { .listener = { .kind = &gathering_kind, .chat_id = wish->chat_id },
		.limit = (size_t)wish->limit };
	struct fetched *f;
	struct hub *h;

	lr->wish = *wish;
	if (!lr->live)
		return ERR_NEEDS_DATABASE;
	whisper_mark(rq->user_id);
	h = live_hub(lr->live);
	f = lr->fetched;
	/* What could not be fetched says nothing of the cursor. */
	if (f && f->err != OK)
		return f->err;
	state = f ? f->state : live_state(lr->live);
	g.listener.position = wish->given ? wish->cursor.number : live_head(lr->live);
	g.listener.heard = g.heard = heard_before(rq, wish);
	if (!wish->given && !wish->stream)
		return answer_now(rq, wish, &g, 0);
	/* Somebody knows already of an epoch that the loop has yet to hear of. */
	if (f ? f->state.epoch != live_state(lr->live).epoch : wish->cursor.epoch > state.epoch)
		return ERR_NEEDS_DATABASE;
	if (is_expired(wish, &state))
		return ERR_CURSOR_EXPIRED;
	if (f && (f->n || f->more))
		return serve_fetched(rq, wish, f, &g);
	if (f && wish->given && wish->cursor.number > f->state.head)
		return ERR_CURSOR_EXPIRED; /* of a log that went further than this one */
	if (f && f->position > g.listener.position)
		g.listener.position = f->position;
	if (f)
		hub_meet(h, &f->sight, f->as_of);
	if (!hub_can_serve(h, rq->user_id, g.listener.position) ||
		(!f && g.listener.position > hub_head(h)))
		return ERR_NEEDS_DATABASE;
	replay(rq, &g);
	return serve_from(rq, wish, &g);
}
