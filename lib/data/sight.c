#include "data/sight.h"

#include <stdlib.h>

static struct sql chats_seen =
	SQL("SELECT chat_id, since, CAST(0 AS UNSIGNED) FROM member WHERE user_id = ? "
	    "AND since <= ? UNION ALL SELECT chat_id, since, until FROM former_member "
	    "WHERE user_id = ? AND until > ? AND since <= ?");
/* A deleted person was in those that they have left: all of them in the end, see leave_all(). */
static struct sql chats_of =
	SQL("SELECT chat_id FROM member WHERE user_id = ? UNION ALL "
	    "SELECT f.chat_id FROM user u JOIN former_member f ON f.user_id = u.id "
	    "WHERE u.id = ? AND u.deleted_at IS NOT NULL");
static struct sql is_in = SQL("SELECT 1 FROM member WHERE chat_id = ? AND user_id = ?");
static struct sql meets =
	SQL("SELECT 1 FROM member me JOIN member them ON them.chat_id = me.chat_id "
	    "JOIN chat c ON c.id = me.chat_id AND c.kind <> 'lobby' "
	    "WHERE me.user_id = ? AND them.user_id = ? AND (me.chat_id = ? OR ? = 0) LIMIT 1");
static struct sql lobby = SQL("SELECT id FROM chat WHERE kind = ? ORDER BY id LIMIT 1");

enum { CHUNK_LEAST = 32, CHUNK_MOST = 500, CHUNK_GROWTH = 4, CHUNKS_MAX = 40 };

static int by_chat(const void *a, const void *b)
{
	const struct sight_chat *x = a, *y = b;

	return x->chat_id < y->chat_id ? -1 : x->chat_id > y->chat_id;
}

/* The same without what begins behind `until`. */
static enum err load_until(struct db *db, struct arena *a, int64_t user_id, int64_t after,
	int64_t until, struct sight *out)
{
	struct rows r;
	enum err e = db_select(db, a, &chats_seen, &r, as_int(user_id), as_int(until),
		as_int(user_id), as_int(after), as_int(until));

	if (e != OK)
		return e;
	*out = (struct sight){ user_id, after, arena_alloc(a, sizeof *out->chats * r.n), r.n };
	for (size_t i = 0; i < r.n; i++)
		out->chats[i] = (struct sight_chat){ row_int(&r, i, 0), row_int(&r, i, 1),
			row_int(&r, i, 2) };
	qsort(out->chats, out->n, sizeof *out->chats, by_chat);
	return OK;
}

enum err sight_load(
	struct db *db, struct arena *a, int64_t user_id, int64_t after, struct sight *out)
{
	return load_until(db, a, user_id, after, INT64_MAX, out);
}

/* One may have been in a chat several times: any of the spans counts. */
static bool in_span(const struct sight *s, int64_t chat_id, int64_t id)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->chats[middle].chat_id < chat_id)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < s->n && s->chats[low].chat_id == chat_id; low++)
		if (s->chats[low].since <= id &&
			(!s->chats[low].until || id <= s->chats[low].until))
			return true;
	return false;
}

static enum err sees(
	struct db *db, struct arena *a, const struct sight *s, const struct event *e, bool *yes)
{
	int64_t *chat_ids;
	size_t n;
	enum err err;

	*yes = false;
	if (e->chat_id) {
		*yes = in_span(s, e->chat_id, e->id);
		return OK;
	}
	*yes = e->user_id == s->user_id;
	if (*yes || !str_is(e->type, "user"))
		return OK;
	err = sight_chats_of(db, a, e->user_id, &chat_ids, &n);
	for (size_t i = 0; err == OK && i < n && !*yes; i++)
		*yes = in_span(s, chat_ids[i], e->id);
	return err;
}

/* At first twice what is wanted: who asks for one event at a time, from far behind, must not cost
 * the reading of hundreds for each. */
static int64_t first_chunk(int64_t limit)
{
	int64_t chunk = 2 * limit;

	return chunk < CHUNK_LEAST ? CHUNK_LEAST : chunk > CHUNK_MOST ? CHUNK_MOST : chunk;
}

/* Events first and memberships after them: what was committed up to a chunk's end is then in sight.
 * A chunk in which anybody moves is looked at with fresh eyes. */
enum err sight_read(struct db *db, struct arena *a, int64_t user_id, const struct sight_page *page,
	struct event **events, size_t *n, int64_t *position)
{
	struct sight sight = { 0 };
	int64_t chunk = first_chunk(page->limit);
	bool loaded = false;
	enum err e = OK;

	*events = arena_alloc(a, sizeof **events * (size_t)page->limit);
	*n = 0;
	*position = page->after;
	for (int chunks = 0; e == OK && *position < page->until && chunks < CHUNKS_MAX; chunks++) {
		struct event *some;
		size_t got, i;

		e = event_read(db, a, *position, page->until, chunk, &some, &got);
		if (e != OK || got == 0)
			break;
		for (i = 0; i < got && loaded; i++)
			loaded = !str_starts(some[i].type, "member.") &&
				 !str_is(some[i].type, "chat.deleted");
		if (!loaded)
			e = load_until(db, a, user_id, page->after, some[got - 1].id, &sight);
		loaded = true;
		for (i = 0; e == OK && i < got && *n < (size_t)page->limit; i++) {
			bool yes;

			e = sees(db, a, &sight, &some[i], &yes);
			if (e != OK)
				break;
			*position = some[i].id;
			if (yes && (!page->chat_id || page->chat_id == some[i].chat_id))
				(*events)[(*n)++] = some[i];
		}
		if (*n == (size_t)page->limit)
			break;
		chunk = chunk * CHUNK_GROWTH < CHUNK_MOST ? chunk * CHUNK_GROWTH : CHUNK_MOST;
	}
	return e;
}

enum err sight_chats_of(
	struct db *db, struct arena *a, int64_t user_id, int64_t **chat_ids, size_t *n)
{
	struct rows r;
	enum err e = db_select(db, a, &chats_of, &r, as_int(user_id), as_int(user_id));

	if (e != OK)
		return e;
	*n = r.n;
	*chat_ids = arena_alloc(a, sizeof **chat_ids * r.n);
	for (size_t i = 0; i < r.n; i++)
		(*chat_ids)[i] = row_int(&r, i, 0);
	return OK;
}

enum err sight_lobby(struct db *db, struct arena *a, int64_t *chat_id)
{
	struct rows r;
	enum err e = db_select(db, a, &lobby, &r, as_text(STR("lobby")));

	if (e == OK)
		*chat_id = r.n ? row_int(&r, 0, 0) : 0;
	return e;
}

enum err sight_hears(struct db *db, struct arena *a, int64_t user_id, int64_t chat_id,
	const struct ephemeral *what, bool *yes)
{
	bool typing = what->kind == EPHEMERAL_TYPING;
	struct rows r;
	enum err e;

	*yes = false;
	if (what->user_id == user_id || (typing && chat_id && chat_id != what->chat_id))
		return OK;
	if (typing)
		e = db_select(db, a, &is_in, &r, as_int(what->chat_id), as_int(user_id));
	else
		e = db_select(db, a, &meets, &r, as_int(user_id), as_int(what->user_id),
			as_int(chat_id), as_int(chat_id));
	*yes = e == OK && r.n > 0;
	return e;
}
