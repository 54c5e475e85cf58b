#include "data/indexing.h"

#include "core/words.h"

#include <stdlib.h>

/* A batch ends with the log numbers it has read, or with the group of messages that brings it over
 * so many words: a message may have one or thousands. */
enum { NUMBERS_MAX = 512, GROUP_MAX = 64, BATCH_WORDS = 8192, WORD_VALUES = 4 };

static struct sql up_to = SQL("SELECT indexed FROM search_head WHERE id = ?");
static struct sql lock_now = SQL("SELECT indexed FROM search_head WHERE id = ? FOR UPDATE NOWAIT");
static struct sql lock = SQL("SELECT indexed FROM search_head WHERE id = ? FOR UPDATE");
static struct sql move_head = SQL("UPDATE search_head SET indexed = ? WHERE id = 1");
/* Ordered, and ending before a number that is missing: see event_read(). */
static struct sql next_numbers =
	SQL("SELECT id, chat_id, seq FROM event WHERE id > ? ORDER BY id LIMIT ?");
static struct sql lock_messages =
	SQL_ROWS("SELECT chat_id, seq, id, body FROM message WHERE (chat_id, seq) IN (", "(?, ?)",
		", ", ") LOCK IN SHARE MODE");
static struct sql add_words = SQL_ROWS(
	"INSERT IGNORE INTO word (chat_id, word, id, seq) VALUES ", "(?, ?, ?, ?)", ", ", "");
static struct sql drop_words =
	SQL_ROWS("DELETE FROM word WHERE chat_id = ? AND id = ? AND word IN (", "?", ", ", ")");

enum err indexed_up_to(struct db *db, struct arena *a, int64_t *id)
{
	struct rows r;
	enum err e = db_select(db, a, &up_to, &r, as_int(1));

	if (e == OK)
		*id = r.n ? row_int(&r, 0, 0) : 0;
	return e;
}

enum err upkeep_lock(struct db *db, struct arena *a, bool waits, bool *mine, int64_t *indexed)
{
	struct rows r;
	enum err e = db_select(db, a, waits ? &lock : &lock_now, &r, as_int(1));

	*mine = e == OK && r.n > 0;
	if (*mine)
		*indexed = row_int(&r, 0, 0);
	return e == ERR_CONTENTION && !waits ? OK : e;
}

/* --- words of one message --- */

static enum err drop(struct db *db, const struct rewording *r, const struct words *words)
{
	struct arg args[2 + DB_ROWS_MAX];
	enum err e = OK;

	args[0] = as_int(r->chat_id);
	args[1] = as_int(r->id);
	for (size_t i = 0, n; i < words->n && e == OK; i += n) {
		n = db_rows_of(words->n - i);
		for (size_t k = 0; k < n; k++)
			args[2 + k] = as_bytes(words->all[i + k]);
		e = db_run_rows(db, &drop_words, n, args, 2 + n);
	}
	return e;
}

/* A row of the index. */
struct entry {
	int64_t chat_id, id, seq;
	struct str word;
};

static enum err add(struct db *db, const struct entry *entries, size_t count)
{
	struct arg args[DB_ROWS_MAX * WORD_VALUES];
	enum err e = OK;

	for (size_t i = 0, n; i < count && e == OK; i += n) {
		struct arg *to = args;

		n = db_rows_of(count - i);
		for (size_t k = i; k < i + n; k++) {
			*to++ = as_int(entries[k].chat_id);
			*to++ = as_bytes(entries[k].word);
			*to++ = as_int(entries[k].id);
			*to++ = as_int(entries[k].seq);
		}
		e = db_run_rows(db, &add_words, n, args, n * WORD_VALUES);
	}
	return e;
}

static size_t spell(struct arena *a, int64_t chat_id, int64_t seq, int64_t id, struct str body,
	struct entry **entries)
{
	struct words words;

	words_of(a, body, &words);
	*entries = arena_alloc(a, sizeof **entries * (words.n + 1));
	for (size_t i = 0; i < words.n; i++)
		(*entries)[i] = (struct entry){ chat_id, id, seq, words.all[i] };
	return words.n;
}

