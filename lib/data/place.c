#include "data/place.h"

#include "core/clock.h"
#include "data/chat.h"

enum { MOVE_MANY_VALUES = 8 };

/* Chats first, and in the order they are asked in: every transaction of the site locks them
 * ascending. */
static struct sql lock_many =
	SQL_ROWS("SELECT STRAIGHT_JOIN c.id, m.user_id, c.last_seq, c.reader_id, c.reader_seq, "
		 "c.others_seq, "
		 "UTC_TIMESTAMP(3), c.hour FROM (",
		"SELECT ? AS chat_id, ? AS user_id", " UNION ALL ",
		") v JOIN chat c ON c.id = v.chat_id AND c.deleted_at IS NULL "
		"JOIN member m ON m.chat_id = v.chat_id AND m.user_id = v.user_id FOR UPDATE");
/* A message alone is the usual case, and the database finds its rows without a list to go through.
 */
static struct sql lock_one =
	SQL("SELECT STRAIGHT_JOIN c.id, m.user_id, c.last_seq, c.reader_id, c.reader_seq, "
	    "c.others_seq, UTC_TIMESTAMP(3), c.hour FROM chat c JOIN member m ON m.chat_id = c.id "
	    "WHERE c.id = ? AND m.user_id = ? AND c.deleted_at IS NULL FOR UPDATE");
/* A row per chat and author: what the chat becomes, and that the author has read what they wrote.
 */
static struct sql move_many = SQL_ROWS("UPDATE (",
	"SELECT ? AS chat_id, ? AS user_id, ? AS last_seq, ? AS read_seq, ? AS reader_id, "
	"? AS reader_seq, ? AS others_seq, ? AS active",
	" UNION ALL ",
	") v JOIN chat c ON c.id = v.chat_id "
	"JOIN member m ON m.chat_id = v.chat_id AND m.user_id = v.user_id "
	"SET c.last_seq = v.last_seq, c.reader_id = v.reader_id, c.reader_seq = v.reader_seq, "
	"c.others_seq = v.others_seq, c.active = v.active, "
	"m.read_seq = GREATEST(m.read_seq, v.read_seq)");
struct sql place_move_step =
	SQL("UPDATE chat SET last_seq = ?, reader_id = ?, reader_seq = ?, others_seq = ?, "
	    "active = ? WHERE id = ?");
struct sql place_read_step =
	SQL("UPDATE member SET read_seq = GREATEST(read_seq, ?) WHERE chat_id = ? AND user_id = ?");
/* The first message of an hour: see schema/0004_recent.sql. */
static struct sql tell_hour = SQL_ROWS("UPDATE chat c JOIN member m ON m.chat_id = c.id "
				       "SET m.hour = c.hour WHERE m.hour <> c.hour AND c.id IN (",
	"?", ", ", ")");

enum err places_name(struct db *db, struct page *page, struct arena *a, const struct places *places)
{
	struct author authors[PLACES_MAX];
	enum err e;

	for (size_t i = 0; i < places->n; i++)
		authors[i] = places->all[i].author;
	e = author_load(db, page, a, authors, places->n);
	for (size_t i = 0; i < places->n; i++)
		places->all[i].author = authors[i];
	return e;
}

enum err places_lock(struct db *db, struct page *page, struct arena *a, const int64_t *chat_ids,
	const int64_t *author_ids, size_t n, struct places *places)
{
	struct arg pairs[2 * PLACES_MAX];
	struct rows r;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		pairs[2 * i] = as_int(chat_ids[i]);
		pairs[2 * i + 1] = as_int(author_ids[i]);
	}
	e = db_select_rows(db, a, n == 1 ? &lock_one : &lock_many, n, &r, pairs, 2 * n);
	if (e != OK)
		return e;
	*places = (struct places){ .all = arena_alloc(a, sizeof *places->all * r.n),
		.n = r.n,
		.at_ms = r.n ? row_ms(&r, 0, 6) : 0 };
	places->at_us = clock_us();
	for (size_t i = 0; i < r.n; i++)
		places->all[i] = (struct place){ .chat_id = row_int(&r, i, 0),
			.author_id = row_int(&r, i, 1),
			.last_seq = row_int(&r, i, 2),
			.reader_id = row_int(&r, i, 3),
			.reader_seq = row_int(&r, i, 4),
			.others_seq = row_int(&r, i, 5),
			.hour = row_int(&r, i, 7),
			.author.id = row_int(&r, i, 1) };
	return places_name(db, page, a, places);
}

struct place *places_find(const struct places *all, int64_t chat_id, int64_t author_id)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->all[i].chat_id == chat_id && all->all[i].author_id == author_id)
			return &all->all[i];
	return NULL;
}

/* For all rows of that chat, since each may be the one that is written. */
void places_move(struct places *all, struct place *mine)
{
	int64_t seq = mine->last_seq + 1;

	mine->author_read = seq;
	for (size_t i = 0; i < all->n; i++) {
		struct place *p = &all->all[i];

		if (p->chat_id != mine->chat_id)
			continue;
		p->last_seq = seq;
		if (p->reader_id != mine->author_id) {
			p->others_seq = p->reader_seq;
			p->reader_id = mine->author_id;
		}
		p->reader_seq = seq;
	}
}

static size_t find_hours(const struct places *all, struct arg chats[PLACES_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		const struct place *p = &all->all[i];

		if (p->author_read && p->hour != NO_HOUR && p->hour != all->at_ms / HOUR_MS)
			chats[n++] = as_int(p->chat_id);
	}
	return n;
}

bool places_tell(const struct places *all)
{
	struct arg chats[PLACES_MAX];

	return find_hours(all, chats) > 0;
}

enum err places_write(struct db *db, const struct places *all)
{
	struct arg rows[MOVE_MANY_VALUES * PLACES_MAX], *to = rows, hours[PLACES_MAX];
	size_t n = 0, hours_n = find_hours(all, hours);
	enum err e;

	for (size_t i = 0; i < all->n; i++) {
		const struct place *p = &all->all[i];

		if (!p->author_read)
			continue;
		*to++ = as_int(p->chat_id);
		*to++ = as_int(p->author_id);
		*to++ = as_int(p->last_seq);
		*to++ = as_int(p->author_read);
		*to++ = as_int(p->reader_id);
		*to++ = as_int(p->reader_seq);
		*to++ = as_int(p->others_seq);
		*to++ = as_int(all->at_ms);
		n++;
	}
	e = db_run_rows(db, &move_many, n, rows, n * MOVE_MANY_VALUES);
	return e == OK && hours_n ? db_run_rows(db, &tell_hour, hours_n, hours, hours_n) : e;
}

struct arg *place_move_values(struct arg *to, const struct places *one)
{
	const struct place *p = one->all;

	*to++ = as_int(p->last_seq);
	*to++ = as_int(p->reader_id);
	*to++ = as_int(p->reader_seq);
	*to++ = as_int(p->others_seq);
	*to++ = as_int(one->at_ms);
	*to++ = as_int(p->chat_id);
	*to++ = as_int(p->author_read);
	*to++ = as_int(p->chat_id);
	*to++ = as_int(p->author_id);
	return to;
}
