#include "live/live.h"

#include "core/clock.h"
#include "core/log.h"
#include "live/threads.h"
#include "live/waiter.h"
#include "live/wake.h"
#include "live/whisper.h"

#include <signal.h>
#include <stdlib.h>

enum {
	LISTENING = 0,
	TAIL_MAX = 4096,
	READ_MAX = 512,
	SECOND_MS = 1000,
	SWEEP_S = 60,
	HEAD_MS = 20000,
	BODY_MAX = 65536,
	QUEUED_MAX = 1 << 20,
	TRIES_MAX = 3,
	END_US = 5000000,
	END_LOOK_MS = 20,
};

struct live {
	uv_loop_t loop;
	struct host *host;
	struct hub *hub;
	struct fcgi_server *server;
	struct wake *wake;
	uv_signal_t term, hang_up;
	uv_timer_t second;
	struct buf answer;
	struct worker worker; /* of the loop's thread: without a database */
	struct threads threads;
	struct log_state state;
	int64_t end_us; /* when it ends at the latest, once it is asked to */
	int64_t lobby;
	int seconds, beginnings;
	bool reading, again, ending;
};

struct hub *live_hub(struct live *l)
{
	return l->hub;
}

uv_loop_t *live_loop(struct live *l)
{
	return &l->loop;
}

struct host *live_host(struct live *l)
{
	return l->host;
}

struct fcgi_server *live_server(struct live *l)
{
	return l->server;
}

struct log_state live_state(struct live *l)
{
	return l->state;
}

struct threads *live_threads(struct live *l)
{
	return &l->threads;
}

/* --- the tail --- */

/* One reading of new events, or of the log's head. */
struct reading {
	uv_work_t work;
	struct live *live;
	struct arena arena;
	int64_t after, until;
	struct hub_event *events;
	size_t n;
	struct log_state state;
	bool tick;
	enum err err;
};

/* The log does not go on where the hub stands: it was restored from a backup, or trimmed further
 * than that. */
static bool goes_elsewhere(const struct reading *r)
{
	return r->tick && (r->state.epoch != r->live->state.epoch || r->state.floor > r->after);
}

static void read_tail(uv_work_t *work)
{
	struct reading *r = work->data;
	struct worker *w = thread_take(&r->live->threads);
	struct event *events = NULL;

	r->err = OK;
	if (r->tick)
		r->err = event_state(w->db, &r->arena, &r->state);
	if (r->err == OK && r->until > r->after && !goes_elsewhere(r))
		r->err = event_read(w->db, &r->arena, r->after, r->until, READ_MAX, &events, &r->n);
	if (r->err == OK && r->n)
		r->events = answer_render(&r->arena, events, r->n);
	for (size_t i = 0; r->err == OK && i < r->n; i++)
		if (!r->events[i].chat_id && str_is(r->events[i].type, "user"))
			r->err = sight_chats_of(w->db, &r->arena, r->events[i].user_id,
				&r->events[i].chat_ids, &r->events[i].chat_ids_n);
	thread_give(&r->live->threads, w);
}

static void follow(struct live *l, bool tick);

/* Whoever waits behind another log is told so; everything begins where this one ends. */
static void begin_anew(struct live *l, const struct log_state *s)
{
	int64_t heard;

	event_follow(l->host->page, s);
	l->state = *s;
	waiter_release_all(ERR_CURSOR_EXPIRED);
	heard = hub_heard(l->hub);
	hub_free(l->hub);
	l->hub = hub_new(TAIL_MAX, s->head, heard, l->lobby);
	l->beginnings++;
}

static void tail_is_read(uv_work_t *work, int status)
{
	struct reading *r = work->data;
	struct live *l = r->live;
	bool more = r->n == READ_MAX || l->again;

	(void)status;
	l->reading = l->again = false;
	if (r->err == OK && goes_elsewhere(r)) {
		begin_anew(l, &r->state);
	} else if (r->err == OK && r->tick) {
		event_tick(l->host->page, &r->state);
		l->state = r->state;
	}
	if (r->err == OK && r->n)
		hub_feed(l->hub, r->events, r->n);
	if (r->err != OK && r->err != ERR_DATABASE_AWAY)
		log_say("error", "the log cannot be read");
	arena_free(&r->arena);
	free(r);
	if (more && !l->ending)
		follow(l, false);
}

/* Reads what is new, one reading at a time. */
static void follow(struct live *l, bool tick)
{
	int64_t until = (int64_t)atomic_load(&l->host->page->head);
	struct reading *r;

	tick = tick || event_is_over(l->host->page, l->state.epoch);
	if (l->ending || (!tick && until <= hub_head(l->hub)))
		return;
	if (l->reading) {
		l->again = true;
		return;
	}
	r = must_alloc(sizeof *r);
	r->work.data = r;
	r->live = l;
	r->after = hub_head(l->hub);
	r->until = until;
	r->tick = tick;
	arena_init(&r->arena);
	l->reading = true;
	uv_queue_work(&l->loop, &r->work, read_tail, tail_is_read);
}

static void rung(void *live)
{
	follow(live, false);
	whisper_rung();
}

