#include "data/block.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { WHOLE_MAX = 65536 };

static struct sql last_id = SQL("SELECT LAST_INSERT_ID()");
static _Atomic bool unknown; /* to the server */

static struct sql *write_whole(const struct block *b, size_t rows)
{
	struct sql *q = must_alloc(sizeof *q);
	struct buf text = BUF_INIT(WHOLE_MAX);

	buf_z(&text, "BEGIN NOT ATOMIC ");
	for (size_t i = 0; i < BLOCK_STEPS_MAX && b->steps[i]; i++) {
		buf_z(&text, i ? "; " : "");
		sql_write(&text, b->steps[i], rows);
	}
	buf_z(&text, " RETURNING id; COMMIT; END");
	buf_byte(&text, 0);
	if (text.over)
		abort();
	q->text = text.p;
	return q;
}

/* Two threads may write it first: one of the two stays. */
static struct sql *whole_of(struct block *b, size_t rows)
{
	struct sql *q = atomic_load(&b->whole[rows]), *mine;

	if (q)
		return q;
	mine = write_whole(b, rows);
	if (atomic_compare_exchange_strong(&b->whole[rows], &q, mine))
		return mine;
	free((char *)(uintptr_t)mine->text);
	free(mine);
	return q;
}

static enum err one_by_one(struct db *db, struct arena *a, const struct block *b, size_t rows,
	const struct arg *args, int64_t *last)
{
	struct rows r;
	enum err e = OK;

	for (size_t i = 0; i < BLOCK_STEPS_MAX && b->steps[i] && e == OK; i++) {
		struct sql *step = b->steps[i];
		size_t times = step->row ? rows : 1, n = sql_values(step, times);

		e = db_run_rows(db, step, times, args, n);
		args += n;
	}
	if (e == OK)
		e = db_select_rows(db, a, &last_id, 1, &r, NULL, 0);
	if (e != OK)
		return e;
	*last = row_int(&r, 0, 0);
	return db_commit(db);
}

bool block_may_be_taken(void)
{
	return !atomic_load(&unknown);
}

enum err block_commit(struct db *db, struct arena *a, struct block *b, size_t rows,
	const struct arg *args, size_t n, int64_t *last)
{
	struct rows r;
	enum err e;

	if (atomic_load(&unknown))
		return one_by_one(db, a, b, rows, args, last);
	e = db_commit_with(db, a, whole_of(b, rows), &r, args, n);
	if (e == OK)
		*last = row_int(&r, r.n - 1, 0);
	if (e != ERR_INTERNAL || !db_unknown(db))
		return e;
	atomic_store(&unknown, true);
	return b->undivided ? ERR_CONTENTION : one_by_one(db, a, b, rows, args, last);
}
