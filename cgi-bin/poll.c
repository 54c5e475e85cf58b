/* poll - the one stream of events: long-poll and Server-Sent Events.
 *
 * As FastCGI it is a daemon that parks requests on one loop (lib/live); as plain CGI, or under
 * mod_fcgid, a process serves one request and waits on the bell. The rules are the same: everything
 * visible behind a cursor, in order, once. */
#include "core/clock.h"
#include "data/session.h"
#include "data/user.h"
#include "live/arrival.h"
#include "live/call.h"
#include "web/reply.h"
#include "web/route.h"

enum {
	TIMEOUT_STANDARD_S = 25,
	TIMEOUT_MAX_S = 60,
	LIMIT_STANDARD = 100,
	LIMIT_MAX = 200,
	BYTES_MIN = 1024,
	BYTES_MAX = 4 << 20,
	CURSOR_BYTES_MAX = 48,
	TICK_US = 1000000,
	STREAM_S = 55, /* of a stream by plain CGI: a process each, so not for ever */
	HEARTBEAT_US = 15000000,
	GONE_MAX = DB_ROWS_MAX,
};

struct poll_in {
	struct value cursor, timeout, limit, chat_id, max_bytes;
};

static const struct field poll_fields[] = {
	FIELD(struct poll_in, cursor, "cursor", FROM_QUERY, F_TEXT, 0, CURSOR_BYTES_MAX, 0),
	FIELD(struct poll_in, timeout, "timeout", FROM_QUERY, F_INT, 0, TIMEOUT_MAX_S, 0),
	FIELD(struct poll_in, limit, "limit", FROM_QUERY, F_INT, 1, LIMIT_MAX, 0),
	FIELD(struct poll_in, chat_id, "chatId", FROM_QUERY, F_ID, 0, 0, 0),
	FIELD(struct poll_in, max_bytes, "maxBytes", FROM_QUERY, F_INT, BYTES_MIN, BYTES_MAX, 0),
	{ 0 },
};

static const struct field stream_fields[] = {
	FIELD(struct poll_in, cursor, "cursor", FROM_QUERY, F_TEXT, 0, CURSOR_BYTES_MAX, 0),
	FIELD(struct poll_in, chat_id, "chatId", FROM_QUERY, F_ID, 0, 0, 0),
	{ 0 },
};

static enum err read_wish(struct request *rq, bool stream, struct wish *w)
{
	const struct poll_in *in = rq->in;
	struct str cursor = in->cursor.s, last = request_param(rq, "HTTP_LAST_EVENT_ID");

	*w = (struct wish){ .stream = stream,
		.chat_id = in->chat_id.n,
		.limit = in->limit.set ? in->limit.n : LIMIT_STANDARD,
		.max_bytes = in->max_bytes.n,
		.timeout_s = in->timeout.set ? in->timeout.n : TIMEOUT_STANDARD_S };
	/* What a browser remembers of a stream that broke is newer than the address it goes on
	 * with. */
	if (stream && last.n)
		cursor = last;
	if (!cursor.n)
		return OK;
	w->given = true;
	if (!cursor_parse(cursor, &w->cursor))
		return field_wrong(rq, "cursor", "is not what an earlier answer said");
	return OK;
}

/* --- one request, one process --- */

struct plain {
	struct wish wish;
	struct log_state state;
	int64_t position, heard, until_us, tick_us;
	const struct hub_event **events;
	size_t n;
	bool more;
};

/* Who waits is online. Whoever is there also tells of others, and writes down when they were last
 * seen; what fails is found again later. */
static void look_around(struct request *rq)
{
	struct page *page = rq->host->page;
	int64_t away_s = rq->host->conf.away_s, now_us = clock_us();
	struct presence_gone gone[GONE_MAX];
	size_t n;

	presence_mark(page, rq->user_id, away_s, now_us);
	n = presence_tell(page, away_s, now_us, gone, GONE_MAX);
	user_seen(rq->db, page, gone, n);
}

