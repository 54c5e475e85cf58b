#include "live/table.h"

#include "core/arena.h"

#include <stdlib.h>

enum { SIZE_FIRST = 64 };

static size_t place(const struct table *t, int64_t id)
{
	return (size_t)((uint64_t)id * 0x9e3779b97f4a7c15u >> 32) & (t->size - 1);
}

static struct slot *slot_of(const struct table *t, int64_t id)
{
	size_t i;

	if (!t->size)
		return NULL;
	for (i = place(t, id); t->slots[i].value; i = (i + 1) & (t->size - 1))
		if (t->slots[i].id == id)
			break;
	return &t->slots[i];
}

void *table_get(const struct table *t, int64_t id)
{
	struct slot *s = slot_of(t, id);

	return s ? s->value : NULL;
}

void table_put(struct table *t, int64_t id, void *value)
{
	if (t->used * 2 >= t->size) {
		struct table larger = { .size = t->size ? 2 * t->size : SIZE_FIRST };

		larger.slots = must_alloc(sizeof *larger.slots * larger.size);
		for (size_t i = 0; i < t->size; i++)
			if (t->slots[i].value)
				*slot_of(&larger, t->slots[i].id) = t->slots[i];
		larger.used = t->used;
		free(t->slots);
		*t = larger;
	}
	*slot_of(t, id) = (struct slot){ id, value };
	t->used++;
}

void table_drop(struct table *t, int64_t id)
{
	struct slot *s = slot_of(t, id);
	size_t hole, i;

	if (!s || !s->value)
		return;
	hole = (size_t)(s - t->slots);
	s->value = NULL;
	t->used--;
	/* Those behind the hole that could not stand where they wanted move up. */
	for (i = (hole + 1) & (t->size - 1); t->slots[i].value; i = (i + 1) & (t->size - 1)) {
		size_t wanted = place(t, t->slots[i].id);

		if (((i - wanted) & (t->size - 1)) >= ((i - hole) & (t->size - 1))) {
			t->slots[hole] = t->slots[i];
			t->slots[i].value = NULL;
			hole = i;
		}
	}
}

void table_free(struct table *t, void (*each)(void *))
{
	for (size_t i = 0; i < t->size; i++)
		if (t->slots[i].value)
			each(t->slots[i].value);
	free(t->slots);
}
