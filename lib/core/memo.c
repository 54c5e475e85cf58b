#include "core/memo.h"

#include "core/arena.h"

#include <stdatomic.h>
#include <stdlib.h>

/* A place: length of the key, the key, the value. An empty one has length 0. A key may be in any
 * place of its row. */
enum { HEAD = 1 + MEMO_KEY_MAX, ROW = 8, FIRST_ROWS = 16, GROWTH = 4 };

struct row {
	pthread_mutex_t *lock;
	size_t first; /* the number of its first place */
	uint64_t hash;
};

/* Only so many are in use: each value of a table that is large from the start would lie in a page
 * of memory of its own. */
static size_t rows_of(struct memo *m)
{
	size_t n = atomic_load(&m->rows), all = m->places / ROW;

	if (n == 0)
		n = FIRST_ROWS;
	return n < all ? n : all;
}

static struct row row_of(struct memo *m, struct str key)
{
	uint64_t h = 0xcbf29ce484222325, row;

	if (key.n == 0 || key.n > MEMO_KEY_MAX)
		abort();
	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * 0x100000001b3;
	h ^= h >> 32;
	row = h % rows_of(m);
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

/* The next ones have more rows to go to; those that stand where they are not looked for any more
 * are forgotten. */
static void grow(struct memo *m)
{
	size_t n = atomic_load(&m->rows);

	if (n < m->places / ROW)
		atomic_compare_exchange_strong(&m->rows, &n, GROWTH * rows_of(m));
}

/* Its own place, or else an empty one, or else any. */
static char *place_for(struct memo *m, char *first, size_t step, struct str key, uint64_t any)
{
	char *place = NULL;

	for (char *at = first; at < first + ROW * step; at += step) {
		if (holds(at, key))
			return at;
		if (!place && at[0] == 0)
			place = at;
	}
	if (!place)
		grow(m);
	return place ? place : first + any % ROW * step;
}

void memo_put(struct memo *m, struct str key, const void *value)
{
	struct row row = row_of(m, key);
	size_t step = HEAD + m->size;
	char *table = table_of(m), *at;

	pthread_mutex_lock(row.lock);
	at = place_for(m, table + row.first * step, step, key, row.hash >> 40);
	at[0] = (char)key.n;
	memcpy(at + 1, key.p, key.n);
	memcpy(at + HEAD, value, m->size);
	pthread_mutex_unlock(row.lock);
}
