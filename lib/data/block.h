/* block.h - the last statements of a transaction and its COMMIT, in one round trip.
 *
 * What holds the head of the log makes every writer of the site wait, so it must not wait for
 * itself: a statement, its answer, the next statement. MariaDB takes several as one prepared
 * statement (BEGIN NOT ATOMIC … END). A server that does not know that gets them one by one. */
#ifndef DATA_BLOCK_H
#define DATA_BLOCK_H

#include "data/db.h"

enum { BLOCK_STEPS_MAX = 6 };

/* Each is a constant of lib/data, as the statements in it are. */
struct block {
	struct sql *steps[BLOCK_STEPS_MAX];
	_Atomic(struct sql *) whole[DB_ROWS_MAX + 1]; /* by rows; written at first use */
	bool undivided;                               /* its steps are nothing by themselves */
};

#define BLOCK(...)                                                                                 \
	{                                                                                          \
		.steps = { __VA_ARGS__ }                                                           \
	}

/* Whether the server takes blocks, as far as is known. One that is undivided has no other way:
 * where it is not taken, that is ERR_CONTENTION. */
bool block_may_be_taken(void);
/* Runs the steps, those of SQL_ROWS for `rows` rows, with the values of all of them in their order,
 * and commits. It is the last thing the body of a transaction does. The last step puts rows in
 * whose ids are told by LAST_INSERT_ID(); *last is that of the last row. */
enum err block_commit(struct db *db, struct arena *a, struct block *b, size_t rows,
	const struct arg *args, size_t n, int64_t *last);

#endif