static void every_second(uv_timer_t *timer)
{
	struct live *l = timer->data;

	follow(l, true);
	whisper_tick();
	if (++l->seconds % SWEEP_S == 0)
		hub_sweep(l->hub);
}

/* --- requests --- */

/* A request for which a thread must ask the database. Its variables are copied: the client may go
 * meanwhile. */
struct fetching {
	uv_work_t work;
	struct live_request *request;
	char **params;
	struct arena arena; /* of the copy */
	struct fetched *fetched;
	int64_t head; /* of the hub, when it was asked for */
	int beginnings;
	enum err walked;
};

static void walk_on(struct live_request *lr);

/* Kept until the log line is written: with its answer a request loses its variables. */
static bool keep_answer(struct gate *g, struct str bytes)
{
	buf_str(g->stream, bytes);
	return true;
}

static int64_t no_body(struct gate *g, char *to, size_t n)
{
	(void)g;
	(void)to;
	(void)n;
	return 0;
}

/* In a thread: who asks (which fills the memory of tokens that the loop looks into), what they may
 * see, and what lies between their cursor and the tail. */
static void fetch(uv_work_t *work)
{
	struct fetching *f = work->data;
	struct fetched *got = f->fetched;
	struct worker *w = thread_take(&f->request->live->threads);
	struct gate gate = { .params = f->params, .read = no_body };
	struct request rq = worker_request(w, &gate);
	struct live_request nowhere = { .live = NULL };

	rq.live = &nowhere;
	rq.counted = true;
	f->walked = walk(&rq);
	f->request->vouched = rq.vouched;
	/* The handler came to its own wish, now that somebody stands behind the token. */
	if (f->walked == ERR_NEEDS_DATABASE)
		got->err = event_state(w->db, &got->arena, &got->state);
	if (f->walked == ERR_NEEDS_DATABASE && got->err == OK) {
		struct sight_page page = { .after = nowhere.wish.given ? nowhere.wish.cursor.number
								       : f->head,
			.until = f->head,
			.limit = nowhere.wish.limit,
			.chat_id = nowhere.wish.chat_id };
		struct event *events = NULL;

		got->position = page.after;
		if (page.after < got->state.floor || nowhere.wish.cursor.epoch != got->state.epoch)
			got->position = page.until = page.after = f->head;
		if (page.after < page.until)
			got->err = sight_read(w->db, &got->arena, rq.user_id, &page, &events,
				&got->n, &got->position);
		if (got->err == OK && got->n)
			got->events = answer_render(&got->arena, events, got->n);
		got->more = got->position < page.until;
		got->as_of = f->head;
		if (got->err == OK)
			got->err = sight_load(
				w->db, &got->arena, rq.user_id, got->position, &got->sight);
	}
	worker_clear(w, &rq);
	thread_give(&f->request->live->threads, w);
}

static void fetched_free(struct fetched *f)
{
	if (!f)
		return;
	arena_free(&f->arena);
	free(f);
}

static void request_free(struct live_request *lr)
{
	fetched_free(lr->fetched);
	free(lr);
}

static void is_fetched(uv_work_t *work, int status)
{
	struct fetching *f = work->data;
	struct live_request *lr = f->request;

	(void)status;
	fetched_free(lr->fetched);
	lr->fetched = f->fetched;
	if (f->fetched->state.epoch && f->fetched->state.epoch != lr->live->state.epoch)
		follow(lr->live, true);
	/* A refusal that only the database knows of is final; any other the walk will come to
	 * again. */
	if (f->walked == ERR_UNAUTHORIZED || f->walked == ERR_DATABASE_AWAY ||
		f->walked == ERR_INTERNAL)
		lr->fetched->err = f->walked;
	/* What was read for a hub that is gone says nothing about this one. */
	if (f->beginnings != lr->live->beginnings) {
		fetched_free(lr->fetched);
		lr->fetched = NULL;
	}
	arena_free(&f->arena);
	free(f);
	if (lr->fcgi)
		walk_on(lr);
	else
		request_free(lr);
}

static void ask_database(struct live_request *lr)
{
	struct fetching *f = must_alloc(sizeof *f);
	char **params = fcgi_params(lr->fcgi);
	size_t n = 0;

	f->work.data = f;
	f->request = lr;
	f->fetched = must_alloc(sizeof *f->fetched);
	arena_init(&f->fetched->arena);
	arena_init(&f->arena);
	while (params[n])
		n++;
	f->params = arena_alloc(&f->arena, sizeof *f->params * (n + 1));
	for (size_t i = 0; i < n; i++)
		f->params[i] = arena_z(&f->arena, str_of(params[i]));
	f->head = hub_head(lr->live->hub);
	f->beginnings = lr->live->beginnings;
	lr->tries++;
	uv_queue_work(&lr->live->loop, &f->work, fetch, is_fetched);
}

