#include "live/hub.h"

#include "core/arena.h"
#include "core/clock.h"
#include "live/crowd.h"

#include <stdlib.h>

enum { IDLE_SWEEPS = 2 };

struct hub {
	struct hub_event *tail; /* a ring; event `id` stands at id % tail_max */
	size_t tail_max;
	int64_t head, oldest; /* the tail holds oldest + 1 … head */
	/* The same of what nobody keeps, by their numbers; not all are for somebody. */
	struct hub_event *whispers;
	int64_t heard, heard_oldest, lobby;
	struct crowd crowd;
	struct listener *touched, **touched_end;
	size_t listening;
};

/* --- who is in what --- */

/* What an event says of who is where, before it is delivered and after: who joins hears of it, and
 * so does who leaves. */
static void before(struct hub *h, const struct hub_event *e)
{
	struct person_here *p =
		str_is(e->type, "member.joined") ? table_get(&h->crowd.people, e->user_id) : NULL;

	if (p)
		crowd_come(&h->crowd, p, e->chat_id, e->id);
	/* Words that were taken back must not be read in the tail; in the database they are gone.
	 */
	if (str_is(e->type, "message.edited") || str_is(e->type, "message.deleted"))
		h->oldest = e->id - 1;
}

static void behind(struct hub *h, const struct hub_event *e)
{
	struct person_here *p =
		str_is(e->type, "member.left") ? table_get(&h->crowd.people, e->user_id) : NULL;

	if (p)
		crowd_go(&h->crowd, p, e->chat_id, e->id);
	if (str_is(e->type, "chat.deleted")) {
		struct room *r;

		while ((r = table_get(&h->crowd.rooms, e->chat_id)))
			crowd_go(&h->crowd, r->people[0], e->chat_id, e->id);
	}
}

/* --- the tail --- */

struct hub *hub_new(size_t tail_max, int64_t head, int64_t heard, int64_t lobby)
{
	struct hub *h = must_alloc(sizeof *h);

	h->tail_max = tail_max;
	h->tail = must_alloc(sizeof *h->tail * tail_max);
	h->head = h->oldest = head;
	h->whispers = must_alloc(sizeof *h->whispers * HUB_WHISPERS);
	h->heard = h->heard_oldest = heard;
	h->lobby = lobby;
	h->touched_end = &h->touched;
	return h;
}

static struct hub_event *at(const struct hub *h, int64_t id)
{
	return &h->tail[(size_t)id % h->tail_max];
}

static void event_free(struct hub_event *e)
{
	free((char *)(uintptr_t)e->json.p);
	free((char *)(uintptr_t)e->type.p);
	free(e->chat_ids);
	*e = (struct hub_event){ 0 };
}

void hub_free(struct hub *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->tail_max; i++)
		event_free(&h->tail[i]);
	for (size_t i = 0; i < HUB_WHISPERS; i++)
		event_free(&h->whispers[i]);
	crowd_free(&h->crowd);
	free(h->tail);
	free(h->whispers);
	free(h);
}

int64_t hub_head(const struct hub *h)
{
	return h->head;
}

static char *own(struct str s)
{
	char *p = must_alloc(s.n + 1);

	memcpy(p, s.p, s.n);
	return p;
}

/* A copy of its own, in the place of another. */
static void copy(struct hub_event *kept, const struct hub_event *e)
{
	event_free(kept);
	*kept = *e;
	kept->json.p = own(e->json);
	kept->type.p = own(e->type);
	kept->chat_ids = must_alloc(sizeof *kept->chat_ids * e->chat_ids_n);
	if (e->chat_ids_n)
		memcpy(kept->chat_ids, e->chat_ids, sizeof *kept->chat_ids * e->chat_ids_n);
}

static struct hub_event *keep(struct hub *h, const struct hub_event *e)
{
	struct hub_event *kept = at(h, e->id);

	copy(kept, e);
	h->head = e->id;
	if (h->head - h->oldest > (int64_t)h->tail_max)
		h->oldest = h->head - (int64_t)h->tail_max;
	return kept;
}

/* --- people --- */

const struct hub_event *hub_at(const struct hub *h, int64_t id)
{
	return id > h->oldest && id <= h->head ? at(h, id) : NULL;
}

bool hub_can_serve(const struct hub *h, int64_t user_id, int64_t after)
{
	const struct person_here *p = table_get(&h->crowd.people, user_id);

	return p && after >= h->oldest && p->left <= after;
}

