#include "live/guest.h"

#include "core/clock.h"
#include "live/asking.h"
#include "live/caller.h"
#include "live/fetch.h"
#include "live/whisper.h"
#include "live/wire.h"
#include "web/gate.h"
#include "web/route.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	TRIES_MAX = 3,
	PAGE = 200,      /* events that a thread brings at once */
	TAIL_FROM = 512, /* who is further behind is served by threads, a page at a time */
	QUEUED_MAX = 1 << 20,
};

/* Somebody on their way in. */
struct entering {
	struct live_request request; /* its `fcgi` is of no use here */
	struct guest *guest;         /* NULL: has left meanwhile */
	struct arena arena;
	struct str token;
	char **params;
	bool again;    /* is in already, and only asked who they are */
	bool fetching; /* a thread works for it, and whoever frees it waits for that one */
};

/* One process, one of these. */
static struct {
	struct live *live;
	struct worker worker;
	struct buf answer;
	struct guest *all;
} self = { .answer = BUF_INIT(ANSWER_MAX + 16384) };

static const struct listener_kind listening;

static struct guest *of_listener(struct listener *l)
{
	return (struct guest *)(void *)((char *)l - offsetof(struct guest, listener));
}

struct live *guest_live(void)
{
	return self.live;
}

/* --- coming in --- */

void guest_meet(struct guest *g, const struct guest_kind *kind, const struct caller *c)
{
	g->kind = kind;
	g->last = &g->first;
	g->caller = caller_copy(c);
}

/* What is no cursor is not worth being written as one. */
static struct str plain(struct str cursor)
{
	for (size_t i = 0; i < cursor.n; i++)
		if (cursor.p[i] != '-' && (cursor.p[i] < '0' || cursor.p[i] > '9'))
			return STR("-");
	return cursor;
}

static void set_params(struct entering *en, struct str cursor)
{
	struct question q = { STR("GET"), STR("/bridge"), { NULL, 0 }, en->token,
		en->guest->caller };

	if (cursor.n)
		q.path = arena_printf(&en->arena, "/bridge?cursor=%.*s", STR_ARG(plain(cursor)));
	en->params = question_params(&en->arena, &q);
}

static void entering_free(struct entering *en)
{
	if (en->guest)
		en->guest->entering = NULL;
	fetched_free(en->request.fetched);
	arena_free(&en->arena);
	free(en);
}

static bool has_place(const struct request *rq)
{
	int64_t n = 0, max = rq->host->conf.sockets;

	for (struct listener *l = hub_first(live_hub(self.live), rq->user_id); l; l = l->next)
		n++;
	return max == 0 || n < max;
}

enum err guest_arrive(struct request *rq, struct str cursor)
{
	struct live_request *lr = rq->live;
	const struct fetched *f;
	struct log_state state;
	struct wish *wish;

	if (!lr)
		return ERR_NOT_FOUND;
	wish = &lr->wish;
	*wish = (struct wish){ .limit = PAGE, .given = cursor.n > 0 };
	if (wish->given && !cursor_parse(cursor, &wish->cursor))
		return field_wrong(rq, "cursor", "is not what an earlier answer said");
	if (!lr->live)
		return ERR_NEEDS_DATABASE;
	f = lr->fetched;
	if (f && f->err != OK)
		return f->err;
	state = f ? f->state : live_state(lr->live);
	/* Somebody knows already of an epoch that the loop has yet to hear of. */
	if (f ? f->state.epoch != live_state(lr->live).epoch : wish->cursor.epoch > state.epoch)
		return ERR_NEEDS_DATABASE;
	if (wish->given && (wish->cursor.epoch != state.epoch || wish->cursor.number < state.floor))
		return ERR_CURSOR_EXPIRED;
	if (f && wish->given && wish->cursor.number > state.head)
		return ERR_CURSOR_EXPIRED; /* of a log that went further than this one */
	if (!f && (!hub_knows(live_hub(lr->live), rq->user_id) ||
			  wish->cursor.number > hub_head(live_hub(lr->live))))
		return ERR_NEEDS_DATABASE;
	return live_is_ending(lr->live) ? ERR_CONTENTION : OK;
}

/* Who is refused may be followed by the next, so the answer is not left where it was made. */
static void refuse(struct guest *g, struct entering *en)
{
	struct buf answer = self.answer;
	struct str cgi = buf_as_str(&answer), rest = cgi, line = str_cut(&rest, '\n');
	bool stays = en->again;
	int64_t status = 500;

	self.answer = (struct buf)BUF_INIT(ANSWER_MAX + 16384);
	str_cut(&line, ' ');
	str_int((struct str){ line.p, line.n ? line.n - 1 : 0 }, &status);
	while (rest.p && line.n > 1)
		line = str_cut(&rest, '\n');
	entering_free(en);
	g->is_entering = false;
	g->kind->refused(g, cgi, (int)status, rest.p ? rest : STR(""));
	buf_free(&answer);
	if (stays)
		asking_go_on(g);
}

