#include "data/leftover.h"

enum { LOOK_MAX = 500 };

/* What a file is needed for: a message of a chat that is there, or a picture of somebody. */
#define IS_USED                                                                                    \
	"(EXISTS (SELECT 1 FROM message_file x JOIN chat k ON k.id = x.chat_id "                   \
	"AND k.deleted_at IS NULL WHERE x.file_id = f.id) "                                        \
	"OR EXISTS (SELECT 1 FROM user u WHERE u.image_file = f.id AND u.deleted_at IS NULL) "     \
	"OR EXISTS (SELECT 1 FROM chat h WHERE h.image_file = f.id AND h.deleted_at IS NULL)) "

/* What was put up and never used has some days; of somebody who has left, none. */
#define IS_OLD                                                                                     \
	"(f.created_at < UTC_TIMESTAMP(3) - INTERVAL ? DAY OR EXISTS (SELECT 1 FROM user o "       \
	"WHERE o.id = f.owner_id AND o.deleted_at IS NOT NULL)) "

static struct sql lock_file = SQL("SELECT id FROM file WHERE id = ? FOR UPDATE");
static struct sql unused =
	SQL("SELECT f.owner_id, f.content_id, c.size FROM file f JOIN content c ON "
	    "c.id = f.content_id WHERE f.id = ? AND NOT " IS_USED "AND (? < 0 OR " IS_OLD ")");
static struct sql delete_places = SQL("DELETE FROM message_file WHERE file_id = ?");
static struct sql delete_file = SQL("DELETE FROM file WHERE id = ?");
static struct sql give_back =
	SQL("UPDATE quota SET used = IF(used > ?, used - ?, 0) WHERE user_id = ?");
static struct sql note_orphan = SQL("INSERT IGNORE INTO orphan (content_id) VALUES (?)");
static struct sql look_at = SQL("SELECT f.id, NOT " IS_USED "AND " IS_OLD
				"FROM file f WHERE f.id > ? ORDER BY f.id LIMIT 500");
static struct sql first_orphan = SQL("SELECT content_id FROM orphan LIMIT ? FOR UPDATE");
static struct sql orphan_places =
	SQL("SELECT c.place, c.thumb_place, EXISTS (SELECT 1 FROM file f WHERE f.content_id = "
	    "c.id) FROM content c WHERE c.id = ? FOR UPDATE");
static struct sql delete_content = SQL("DELETE FROM content WHERE id = ?");
static struct sql delete_orphan = SQL("DELETE FROM orphan WHERE content_id = ?");
static struct sql known_places =
	SQL_ROWS("SELECT place FROM content WHERE place IN (", "?", ", ", ")");
static struct sql known_thumbs =
	SQL_ROWS("SELECT thumb_place FROM content WHERE thumb_place IN (", "?", ", ", ")");
static struct sql contents = SQL("SELECT id, place, thumb_place, size FROM content WHERE id > ? "
				 "ORDER BY id LIMIT 500");

enum err leftover_forget(struct db *db, struct arena *a, int64_t file_id, int64_t older_days)
{
	struct rows r;
	int64_t size;
	enum err e = db_select(db, a, &lock_file, &r, as_int(file_id));

	if (e == OK)
		e = db_select(db, a, &unused, &r, as_int(file_id), as_int(older_days),
			as_int(older_days));
	if (e != OK || r.n == 0)
		return e;
	size = row_int(&r, 0, 2);
	e = db_run(db, &delete_places, as_int(file_id));
	if (e == OK)
		e = db_run(db, &delete_file, as_int(file_id));
	if (e == OK)
		e = db_run(db, &give_back, as_int(size), as_int(size), as_int(row_int(&r, 0, 0)));
	return e == OK ? db_run(db, &note_orphan, as_int(row_int(&r, 0, 1))) : e;
}

struct expiring {
	struct arena *arena;
	int64_t file_id, days;
};

static enum err expire_one(struct db *db, void *context)
{
	struct expiring *x = context;

	return leftover_forget(db, x->arena, x->file_id, x->days);
}

enum err leftover_expire(struct db *db, struct arena *a, int64_t days, int64_t *from)
{
	struct expiring x = { .arena = a, .days = days };
	struct rows r;
	enum err e = db_select(db, a, &look_at, &r, as_int(days), as_int(*from));

	for (size_t i = 0; i < r.n && e == OK; i++) {
		x.file_id = row_int(&r, i, 0);
		if (row_int(&r, i, 1))
			e = db_transaction(db, expire_one, NULL, &x);
	}
	if (e == OK)
		*from = r.n == LOOK_MAX ? row_int(&r, r.n - 1, 0) : 0;
	return e;
}

struct taking {
	struct arena *arena;
	struct remains *remains;
	bool more;
};

static enum err take(struct db *db, void *context)
{
	struct taking *t = context;
	struct rows r, of;
	enum err e = db_select(db, t->arena, &first_orphan, &r, as_int(1));

	*t->remains = (struct remains){ { NULL, 0 }, { NULL, 0 } };
	t->more = e == OK && r.n;
	if (!t->more)
		return e;
	e = db_select(db, t->arena, &orphan_places, &of, as_int(row_int(&r, 0, 0)));
	if (e == OK && of.n && !row_int(&of, 0, 2)) {
		e = db_run(db, &delete_content, as_int(row_int(&r, 0, 0)));
		*t->remains = (struct remains){ row_str(&of, 0, 0), row_str(&of, 0, 1) };
	}
	return e == OK ? db_run(db, &delete_orphan, as_int(row_int(&r, 0, 0))) : e;
}

enum err leftover_take(struct db *db, struct arena *a, struct remains *r, bool *more)
{
	struct taking t = { a, r, false };
	enum err e = db_transaction(db, take, NULL, &t);

	*more = e == OK && t.more;
	if (e != OK)
		*r = (struct remains){ { NULL, 0 }, { NULL, 0 } };
	return e;
}

static enum err mark(struct db *db, struct arena *a, struct sql *q, const struct str *places,
	size_t n, bool *known)
{
	struct arg args[DB_ROWS_MAX];
	struct rows r;
	enum err e;

	for (size_t i = 0; i < n; i++)
		args[i] = as_text(places[i]);
	e = db_select_rows(db, a, q, n, &r, args, n);
	for (size_t k = 0; e == OK && k < r.n; k++)
		for (size_t i = 0; i < n; i++)
			known[i] = known[i] || str_eq(places[i], row_str(&r, k, 0));
	return e;
}

enum err leftover_known(
	struct db *db, struct arena *a, const struct str *places, size_t n, bool *known)
{
	enum err e;

	memset(known, 0, n * sizeof *known);
	e = n ? mark(db, a, &known_places, places, n, known) : OK;
	return e == OK && n ? mark(db, a, &known_thumbs, places, n, known) : e;
}

enum err leftover_contents(
	struct db *db, struct arena *a, int64_t after, struct lying **all, size_t *n)
{
	struct rows r;
	enum err e = db_select(db, a, &contents, &r, as_int(after));

	if (e != OK)
		return e;
	*n = r.n;
	*all = arena_alloc(a, sizeof **all * r.n);
	for (size_t i = 0; i < r.n; i++)
		(*all)[i] = (struct lying){ .id = row_int(&r, i, 0),
			.place = row_str(&r, i, 1),
			.thumb_place = row_str(&r, i, 2),
			.size = row_int(&r, i, 3) };
	return OK;
}
