/* The way of every request through every program.
 *
 *     accept → read → route → auth → fields → handler → reply
 *
 * Read walk() once and you know them all. A program brings a name and a table of routes
 * (`program`, see web/route.h), and lives in cgi-bin/; lib/web/main.c starts it.
 *
 * Not for requests that wait: `poll` and `bridge` have a loop of their own in lib/live. */
#include "web/app.h"

#include "core/clock.h"
#include "web/auth.h"
#include "web/fields.h"
#include "web/limit.h"
#include "web/reply.h"
#include "web/route.h"

#include <json.h>
#include <malloc.h>

enum err walk(struct request *rq)
{
	enum err e = request_read(rq);

	if (e == OK)
		e = route_find(rq);
	if (e == OK && rq->visit && !rq->route->is_quick)
		e = ERR_NEEDS_DATABASE;
	if (e == OK && rq->content_length > (int64_t)rq->route->body_max && rq->route->body_max)
		e = ERR_TOO_LARGE;
	if (e == OK && rq->route->auth != AUTH_NONE)
		e = auth_user(rq);
	if (e == OK)
		e = limit_request(rq);
	if (e == OK)
		e = fields_read(rq);
	return e == OK ? rq->route->run(rq) : e;
}

int finish(struct request *rq, enum err e)
{
	int sent = rq->status ? rq->status : 200, status = rq->answered ? sent : reply(rq, e);

	limit_count(rq, status);
	reply_log(rq, e, status);
	return status;
}

int serve(struct worker *w, struct gate *gate)
{
	struct request rq = worker_request(w, gate);
	int status = finish(&rq, walk(&rq));

	worker_clear(w, &rq);
	return status;
}

struct request worker_request(struct worker *w, struct gate *gate)
{
	return (struct request){ .host = w->host,
		.gate = gate,
		.arena = &w->arena,
		.db = w->db,
		.body = &w->body,
		.began_us = clock_us() };
}

void worker_clear(struct worker *w, struct request *rq)
{
	json_object_put(rq->body_tree);
	buf_clear(&w->body);
	arena_clear(&w->arena);
}

void worker_init_bare(struct worker *w, struct host *host)
{
	*w = (struct worker){ .host = host, .body = BUF_INIT(ANSWER_MAX) };
	arena_init(&w->arena);
}

void worker_init(struct worker *w, struct host *host)
{
	worker_init_bare(w, host);
	w->db = db_new(&host->conf);
}

void worker_rest(struct worker *w)
{
	db_rest(w->db);
	buf_free(&w->body);
	arena_free(&w->arena);
	malloc_trim(0);
}

void worker_free(struct worker *w)
{
	db_free(w->db);
	buf_free(&w->body);
	arena_free(&w->arena);
}