static void is_fetched(
	void *entering, enum err walked, const struct vouched *vouched, struct fetched *got);
static void catch_up(struct guest *g);
static void catch_up_with(struct entering *en, enum err walked);

static void join_all(struct guest *g)
{
	g->next = self.all;
	g->link = &self.all;
	if (g->next)
		g->next->link = &g->next;
	self.all = g;
}

/* Everything before this was only looking. */
static void let_in(struct guest *g, const struct request *rq)
{
	struct entering *en = g->entering;
	struct hub *h = live_hub(self.live);
	const struct wish *wish = &en->request.wish;
	struct page *page = live_host(self.live)->page;

	g->user_id = rq->user_id;
	g->session_id = rq->session_id;
	g->at = (struct cursor){ live_state(self.live).epoch,
		wish->given ? wish->cursor.number : live_head(self.live),
		wish->given && wish->cursor.heard >= 0
			? hub_heard_from(h, ephemera_from(page, wish->cursor.heard))
			: ephemera_end(page) };
	g->listener = (struct listener){ .session_id = g->session_id,
		.position = g->at.number,
		.heard = g->at.heard,
		.kind = &listening };
	g->is_in = true;
	join_all(g);
	whisper_mark(g->user_id);
}

static void take_token(struct guest *g, const struct entering *en)
{
	g->token = must_realloc(g->token, en->token.n + 1);
	memcpy(g->token, en->token.p, en->token.n);
	g->token[en->token.n] = 0;
}

static void ask_thread(struct entering *en)
{
	en->fetching = true;
	fetch(self.live, en->params, is_fetched, en);
}

static void walk_in(struct entering *en)
{
	struct live_request *lr = &en->request;
	struct guest *g = en->guest;
	struct worker *w = &self.worker;
	struct gate gate = { .params = en->params,
		.read = gate_no_body,
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
		ask_thread(en);
		return;
	}
	if (e == ERR_NEEDS_DATABASE)
		e = ERR_CONTENTION;
	if (e == OK && en->again && rq.session_id != g->session_id)
		e = ERR_FORBIDDEN;
	if (e == OK && !en->again && !has_place(&rq))
		e = ERR_RATE_LIMITED;
	finish(&rq, e);
	if (e != OK) {
		worker_clear(w, &rq);
		refuse(g, en);
		return;
	}
	buf_clear(&self.answer);
	take_token(g, en);
	if (!en->again)
		let_in(g, &rq);
	worker_clear(w, &rq);
	g->is_entering = false;
	g->kind->entered(g);
	asking_go_on(g);
	if (en->again)
		entering_free(en);
	else if (lr->fetched)
		catch_up_with(en, ERR_NEEDS_DATABASE);
	else
		catch_up(g);
}

static void is_fetched(
	void *entering, enum err walked, const struct vouched *vouched, struct fetched *got)
{
	struct entering *en = entering;

	en->fetching = false;
	if (!en->guest) {
		fetched_free(got);
		entering_free(en);
		return;
	}
	fetched_free(en->request.fetched);
	en->request.fetched = got;
	en->request.vouched = *vouched;
	if (en->guest->is_in && !en->again)
		catch_up_with(en, walked);
	else
		walk_in(en);
}

void guest_enter(struct guest *g, struct str token, struct str cursor)
{
	struct entering *en = must_alloc(sizeof *en);

	en->guest = g;
	en->again = g->is_in;
	en->request.live = self.live;
	arena_init(&en->arena);
	en->token = arena_copy(&en->arena, token);
	g->entering = en;
	g->is_entering = true;
	set_params(en, cursor);
	walk_in(en);
}

/* --- catching up, then listening --- */

static void over(struct guest *g, int status)
{
	const struct guest_kind *kind = g->kind;

	guest_leave(g);
	kind->over(g, status);
}

static void gather(struct listener *l, const struct hub_event *e)
{
	struct guest *g = of_listener(l);

	if (g->events_n == g->events_size) {
		g->events_size = g->events_size ? 2 * g->events_size : 4;
		g->events =
			must_realloc(g->events, g->events_size * sizeof(const struct hub_event *));
	}
	g->events[g->events_n++] = e;
}

struct cursor guest_at(struct guest *g, const struct hub_event *e)
{
	const struct hub *h = live_hub(self.live);

