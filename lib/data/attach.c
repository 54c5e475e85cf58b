#include "data/attach.h"

#include "data/leftover.h"

static struct sql own_files =
	SQL_ROWS("SELECT f.owner_id, " FILE_COLUMNS FILE_TABLES "WHERE f.id IN (", "?", ", ",
		") LOCK IN SHARE MODE");
static struct sql put_files =
	SQL_ROWS("INSERT INTO message_file (chat_id, seq, position, file_id) VALUES ",
		"(?, ?, ?, ?)", ", ", "");
static struct sql files_of =
	SQL_ROWS("SELECT x.chat_id, x.seq, " FILE_COLUMNS "FROM message_file x "
		 "JOIN file f ON f.id = x.file_id JOIN content c ON c.id = f.content_id "
		 "WHERE (x.chat_id, x.seq) IN (",
		"(?, ?)", ", ", ") ORDER BY x.chat_id, x.seq, x.position");
static struct sql ids_of = SQL("SELECT file_id FROM message_file WHERE chat_id = ? AND seq = ?");
static struct sql take_files = SQL("DELETE FROM message_file WHERE chat_id = ? AND seq = ?");

enum { PUT_VALUES = 4 };

enum err attach_find(struct db *db, struct arena *a, int64_t owner_id, const int64_t *ids, size_t n,
	struct file **files)
{
	struct arg args[ATTACH_MAX];
	struct rows r;
	enum err e;

	if (n == 0 || n > ATTACH_MAX)
		return ERR_INVALID;
	for (size_t i = 0; i < n; i++)
		args[i] = as_int(ids[i]);
	e = db_select_rows(db, a, &own_files, n, &r, args, n);
	if (e != OK)
		return e;
	*files = arena_alloc(a, sizeof **files * n);
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < r.n && (row_int(&r, k, 1) != ids[i] || row_int(&r, k, 0) != owner_id))
			k++;
		if (k == r.n)
			return ERR_INVALID;
		file_from_row(&r, k, 1, &(*files)[i]);
	}
	return OK;
}

enum err attach_put(struct db *db, const struct message *m)
{
	struct arg args[PUT_VALUES * ATTACH_MAX], *to = args;

	for (size_t i = 0; i < m->files_n; i++) {
		*to++ = as_int(m->chat_id);
		*to++ = as_int(m->seq);
		*to++ = as_int((int64_t)i);
		*to++ = as_int(m->files[i].id);
	}
	return m->files_n ? db_run_rows(db, &put_files, m->files_n, args, m->files_n * PUT_VALUES)
			  : OK;
}

enum err attach_remove(struct db *db, struct arena *a, int64_t chat_id, int64_t seq)
{
	struct rows r;
	enum err e = db_select(db, a, &ids_of, &r, as_int(chat_id), as_int(seq));

	if (e != OK || r.n == 0)
		return e;
	e = db_run(db, &take_files, as_int(chat_id), as_int(seq));
	for (size_t i = 0; i < r.n && e == OK; i++)
		e = leftover_forget(db, a, row_int(&r, i, 0), -1);
	return e;
}

static struct message *find(struct message *messages, size_t n, int64_t chat_id, int64_t seq)
{
	for (size_t i = 0; i < n; i++)
		if (messages[i].seq == seq && messages[i].chat_id == chat_id)
			return &messages[i];
	return NULL;
}

static void add_one(struct arena *a, struct message *m, const struct rows *r, size_t row)
{
	if (!m->files)
		m->files = arena_alloc(a, sizeof *m->files * ATTACH_MAX);
	if (m->files_n < ATTACH_MAX)
		file_from_row(r, row, 2, &m->files[m->files_n++]);
}

/* One question for all of a page that have any; most have none. */
enum err attach_load(struct db *db, struct arena *a, struct message *messages, size_t n)
{
	struct arg places[2 * DB_ROWS_MAX];
	enum err e = OK;

	for (size_t i = 0, wanted = 0; i < n && e == OK; wanted = 0) {
		struct rows r;

		for (; i < n && wanted < DB_ROWS_MAX; i++) {
			if (messages[i].files_n == 0)
				continue;
			messages[i].files_n = 0;
			places[2 * wanted] = as_int(messages[i].chat_id);
			places[2 * wanted++ + 1] = as_int(messages[i].seq);
		}
		if (wanted == 0)
			break;
		e = db_select_rows(db, a, &files_of, wanted, &r, places, 2 * wanted);
		for (size_t k = 0; e == OK && k < r.n; k++)
			add_one(a, find(messages, n, row_int(&r, k, 0), row_int(&r, k, 1)), &r, k);
	}
	return e;
}
