#include "live/desk.h"

#include "core/clock.h"
#include "core/log.h"
#include "live/fcgi.h"
#include "live/threads.h"
#include "live/visit.h"

#include <signal.h>
#include <stdlib.h>

enum {
	LISTENING = 0,
	HEAD_MS = 20000,
	BODY_MAX = 1 << 20,
	QUEUED_MAX = 1 << 20,
	AT_ONCE_MAX = 256,
	END_US = 5000000,
	END_LOOK_MS = 20,
};

struct desk {
	uv_loop_t loop;
	struct fcgi_server *server;
	struct visits *visits;
	struct threads threads;
	uv_signal_t term, hang_up;
	uv_timer_t end;
	int64_t end_us; /* when connections are broken off, once it is asked to end */
};

static void answered(void *request, struct str answer)
{
	fcgi_finish(request, answer);
}

static void begin(struct fcgi_request *r)
{
	struct desk *d = fcgi_context(r);

	fcgi_set_data(r, visit_begin(d->visits, fcgi_params(r), fcgi_body(r), answered, r));
	fcgi_release_input(r);
}

static void gone(struct fcgi_request *r)
{
	visit_forget(fcgi_data(r));
}

/* Everybody has their answer; who still holds a connection had time to read it. */
static void look_for_end(uv_timer_t *timer)
{
	struct desk *d = timer->data;

	if (visits_count(d->visits) || (fcgi_connections(d->server) && clock_us() < d->end_us))
		return;
	uv_close((uv_handle_t *)&d->term, NULL);
	uv_close((uv_handle_t *)&d->hang_up, NULL);
	uv_close((uv_handle_t *)&d->end, NULL);
	fcgi_close(d->server);
	visits_free(d->visits);
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

	threads_init_many(&d->threads, host, (int)host->conf.threads);
	uv_loop_init(&d->loop);
	d->visits = visits_new(&d->loop, host, &d->threads);
	d->server = fcgi_listen(&d->loop, LISTENING, &requests, d, limits);
	watch_signals(d);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	threads_free(&d->threads);
	uv_loop_close(&d->loop);
	free(d);
}
