#include "live/visit.h"

#include "core/log.h"
#include "live/threads.h"
#include "web/gate.h"
#include "web/route.h"

#include <stdlib.h>

enum { SPARE_MAX = 64 };

struct visits {
	uv_loop_t *loop;
	struct host *host;
	struct threads *threads;
	uv_async_t resumed;
	uv_timer_t looking;
	uv_mutex_t lock; /* guards what follows */
	struct visit *back, **back_end;
	bool closed;
	/* the loop's alone */
	struct visit *spare; /* with memory that is warm */
	unsigned n, spare_n;
	bool came; /* somebody, since it was last looked whether all is idle */
	int handles;
};

struct visit {
	struct visits *of;
	visit_done *done; /* NULL: nobody waits for the answer */
	void *asker;
	struct worker worker; /* its memory */
	struct gate gate;
	struct request rq;
	struct str rest; /* of the body */
	struct buf out;  /* the answer, made in a thread */
	uv_work_t work;
	struct visit *next;
	enum err (*then)(struct request *rq, void *context); /* NULL: `outcome` is known */
	void *context;
	enum err outcome;
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

	if (v->done)
		v->done(v->asker, bytes);
	v->done = NULL;
	return true;
}

static bool keep_answer(struct gate *g, struct str bytes)
{
	struct visit *v = g->stream;

	buf_str(&v->out, bytes);
	return true;
}

/* --- from beginning to end --- */

static struct visit *enter(struct visits *all)
{
	struct visit *v = all->spare;

	all->n++;
	all->came = true;
	if (v) {
		all->spare = v->next;
		all->spare_n--;
		return v;
	}
	v = must_alloc(sizeof *v);
	v->of = all;
	v->out = (struct buf)BUF_INIT(ANSWER_MAX + 16384);
	worker_init_bare(&v->worker, all->host);
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
	struct visits *all = v->of;

	all->n--;
	worker_clear(&v->worker, &v->rq);
	buf_clear(&v->out);
	if (all->spare_n == SPARE_MAX) {
		discard(v);
		return;
	}
	v->next = all->spare;
	all->spare = v;
	all->spare_n++;
}

static void work(uv_work_t *work)
{
	struct visit *v = work->data;
	struct worker *w = thread_take(v->of->threads);

	v->rq.db = w->db;
	finish(&v->rq, walk(&v->rq));
	thread_give(v->of->threads, w);
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
	uv_queue_work(v->of->loop, &v->work, work, is_worked);
}

void visit_resume(
	struct visit *v, enum err (*then)(struct request *rq, void *context), void *context)
{
	struct visits *all = v->of;
	bool first;

	v->then = then;
	v->context = context;
	v->next = NULL;
	uv_mutex_lock(&all->lock);
	first = all->back == NULL;
	*all->back_end = v;
	all->back_end = &v->next;
	if (first && !all->closed)
		uv_async_send(&all->resumed);
	uv_mutex_unlock(&all->lock);
}

static void go_on(uv_async_t *async)
{
	struct visits *all = async->data;
	struct visit *v, *next;

	uv_mutex_lock(&all->lock);
	v = all->back;
	all->back = NULL;
	all->back_end = &all->back;
	uv_mutex_unlock(&all->lock);
	log_gather();
	for (; v; v = next) {
		next = v->next;
		finish(&v->rq, v->then ? v->then(&v->rq, v->context) : v->outcome);
		leave(v);
	}
	log_release();
}

struct visit *visit_begin(
	struct visits *all, char **params, struct str body, visit_done *done, void *context)
{
	struct visit *v = enter(all);

	v->done = done;
	v->asker = context;
	v->rest = arena_copy(&v->worker.arena, body);
	v->gate = (struct gate){ .params = gate_params_copy(&v->worker.arena, params),
		.read = read_body,
		.write = answer_now,
		.stream = v };
	v->rq = worker_request(&v->worker, &v->gate);
	v->rq.visit = v;
	v->outcome = walk(&v->rq);
	if (v->outcome == ERR_NEEDS_DATABASE)
		go_to_thread(v);
	else if (v->outcome != ERR_PARKED)
		visit_resume(v, NULL, NULL);
	return v;
}

void visit_forget(struct visit *v)
{
	v->done = NULL;
}

/* --- all of them --- */

static void discard_spare(struct visits *all)
{
	for (struct visit *v; (v = all->spare);) {
		all->spare = v->next;
		discard(v);
	}
	all->spare_n = 0;
}

static void look_for_idle(uv_timer_t *timer)
{
	struct visits *all = timer->data;

	if (!all->came)
		discard_spare(all);
	all->came = false;
	threads_rest(all->threads);
}

struct visits *visits_new(uv_loop_t *loop, struct host *host, struct threads *threads)
{
	struct visits *all = must_alloc(sizeof *all);
	uint64_t idle_ms = 1000 * (uint64_t)host->conf.db_idle_s;

	all->loop = loop;
	all->host = host;
	all->threads = threads;
	all->back_end = &all->back;
	uv_mutex_init(&all->lock);
	uv_async_init(loop, &all->resumed, go_on);
	uv_timer_init(loop, &all->looking);
	all->handles = 2;
	all->resumed.data = all->looking.data = all;
	uv_timer_start(&all->looking, look_for_idle, idle_ms, idle_ms);
	return all;
}

/* Somebody may still come back: the process ends without them. */
static void is_closed(uv_handle_t *handle)
{
	struct visits *all = handle->data;

	if (--all->handles || all->n)
		return;
	uv_mutex_destroy(&all->lock);
	free(all);
}

void visits_free(struct visits *all)
{
	discard_spare(all);
	uv_mutex_lock(&all->lock);
	all->closed = true;
	uv_mutex_unlock(&all->lock);
	uv_close((uv_handle_t *)&all->looking, is_closed);
	uv_close((uv_handle_t *)&all->resumed, is_closed);
}

unsigned visits_count(const struct visits *all)
{
	return all->n;
}
