#include "core/memo.h"

#include "core/arena.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A place: length of the key, the key, the value. An empty one has length 0. A key may be in any
 * place of its row. */
enum { HEAD = 1 + MEMO_KEY_MAX, ROW = 8 };

struct row {
	pthread_mutex_t *lock;
	size_t first; /* the number of its first place */
	uint64_t hash;
};

static struct row row_of(struct memo *m, struct str key)
{
	uint64_t h = 0xcbf29ce484222325, row;

	if (key.n == 0 || key.n > MEMO_KEY_MAX)
		abort();
	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 0x100000001b3;
	h ^= h >> 32;
	row = h % (m->places / ROW);
	return (struct row){ &m->locks[row % MEMO_LOCKS], row * ROW, h };
}

static bool holds(const char *at, struct str key)
{
	return (size_t)at[0] == key.n && memcmp(at + 1, key.p, key.n) == 0;
}

static char *table_of(struct memo *m)
{
	char *table = atomic_load(&m->table), *fresh;

	if (table)
		return table;
	fresh = must_alloc(m->places * (HEAD + m->size));
	if (atomic_compare_exchange_strong(&m->table, &table, fresh))
		return fresh;
	free(fresh);
	return table;
}

bool memo_get(struct memo *m, struct str key, void *value)
{
	struct row row = row_of(m, key);
	size_t step = HEAD + m->size;
	char *table = atomic_load(&m->table);
	bool found = false;

	if (!table)
		return false;
	pthread_mutex_lock(row.lock);
	for (char *at = table + row.first * step, *end = at + ROW * step; at < end && !found;
		at += step) {
		found = holds(at, key);
		if (found)
			memcpy(value, at + HEAD, m->size);
	}
	pthread_mutex_unlock(row.lock);
	return found;
}

/* Its own place, or else an empty one, or else any. */
static char *place_for(char *first, size_t step, struct str key, uint64_t any)
{
	char *place = NULL;

	for (char *at = first; at < first + ROW * step; at += step) {
		if (holds(at, key))
			return at;
		if (!place && at[0] == 0)
			place = at;
	}
	return place ? place : first + any % ROW * step;
}

void memo_put(struct memo *m, struct str key, const void *value)
{
	struct row row = row_of(m, key);
	size_t step = HEAD + m->size;
	char *table = table_of(m), *at;

	pthread_mutex_lock(row.lock);
	at = place_for(table + row.first * step, step, key, row.hash >> 40);
	at[0] = (char)key.n;
	memcpy(at + 1, key.p, key.n);
	memcpy(at + HEAD, value, m->size);
	pthread_mutex_unlock(row.lock);
}
