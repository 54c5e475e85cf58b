#include "live/live.h"

#include "core/clock.h"
#include "core/log.h"
#include "live/threads.h"
#include "live/wake.h"
#include "live/whisper.h"

#include <signal.h>
#include <stdlib.h>

enum {
	TAIL_MAX = 4096,
	READ_MAX = 512,
	SECOND_MS = 1000,
	TICK_US = 1000000,
	PATIENCE_US = 5000000, /* with a database that is slow to answer */
	SWEEP_S = 60,
	END_US = 5000000,
	END_LOOK_MS = 20,
	QUIET_S = 3,
};

/* What the bell's thread has found, and where it is to go on: the loop's while it is told. */
struct reading {
	int64_t after, until, epoch;
	struct hub_event *events; /* in the reader's arena */
	size_t n;
	struct log_state state;
	int64_t ticked_us;
	bool is_news, tick;
	enum err err;
};

struct live {
	uv_loop_t loop;
	struct host *host;
	struct hub *hub;
	const struct door *door;
	struct wake *wake;
	uv_signal_t term, hang_up;
	uv_timer_t second;
	struct threads threads;
	struct worker reader; /* of the bell's thread */
	struct reading reading;
	_Atomic bool looking;
	struct log_state state;
	int64_t end_us; /* when it ends at the latest, once it is asked to */
	int64_t lobby;
	int seconds, beginnings, failures /* of readings */;
	int quiet_s; /* so long nobody has been here */
	_Atomic bool resting;
	bool ending;
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

struct log_state live_state(struct live *l)
{
	return l->state;
}

int live_beginnings(const struct live *l)
{
	return l->beginnings;
}

struct threads *live_threads(struct live *l)
{
	return &l->threads;
}

/* --- the tail --- */

/* The log does not go on where the hub stands: it was restored from a backup, or trimmed further
 * than that. */
static bool goes_elsewhere(const struct reading *r)
{
	return r->tick && (r->state.epoch != r->epoch || r->state.floor > r->after);
}

static enum err read_tail(struct reading *r, struct worker *w)
{
	struct event *events = NULL;
	enum err e = OK;

