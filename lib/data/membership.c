#include "data/membership.h"

#include "data/coming.h"

static struct sql inside =
	SQL_ROWS("SELECT user_id FROM member WHERE (chat_id, user_id) IN (", "(?, ?)", ", ", ")");
static struct sql member_now =
	SQL("SELECT role, since FROM member WHERE chat_id = ? AND user_id = ?");
static struct sql heir = SQL("SELECT user_id FROM member WHERE chat_id = ? AND user_id <> ? "
			     "ORDER BY role = 'admin' DESC, joined_at, user_id LIMIT 1");
static struct sql door =
	SQL("SELECT c.password_hash, m.user_id IS NOT NULL FROM chat c "
	    "LEFT JOIN member m ON m.chat_id = c.id AND m.user_id = ? "
	    "WHERE c.id = ? AND c.deleted_at IS NULL "
	    "AND (m.user_id IS NOT NULL OR (c.kind = 'group' AND c.public = TRUE))");
static struct sql list_members =
	SQL("SELECT " USER_COLUMNS ", m.role, m.joined_at, m.read_seq FROM member m "
	    "JOIN user u ON u.id = m.user_id WHERE m.chat_id = ? AND m.user_id > ? "
	    "AND EXISTS (SELECT 1 FROM member me WHERE me.chat_id = m.chat_id AND "
	    "me.user_id = ?) ORDER BY m.user_id LIMIT ?");
static struct sql read_up_to =
	SQL("UPDATE member SET read_seq = ? WHERE chat_id = ? AND user_id = ?");
static struct sql readers =
	SQL("UPDATE chat SET reader_id = ?, reader_seq = ?, others_seq = ? WHERE id = ?");
static struct sql lobby_id = SQL("SELECT id FROM chat WHERE kind = ? ORDER BY id LIMIT 1");
static struct sql chats_to_leave =
	SQL("SELECT m.chat_id FROM member m JOIN chat c ON c.id = m.chat_id "
	    "WHERE m.user_id = ? AND c.kind <> 'direct' ORDER BY m.chat_id");
static struct sql forget_former = SQL("DELETE FROM former_member WHERE user_id = ?");
static struct sql set_role = SQL("UPDATE member SET role = ? WHERE chat_id = ? AND user_id = ?");

/* --- joining and adding --- */

enum err chat_door(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	struct str *password_hash, bool *is_inside)
{
	struct rows r;
	enum err e = db_select(db, a, &door, &r, as_int(user_id), as_int(chat_id));

	if (e == OK && r.n == 0)
		return ERR_NOT_FOUND;
	if (e == OK) {
		*password_hash = row_str(&r, 0, 0);
		*is_inside = row_int(&r, 0, 1) != 0;
	}
	return e;
}

static enum err join(struct db *db, void *context)
{
	struct work *w = context;
	struct chat_access access;
	struct newcomers who;
	struct str hash;
	bool is_inside = false;
	enum err e = chat_lock(db, w->arena, w->chat_id, w->user_id, true, &access);

	w->last = 0;
	if (e == OK)
		e = chat_door(db, w->arena, w->chat_id, w->user_id, &hash, &is_inside);
	if (e != OK || is_inside)
		return e;
	/* The password was checked before the lock; it must still be that one. */
	if (!str_eq(hash, w->text))
		return ERR_CONTENTION;
	e = people_load(db, w->arena, &w->user_id, 1, &who);
	if (e != OK)
		return e == ERR_INVALID ? ERR_UNAUTHORIZED : e;
	return coming_in(db, w->arena, w->chat_id, &who, access.last_seq, false, &w->last);
}

enum err chat_join(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	struct str hash, int64_t *last)
{
	struct work w = { .arena = a, .chat_id = chat_id, .user_id = user_id, .text = hash };
	enum err e = db_transaction(db, join, NULL, &w);

	*last = w.last;
	return e;
}

struct list {
	const int64_t *ids;
	size_t n;
};

/* Those of the list who are not in yet. */
static enum err leave_out_members(
	struct db *db, struct work *w, const struct list *in, struct list *out)
{
	int64_t *ids = arena_alloc(w->arena, sizeof *ids * in->n);
	enum err e = OK;

	*out = (struct list){ ids, 0 };
	for (size_t i = 0; i < in->n && e == OK; i += DB_ROWS_MAX) {
		size_t some = in->n - i < DB_ROWS_MAX ? in->n - i : DB_ROWS_MAX;
		struct arg args[2 * DB_ROWS_MAX];
		struct rows r;

		for (size_t k = 0; k < some; k++) {
			args[2 * k] = as_int(w->chat_id);
			args[2 * k + 1] = as_int(in->ids[i + k]);
		}
		e = db_select_rows(db, w->arena, &inside, some, &r, args, 2 * some);
		for (size_t k = 0; e == OK && k < some; k++) {
			bool is_inside = false;

			for (size_t m = 0; m < r.n && !is_inside; m++)
				is_inside = row_int(&r, m, 0) == in->ids[i + k];
			if (!is_inside)
				ids[out->n++] = in->ids[i + k];
		}
	}
	return e;
}

