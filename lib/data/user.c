#include "data/user.h"

#include "core/clock.h"
#include "core/fold.h"
#include "core/page.h"

static struct sql by_id =
	SQL("SELECT " USER_COLUMNS " FROM user u WHERE u.id = ? AND u.deleted_at IS NULL");

/* The moment is one in milliseconds since 1970, whatever the time zone of the connection. A deleted
 * person was never seen. */
static struct sql seen =
	SQL("UPDATE user SET last_seen_at = GREATEST(IFNULL(last_seen_at, '1970-01-01'), "
	    "TIMESTAMPADD(MICROSECOND, ? * 1000, '1970-01-01')) "
	    "WHERE id = ? AND deleted_at IS NULL");

/* The directory is walked in its own order from where the last page ended, so a page costs what it
 * holds, and people who come or go meanwhile neither shift nor double the others. A deleted person
 * has no name_key. The order is one of alphabets (schema/0007_names.sql), in which й is и and ї is
 * і; who searches means the letter. */
#define DIRECTORY                                                                                  \
	"SELECT " USER_COLUMNS ", u.name_key FROM user u FORCE INDEX (directory) "                 \
	"WHERE u.name_key >= ? AND (u.name_key > ? OR u.id > ?) "                                  \
	"AND u.name_key COLLATE utf8mb4_nopad_bin LIKE ? ESCAPE '!' "
static struct sql directory = SQL(DIRECTORY "ORDER BY u.name_key, u.id LIMIT ?");
static struct sql directory_of_strangers =
	SQL(DIRECTORY "AND u.id <> ? AND NOT EXISTS (SELECT 1 FROM direct_chat d WHERE "
		      "d.low_user_id = LEAST(u.id, ?) AND d.high_user_id = GREATEST(u.id, ?)) "
		      "ORDER BY u.name_key, u.id LIMIT ?");

void user_from_row(struct arena *a, const struct rows *r, size_t row, size_t column, struct user *u)
{
	u->id = row_int(r, row, column);
	u->username = row_str(r, row, column + 1);
	u->first_name = row_str(r, row, column + 2);
	u->last_name = row_str(r, row, column + 3);
	u->image_path = row_str(r, row, column + 4);
	u->last_seen_ms = row_ms(r, row, column + 5);
	u->created_ms = row_ms(r, row, column + 6);
	u->deleted = row_int(r, row, column + 7) != 0;
	u->full_name = user_full_name(a, u->first_name, u->last_name, u->deleted);
}

enum err user_by_id(struct db *db, struct arena *a, int64_t id, struct user *u)
{
	struct rows r;
	enum err e = db_select(db, a, &by_id, &r, as_int(id));

	if (e != OK)
		return e;
	if (r.n == 0)
		return ERR_NOT_FOUND;
	user_from_row(a, &r, 0, 0, u);
	return OK;
}

enum err user_list(struct db *db, struct arena *a, const struct user_search *s, struct user **users,
	struct str **name_keys, size_t *n)
{
	struct str after = s->after.p ? s->after : STR("");
	struct str like = db_pattern(a, s->part);
	struct rows r;
	enum err e;

	if (s->contactable)
		e = db_select(db, a, &directory_of_strangers, &r, as_text(after), as_text(after),
			as_int(s->after_id), as_text(like), as_int(s->me), as_int(s->me),
			as_int(s->me), as_int(s->limit + 1));
	else
		e = db_select(db, a, &directory, &r, as_text(after), as_text(after),
			as_int(s->after_id), as_text(like), as_int(s->limit + 1));
	if (e != OK)
		return e;
	*users = arena_alloc(a, sizeof **users * r.n);
	*name_keys = arena_alloc(a, sizeof **name_keys * r.n);
	*n = r.n;
	for (size_t i = 0; i < r.n; i++) {
		user_from_row(a, &r, i, 0, &(*users)[i]);
		(*name_keys)[i] = row_str(&r, i, USER_COLUMNS_N);
	}
	return OK;
}

struct writing_down {
	const struct presence_gone *gone;
	size_t n;
};

static enum err write_down(struct db *db, void *context)
{
	const struct writing_down *w = context;
	enum err e = OK;

	for (size_t i = 0; i < w->n && e == OK; i++)
		e = db_run(db, &seen, as_int(w->gone[i].seen_ms), as_int(w->gone[i].user_id));
	return e;
}

enum err user_seen(struct db *db, struct page *page, const struct presence_gone *gone, size_t n)
{
	enum err e = OK;

	for (size_t i = 0; i < n && e == OK; i += DB_ROWS_MAX) {
		struct writing_down w = { gone + i, n - i < DB_ROWS_MAX ? n - i : DB_ROWS_MAX };

		e = db_transaction(db, write_down, NULL, &w);
		for (size_t k = 0; k < w.n && e == OK; k++)
			presence_saved(page, &w.gone[k]);
	}
	return e;
}

struct str user_name_key(struct arena *a, struct str first, struct str last, struct str username)
{
	struct str whole = arena_printf(a, "%.*s %.*s%s%.*s", STR_ARG(first), STR_ARG(last),
		username.p ? " " : "", STR_ARG(username));

	return fold_name(a, whole);
}

struct str user_full_name(struct arena *a, struct str first, struct str last, bool deleted)
{
	if (deleted)
		return STR(USER_DELETED);
	return last.n ? arena_printf(a, "%.*s %.*s", STR_ARG(first), STR_ARG(last)) : first;
}

/* The page that knows who is here, and for how long one may be away; NULL: nobody is. */
static struct page *around;
static int64_t around_away_s;

void user_presence(struct page *page, int64_t away_s)
{
	around = page;
	around_away_s = away_s;
}

/* Whether they are online, and when they were last seen: by the page or by the row, whichever is
 * later. */
static bool is_online(const struct user *u, int64_t *seen_ms)
{
	bool online = false;
	int64_t here_ms = 0;

	if (around && !u->deleted)
		here_ms = presence_seen_ms(around, u->id, around_away_s, clock_us(), &online);
	*seen_ms = here_ms > u->last_seen_ms ? here_ms : u->last_seen_ms;
	return online;
}

void user_members(struct writer *j, const struct user *u)
{
	int64_t seen_ms;
	bool online = is_online(u, &seen_ms);

	put_int(j, "id", u->id);
	put_str(j, "username", u->username);
	put_str(j, "firstName", u->first_name);
	put_str(j, "lastName", u->last_name);
	put_str(j, "fullName", u->full_name);
	put_str(j, "imagePath", u->image_path);
	put_bool(j, "online", online);
	put_time(j, "lastSeenAt", seen_ms);
	put_time(j, "createdAt", u->created_ms);
}

void user_json(struct writer *j, const char *key, const struct user *u)
{
	put_object(j, key);
	user_members(j, u);
	put_object_end(j);
}
