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
	SWEEP_S = 60,
	END_US = 5000000,
	END_LOOK_MS = 20,
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
	l->door->begin_anew();
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

void live_look(struct live *l)
{
	follow(l, true);
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
	struct worker *w = &l->threads.all[0];

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

	signal(SIGPIPE, SIG_IGN);
	l->host = host;
	l->door = door;
	uv_loop_init(&l->loop);
	threads_init(&l->threads, host);
	find_head(l);
	event_begin(host->page, &l->state);
	l->hub = hub_new(TAIL_MAX, event_durable(host->page, &l->state, TAIL_MAX),
		whisper_begin(host->page), l->lobby);
	whisper_start(l);
	door->open(l);
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
	threads_free(&l->threads);
	uv_loop_close(&l->loop);
	free(l);
}
