#include "live/call.h"

#include "live/fetch.h"
#include "live/waiter.h"
#include "web/gate.h"

#include <stdlib.h>

enum {
	LISTENING = 0,
	HEAD_MS = 20000,
	BODY_MAX = 65536,
	QUEUED_MAX = 1 << 20,
	TRIES_MAX = 3,
};

/* One process, one of these. */
static struct {
	struct live *live;
	struct fcgi_server *server;
	struct worker worker; /* of the loop's thread: without a database */
	struct buf answer;
	struct live_request *early, **early_end;
} self = { .answer = BUF_INIT(ANSWER_MAX + 16384), .early_end = &self.early };

static void walk_on(struct live_request *lr);

static void request_free(struct live_request *lr)
{
	fetched_free(lr->fetched);
	free(lr);
}

static void is_fetched(
	void *request, enum err walked, const struct vouched *vouched, struct fetched *got)
{
	struct live_request *lr = request;

	(void)walked;
	fetched_free(lr->fetched);
	lr->fetched = got;
	lr->vouched = *vouched;
	if (lr->fcgi)
		walk_on(lr);
	else
		request_free(lr);
}

/* Walks a request through its steps on the loop's thread. */
static void walk_on(struct live_request *lr)
{
	struct worker *w = &self.worker;
	struct gate gate = { .params = fcgi_params(lr->fcgi),
		.read = gate_no_body,
		/* Until the log line is written: with its answer a request loses its variables. */
		.write = gate_keep,
		.stream = &self.answer };
	struct request rq = worker_request(w, &gate);
	enum err e;

	rq.live = lr;
	rq.counted = lr->counted;
	rq.vouched = lr->vouched;
	e = walk(&rq);
	lr->counted = rq.counted;
	if (e == ERR_NEEDS_DATABASE && lr->fetched && lr->fetched->err != OK)
		e = lr->fetched->err;
	if (e == ERR_NEEDS_DATABASE && lr->tries++ < TRIES_MAX) {
		worker_clear(w, &rq);
		fetch(lr->live, fcgi_params(lr->fcgi), is_fetched, lr);
		return;
	}
	if (e == ERR_NEEDS_DATABASE)
		e = ERR_CONTENTION;
	if (e != ERR_PARKED) {
		finish(&rq, e);
		fcgi_finish(lr->fcgi, buf_as_str(&self.answer));
		buf_clear(&self.answer);
	}
	worker_clear(w, &rq);
	request_free(lr);
}

/* The client goes while a thread works for it: that one finds out when it comes back. */
static void forget(struct held *h)
{
	((struct live_request *)(void *)h)->fcgi = NULL;
}

/* They have come before the hub has heard of all that was acknowledged by then. They wait that
 * moment, so that their answer has it, and has all of it. */
static void hold(struct live_request *lr)
{
	*self.early_end = lr;
	self.early_end = &lr->next;
}

static void told(void)
{
	struct live_request *lr;

	while ((lr = self.early) && live_has_heard(self.live, &lr->rung_for)) {
		self.early = lr->next;
		if (!self.early)
			self.early_end = &self.early;
		if (lr->fcgi)
			walk_on(lr);
		else
			request_free(lr);
	}
}

static void begin(struct fcgi_request *r)
{
	struct live_request *lr = must_alloc(sizeof *lr);

	lr->held.gone = forget;
	lr->live = self.live;
	lr->fcgi = r;
	fcgi_set_data(r, lr);
	live_attend(self.live);
	lr->rung_for = live_rung_for(self.live);
	if (live_has_heard(self.live, &lr->rung_for))
		walk_on(lr);
	else
		hold(lr);
}

static void gone(struct fcgi_request *r)
{
	struct held *h = fcgi_data(r);

	h->gone(h);
}

void call_let_in(void)
{
	fcgi_let_in(self.server);
}

/* --- the door --- */

static void open_door(struct live *l)
{
	static const struct fcgi_handler handler = {
		.request = begin, .gone = gone, .drained = NULL
	};
	struct fcgi_limits limits = { HEAD_MS, BODY_MAX, QUEUED_MAX, 20000 };

	self.live = l;
	worker_init_bare(&self.worker, live_host(l));
	waiter_start(l);
	self.server = fcgi_listen(live_loop(l), LISTENING, &handler, l, limits);
}

/* Those who wait are answered now, and those on their way when they get there. */
static void stop_accepting(void)
{
	fcgi_stop_accepting(self.server);
	told();
	waiter_release_all(OK);
}

static void begin_anew(void)
{
	waiter_release_all(ERR_CURSOR_EXPIRED);
}

static bool is_empty(void)
{
	return fcgi_connections(self.server) == 0;
}

static void close_door(void)
{
	waiter_stop();
	fcgi_close(self.server);
}

void call_serve(struct host *host)
{
	static const struct door door = { open_door, stop_accepting, begin_anew, NULL, told,
		is_empty, close_door };

	live_serve(host, &door);
	worker_free(&self.worker);
	buf_free(&self.answer);
}
