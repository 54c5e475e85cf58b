#include "live/waiter.h"

#include "core/clock.h"
#include "core/random.h"
#include "live/call.h"
#include "live/wheel.h"
#include "live/whisper.h"
#include "web/route.h"

#include <stdlib.h>
#include <sys/resource.h>

enum {
	HEARTBEAT_MS = 15000,
	JITTER_FROM_MS = 5000,
	STREAM_QUEUE_MAX = 256 * 1024,
	SPARE_DESCRIPTORS = 64,
	LET_IN_EVERY = 32,
};

struct waiter {
	struct held held;
	struct listener listener;
	struct fcgi_request *fcgi;
	struct wound wound;
	const struct route *route;
	int64_t user_id, began_us;
	int64_t limit, max_bytes;
	bool stream;
	char id[65];
	char *origin;                    /* NULL: no foreign page asked */
	const struct hub_event **events; /* since the last answer; only while the hub is fed */
	size_t n, size;
};

/* One process, one loop, one of these. */
static struct {
	struct live *live;
	struct worker worker; /* of its own: one may be answered while another is on its way */
	size_t places;        /* how many may wait: each is a descriptor */
	size_t answered;
	enum err released; /* what all are told at the end */
	/* The last answer that was written; most of those who hear of an event get the same. */
	const struct hub_event *event;
	struct cursor at;
	struct buf text;
} room = { .text = BUF_INIT(ANSWER_MAX) };

static const struct listener_kind kind;

static struct waiter *of_listener(struct listener *l)
{
	return (struct waiter *)(void *)((char *)l - offsetof(struct waiter, listener));
}

/* --- the end of a waiter --- */

static void waiter_free(struct waiter *w)
{
	hub_leave(live_hub(room.live), &w->listener);
	wheel_unwind(&w->wound);
	free(w->events);
	free(w->origin);
	free(w);
}

static bool to_client(struct gate *g, struct str bytes)
{
	fcgi_finish(g->stream, bytes);
	return true;
}

/* The request that a waiter once was, as far as answering it needs it. */
static struct request request_of(struct waiter *w, struct gate *gate)
{
	struct request rq;

	*gate = (struct gate){ .write = to_client, .stream = w->fcgi };
	rq = worker_request(&room.worker, gate);
	rq.method = STR("GET");
	rq.route = w->route;
	rq.id = str_of(w->id);
	rq.user_id = w->user_id;
	rq.began_us = w->began_us;
	rq.allow_origin = str_of(w->origin);
	return rq;
}

/* What was there when it came it has got, and of what came since all that was for it. */
static struct cursor cursor_of(const struct listener *l)
{
	int64_t head = hub_head(live_hub(room.live)), heard = hub_heard(live_hub(room.live));

	return (struct cursor){ live_state(room.live).epoch,
		l->position > head ? l->position : head, l->heard > heard ? l->heard : heard };
}

static void answer(struct waiter *w, enum err e, int64_t retry_ms)
{
	struct worker *worker = &room.worker;
	struct gate gate;
	struct request rq = request_of(w, &gate);
	struct wish wish = { .limit = w->limit, .max_bytes = w->max_bytes };
	struct cursor at = cursor_of(&w->listener);
	bool common = w->n == 1 && !w->max_bytes && !retry_ms;

	if (e == OK)
		whisper_mark(w->user_id);
	if (e == OK && common && room.event == w->events[0] && room.at.number == at.number &&
		room.at.heard == at.heard) {
		buf_str(rq.body, buf_as_str(&room.text));
	} else if (e == OK) {
		answer_poll(rq.body, rq.arena, &wish, at, w->events, w->n, false, retry_ms);
		if (common) {
			buf_clear(&room.text);
			buf_str(&room.text, buf_as_str(rq.body));
			room.event = w->events[0];
			room.at = at;
		}
	}
	finish(&rq, e);
	/* Of those who were answered first many knock again already. */
	if (++room.answered % LET_IN_EVERY == 0)
		call_let_in();
	worker_clear(worker, &rq);
	waiter_free(w);
}

static void end_stream(struct waiter *w)
{
	whisper_mark(w->user_id);
	fcgi_end(w->fcgi);
	waiter_free(w);
}

static void client_gone(struct held *h)
{
	struct waiter *w = (struct waiter *)(void *)h;

	whisper_mark(w->user_id);
	waiter_free(w);
}

/* --- what the hub calls --- */

static void heard(struct listener *l, const struct hub_event *e)
{
	struct waiter *w = of_listener(l);

	if (w->n == w->size) {
		w->size = w->size ? 2 * w->size : 4;
		w->events = must_realloc(w->events, sizeof(const struct hub_event *) * w->size);
	}
	w->events[w->n++] = e;
}

static void stream_events(struct waiter *w)
{
	struct worker *worker = &room.worker;
	bool fits = fcgi_queued(w->fcgi) < STREAM_QUEUE_MAX;

	for (size_t i = 0; i < w->n; i++) {
		struct cursor at = cursor_of(&w->listener);

		if (w->events[i]->id)
			at.number = w->events[i]->id;
		else
			at.heard = w->events[i]->heard;
		answer_stream(&worker->body, &worker->arena, at, w->events[i]);
	}
	w->n = 0;
	fits = fits && !worker->body.over && fcgi_write(w->fcgi, buf_as_str(&worker->body));
	buf_clear(&worker->body);
	arena_clear(&worker->arena);
	/* Who does not read is let go, and may come back with the last id it got. */
	if (!fits) {
		fcgi_drop(w->fcgi);
		waiter_free(w);
	}
}