/* Reads on from the position; the bell's number says how far the log is on disk. */
static enum err read_on(struct request *rq, struct plain *p)
{
	int64_t head = (int64_t)atomic_load(&rq->host->page->head);
	struct sight_page page = { .after = p->position,
		.until = head,
		.limit = p->wish.limit,
		.chat_id = p->wish.chat_id };
	struct event *events = NULL;
	struct hub_event *rendered;
	enum err e = OK;

	p->n = 0;
	if (head > p->position)
		e = sight_read(rq->db, rq->arena, rq->user_id, &page, &events, &p->n, &p->position);
	rendered = answer_render(rq->arena, events, p->n);
	for (size_t i = 0; i < p->n; i++)
		p->events[i] = &rendered[i];
	p->more = p->position < head;
	return e;
}

/* Behind the events of the log, if those are all: what nobody keeps. */
static enum err overhear(struct request *rq, struct plain *p)
{
	int64_t typing_ms = clock_wall_ms() - EPHEMERA_TYPING_MS;
	struct ephemeral what;
	enum err e = OK;

	while (e == OK && p->n < (size_t)p->wish.limit &&
		ephemera_next(rq->host->page, &p->heard, &what)) {
		struct hub_event *event;
		bool hears = false;

		if (what.kind != EPHEMERAL_TYPING || what.at_ms > typing_ms)
			e = sight_hears(
				rq->db, rq->arena, rq->user_id, p->wish.chat_id, &what, &hears);
		if (!hears)
			continue;
		event = arena_alloc(rq->arena, sizeof *event);
		*event = answer_ephemeral(rq->arena, &what);
		p->events[p->n++] = event;
	}
	return e;
}

/* The log as it is now; what was read in another epoch, or lags behind what was trimmed since,
 * leads nowhere. */
static enum err look_again(struct request *rq, const struct plain *p, struct log_state *now)
{
	enum err e = event_state(rq->db, rq->arena, now);

	if (e == OK)
		event_follow(rq->host->page, now);
	if (e == OK && (now->epoch != p->state.epoch || now->floor > p->position))
		return ERR_CURSOR_EXPIRED;
	return e;
}

/* What there is to do about once a second, however short the waits are. */
static enum err tick(struct request *rq, struct plain *p)
{
	struct page *page = rq->host->page;
	struct log_state now;
	enum err e;

	if (clock_us() < p->tick_us)
		return OK;
	p->tick_us = clock_us() + TICK_US;
	e = look_again(rq, p, &now);
	if (e == OK)
		event_tick(page, &now);
	if (e == OK)
		e = session_alive(rq->db, rq->arena, rq->session_id, rq->user_id);
	if (e == OK)
		look_around(rq);
	else if (e == ERR_UNAUTHORIZED)
		presence_leave(page, rq->user_id, clock_us(), false);
	return e;
}

/* Until there is something, the time is up, or the session has ended. */
static enum err wait_for_events(struct request *rq, struct plain *p)
{
	struct page *page = rq->host->page;
	struct log_state now;
	enum err e = OK;

	while (e == OK) {
		uint32_t bell = atomic_load(&page->bell);
		int64_t rest_us = p->until_us - clock_us();

		if (event_is_over(page, p->state.epoch))
			e = look_again(rq, p, &now);
		if (e == OK)
			e = read_on(rq, p);
		if (e == OK && !p->n && p->more)
			e = look_again(rq, p, &now);
		if (e == OK && !p->more)
			e = overhear(rq, p);
		if (e != OK || p->n || p->more || rest_us <= 0)
			break;
		page_wait(&page->bell, bell, rest_us < TICK_US ? rest_us : TICK_US);
		e = tick(rq, p);
	}
	return e;
}

static enum err begin_plain(struct request *rq, struct plain *p)
{
	enum err e = event_state(rq->db, rq->arena, &p->state);