/* Walks a request through its steps on the loop's thread. */
static void walk_on(struct live_request *lr)
{
	struct live *l = lr->live;
	struct worker *w = &l->worker;
	struct gate gate = { .params = fcgi_params(lr->fcgi),
		.read = no_body,
		.write = keep_answer,
		.stream = &l->answer };
	struct request rq = worker_request(w, &gate);
	enum err e;

	rq.live = lr;
	rq.counted = lr->counted;
	rq.vouched = lr->vouched;
	e = walk(&rq);
	lr->counted = rq.counted;
	if (e == ERR_NEEDS_DATABASE && lr->fetched && lr->fetched->err != OK)
		e = lr->fetched->err;
	if (e == ERR_NEEDS_DATABASE && lr->tries < TRIES_MAX) {
		worker_clear(w, &rq);
		ask_database(lr);
		return;
	}
	if (e == ERR_NEEDS_DATABASE)
		e = ERR_CONTENTION;
	if (e != ERR_PARKED) {
		finish(&rq, e);
		fcgi_finish(lr->fcgi, buf_as_str(&l->answer));
		buf_clear(&l->answer);
	}
	worker_clear(w, &rq);
	request_free(lr);
}

/* The client goes while a thread works for it: that one finds out when it comes back. */
static void forget(struct held *h)
{
	((struct live_request *)(void *)h)->fcgi = NULL;
}

static void begin(struct fcgi_request *r)
{
	struct live_request *lr = must_alloc(sizeof *lr);

	lr->held.gone = forget;
	lr->live = fcgi_context(r);
	lr->fcgi = r;
	fcgi_set_data(r, lr);
	walk_on(lr);
}

static void gone(struct fcgi_request *r)
{
	struct held *h = fcgi_data(r);

	h->gone(h);
}

/* --- from start to end --- */

static void close_all(struct live *l)
{
	wake_stop(l->wake);
	uv_close((uv_handle_t *)&l->term, NULL);
	uv_close((uv_handle_t *)&l->hang_up, NULL);
	uv_close((uv_handle_t *)&l->second, NULL);
	waiter_stop();
	fcgi_close(l->server);
}

/* Everybody has been answered and has gone, or had time enough for it. */
static void look_for_end(uv_timer_t *timer)
{
	struct live *l = timer->data;

	if (fcgi_connections(l->server) == 0 || clock_us() > l->end_us)
		close_all(l);
}

/* Those who wait are answered now, and those on their way when they get there; nobody new is let
 * in. */
static void stop_now(uv_signal_t *signal, int number)
{
	struct live *l = signal->data;

	(void)number;
	if (l->ending)
		return;
	l->ending = true;
	l->end_us = clock_us() + END_US;
	fcgi_stop_accepting(l->server);
	waiter_release_all(OK);
	uv_timer_start(&l->second, look_for_end, END_LOOK_MS, END_LOOK_MS);
}

bool live_is_ending(const struct live *l)
{
	return l->ending;
}

static void reopen_log(uv_signal_t *signal, int number)
{
	(void)signal;
	(void)number;
	log_reopen();
}

/* The hub begins where the log ends. Without a database there is nothing to begin with: it is asked
 * until it answers, and meanwhile nobody is accepted; lighttpd lets them wait. */
static void find_head(struct live *l)
{
	struct worker *w = &l->threads.all[0];

	while (event_state(w->db, &w->arena, &l->state) != OK ||
		sight_lobby(w->db, &w->arena, &l->lobby) != OK) {
		arena_clear(&w->arena);
		uv_sleep(200);
	}
	arena_clear(&w->arena);
}

void live_serve(struct host *host)
{
	static const struct fcgi_handler handler = {
		.request = begin, .gone = gone, .drained = NULL
	};
	struct fcgi_limits limits = { HEAD_MS, BODY_MAX, QUEUED_MAX, 20000 };
	struct live *l = must_alloc(sizeof *l);

	signal(SIGPIPE, SIG_IGN);
	l->host = host;
	l->answer = (struct buf)BUF_INIT(ANSWER_MAX + 16384);
	uv_loop_init(&l->loop);
	worker_init_bare(&l->worker, host);
	threads_init(&l->threads, host);
	find_head(l);
	event_begin(host->page, &l->state);
	l->hub = hub_new(TAIL_MAX, event_durable(host->page, &l->state, TAIL_MAX),
		whisper_begin(host->page), l->lobby);
	whisper_start(l);
	waiter_start(l);
	l->server = fcgi_listen(&l->loop, LISTENING, &handler, l, limits);
	l->wake = wake_start(&l->loop, &host->page->bell, rung, l);
	uv_signal_init(&l->loop, &l->term);
	uv_signal_init(&l->loop, &l->hang_up);
	uv_timer_init(&l->loop, &l->second);
	l->term.data = l->hang_up.data = l->second.data = l;
	uv_signal_start(&l->term, stop_now, SIGTERM);
	uv_signal_start(&l->hang_up, reopen_log, SIGHUP);
	uv_timer_start(&l->second, every_second, SECOND_MS, SECOND_MS);
	uv_run(&l->loop, UV_RUN_DEFAULT);

	hub_free(l->hub);
	worker_free(&l->worker);
	buf_free(&l->answer);
	threads_free(&l->threads);
	uv_loop_close(&l->loop);
	free(l);
}