enum err index_reword(struct db *db, struct arena *a, const struct rewording *r)
{
	struct words before;
	struct entry *now;
	int64_t indexed = 0;
	size_t n;
	enum err e = indexed_up_to(db, a, &indexed);

	if (e != OK || r->id > indexed)
		return e;
	words_of(a, r->before, &before);
	e = drop(db, r, &before);
	n = spell(a, r->chat_id, r->seq, r->id, r->now, &now);
	return e == OK ? add(db, now, n) : e;
}

/* --- the next messages of the log --- */

struct batch {
	struct arena *arena;
	bool waits;
	int64_t taken;
	struct entry *entries;
	size_t n, size;
};

static void put(struct batch *b, const struct entry *entries, size_t n)
{
	if (b->n + n > b->size) {
		b->size = 2 * (b->n + n);
		b->entries = must_realloc(b->entries, sizeof *b->entries * b->size);
	}
	if (n)
		memcpy(b->entries + b->n, entries, sizeof *entries * n);
	b->n += n;
}

static enum err read_group(struct db *db, struct batch *b, const struct arg *places, size_t count)
{
	enum err e = OK;

	for (size_t i = 0, n; i < count && e == OK; i += n) {
		struct rows r;

		n = db_rows_of(count - i);
		e = db_select_rows(db, b->arena, &lock_messages, n, &r, places + 2 * i, 2 * n);
		for (size_t k = 0; e == OK && k < r.n; k++) {
			struct entry *entries;
			size_t words = spell(b->arena, row_int(&r, k, 0), row_int(&r, k, 1),
				row_int(&r, k, 2), row_str(&r, k, 3), &entries);

			put(b, entries, words);
		}
	}
	return e;
}

static int by_key(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order;

	if (x->chat_id != y->chat_id)
		return x->chat_id < y->chat_id ? -1 : 1;
	order = memcmp(x->word.p, y->word.p, x->word.n < y->word.n ? x->word.n : y->word.n);
	if (order == 0)
		order = (x->word.n > y->word.n) - (x->word.n < y->word.n);
	return order ? order : (x->id > y->id) - (x->id < y->id);
}

/* In the order of the index, so that neighbours are written together. */
static enum err take_some(struct db *db, void *context)
{
	struct batch *b = context;
	struct arg places[2 * GROUP_MAX];
	struct rows r = { 0 };
	int64_t indexed = 0, position;
	bool mine = false;
	size_t i = 0;
	enum err e = upkeep_lock(db, b->arena, b->waits, &mine, &indexed);

	b->n = 0;
	b->taken = 0;
	position = indexed;
	if (mine)
		e = db_select(
			db, b->arena, &next_numbers, &r, as_int(indexed), as_int(NUMBERS_MAX));
	while (e == OK && i < r.n && b->n < BATCH_WORDS && row_int(&r, i, 0) == position + 1) {
		size_t n = 0;

		for (; i < r.n && n < GROUP_MAX && row_int(&r, i, 0) == position + 1; i++) {
			position++;
			if (row_null(&r, i, 2))
				continue;
			places[2 * n] = as_int(row_int(&r, i, 1));
			places[2 * n++ + 1] = as_int(row_int(&r, i, 2));
		}
		e = read_group(db, b, places, n);
	}
	if (e != OK || position == indexed)
		return e;
	if (b->n)
		qsort(b->entries, b->n, sizeof *b->entries, by_key);
	e = add(db, b->entries, b->n);
	if (e == OK)
		e = db_run(db, &move_head, as_int(position));
	b->taken = position;
	return e;
}

enum err index_some(struct db *db, struct arena *a, bool waits, int64_t *taken)
{
	struct batch b = { .arena = a, .waits = waits };
	enum err e = db_transaction(db, take_some, NULL, &b);

	*taken = e == OK ? b.taken : 0;
	free(b.entries);
	return e == ERR_OUTCOME_UNKNOWN ? ERR_DATABASE_AWAY : e;
}
