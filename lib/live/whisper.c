#include "live/whisper.h"

#include "core/clock.h"
#include "core/log.h"
#include "data/user.h"
#include "live/threads.h"

#include <stdlib.h>

enum {
	OVERHEAR_MAX = 256, /* events in one go */
	GONE_MAX = 1024,
	ROUNDS = 4, /* of marking, in the time one may be away */
	ROUND_MAX_S = 10,
};

static struct {
	struct live *live;
	size_t round_s, second; /* a round of marking takes so many seconds, this is one of them */
	bool overhearing, again;
	uv_work_t writing;
	struct presence_gone gone[GONE_MAX]; /* being written down */
	size_t gone_n;
} self;

static struct page *page(void)
{
	return live_host(self.live)->page;
}

/* --- hearing --- */

struct overheard {
	uv_work_t work;
	struct arena arena;
	struct hub_event events[OVERHEAR_MAX];
	bool unknown[OVERHEAR_MAX]; /* of whom the hub does not know the chats */
	size_t n;
	int64_t heard;
};

static void tell_hub(struct overheard *o)
{
	live_tell(self.live);
	hub_whisper(live_hub(self.live), o->events, o->n, o->heard);
	arena_free(&o->arena);
	free(o);
}

static void find_chats(uv_work_t *work)
{
	struct overheard *o = work->data;
	struct worker *w = thread_take(live_threads(self.live));
	enum err e = OK;

	/* Without the database those have no audience. */
	for (size_t i = 0; i < o->n && e == OK; i++)
		if (o->unknown[i])
			e = sight_chats_of(w->db, &o->arena, o->events[i].user_id,
				&o->events[i].chat_ids, &o->events[i].chat_ids_n);
	thread_give(live_threads(self.live), w);
}

static void chats_found(uv_work_t *work, int status)
{
	bool more = self.again;

	(void)status;
	self.overhearing = self.again = false;
	tell_hub(work->data);
	if (more)
		whisper_rung();
	live_told(self.live);
}

/* Whether a thread must look first. */
static bool add(struct overheard *o, const struct ephemeral *what)
{
	size_t i = o->n++;

	o->events[i] = answer_ephemeral(&o->arena, what);
	o->unknown[i] =
		what->kind != EPHEMERAL_TYPING && !hub_knows(live_hub(self.live), what->user_id);
	return o->unknown[i];
}

/* Order counts, so while a thread looks all others wait. */
void whisper_rung(void)
{
	int64_t heard = hub_heard(live_hub(self.live)), next = heard;
	struct ephemeral what;
	struct overheard *o;
	bool ask = false, more = true;

	if (self.overhearing || heard == ephemera_end(page())) {
		self.again = self.overhearing;
		return;
	}
	o = must_alloc(sizeof *o);
	arena_init(&o->arena);
	while (o->n < OVERHEAR_MAX && (more = ephemera_next(page(), &next, &what))) {
		/* The ring came round while it was read: what follows is told by itself, so that no
		 * two have the same place in the hub. */
		if (o->n && next - o->events[0].heard >= HUB_WHISPERS)
			break;
		ask = add(o, &what) || ask;
		heard = next;
	}
	o->heard = more ? heard : next;
	if (!ask) {
		tell_hub(o);
	} else {
		self.overhearing = true;
		o->work.data = o;
		uv_queue_work(live_loop(self.live), &o->work, find_chats, chats_found);
	}
	if (more)
		whisper_rung();
}

/* --- who is online --- */

static void write_down(uv_work_t *work)
{
	struct worker *w = thread_take(live_threads(self.live));
	enum err e = user_seen(w->db, page(), self.gone, self.gone_n);

	(void)work;
	/* It is found again by a later second. */
	if (e != OK && e != ERR_DATABASE_AWAY)
		log_say("error", "who was here cannot be written down: %s", db_problem(w->db));
	thread_give(live_threads(self.live), w);
}

static void written_down(uv_work_t *work, int status)
{
	(void)work;
	(void)status;
	self.gone_n = 0;
}

void whisper_mark(int64_t user_id)
{
	presence_mark(page(), user_id, live_host(self.live)->conf.away_s, clock_us());
}

void whisper_tick(void)
{
	bool writing = self.gone_n > 0;
	size_t n;

	self.second = (self.second + 1) % self.round_s;
	hub_each(live_hub(self.live), self.second, self.round_s, whisper_mark);
	n = presence_tell(page(), live_host(self.live)->conf.away_s, clock_us(), self.gone,
		writing ? 0 : (size_t)GONE_MAX);
	if (n) {
		self.gone_n = n;
		uv_queue_work(live_loop(self.live), &self.writing, write_down, written_down);
	}
	whisper_rung();
}

int64_t whisper_begin(struct page *p)
{
	int64_t end = ephemera_end(p);

	return end - p->ephemera.first > HUB_WHISPERS ? end - HUB_WHISPERS : p->ephemera.first;
}

void whisper_start(struct live *l)
{
	int64_t away_s = live_host(l)->conf.away_s;

	self.live = l;
	self.round_s = away_s < ROUNDS ? 1 : (size_t)(away_s / ROUNDS);
	if (self.round_s > ROUND_MAX_S)
		self.round_s = ROUND_MAX_S;
}