	if (e != OK)
		return e;
	/* The page may be new, or of a machine on which nobody has written yet. */
	event_begin(rq->host->page, &p->state);
	p->position = p->wish.given ? p->wish.cursor.number : p->state.head;
	p->events = arena_alloc(rq->arena, sizeof *p->events * (size_t)p->wish.limit);
	p->heard = p->wish.given && p->wish.cursor.heard >= 0
			   ? ephemera_from(rq->host->page, p->wish.cursor.heard)
			   : ephemera_end(rq->host->page);
	p->tick_us = clock_us() + TICK_US;
	if (p->wish.given &&
		(p->wish.cursor.epoch != p->state.epoch || p->wish.cursor.number < p->state.floor ||
			p->wish.cursor.number > p->state.head))
		return ERR_CURSOR_EXPIRED;
	look_around(rq);
	return OK;
}

static struct cursor cursor_of(const struct plain *p)
{
	return (struct cursor){ p->state.epoch, p->position, p->heard };
}

static enum err poll_plain(struct request *rq, const struct wish *wish)
{
	struct plain p = { .wish = *wish };
	enum err e = begin_plain(rq, &p);

	p.until_us = clock_us() + wish->timeout_s * 1000000;
	if (e == OK && wish->given)
		e = wait_for_events(rq, &p);
	if (e == OK)
		answer_poll(rq->body, rq->arena, wish, cursor_of(&p), p.events, p.n, p.more, 0);
	if (e == OK)
		presence_mark(rq->host->page, rq->user_id, rq->host->conf.away_s, clock_us());
	return e;
}

/* The head goes out as soon as the request is known to be good; then what happens, until the time
 * is up. */
static enum err stream_plain(struct request *rq, const struct wish *wish)
{
	struct plain p = { .wish = *wish };
	int64_t end_us = clock_us() + (int64_t)STREAM_S * 1000000;
	struct buf text = BUF_INIT(ANSWER_MAX);
	bool open = true;
	enum err e = begin_plain(rq, &p);
	struct cursor at = cursor_of(&p);

	if (e != OK)
		return e;
	rq->text_type = STR("text/event-stream");
	rq->endless = true;
	buf_z(rq->body, "retry: 2000\nid: ");
	buf_str(rq->body, cursor_text(rq->arena, cursor_of(&p)));
	buf_z(rq->body, "\n\n");
	reply(rq, OK);
	rq->answered = true;
	while (open && e == OK && clock_us() < end_us) {
		open = rq->gate->write(rq->gate, buf_as_str(&text));
		buf_clear(&text);
		p.until_us =
			clock_us() + HEARTBEAT_US < end_us ? clock_us() + HEARTBEAT_US : end_us;
		e = wait_for_events(rq, &p);
		for (size_t i = 0; i < p.n; i++) {
			if (p.events[i]->id)
				at.number = p.events[i]->id;
			else
				at = (struct cursor){ at.epoch, p.position, p.events[i]->heard };
			answer_stream(&text, rq->arena, at, p.events[i]);
		}
		at = cursor_of(&p);
		if (p.n == 0)
			buf_z(&text, ":\n\n");
	}
	if (open)
		rq->gate->write(rq->gate, buf_as_str(&text));
	buf_free(&text);
	return OK;
}

/* --- routes --- */

/* GET /poll: without a cursor the present one, at once; with it all that is visible behind it, or a
 * wait for that. */
static enum err poll_events(struct request *rq)
{
	struct wish wish;
	enum err e = read_wish(rq, false, &wish);

	if (e != OK)
		return e;
	return rq->live ? arrive(rq, &wish) : poll_plain(rq, &wish);
}

/* GET /poll/stream: the same as Server-Sent Events; `id` is the cursor. */
static enum err stream_events(struct request *rq)
{
	struct wish wish;
	enum err e = read_wish(rq, true, &wish);

	if (e != OK)
		return e;
	return rq->live ? arrive(rq, &wish) : stream_plain(rq, &wish);
}

static const struct route routes[] = {
	{ "GET", "/", AUTH_USER, 0, poll_fields, poll_events },
	{ "GET", "/stream", AUTH_COOKIE, 0, stream_fields, stream_events },
	{ 0 },
};

const struct program program = {
	.name = "poll", .routes = routes, .tapes = true, .serve = call_serve
};
