#include "live/desk.h"

#include "core/clock.h"
#include "core/log.h"
#include "live/fcgi.h"
#include "web/gate.h"
#include "web/route.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LISTENING = 0,
	THREADS_MAX = 256,
	HEAD_MS = 20000,
	BODY_MAX = 1 << 20,
	QUEUED_MAX = 1 << 20,
	AT_ONCE_MAX = 256,
	END_US = 5000000,
	END_LOOK_MS = 20,
	SPARE_MAX = 64,
};

struct desk {
	uv_loop_t loop;
	struct host *host;
	struct fcgi_server *server;
	uv_signal_t term, hang_up;
	uv_timer_t end;
	uv_async_t resumed;
	uv_mutex_t lock; /* guards what follows */
	struct visit *back, **back_end;
	struct worker *free[THREADS_MAX]; /* those of the pool's threads that nobody uses */
	int free_n;
	/* the loop's alone */
	struct worker *workers;
	struct visit *spare; /* with memory that is warm */
	int threads, visits, spare_n;
	int64_t end_us; /* when connections are broken off, once it is asked to end */
};

/* A request on its way through the program. Its variables and body are copied: the client may go
 * while somebody works for it. */
struct visit {
	struct desk *desk;
	struct fcgi_request *fcgi; /* NULL: the client is gone */
	struct worker worker;      /* its memory */
	struct gate gate;
	struct request rq;
	struct str rest; /* of the body */
	struct buf out;  /* the answer, made in a thread */
	uv_work_t work;
	struct visit *next;
	enum err (*then)(struct request *rq, void *context);
	void *context;
};

/* --- the gate --- */

static int64_t read_body(struct gate *g, char *to, size_t n)
{
	struct visit *v = g->stream;

	n = n < v->rest.n ? n : v->rest.n;
	if (n)
		memcpy(to, v->rest.p, n);
	v->rest = (struct str){ v->rest.p + n, v->rest.n - n };
	return (int64_t)n;
}

static bool answer_now(struct gate *g, struct str bytes)
{
	struct visit *v = g->stream;

	if (v->fcgi)
		fcgi_finish(v->fcgi, bytes);
	v->fcgi = NULL;
	return true;
}

static bool keep_answer(struct gate *g, struct str bytes)
{
	struct visit *v = g->stream;

	buf_str(&v->out, bytes);
	return true;
}

/* --- from beginning to end --- */

static struct visit *enter(struct desk *d)
{
	struct visit *v = d->spare;

	d->visits++;
	if (v) {
		d->spare = v->next;
		d->spare_n--;
		return v;
	}
	v = must_alloc(sizeof *v);
	v->desk = d;
	v->out = (struct buf)BUF_INIT(ANSWER_MAX + 16384);
	worker_init_bare(&v->worker, d->host);
	return v;
}

static void discard(struct visit *v)
{
	worker_free(&v->worker);
	buf_free(&v->out);
	free(v);
}

static void leave(struct visit *v)
{
	struct desk *d = v->desk;

	d->visits--;
	worker_clear(&v->worker, &v->rq);
	buf_clear(&v->out);
	if (d->spare_n == SPARE_MAX) {
		discard(v);
		return;
	}
	v->next = d->spare;
	d->spare = v;
	d->spare_n++;
}

static void answer(struct visit *v, enum err e)
{
	finish(&v->rq, e);
	leave(v);
}

static void work(uv_work_t *work)
{
	struct visit *v = work->data;
	struct desk *d = v->desk;
	struct worker *w;

	uv_mutex_lock(&d->lock);
	w = d->free[--d->free_n]; /* the pool has as many threads as there are of these */
	uv_mutex_unlock(&d->lock);
	v->rq.db = w->db;
	finish(&v->rq, walk(&v->rq));
	uv_mutex_lock(&d->lock);
	d->free[d->free_n++] = w;
	uv_mutex_unlock(&d->lock);
}

static void is_worked(uv_work_t *work, int status)
{
	struct visit *v = work->data;

	(void)status;
	answer_now(&v->gate, buf_as_str(&v->out));
	leave(v);
}

/* What had been found out on the loop is found out again: it was little. */
static void go_to_thread(struct visit *v)
{
	bool counted = v->rq.counted;

	v->gate.write = keep_answer;
	v->rq = (struct request){ .host = v->rq.host,
		.gate = &v->gate,
		.arena = &v->worker.arena,
		.body = &v->worker.body,
		.began_us = v->rq.began_us,
		.counted = counted };
	v->work.data = v;
	uv_queue_work(&v->desk->loop, &v->work, work, is_worked);
}