bool hub_meet(struct hub *h, const struct sight *s, int64_t as_of)
{
	struct person_here *p = table_get(&h->crowd.people, s->user_id);

	if (as_of < h->oldest || as_of > h->head)
		return false;
	if (p)
		return true;
	p = crowd_add(&h->crowd, s->user_id);
	/* Chats left before that are not in sight: whoever asks from further back must ask the
	 * database. Of what happened after as_of the log itself will tell, and nobody else may: it
	 * may not be on disk yet, and a database that is killed takes it back. */
	p->left = s->after;
	for (size_t i = 0; i < s->n; i++) {
		const struct sight_chat *c = &s->chats[i];

		if (c->since <= as_of && (!c->until || c->until > as_of))
			crowd_come(&h->crowd, p, c->chat_id, c->since);
		else if (c->until && c->until <= as_of && c->until > p->left)
			p->left = c->until;
	}
	for (int64_t id = as_of + 1; id <= h->head; id++) {
		const struct hub_event *e = at(h, id);

		if (e->user_id == p->user_id && str_is(e->type, "member.joined"))
			crowd_come(&h->crowd, p, e->chat_id, e->id);
		if (e->user_id == p->user_id && str_is(e->type, "member.left"))
			crowd_go(&h->crowd, p, e->chat_id, e->id);
		if (str_is(e->type, "chat.deleted"))
			crowd_go(&h->crowd, p, e->chat_id, e->id);
	}
	return true;
}

static bool shares(const struct person_here *p, const struct hub_event *e)
{
	int64_t since = 0;

	for (size_t i = 0; i < e->chat_ids_n; i++)
		if (crowd_is_in(p, e->chat_ids[i], &since))
			return true;
	return false;
}

static bool wants(const struct listener *l, const struct hub_event *e)
{
	return !l->chat_id || l->chat_id == e->chat_id;
}

void hub_replay(struct hub *h, int64_t user_id, struct listener *l)
{
	const struct person_here *p = table_get(&h->crowd.people, user_id);

	for (int64_t id = l->position + 1; id <= h->head; id++) {
		const struct hub_event *e = at(h, id);
		int64_t since = 0;
		bool sees = e->chat_id ? crowd_is_in(p, e->chat_id, &since) && since <= e->id
				       : e->user_id == user_id || shares(p, e);

		if (sees && wants(l, e))
			l->kind->event(l, e);
	}
	if (l->position < h->head)
		l->position = h->head;
}

void hub_listen(struct hub *h, int64_t user_id, struct listener *l)
{
	struct person_here *p = table_get(&h->crowd.people, user_id);

	l->person = p;
	l->next = p->listeners;
	l->link = &p->listeners;
	if (l->next)
		l->next->link = &l->next;
	p->listeners = l;
	p->idle = 0;
	h->listening++;
}

static void untouch(struct hub *h, struct listener *gone)
{
	struct listener **link = &h->touched;

	while (*link && *link != gone)
		link = &(*link)->next_touched;
	if (!*link)
		return;
	*link = gone->next_touched;
	if (!*link)
		h->touched_end = link;
	gone->touched = false;
}

void hub_leave(struct hub *h, struct listener *l)
{
	if (!l->person)
		return;
	*l->link = l->next;
	if (l->next)
		l->next->link = l->link;
	l->person = NULL;
	h->listening--;
	if (l->touched)
		untouch(h, l);
}

struct listener *hub_first(struct hub *h, int64_t user_id)
{
	struct person_here *p = table_get(&h->crowd.people, user_id);

	return p ? p->listeners : NULL;
}

void hub_each(struct hub *h, size_t part, size_t parts, void (*f)(int64_t user_id))
{
	size_t size = h->crowd.people.size;

	for (size_t i = size * part / parts; i < size * (part + 1) / parts; i++) {
		const struct person_here *p = h->crowd.people.slots[i].value;

		if (p && p->listeners)
			f(p->user_id);
	}
}

size_t hub_listening(const struct hub *h)
{
	return h->listening;
}

/* --- new events --- */

static void touch(struct hub *h, struct listener *l)
{
	if (l->touched)
		return;
	l->touched = true;
	l->next_touched = NULL;
	*h->touched_end = l;
	h->touched_end = &l->next_touched;
}

static void deliver_to(struct hub *h, struct person_here *p, const struct hub_event *e)
{
	for (struct listener *l = p->listeners; l; l = l->next)
		if (wants(l, e) && l->position < e->id) {
			l->position = e->id;
			l->kind->event(l, e);
			touch(h, l);
		}
}

static void deliver_to_room(struct hub *h, int64_t chat_id, const struct hub_event *e)
{
	struct room *r = table_get(&h->crowd.rooms, chat_id);

	for (size_t i = 0; r && i < r->n; i++)
		deliver_to(h, r->people[i], e);
}

static void end_session(struct person_here *p, const struct hub_event *e)
{
	struct listener *next;
	struct str rest = e->json;
	int64_t session_id = 0;

	/* …,"sessionId":5} */
	while (rest.p) {
		struct str part = str_cut(&rest, ',');

		if (str_starts(part, "\"sessionId\":"))
			str_int((struct str){ part.p + 12,
					part.n - 12 - (part.p[part.n - 1] == '}') },
				&session_id);
	}
	for (struct listener *l = p->listeners; l; l = next) {
		next = l->next;
		if (l->session_id == session_id)
			l->kind->ended(l);
	}
}

static void deliver(struct hub *h, const struct hub_event *e)
{
	struct person_here *p = e->chat_id ? NULL : table_get(&h->crowd.people, e->user_id);

	if (e->chat_id)
		deliver_to_room(h, e->chat_id, e);
	if (p)
		deliver_to(h, p, e);
	for (size_t i = 0; i < e->chat_ids_n; i++)
		deliver_to_room(h, e->chat_ids[i], e);
	if (p && str_is(e->type, "session.revoked"))
		end_session(p, e);
}

