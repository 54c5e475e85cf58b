#include "data/rows.h"

#include "core/clock.h"

#include <stdlib.h>

enum { COLUMNS_MAX = 32 };

struct cell {
	struct str s;
	int64_t n;
	bool null;
};

static int64_t moment_ms(const MYSQL_TIME *t)
{
	return ((int64_t)clock_days((int)t->year, (int)t->month, (int)t->day) * 86400 +
		       t->hour * 3600 + t->minute * 60 + t->second) *
		       1000 +
	       (int64_t)t->second_part / 1000;
}

union value {
	long long n;
	MYSQL_TIME t;
};

/* Reads the whole answer: numbers and moments land in `values`, of text first the length and then
 * the bytes. */
bool rows_fetch(MYSQL_STMT *s, struct arena *a, struct rows *rows)
{
	MYSQL_BIND bind[COLUMNS_MAX];
	union value values[COLUMNS_MAX];
	unsigned long lengths[COLUMNS_MAX];
	my_bool null[COLUMNS_MAX];
	MYSQL_RES *about = mysql_stmt_result_metadata(s);
	unsigned columns = mysql_stmt_field_count(s);
	int got;

	if (!about || columns > COLUMNS_MAX)
		abort();
	memset(bind, 0, sizeof *bind * columns);
	memset(values, 0, sizeof *values * columns);
	memset(null, 0, sizeof *null * columns);
	for (unsigned i = 0; i < columns; i++) {
		enum enum_field_types type = mysql_fetch_field_direct(about, i)->type;

		bind[i].is_null = &null[i];
		bind[i].length = &lengths[i];
		bind[i].buffer = &values[i];
		if (type == MYSQL_TYPE_DATETIME || type == MYSQL_TYPE_TIMESTAMP) {
			bind[i].buffer_type = MYSQL_TYPE_DATETIME;
			bind[i].buffer_length = sizeof values[i].t;
		} else if (type <= MYSQL_TYPE_LONG || type == MYSQL_TYPE_LONGLONG ||
			   type == MYSQL_TYPE_INT24) {
			bind[i].buffer_type = MYSQL_TYPE_LONGLONG;
			bind[i].buffer_length = sizeof values[i].n;
		} else {
			bind[i].buffer_type = MYSQL_TYPE_STRING;
			bind[i].buffer = NULL;
		}
	}
	mysql_free_result(about);
	if (mysql_stmt_bind_result(s, bind) || mysql_stmt_store_result(s))
		return false;
	rows->columns = columns;
	rows->cells =
		arena_alloc(a, sizeof(struct cell) * columns * (size_t)mysql_stmt_num_rows(s));
	while ((got = mysql_stmt_fetch(s)) == 0 || got == MYSQL_DATA_TRUNCATED) {
		struct cell *cells = rows->cells + rows->n++ * columns;

		for (unsigned i = 0; i < columns; i++) {
			cells[i].null = null[i];
			if (null[i])
				continue;
			if (bind[i].buffer_type == MYSQL_TYPE_LONGLONG) {
				cells[i].n = values[i].n;
			} else if (bind[i].buffer_type == MYSQL_TYPE_DATETIME) {
				cells[i].n = moment_ms(&values[i].t);
			} else {
				char *text = arena_alloc(a, lengths[i] + 1);
				MYSQL_BIND one = { .buffer_type = MYSQL_TYPE_STRING,
					.buffer = text,
					.buffer_length = lengths[i],
					.length = &lengths[i] };

				if (lengths[i] && mysql_stmt_fetch_column(s, &one, i, 0))
					return false;
				cells[i].s = (struct str){ text, lengths[i] };
			}
		}
	}
	return got == MYSQL_NO_DATA;
}

static const struct cell *cell(const struct rows *r, size_t row, size_t column)
{
	if (row >= r->n || column >= r->columns)
		abort();
	return &r->cells[row * r->columns + column];
}

bool row_null(const struct rows *r, size_t row, size_t column)
{
	return cell(r, row, column)->null;
}

/* A number that the server sends as text (a DECIMAL, say) would silently be 0: the statement is
 * wrong. */
int64_t row_int(const struct rows *r, size_t row, size_t column)
{
	const struct cell *c = cell(r, row, column);

	if (c->s.p)
		abort();
	return c->n;
}

int64_t row_ms(const struct rows *r, size_t row, size_t column)
{
	return cell(r, row, column)->n;
}

struct str row_str(const struct rows *r, size_t row, size_t column)
{
	return cell(r, row, column)->s;
}

struct str db_pattern(struct arena *a, struct str part)
{
	char *p = arena_alloc(a, part.n * 2 + 3);
	size_t n = 0;

	p[n++] = '%';
	for (size_t i = 0; i < part.n; i++) {
		if (part.p[i] == '%' || part.p[i] == '_' || part.p[i] == '!')
			p[n++] = '!';
		p[n++] = part.p[i];
	}
	if (part.n)
		p[n++] = '%';
	return (struct str){ p, n };
}