static enum err add(struct db *db, void *context)
{
	struct work *w = context;
	struct chat_access access;
	struct newcomers who;
	struct list fresh = { 0 };
	enum err e = group_lock(db, w, ROLE_MEMBER, &access);

	w->last = 0;
	if (e == OK && access.protected && access.role < ROLE_ADMIN)
		return ERR_FORBIDDEN;
	if (e == OK)
		e = leave_out_members(db, w, w->wish, &fresh);
	if (e != OK || fresh.n == 0)
		return e;
	e = people_load(db, w->arena, fresh.ids, fresh.n, &who);
	return e == OK ? coming_in(db, w->arena, w->chat_id, &who, access.last_seq, false, &w->last)
		       : e;
}

enum err members_add(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	const int64_t *user_ids, size_t n, int64_t *last)
{
	struct list wanted = { user_ids, n };
	struct work w = { .arena = a, .chat_id = chat_id, .user_id = user_id, .wish = &wanted };
	enum err e = db_transaction(db, add, NULL, &w);

	*last = w.last;
	return e;
}

/* --- leaving and removing --- */

/* The chat is locked; whoever leaves as the last takes it along. */
static enum err leave_locked(struct db *db, struct work *w, const struct chat_access *access)
{
	int64_t heir_id = 0;
	struct rows r;
	enum err e = OK;

	if (access->member_count <= 1 && str_is(access->kind, "group"))
		return chat_close(db, w);
	if (access->role == ROLE_OWNER) {
		e = db_select(db, w->arena, &heir, &r, as_int(w->chat_id), as_int(w->user_id));
		heir_id = e == OK && r.n ? row_int(&r, 0, 0) : 0;
	}
	return e == OK ? going_out(db, w, w->user_id, access->since, heir_id) : e;
}

static enum err leave(struct db *db, void *context)
{
	struct work *w = context;
	struct chat_access access;
	enum err e = chat_lock(db, w->arena, w->chat_id, w->user_id, false, &access);

	if (e == OK && !str_is(access.kind, "group"))
		return ERR_FORBIDDEN;
	return e == OK ? leave_locked(db, w, &access) : e;
}

enum err chat_leave(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id, int64_t *last)
{
	struct work w = { .arena = a, .chat_id = chat_id, .user_id = user_id };
	enum err e = db_transaction(db, leave, NULL, &w);

	*last = w.last;
	return e;
}

static enum err find_target(struct db *db, struct work *w, enum role *role, int64_t *since)
{
	struct rows r;
	enum err e =
		db_select(db, w->arena, &member_now, &r, as_int(w->chat_id), as_int(w->target));

	if (e == OK && r.n == 0)
		return ERR_NOT_FOUND;
	if (e == OK) {
		*role = role_of(row_str(&r, 0, 0));
		*since = row_int(&r, 0, 1);
	}
	return e;
}

static enum err kick(struct db *db, void *context)
{
	struct work *w = context;
	struct chat_access access;
	enum role role;
	int64_t since;
	enum err e = group_lock(db, w, ROLE_MEMBER, &access);

	if (e == OK && w->target == w->user_id)
		return leave_locked(db, w, &access);
	if (e == OK && access.role < ROLE_ADMIN)
		return ERR_FORBIDDEN;
	if (e == OK)
		e = find_target(db, w, &role, &since);
	if (e == OK && role >= access.role)
		return ERR_FORBIDDEN;
	return e == OK ? going_out(db, w, w->target, since, 0) : e;
}

enum err member_remove(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	int64_t target, int64_t *last)
{
	struct work w = { .arena = a, .chat_id = chat_id, .user_id = user_id, .target = target };
	enum err e = db_transaction(db, kick, NULL, &w);

	*last = w.last;
	return e;
}

enum err leave_all_lock(struct db *db, struct arena *a, int64_t user_id)
{
	struct chat_access access;
	struct rows r;
	enum err e = db_select(db, a, &chats_to_leave, &r, as_int(user_id));

	for (size_t i = 0; e == OK && i < r.n; i++)
		e = chat_lock(db, a, row_int(&r, i, 0), user_id, true, &access);
	return e;
}

enum err leave_all(struct db *db, struct arena *a, int64_t user_id, int64_t *last)
{
	struct chat_access access;
	struct rows r;
	enum err e = db_select(db, a, &chats_to_leave, &r, as_int(user_id));

	*last = 0;
	if (e == OK)
		e = db_run(db, &forget_former, as_int(user_id));
	for (size_t i = 0; e == OK && i < r.n; i++) {
		struct work w = { .arena = a, .chat_id = row_int(&r, i, 0), .user_id = user_id };

		e = chat_lock(db, a, w.chat_id, user_id, true, &access);
		if (e == OK && access.role != ROLE_NONE)
			e = leave_locked(db, &w, &access);
		*last = w.last ? w.last : *last;
	}
	return e;
}

/* --- roles, reading, the lobby --- */