static void settle(struct hub *h)
{
	while (h->touched) {
		struct listener *l = h->touched;

		h->touched = l->next_touched;
		if (!h->touched)
			h->touched_end = &h->touched;
		l->touched = false;
		l->next_touched = NULL;
		l->kind->settled(l);
	}
}

void hub_feed(struct hub *h, const struct hub_event *events, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct hub_event *e = keep(h, &events[i]);

		before(h, e);
		deliver(h, e);
		behind(h, e);
	}
	settle(h);
}

/* --- what nobody keeps --- */

int64_t hub_heard(const struct hub *h)
{
	return h->heard;
}

int64_t hub_heard_from(const struct hub *h, int64_t heard)
{
	return heard < h->heard_oldest ? h->heard : heard;
}

bool hub_knows(const struct hub *h, int64_t user_id)
{
	return table_get(&h->crowd.people, user_id) != NULL;
}

/* Of somebody who comes or goes, the chats in which that is told. */
static void find_chats(struct hub *h, struct hub_event *e)
{
	const struct person_here *p = table_get(&h->crowd.people, e->user_id);
	size_t n = 0;

	if (p) {
		e->chat_ids = must_realloc(e->chat_ids, sizeof *e->chat_ids * (p->n + 1));
		for (e->chat_ids_n = 0; e->chat_ids_n < p->n; e->chat_ids_n++)
			e->chat_ids[e->chat_ids_n] = p->stays[e->chat_ids_n].chat_id;
	}
	for (size_t i = 0; i < e->chat_ids_n; i++)
		if (e->chat_ids[i] != h->lobby)
			e->chat_ids[n++] = e->chat_ids[i];
	e->chat_ids_n = n;
}

static void whisper_in(struct hub *h, int64_t chat_id, const struct hub_event *e)
{
	const struct room *r = table_get(&h->crowd.rooms, chat_id);

	if (!r || (!e->chat_id && r->n > HUB_CROWD))
		return;
	for (size_t i = 0; i < r->n; i++) {
		struct person_here *p = r->people[i];

		if (p->user_id == e->user_id)
			continue;
		for (struct listener *l = p->listeners; l; l = l->next)
			if ((!l->chat_id || l->chat_id == chat_id) && l->heard < e->heard) {
				l->heard = e->heard;
				l->kind->event(l, e);
				touch(h, l);
			}
	}
}

void hub_whisper(struct hub *h, const struct hub_event *events, size_t n, int64_t heard)
{
	for (size_t i = 0; i < n; i++) {
		struct hub_event *e = &h->whispers[(size_t)events[i].heard % HUB_WHISPERS];

		copy(e, &events[i]);
		if (!e->chat_id)
			find_chats(h, e);
		if (e->chat_id)
			whisper_in(h, e->chat_id, e);
		for (size_t k = 0; k < e->chat_ids_n; k++)
			whisper_in(h, e->chat_ids[k], e);
	}
	h->heard = heard;
	if (h->heard - h->heard_oldest > HUB_WHISPERS)
		h->heard_oldest = h->heard - HUB_WHISPERS;
	settle(h);
}

/* Whether that is for them, in the chat they listen to. */
static bool overhears(const struct person_here *p, const struct listener *l, int64_t chat_id)
{
	int64_t since;

	return (!l->chat_id || l->chat_id == chat_id) && crowd_is_in(p, chat_id, &since);
}

void hub_whisper_again(struct hub *h, int64_t user_id, struct listener *l)
{
	const struct person_here *p = table_get(&h->crowd.people, user_id);
	int64_t typing_ms = clock_wall_ms() - EPHEMERA_TYPING_MS;

	for (int64_t number = l->heard + 1; number <= h->heard; number++) {
		const struct hub_event *e = &h->whispers[(size_t)number % HUB_WHISPERS];
		bool hears = e->chat_id && e->at_ms > typing_ms && overhears(p, l, e->chat_id);

		if (e->heard != number || e->user_id == user_id)
			continue;
		for (size_t i = 0; i < e->chat_ids_n && !hears; i++)
			hears = overhears(p, l, e->chat_ids[i]);
		if (hears)
			l->kind->event(l, e);
	}
	if (l->heard < h->heard)
		l->heard = h->heard;
}

/* --- people who are gone --- */

void hub_skip(struct hub *h, int64_t head)
{
	crowd_free(&h->crowd);
	h->crowd = (struct crowd){ 0 };
	h->head = h->oldest = head;
}

void hub_sweep(struct hub *h)
{
	struct person_here **idle =
		must_alloc(sizeof(struct person_here *) * (h->crowd.people.used + 1));
	size_t n = 0;

	for (size_t i = 0; i < h->crowd.people.size; i++) {
		struct person_here *p = h->crowd.people.slots[i].value;

		if (p && !p->listeners && p->idle++ >= IDLE_SWEEPS)
			idle[n++] = p;
	}
	while (n)
		crowd_forget(&h->crowd, idle[--n]);
	free(idle);
}
