#include "data/group.h"

#include "core/fold.h"
#include "data/coming.h"
#include "data/portrait.h"

static struct sql add_chat =
	SQL("INSERT INTO chat (kind, name, name_key, image_path, password_hash, public, active, "
	    "created_at, updated_at) VALUES (?, ?, LEFT(?, 700), ?, ?, ?, "
	    "FLOOR(UNIX_TIMESTAMP(NOW(3)) * 1000), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))");
static struct sql add_direct = SQL("INSERT INTO direct_chat (low_user_id, high_user_id, chat_id) "
				   "VALUES (LEAST(?, ?), GREATEST(?, ?), ?)");
static struct sql find_direct = SQL("SELECT chat_id FROM direct_chat WHERE low_user_id = LEAST(?, "
				    "?) AND high_user_id = GREATEST(?, ?)");
/* What is as it was is no change, and touches no row. */
static struct sql change_chat =
	SQL("UPDATE chat SET name = IF(?, ?, name), name_key = IF(?, LEFT(?, 700), "
	    "name_key), image_path = IF(?, ?, image_path), "
	    "password_hash = IF(?, ?, password_hash), public = IF(?, ?, "
	    "public), updated_at = UTC_TIMESTAMP(3) "
	    "WHERE id = ? AND ((? AND NOT name <=> ?) OR (? AND NOT image_path <=> ?) "
	    "OR (? AND NOT password_hash <=> ?) OR (? AND public <> ?))");

static enum err create_group(struct db *db, void *context)
{
	struct work *w = context;
	const struct group_new *g = w->wish;
	int64_t *ids = arena_alloc(w->arena, sizeof *ids * (g->n + 1));
	struct newcomers who;
	size_t n = 0;
	enum err e;

	ids[n++] = g->owner_id;
	for (size_t i = 0; i < g->n; i++)
		if (g->user_ids[i] != g->owner_id)
			ids[n++] = g->user_ids[i];
	e = people_load(db, w->arena, ids, n, &who);
	if (e != OK)
		return e;
	for (size_t i = 0; i < who.n; i++)
		if (who.users[i].id == g->owner_id)
			who.roles[i] = ROLE_OWNER;
	e = db_run(db, &add_chat, as_text(STR("group")), as_text(g->name),
		as_text(fold_name(w->arena, g->name)), as_text(g->image_path),
		as_text(g->password_hash), as_int(g->public));
	if (e != OK)
		return e;
	w->chat_id = db_inserted(db);
	if (g->image_path.p)
		e = portrait_of_chat(db, w->chat_id, g->owner_id, g->image_path);
	if (e != OK)
		return e;
	return coming_in(db, w->arena, w->chat_id, &who, 0, false, &w->last);
}

enum err group_create(
	struct db *db, struct arena *a, const struct group_new *g, int64_t *chat_id, int64_t *last)
{
	struct work w = { .arena = a, .wish = g };
	enum err e = db_transaction(db, create_group, NULL, &w);

	*chat_id = w.chat_id;
	*last = w.last;
	return e;
}

static enum err direct_there(
	struct db *db, struct arena *a, int64_t me, int64_t other, int64_t *chat_id)
{
	struct rows r;
	enum err e = db_select(
		db, a, &find_direct, &r, as_int(me), as_int(other), as_int(me), as_int(other));

	*chat_id = e == OK && r.n ? row_int(&r, 0, 0) : 0;
	return e;
}

static enum err create_direct(struct db *db, void *context)
{
	struct work *w = context;
	int64_t ids[2] = { w->user_id, w->target };
	struct str none = { NULL, 0 };
	struct newcomers who;
	enum err e = people_load(db, w->arena, ids, 2, &who);

	if (e != OK)
		return e == ERR_INVALID ? ERR_NOT_FOUND : e;
	/* Who opens it comes first, so that the log says who it was. */
	if (who.users[0].id != w->user_id) {
		struct user other = who.users[0];

		who.users[0] = who.users[1];
		who.users[1] = other;
	}
	e = db_run(db, &add_chat, as_text(STR("direct")), as_text(none), as_text(none),
		as_text(none), as_text(none), as_int(0));
	if (e != OK)
		return e;
	w->chat_id = db_inserted(db);
	/* Of two who ask at once one waits here for the other, and then finds the pair taken. */
	e = db_run(db, &add_direct, as_int(w->user_id), as_int(w->target), as_int(w->user_id),
		as_int(w->target), as_int(w->chat_id));
	return e == OK ? coming_in(db, w->arena, w->chat_id, &who, 0, false, &w->last) : e;
}

enum err direct_open(struct db *db, struct arena *a, int64_t me, int64_t other, int64_t *chat_id,
	bool *made, int64_t *last)
{
	struct work w = { .arena = a, .user_id = me, .target = other };
	enum err e = direct_there(db, a, me, other, chat_id);

	*made = false;
	*last = 0;
	if (e != OK || *chat_id)
		return e;
	e = db_transaction(db, create_direct, NULL, &w);
	if (e == ERR_CONFLICT)
		return direct_there(db, a, me, other, chat_id);
	*made = e == OK;
	*chat_id = w.chat_id;
	*last = w.last;
	return e;
}

/* --- changing --- */

static enum err tell_of_chat(struct db *db, struct work *w)
{
	struct event event;
	enum err e = event_of_chat(db, w->arena, w->chat_id, &event);

	if (e == OK)
		e = event_take(db, 1, &w->last);
	return e == OK ? event_put(db, w->last, &event, 1) : e;
}

static enum err change(struct db *db, void *context)
{
	struct work *w = context;
	const struct chat_change *c = w->wish;
	struct chat_access access;
	struct str key = c->name.set ? fold_name(w->arena, c->name.to) : (struct str){ NULL, 0 };
	enum err e = group_lock(db, w, ROLE_ADMIN, &access);

	w->last = 0;
	if (e == OK && c->image_path.set)
		e = portrait_of_chat(db, w->chat_id, w->user_id, c->image_path.to);
	if (e == OK)
		e = db_run(db, &change_chat, as_int(c->name.set), as_text(c->name.to),
			as_int(c->name.set), as_text(key), as_int(c->image_path.set),
			as_text(c->image_path.to), as_int(c->password_hash.set),
			as_text(c->password_hash.to), as_int(c->public.set), as_int(c->public.to),
			as_int(w->chat_id), as_int(c->name.set), as_text(c->name.to),
			as_int(c->image_path.set), as_text(c->image_path.to),
			as_int(c->password_hash.set), as_text(c->password_hash.to),
			as_int(c->public.set), as_int(c->public.to));
	return e == OK && db_changed(db) ? tell_of_chat(db, w) : e;
}

enum err chat_change(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	const struct chat_change *c, int64_t *last)
{
	struct work w = { .arena = a, .chat_id = chat_id, .user_id = user_id, .wish = c };
	enum err e = db_transaction(db, change, NULL, &w);

	*last = w.last;
	return e;
}

static enum err end_it(struct db *db, void *context)
{
	struct work *w = context;
	struct chat_access access;
	enum err e = group_lock(db, w, ROLE_OWNER, &access);

	return e == OK ? chat_close(db, w) : e;
}

enum err chat_delete(
	struct db *db, struct arena *a, int64_t chat_id, int64_t user_id, int64_t *last)
{
	struct work w = { .arena = a, .chat_id = chat_id, .user_id = user_id };
	enum err e = db_transaction(db, end_it, NULL, &w);

	*last = w.last;
	return e;
}