static void begin(struct fcgi_request *r)
{
	struct desk *d = fcgi_context(r);
	struct visit *v = enter(d);
	enum err e;

	v->fcgi = r;
	fcgi_set_data(r, v);
	v->rest = arena_copy(&v->worker.arena, fcgi_body(r));
	v->gate = (struct gate){ .params = gate_params_copy(&v->worker.arena, fcgi_params(r)),
		.read = read_body,
		.write = answer_now,
		.stream = v };
	fcgi_release_input(r);
	v->rq = worker_request(&v->worker, &v->gate);
	v->rq.visit = v;
	e = walk(&v->rq);
	if (e == ERR_NEEDS_DATABASE)
		go_to_thread(v);
	else if (e != ERR_PARKED)
		answer(v, e);
}

/* Whoever works for it goes on: what was asked for is done, though nobody hears of it. */
static void gone(struct fcgi_request *r)
{
	struct visit *v = fcgi_data(r);

	v->fcgi = NULL;
}

void desk_resume(
	struct visit *v, enum err (*then)(struct request *rq, void *context), void *context)
{
	struct desk *d = v->desk;
	bool first;

	v->then = then;
	v->context = context;
	v->next = NULL;
	uv_mutex_lock(&d->lock);
	first = d->back == NULL;
	*d->back_end = v;
	d->back_end = &v->next;
	uv_mutex_unlock(&d->lock);
	if (first)
		uv_async_send(&d->resumed);
}

static void go_on(uv_async_t *async)
{
	struct desk *d = async->data;
	struct visit *v, *next;

	uv_mutex_lock(&d->lock);
	v = d->back;
	d->back = NULL;
	d->back_end = &d->back;
	uv_mutex_unlock(&d->lock);
	for (; v; v = next) {
		next = v->next;
		answer(v, v->then(&v->rq, v->context));
	}
}

/* --- the process --- */

/* Everybody has their answer; who still holds a connection had time to read it. */
static void look_for_end(uv_timer_t *timer)
{
	struct desk *d = timer->data;

	if (d->visits || (fcgi_connections(d->server) && clock_us() < d->end_us))
		return;
	uv_close((uv_handle_t *)&d->term, NULL);
	uv_close((uv_handle_t *)&d->hang_up, NULL);
	uv_close((uv_handle_t *)&d->end, NULL);
	uv_close((uv_handle_t *)&d->resumed, NULL);
	fcgi_close(d->server);
}

static void stop_now(uv_signal_t *signal, int number)
{
	struct desk *d = signal->data;

	(void)number;
	if (d->end_us)
		return;
	d->end_us = clock_us() + END_US;
	fcgi_stop_accepting(d->server);
	uv_timer_start(&d->end, look_for_end, 0, END_LOOK_MS);
}

static void reopen_log(uv_signal_t *signal, int number)
{
	(void)signal;
	(void)number;
	log_reopen();
}

/* libuv takes the size of its pool from the environment, when it is first used. */
static void make_pool(struct desk *d)
{
	char threads[16];

	d->threads = (int)d->host->conf.threads;
	d->workers = must_alloc(sizeof *d->workers * (size_t)d->threads);
	snprintf(threads, sizeof threads, "%d", d->threads);
	setenv("UV_THREADPOOL_SIZE", threads, 1);
	for (int i = 0; i < d->threads; i++) {
		worker_init(&d->workers[i], d->host);
		d->free[d->free_n++] = &d->workers[i];
	}
}

static void watch_signals(struct desk *d)
{
	uv_signal_init(&d->loop, &d->term);
	uv_signal_init(&d->loop, &d->hang_up);
	uv_timer_init(&d->loop, &d->end);
	d->term.data = d->end.data = d;
	uv_signal_start(&d->term, stop_now, SIGTERM);
	uv_signal_start(&d->hang_up, reopen_log, SIGHUP);
}

void desk_serve(struct host *host)
{
	static const struct fcgi_handler requests = { begin, gone, NULL };
	struct fcgi_limits limits = { HEAD_MS, BODY_MAX, QUEUED_MAX, AT_ONCE_MAX };
	struct desk *d = must_alloc(sizeof *d);

	d->host = host;
	d->back_end = &d->back;
	uv_mutex_init(&d->lock);
	make_pool(d);
	uv_loop_init(&d->loop);
	uv_async_init(&d->loop, &d->resumed, go_on);
	d->resumed.data = d;
	d->server = fcgi_listen(&d->loop, LISTENING, &requests, d, limits);
	watch_signals(d);
	uv_run(&d->loop, UV_RUN_DEFAULT);

	for (struct visit *v = d->spare, *next; v; v = next) {
		next = v->next;
		discard(v);
	}
	for (int i = 0; i < d->threads; i++)
		worker_free(&d->workers[i]);
	free(d->workers);
	uv_mutex_destroy(&d->lock);
	uv_loop_close(&d->loop);
	free(d);
}
