/* db.h - one connection to MySQL/MariaDB, and the three ways to use it: run, select, transaction.
 *
 * A statement is a named constant of lib/data, prepared once per connection; values travel apart
 * from it, so no input ever becomes SQL. A connection belongs to one thread. It is made when first
 * needed and again after it broke.
 *
 * What is repeated: a connection found dead before anything was sent is replaced in silence. A read
 * that broke on the way is asked once more. A write that broke on the way is not: nobody knows
 * whether it ran. Deadlocks and lock timeouts roll the whole transaction back and repeat it a few
 * times. */
#ifndef DATA_DB_H
#define DATA_DB_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/conf.h"
#include "core/err.h"

struct db;

struct sql {
	const char *text;
	const char *row, *between, *tail; /* of a statement that is written for n rows */
	_Atomic int number;               /* given at first use */
};

#define SQL(words)                                                                                 \
	{                                                                                          \
		.text = words                                                                      \
	}

/* "INSERT … VALUES ", "(?, ?)", ", ", "": what stands once, per row, between rows, and at the end.
 */
#define SQL_ROWS(words, per_row, separator, ending)                                                \
	{                                                                                          \
		.text = words, .row = per_row, .between = separator, .tail = ending                \
	}
enum { DB_ROWS_MAX = 64 };

/* The statement for that many rows, and how many values it takes. */
void sql_write(struct buf *to, const struct sql *q, size_t rows);
size_t sql_values(const struct sql *q, size_t rows);

enum arg_kind { ARG_NULL, ARG_INT, ARG_TEXT, ARG_BYTES };

struct arg {
	enum arg_kind kind;
	int64_t n;
	struct str s;
};

static inline struct arg as_int(int64_t n)
{
	return (struct arg){ ARG_INT, n, { NULL, 0 } };
}

/* An absent string is NULL. */
static inline struct arg as_text(struct str s)
{
	return (struct arg){ s.p ? ARG_TEXT : ARG_NULL, 0, s };
}

static inline struct arg as_bytes(struct str s)
{
	return (struct arg){ s.p ? ARG_BYTES : ARG_NULL, 0, s };
}

/* The whole answer of a select, in the arena. Columns count from 0 in the order of the statement.
 */
struct rows {
	size_t n, columns;
	struct cell *cells;
};

struct db *db_new(const struct conf *c);
/* A connection for transactions alone: one begins by itself where the last has ended, which saves
 * saying so each time. */
struct db *db_new_writer(const struct conf *c);
void db_free(struct db *db);

/* `rows` is 1 but for SQL_ROWS, where it is 1 to DB_ROWS_MAX and n counts the values of all of
 * them. */
/* How many rows of `rest` to take next. Statements for any number of rows would each be prepared by
 * itself; powers of two are seven. */
size_t db_rows_of(size_t rest);
enum err db_run_rows(struct db *db, struct sql *q, size_t rows, const struct arg *args, size_t n);
enum err db_select_rows(struct db *db, struct arena *a, struct sql *q, size_t per,
	struct rows *rows, const struct arg *args, size_t n);

#define DB_ARGS(...)                                                                               \
	(struct arg[]){ __VA_ARGS__ }, sizeof((struct arg[]){ __VA_ARGS__ }) / sizeof(struct arg)
/* For statements that change something. A duplicate key is ERR_CONFLICT; db_duplicate() names the
 * key. */
#define db_run(db, q, ...) db_run_rows(db, q, 1, DB_ARGS(__VA_ARGS__))
#define db_select(db, arena, q, rows, ...)                                                         \
	db_select_rows(db, arena, q, 1, rows, DB_ARGS(__VA_ARGS__))

int64_t db_changed(struct db *db);  /* rows that the last db_run touched */
int64_t db_inserted(struct db *db); /* the AUTO_INCREMENT or LAST_INSERT_ID(…) it made */
bool db_duplicate(struct db *db, const char *key);
/* What the last failure was: the server does not know such a statement; a SIGNAL; a NULL where none
 * may be. */
bool db_unknown(struct db *db);
bool db_signalled(struct db *db);
bool db_null(struct db *db);

bool row_null(const struct rows *r, size_t row, size_t column);
int64_t row_int(const struct rows *r, size_t row, size_t column);
struct str row_str(const struct rows *r, size_t row, size_t column);
/* A DATETIME as milliseconds since 1970; NULL is 0. */
int64_t row_ms(const struct rows *r, size_t row, size_t column);

/* Runs `body` between START TRANSACTION and COMMIT; any error but OK rolls back. `body` may run
 * several times. When the answer to COMMIT was lost, `happened` is asked on a new connection
 * whether the change is there (OK: yes, ERR_NOT_FOUND: no, then the body runs again); without it
 * the answer is ERR_OUTCOME_UNKNOWN. */
enum err db_transaction(struct db *db, enum err (*body)(struct db *, void *),
	enum err (*happened)(struct db *, void *), void *context);

/* For block.c: a body may commit by itself, as its last step, in a statement of several of which
 * one gives rows; or in a statement of its own. */
enum err db_commit_with(struct db *db, struct arena *a, struct sql *q, struct rows *rows,
	const struct arg *args, size_t n);
enum err db_commit(struct db *db);

/* "%part%" for LIKE … ESCAPE '!', in which % and _ stand for themselves; "%" for an empty part. */
struct str db_pattern(struct arena *a, struct str part);

/* Whether the database answers now. */
enum err db_ping(struct db *db);
/* Gives the connection back, for who will not need it for long; the next question makes a new one.
 */
void db_rest(struct db *db);
/* Whether the connection stands, as far as this side can tell without asking. */
bool db_connected(struct db *db);
/* What the database said of the last failure: for the log only. */
const char *db_problem(struct db *db);

#endif
