#include "live/crowd.h"

#include "core/arena.h"

#include <stdlib.h>
#include <string.h>

static size_t stay_at(const struct person_here *p, int64_t chat_id)
{
	size_t low = 0, high = p->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (p->stays[middle].chat_id < chat_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool crowd_is_in(const struct person_here *p, int64_t chat_id, int64_t *since)
{
	size_t i = stay_at(p, chat_id);

	if (i == p->n || p->stays[i].chat_id != chat_id)
		return false;
	*since = p->stays[i].since;
	return true;
}

static void room_add(struct crowd *c, int64_t chat_id, struct person_here *p)
{
	struct room *r = table_get(&c->rooms, chat_id);

	if (!r) {
		r = must_alloc(sizeof *r);
		r->chat_id = chat_id;
		table_put(&c->rooms, chat_id, r);
	}
	if (r->n == r->size) {
		r->size = r->size ? 2 * r->size : 4;
		r->people = must_realloc(r->people, sizeof *r->people * r->size);
	}
	r->people[r->n++] = p;
}

static void room_free(void *room)
{
	struct room *r = room;

	free(r->people);
	free(r);
}

static void room_remove(struct crowd *c, int64_t chat_id, struct person_here *p)
{
	struct room *r = table_get(&c->rooms, chat_id);

	for (size_t i = 0; r && i < r->n; i++)
		if (r->people[i] == p) {
			r->people[i] = r->people[--r->n];
			break;
		}
	if (r && r->n == 0) {
		table_drop(&c->rooms, chat_id);
		room_free(r);
	}
}

void crowd_come(struct crowd *c, struct person_here *p, int64_t chat_id, int64_t since)
{
	size_t i = stay_at(p, chat_id);

	if (i < p->n && p->stays[i].chat_id == chat_id)
		return;
	if (p->n == p->size) {
		p->size = p->size ? 2 * p->size : 4;
		p->stays = must_realloc(p->stays, sizeof *p->stays * p->size);
	}
	memmove(p->stays + i + 1, p->stays + i, sizeof *p->stays * (p->n - i));
	p->stays[i] = (struct stay){ chat_id, since };
	p->n++;
	room_add(c, chat_id, p);
}

void crowd_go(struct crowd *c, struct person_here *p, int64_t chat_id, int64_t event_id)
{
	size_t i = stay_at(p, chat_id);

	if (i == p->n || p->stays[i].chat_id != chat_id)
		return;
	memmove(p->stays + i, p->stays + i + 1, sizeof *p->stays * (p->n - i - 1));
	p->n--;
	p->left = event_id;
	room_remove(c, chat_id, p);
}

struct person_here *crowd_add(struct crowd *c, int64_t user_id)
{
	struct person_here *p = must_alloc(sizeof *p);

	p->user_id = user_id;
	table_put(&c->people, user_id, p);
	return p;
}

static void person_free(void *person)
{
	struct person_here *p = person;

	free(p->stays);
	free(p);
}

void crowd_forget(struct crowd *c, struct person_here *p)
{
	while (p->n)
		crowd_go(c, p, p->stays[p->n - 1].chat_id, 0);
	table_drop(&c->people, p->user_id);
	person_free(p);
}

void crowd_free(struct crowd *c)
{
	table_free(&c->people, person_free);
	table_free(&c->rooms, room_free);
}