static enum err change_role(struct db *db, void *context)
{
	struct work *w = context;
	struct event events[2];
	struct chat_access access;
	struct user target, me;
	enum role role;
	int64_t since, first;
	size_t n = w->role == ROLE_OWNER ? 2 : 1;
	enum err e = group_lock(db, w, ROLE_OWNER, &access);

	w->last = 0;
	if (e == OK)
		e = find_target(db, w, &role, &since);
	if (e != OK || role == w->role)
		return e;
	if (w->target == w->user_id)
		return ERR_FORBIDDEN; /* a group has an owner; make another one first */
	e = people_one(db, w->arena, w->target, &target);
	if (e == OK)
		e = people_one(db, w->arena, w->user_id, &me);
	if (e == OK)
		e = db_run(db, &set_role, as_text(role_text(w->role)), as_int(w->chat_id),
			as_int(w->target));
	if (e == OK && n == 2)
		e = db_run(db, &set_role, as_text(STR("admin")), as_int(w->chat_id),
			as_int(w->user_id));
	if (e == OK)
		e = event_take(db, (int64_t)n, &first);
	if (e != OK)
		return e;
	events[0] = event_of_member(w->arena, STR("member.joined"), w->chat_id, &target, w->role);
	if (n == 2)
		events[1] = event_of_member(
			w->arena, STR("member.joined"), w->chat_id, &me, ROLE_ADMIN);
	w->last = first + (int64_t)n - 1;
	return event_put(db, first, events, n);
}

enum err member_set_role(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	int64_t target, enum role role, int64_t *last)
{
	struct work w = {
		.arena = a, .chat_id = chat_id, .user_id = user_id, .target = target, .role = role
	};
	enum err e = db_transaction(db, change_role, NULL, &w);

	*last = w.last;
	return e;
}

enum err member_list(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	int64_t after, int64_t limit, struct member **members, size_t *n)
{
	struct rows r;
	enum err e = db_select(db, a, &list_members, &r, as_int(chat_id), as_int(after),
		as_int(user_id), as_int(limit + 1));

	if (e != OK)
		return e;
	*n = r.n;
	*members = arena_alloc(a, sizeof **members * r.n);
	for (size_t i = 0; i < r.n; i++) {
		struct member *m = &(*members)[i];

		user_from_row(a, &r, i, 0, &m->user);
		m->role = role_of(row_str(&r, i, USER_COLUMNS_N));
		m->joined_ms = row_ms(&r, i, USER_COLUMNS_N + 1);
		m->read_seq = row_int(&r, i, USER_COLUMNS_N + 2);
	}
	return OK;
}

static enum err mark_read(struct db *db, void *context)
{
	struct work *w = context;
	struct event event = { .type = STR("read"), .chat_id = w->chat_id };
	struct chat_access c;
	int64_t seq, told;
	enum err e = chat_lock(db, w->arena, w->chat_id, w->user_id, false, &c);

	w->last = 0;
	if (e != OK)
		return e;
	seq = w->target < c.last_seq ? w->target : c.last_seq;
	/* A newcomer's mark stands at the end before they have read anything: reading up to there
	 * is news to the authors all the same. */
	told = c.reader_id == w->user_id ? c.reader_seq : c.others_seq;
	if (seq <= c.read_seq && seq <= told)
		return OK;
	if (seq > c.read_seq)
		e = db_run(db, &read_up_to, as_int(seq), as_int(w->chat_id), as_int(w->user_id));
	if (c.reader_id != w->user_id && seq > c.reader_seq) {
		c.others_seq = c.reader_seq;
		c.reader_id = w->user_id;
		c.reader_seq = seq;
	} else if (c.reader_id == w->user_id) {
		c.reader_seq = seq > c.reader_seq ? seq : c.reader_seq;
	} else if (seq > c.others_seq) {
		c.others_seq = seq;
	}
	if (e == OK)
		e = db_run(db, &readers, as_int(c.reader_id), as_int(c.reader_seq),
			as_int(c.others_seq), as_int(w->chat_id));
	if (e == OK)
		e = event_take(db, 1, &w->last);
	event.data = arena_printf(
		w->arena, "\"userId\":%lld,\"seq\":%lld", (long long)w->user_id, (long long)seq);
	return e == OK ? event_put(db, w->last, &event, 1) : e;
}

enum err chat_mark_read(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	int64_t seq, int64_t *last)
{
	struct work w = { .arena = a, .chat_id = chat_id, .user_id = user_id, .target = seq };
	enum err e = db_transaction(db, mark_read, NULL, &w);

	*last = w.last;
	return e;
}

enum err lobby_join(struct db *db, struct arena *a, int64_t user_id, int64_t *last)
{
	struct newcomers who;
	struct chat_access access;
	struct rows r;
	enum err e = db_select(db, a, &lobby_id, &r, as_text(STR("lobby")));

	*last = 0;
	if (e != OK || r.n == 0)
		return e;
	e = chat_lock(db, a, row_int(&r, 0, 0), user_id, true, &access);
	if (e == OK)
		e = people_load(db, a, &user_id, 1, &who);
	return e == OK ? coming_in(db, a, access.chat_id, &who, access.last_seq, true, last) : e;
}
