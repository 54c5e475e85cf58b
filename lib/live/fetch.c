#include "live/fetch.h"

#include "live/threads.h"
#include "web/gate.h"

#include <stdlib.h>

struct fetching {
	uv_work_t work;
	struct live *live;
	char **params;
	struct arena arena; /* of the copy */
	struct fetched *fetched;
	int64_t head; /* of the hub, when it was asked for */
	int beginnings;
	enum err walked;
	struct vouched vouched;
	fetch_done *done;
	void *context;
};

/* What lies between the cursor and the tail, and which chats are in sight. */
static void look(struct fetching *f, struct worker *w, int64_t user_id, const struct wish *wish)
{
	struct fetched *got = f->fetched;
	struct sight_page page = { .after = wish->given ? wish->cursor.number : f->head,
		.until = f->head,
		.limit = wish->limit,
		.chat_id = wish->chat_id };
	struct event *events = NULL;

	got->position = page.after;
	if (page.after < got->state.floor || wish->cursor.epoch != got->state.epoch)
		got->position = page.until = page.after = f->head;
	if (page.after < page.until)
		got->err = sight_read(
			w->db, &got->arena, user_id, &page, &events, &got->n, &got->position);
	if (got->err == OK && got->n)
		got->events = answer_render(&got->arena, events, got->n);
	got->more = got->position < page.until;
	got->as_of = f->head;
	/* Who comes again at once is not here yet. */
	if (got->err == OK && !got->more)
		got->err = sight_load(w->db, &got->arena, user_id, got->position, &got->sight);
}

static void in_thread(uv_work_t *work)
{
	struct fetching *f = work->data;
	struct fetched *got = f->fetched;
	struct worker *w = thread_take(live_threads(f->live));
	struct gate gate = { .params = f->params, .read = gate_no_body };
	struct request rq = worker_request(w, &gate);
	struct live_request nowhere = { .live = NULL };

	rq.live = &nowhere;
	rq.counted = true;
	f->walked = walk(&rq);
	f->vouched = rq.vouched;
	/* The handler came to its own wish, now that somebody stands behind the token. */
	if (f->walked == ERR_NEEDS_DATABASE)
		got->err = event_state(w->db, &got->arena, &got->state);
	if (f->walked == ERR_NEEDS_DATABASE && got->err == OK)
		look(f, w, rq.user_id, &nowhere.wish);
	worker_clear(w, &rq);
	thread_give(live_threads(f->live), w);
}

void fetched_free(struct fetched *f)
{
	if (!f)
		return;
	arena_free(&f->arena);
	free(f);
}

static void on_loop(uv_work_t *work, int status)
{
	struct fetching *f = work->data;
	struct fetched *got = f->fetched;

	(void)status;
	if (got->state.epoch && got->state.epoch != live_state(f->live).epoch)
		live_look(f->live);
	/* A refusal that only the database knows of is final; any other the walk will come to
	 * again. */
	if (f->walked == ERR_UNAUTHORIZED || f->walked == ERR_DATABASE_AWAY ||
		f->walked == ERR_INTERNAL)
		got->err = f->walked;
	/* What was read for a hub that is gone says nothing about this one. */
	if (f->beginnings != live_beginnings(f->live)) {
		fetched_free(got);
		got = NULL;
	}
	f->done(f->context, f->walked, &f->vouched, got);
	arena_free(&f->arena);
	free(f);
}

void fetch(struct live *l, char **params, fetch_done *done, void *context)
{
	struct fetching *f = must_alloc(sizeof *f);

	f->work.data = f;
	f->live = l;
	f->done = done;
	f->context = context;
	f->fetched = must_alloc(sizeof *f->fetched);
	arena_init(&f->fetched->arena);
	arena_init(&f->arena);
	f->params = gate_params_copy(&f->arena, params);
	f->head = hub_head(live_hub(l));
	f->beginnings = live_beginnings(l);
	uv_queue_work(live_loop(l), &f->work, in_thread, on_loop);
}