	if (r->tick)
		e = event_state(w->db, &w->arena, &r->state);
	if (e == OK && r->until > r->after && !goes_elsewhere(r))
		e = event_overhear(&w->arena, r->epoch, r->after, r->until, &events, &r->n)
			    ? OK
			    : event_read(w->db, &w->arena, r->after, r->until, READ_MAX, &events,
				      &r->n);
	if (e == OK && r->n)
		r->events = answer_render(&w->arena, events, r->n);
	for (size_t i = 0; e == OK && i < r->n; i++)
		if (!r->events[i].chat_id && str_is(r->events[i].type, "user"))
			e = sight_chats_of(w->db, &w->arena, r->events[i].user_id,
				&r->events[i].chat_ids, &r->events[i].chat_ids_n);
	return e;
}

/* In the bell's thread: what is new, or the log's head. */
static bool ask(void *live)
{
	struct live *l = live;
	struct reading *r = &l->reading;
	const struct page *page = l->host->page;
	int64_t now_us = clock_us();

	r->until = atomic_load(&l->resting) ? r->after : (int64_t)atomic_load(&page->head);
	r->tick = atomic_exchange(&l->looking, false) || event_is_over(page, r->epoch) ||
		  now_us - r->ticked_us >= TICK_US || now_us < r->ticked_us;
	r->n = 0;
	r->is_news = r->tick || r->until > r->after;
	if (r->tick)
		r->ticked_us = now_us;
	if (!r->is_news)
		return false;
	r->err = read_tail(r, &l->reader);
	return r->err == OK && r->n == READ_MAX;
}

/* Whoever waits behind another log is told so; everything begins where this one ends. */
static void begin_anew(struct live *l, const struct log_state *s)
{
	int64_t heard;

	event_follow(l->host->page, s);
	l->state = *s;
	l->door->begin_anew();
	heard = hub_heard(l->hub);
	hub_free(l->hub);
	l->hub = hub_new(TAIL_MAX, s->head, heard, l->lobby);
	l->beginnings++;
}

static void take_news(struct live *l, struct reading *r)
{
	if (r->err == OK && goes_elsewhere(r)) {
		begin_anew(l, &r->state);
	} else if (r->err == OK && r->tick) {
		event_tick(l->host->page, &r->state);
		l->state = r->state;
	}
	if (r->err == OK && r->n) {
		live_tell(l);
		hub_feed(l->hub, r->events, r->n);
	}
	if (r->err != OK)
		l->failures++;
	if (r->err != OK && r->err != ERR_DATABASE_AWAY)
		log_say("error", "the log cannot be read");
	arena_clear(&l->reader.arena);
}

int64_t live_head(struct live *l)
{
	const struct page *page = l->host->page;
	int64_t head = (int64_t)atomic_load(&page->head), known = hub_head(l->hub);

	return head > known && !event_is_over(page, l->state.epoch) ? head : known;
}

struct rung_for live_rung_for(struct live *l)
{
	return (struct rung_for){ live_head(l), ephemera_end(l->host->page),
		clock_us() + PATIENCE_US, l->beginnings, l->failures };
}

bool live_has_heard(struct live *l, const struct rung_for *r)
{
	return (hub_head(l->hub) >= r->head && hub_heard(l->hub) >= r->heard) ||
	       l->beginnings != r->beginnings || l->failures != r->failures || l->ending ||
	       clock_us() > r->until_us;
}

void live_tell(struct live *l)
{
	if (l->door->tell)
		l->door->tell();
}

void live_told(struct live *l)
{
	if (l->door->told)
		l->door->told();
}

/* Who comes later begins where the log stands then, or is told by the database what was before. */
static void rest(struct live *l)
{
	int64_t head = live_head(l);

	atomic_store(&l->resting, true);
	wake_rest(l->wake);
	if (head > hub_head(l->hub))
		hub_skip(l->hub, head);
}

void live_attend(struct live *l)
{
	l->quiet_s = 0;
	if (atomic_exchange(&l->resting, false))
		wake_up(l->wake);
}

static void rung(void *live)
{
	struct live *l = live;

	log_gather();
	if (l->reading.is_news && !l->ending)
		take_news(l, &l->reading);
	whisper_rung();
	live_told(l);
	log_release();
	if (l->quiet_s >= QUIET_S && !l->ending)
		rest(l);
	l->reading.after = hub_head(l->hub);
	l->reading.epoch = l->state.epoch;
}

void live_look(struct live *l)
{
	atomic_store(&l->looking, true);
	page_ring(l->host->page);
}

static void every_second(uv_timer_t *timer)
{
	struct live *l = timer->data;

	whisper_tick();
	live_told(l);
	l->quiet_s = l->door->is_empty() && !hub_listening(l->hub) ? l->quiet_s + 1 : 0;
	if (++l->seconds % SWEEP_S == 0)
		hub_sweep(l->hub);
	threads_rest(&l->threads);
}

/* --- from start to end --- */

static void close_all(struct live *l)
{
	wake_stop(l->wake);
	uv_close((uv_handle_t *)&l->term, NULL);
	uv_close((uv_handle_t *)&l->hang_up, NULL);
	uv_close((uv_handle_t *)&l->second, NULL);
	l->door->close();
}

/* Everybody has been answered and has gone, or had time enough for it. */
static void look_for_end(uv_timer_t *timer)
{
	struct live *l = timer->data;

	if (l->door->is_empty() || clock_us() > l->end_us)
		close_all(l);
}

static void stop_now(uv_signal_t *signal, int number)
{
	struct live *l = signal->data;

	(void)number;
	if (l->ending)
		return;
	l->ending = true;
	l->end_us = clock_us() + END_US;
	l->door->stop();
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
	struct worker *w = &l->reader;

	while (event_state(w->db, &w->arena, &l->state) != OK ||
		sight_lobby(w->db, &w->arena, &l->lobby) != OK) {
		arena_clear(&w->arena);
		uv_sleep(200);
	}
	arena_clear(&w->arena);
}

void live_serve(struct host *host, const struct door *door)
{
	struct live *l = must_alloc(sizeof *l);

	l->host = host;
	l->door = door;
	uv_loop_init(&l->loop);
	threads_init(&l->threads, host);
	worker_init(&l->reader, host);
	find_head(l);
	event_begin(host->page, &l->state);
	l->hub = hub_new(TAIL_MAX, event_durable(host->page, &l->state, TAIL_MAX),
		whisper_begin(host->page), l->lobby);
	whisper_start(l);
	door->open(l);
	l->reading.after = hub_head(l->hub);
	l->reading.epoch = l->state.epoch;
	l->wake = wake_start(&l->loop, &host->page->bell, ask, rung, l);
	uv_signal_init(&l->loop, &l->term);
	uv_signal_init(&l->loop, &l->hang_up);
	uv_timer_init(&l->loop, &l->second);
	l->term.data = l->hang_up.data = l->second.data = l;
	uv_signal_start(&l->term, stop_now, SIGTERM);
	uv_signal_start(&l->hang_up, reopen_log, SIGHUP);
	uv_timer_start(&l->second, every_second, SECOND_MS, SECOND_MS);
	uv_run(&l->loop, UV_RUN_DEFAULT);

	hub_free(l->hub);
	worker_free(&l->reader);
	threads_free(&l->threads);
	uv_loop_close(&l->loop);
	free(l);
}