static void settled(struct listener *l)
{
	struct waiter *w = of_listener(l);

	if (w->stream)
		stream_events(w);
	else
		answer(w, OK, 0);
}

static void session_ended(struct listener *l)
{
	struct waiter *w = of_listener(l);
	int64_t user_id = w->user_id;

	if (w->stream) {
		fcgi_end(w->fcgi);
		waiter_free(w);
	} else {
		answer(w, ERR_UNAUTHORIZED, 0);
	}
	/* Should another device of theirs be just between two polls, the next one says so. */
	if (!hub_first(live_hub(room.live), user_id))
		presence_leave(live_host(room.live)->page, user_id, clock_us(), false);
}

static const struct listener_kind kind = { heard, settled, session_ended };

/* --- time --- */

static void time_is_up(struct wound *wound)
{
	struct waiter *w =
		(struct waiter *)(void *)((char *)wound - offsetof(struct waiter, wound));

	if (!w->stream) {
		answer(w, OK, 0);
	} else if (fcgi_queued(w->fcgi) > STREAM_QUEUE_MAX || !fcgi_write(w->fcgi, STR(":\n\n"))) {
		fcgi_drop(w->fcgi);
		waiter_free(w);
	} else {
		wheel_wind(&w->wound, HEARTBEAT_MS, time_is_up);
	}
}

/* Many who began to wait together are not sent away together. */
static int64_t jittered(int64_t ms)
{
	uint32_t some;

	if (ms < JITTER_FROM_MS)
		return ms;
	random_bytes(&some, sizeof some);
	return ms - (int64_t)(some % 1000) * ms / 10000;
}

void waiter_start(struct live *l)
{
	int64_t wanted = live_host(l)->conf.places;
	struct rlimit descriptors;

	room.live = l;
	worker_init_bare(&room.worker, live_host(l));
	if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
		descriptors.rlim_cur = descriptors.rlim_max;
		setrlimit(RLIMIT_NOFILE, &descriptors);
	}
	room.places = descriptors.rlim_cur > 2 * SPARE_DESCRIPTORS
			      ? descriptors.rlim_cur - SPARE_DESCRIPTORS
			      : SPARE_DESCRIPTORS;
	if (wanted && (size_t)wanted < room.places)
		room.places = (size_t)wanted;
	wheel_start(live_loop(l));
}

static void release(int64_t user_id)
{
	for (struct listener *l; (l = hub_first(live_hub(room.live), user_id));)
		if (of_listener(l)->stream)
			end_stream(of_listener(l));
		else
			answer(of_listener(l), room.released, 0);
}

void waiter_release_all(enum err e)
{
	room.released = e;
	hub_each(live_hub(room.live), 0, 1, release);
	room.event = NULL;
}

void waiter_stop(void)
{
	wheel_stop();
	buf_free(&room.text);
	worker_free(&room.worker);
}

/* --- who comes --- */

void waiter_release_older(struct request *rq, const struct wish *wish)
{
	struct listener *next;

	for (struct listener *l = hub_first(live_hub(room.live), rq->user_id); l; l = next) {
		next = l->next;
		if (l->session_id == rq->session_id && l->chat_id == wish->chat_id &&
			!of_listener(l)->stream)
			answer(of_listener(l), OK, 0);
	}
}

bool waiter_has_place(struct request *rq)
{
	int64_t n = 0, max = rq->host->conf.waits;

	for (struct listener *l = hub_first(live_hub(room.live), rq->user_id); l; l = l->next)
		n++;
	return hub_listening(live_hub(room.live)) < room.places && (max == 0 || n < max);
}

enum err waiter_park(struct request *rq, const struct wish *wish, const struct listener *from)
{
	struct waiter *w = must_alloc(sizeof *w);

	w->held.gone = client_gone;
	w->fcgi = rq->live->fcgi;
	w->route = rq->route;
	w->user_id = rq->user_id;
	w->began_us = rq->began_us;
	w->limit = wish->limit;
	w->max_bytes = wish->max_bytes;
	w->stream = wish->stream;
	memcpy(w->id, rq->id.p, rq->id.n < sizeof w->id ? rq->id.n : sizeof w->id - 1);
	if (rq->allow_origin.p) {
		w->origin = must_alloc(rq->allow_origin.n + 1);
		memcpy(w->origin, rq->allow_origin.p, rq->allow_origin.n);
	}
	w->listener = (struct listener){ .session_id = rq->session_id,
		.chat_id = wish->chat_id,
		.position = from->position,
		.heard = from->heard,
		.kind = &kind };
	fcgi_set_data(w->fcgi, w);
	fcgi_release_input(w->fcgi);
	hub_listen(live_hub(room.live), rq->user_id, &w->listener);
	wheel_wind(&w->wound, wish->stream ? HEARTBEAT_MS : jittered(wish->timeout_s * 1000),
		time_is_up);
	return ERR_PARKED;
}