	if (e->id)
		g->at.number = e->id;
	else
		g->at.heard = e->heard;
	if (!g->listener.person)
		return g->at;
	/* Of those who listen all are told at the same time. */
	if (e->id && g->at.heard < hub_heard(h))
		g->at.heard = hub_heard(h);
	if (!e->id && g->at.number < hub_head(h))
		g->at.number = hub_head(h);
	return g->at;
}

/* Who does not read is let go, and may come back with the last cursor they got. false: they have
 * gone. */
static bool tell(struct guest *g)
{
	size_t n = g->events_n;

	if (n && g->kind->waits(g) > QUEUED_MAX) {
		over(g, 429);
		return false;
	}
	g->events_n = 0;
	wires_gather();
	for (size_t i = 0; i < n; i++)
		g->kind->event(g, g->events[i]);
	wires_release();
	return true;
}

static void tell_and_settle(struct telling *t)
{
	struct guest *g = (struct guest *)(void *)((char *)t - offsetof(struct guest, telling));

	if (tell(g) && g->kind->settled)
		g->kind->settled(g);
}

static void on_settled(struct listener *l)
{
	telling_add(&of_listener(l)->telling);
}

static void on_ended(struct listener *l)
{
	struct guest *g = of_listener(l);
	int64_t user_id = g->user_id;

	over(g, 401);
	if (!hub_first(live_hub(self.live), user_id))
		presence_leave(live_host(self.live)->page, user_id, clock_us(), false);
}

static const struct listener_kind listening = { gather, on_settled, on_ended };

/* One page from the database. */
static void look_further(struct guest *g)
{
	struct entering *en = g->entering;

	set_params(en, cursor_text(&en->arena, g->at));
	ask_thread(en);
}

static void catch_up(struct guest *g)
{
	struct hub *h = live_hub(self.live);

	if (g->kind->waits(g) > QUEUED_MAX / 4) {
		g->is_full = true;
		return;
	}
	if (!hub_can_serve(h, g->user_id, g->listener.position) ||
		hub_head(h) - g->listener.position > TAIL_FROM) {
		look_further(g);
		return;
	}
	hub_replay(h, g->user_id, &g->listener);
	hub_whisper_again(h, g->user_id, &g->listener);
	entering_free(g->entering);
	if (!tell(g))
		return;
	hub_listen(h, g->user_id, &g->listener);
	if (g->kind->settled)
		g->kind->settled(g);
}

/* What a thread has brought stands before what the tail has. */
static void catch_up_with(struct entering *en, enum err walked)
{
	struct guest *g = en->guest;
	struct fetched *f = en->request.fetched;

	if (f && f->err == OK && walked == ERR_NEEDS_DATABASE) {
		if (f->state.epoch != g->at.epoch || g->at.number < f->state.floor) {
			over(g, 410);
			return;
		}
		if (!f->more)
			hub_meet(live_hub(self.live), &f->sight, f->as_of);
		for (size_t i = 0; i < f->n; i++)
			gather(&g->listener, &f->events[i]);
		if (f->position > g->listener.position)
			g->listener.position = g->at.number = f->position;
		en->request.tries = 0;
		if (!tell(g))
			return;
		if (f->position > g->at.number)
			g->at.number = f->position;
	} else if (walked == ERR_UNAUTHORIZED || en->request.tries++ >= TRIES_MAX) {
		over(g, walked == ERR_UNAUTHORIZED ? 401 : 503);
		return;
	}
	catch_up(g);
}

void guest_drained(struct guest *g)
{
	if (!g->is_full)
		return;
	g->is_full = false;
	catch_up(g);
}

/* --- going --- */

void guest_leave(struct guest *g)
{
	hub_leave(live_hub(self.live), &g->listener);
	telling_leave(&g->telling);
	if (g->link) {
		*g->link = g->next;
		if (g->next)
			g->next->link = g->link;
		g->link = NULL;
		whisper_mark(g->user_id);
	}
	if (g->entering && g->entering->fetching)
		g->entering->guest = NULL;
	else if (g->entering)
		entering_free(g->entering);
	g->entering = NULL;
	asking_end(g);
	free(g->token);
	free(g->caller);
	free(g->events);
	g->token = NULL;
	g->caller = NULL;
	g->events = NULL;
	g->events_n = g->events_size = 0;
	g->is_in = false;
}

void guests_open(struct live *l)
{
	self.live = l;
	worker_init_bare(&self.worker, live_host(l));
	telling_start(live_loop(l), tell_and_settle);
}

void guests_end(int status)
{
	struct guest *next;

	telling_all();
	for (struct guest *g = self.all; g; g = next) {
		next = g->next;
		over(g, status);
	}
}

void guests_close(void)
{
	worker_free(&self.worker);
	buf_free(&self.answer);
}
