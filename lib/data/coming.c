#include "data/coming.h"

static struct sql people =
	SQL_ROWS("SELECT " USER_COLUMNS " FROM user u WHERE u.deleted_at IS NULL AND u.id IN (",
		"?", ", ", ") ORDER BY u.id LOCK IN SHARE MODE");
static struct sql one_person = SQL("SELECT " USER_COLUMNS " FROM user u WHERE u.id = ?");
static struct sql add_members = SQL_ROWS(
	"INSERT INTO member (chat_id, user_id, role, since, read_seq, joined_at, hour) "
	"VALUES ",
	"(?, ?, ?, ?, ?, UTC_TIMESTAMP(3), (SELECT c.hour FROM chat c WHERE c.id = ?))", ", ", "");
/* Whom a chat that has just grown large had told its hour before. */
static struct sql outgrown =
	SQL("UPDATE chat c JOIN member m ON m.chat_id = c.id SET m.hour = c.hour "
	    "WHERE c.id = ? AND c.member_count > 64 AND c.member_count - ? <= 64 "
	    "AND m.hour <> c.hour");
static struct sql count_members = SQL("UPDATE chat SET member_count = member_count + ?, updated_at "
				      "= UTC_TIMESTAMP(3) WHERE id = ?");
static struct sql remove_member = SQL("DELETE FROM member WHERE chat_id = ? AND user_id = ?");
static struct sql remember_former =
	SQL("INSERT INTO former_member (user_id, until, chat_id, since) VALUES (?, ?, ?, ?)");
static struct sql remember_all =
	SQL("INSERT INTO former_member (user_id, until, chat_id, since) "
	    "SELECT user_id, ?, chat_id, since FROM member WHERE chat_id = ?");
static struct sql remove_all = SQL("DELETE FROM member WHERE chat_id = ?");
static struct sql set_role = SQL("UPDATE member SET role = ? WHERE chat_id = ? AND user_id = ?");
static struct sql end_chat = SQL("UPDATE chat SET deleted_at = UTC_TIMESTAMP(3), member_count = 0, "
				 "public = FALSE WHERE id = ?");

static struct str kept(struct arena *a, struct buf *text)
{
	struct str s = arena_copy(a, buf_as_str(text));

	buf_free(text);
	return s;
}

enum err event_of_chat(struct db *db, struct arena *a, int64_t chat_id, struct event *out)
{
	struct buf text = BUF_INIT(1 << 20);
	struct writer w = { .to = &text };
	struct chat c;
	enum err e = chat_by_id(db, a, chat_id, 0, &c);

	if (e != OK)
		return e;
	chat_json(&w, "chat", &c);
	*out = (struct event){ .type = STR("chat"), .chat_id = chat_id, .data = kept(a, &text) };
	return OK;
}

struct event event_of_member(
	struct arena *a, struct str type, int64_t chat_id, const struct user *u, enum role role)
{
	struct buf text = BUF_INIT(65536);
	struct writer w = { .to = &text };

	user_json(&w, "user", u);
	if (role != ROLE_NONE)
		put_str(&w, "role", role_text(role));
	return (struct event){
		.type = type, .chat_id = chat_id, .user_id = u->id, .data = kept(a, &text)
	};
}

enum err people_one(struct db *db, struct arena *a, int64_t user_id, struct user *u)
{
	struct rows r;
	enum err e = db_select(db, a, &one_person, &r, as_int(user_id));

	if (e == OK && r.n == 0)
		return ERR_NOT_FOUND;
	if (e == OK)
		user_from_row(a, &r, 0, 0, u);
	return e;
}

/* Loads people by id, each alive, and so until commit; ERR_INVALID where one is not. */
enum err people_load(
	struct db *db, struct arena *a, const int64_t *ids, size_t n, struct newcomers *out)
{
	enum err e = OK;

	out->users = arena_alloc(a, sizeof *out->users * (n + 1));
	out->roles = arena_alloc(a, sizeof *out->roles * (n + 1));
	out->n = 0;
	for (size_t i = 0; i < n && e == OK; i += DB_ROWS_MAX) {
		size_t some = n - i < DB_ROWS_MAX ? n - i : DB_ROWS_MAX;
		struct arg args[DB_ROWS_MAX];
		struct rows r;

		for (size_t k = 0; k < some; k++)
			args[k] = as_int(ids[i + k]);
		e = db_select_rows(db, a, &people, some, &r, args, some);
		for (size_t k = 0; e == OK && k < r.n; k++) {
			out->roles[out->n] = ROLE_MEMBER;
			user_from_row(a, &r, k, 0, &out->users[out->n++]);
		}
	}
	return e == OK && out->n != n ? ERR_INVALID : e;
}

static enum err insert_members(struct db *db, int64_t chat_id, const struct newcomers *who,
	int64_t first, int64_t read_seq)
{
	enum err e = OK;

	for (size_t i = 0; i < who->n && e == OK; i += DB_ROWS_MAX) {
		size_t some = who->n - i < DB_ROWS_MAX ? who->n - i : DB_ROWS_MAX;
		struct arg args[6 * DB_ROWS_MAX], *to = args;

		for (size_t k = i; k < i + some; k++) {
			*to++ = as_int(chat_id);
			*to++ = as_int(who->users[k].id);
			*to++ = as_text(role_text(who->roles[k]));
			*to++ = as_int(first + (int64_t)k);
			*to++ = as_int(read_seq);
			*to++ = as_int(chat_id);
		}
		e = db_run_rows(db, &add_members, some, args, 6 * some);
	}
	return e == OK ? db_run(db, &outgrown, as_int(chat_id), as_int((int64_t)who->n)) : e;
}

/* People come into a chat that is locked or new: they see it from the event on that tells of it,
 * and what was said before counts as read. `quiet` leaves out the chat itself, which everybody is
 * in anyway. */
enum err coming_in(struct db *db, struct arena *a, int64_t chat_id, const struct newcomers *who,
	int64_t read_seq, bool quiet, int64_t *last)
{
	size_t n = who->n + !quiet;
	struct event *events = arena_alloc(a, sizeof *events * n);
	int64_t first = 0;
	enum err e = db_run(db, &count_members, as_int((int64_t)who->n), as_int(chat_id));

	if (e == OK)
		e = event_take(db, (int64_t)n, &first);
	if (e == OK)
		e = insert_members(db, chat_id, who, first, read_seq);
	for (size_t i = 0; e == OK && i < who->n; i++)
		events[i] = event_of_member(
			a, STR("member.joined"), chat_id, &who->users[i], who->roles[i]);
	if (e == OK && !quiet)
		e = event_of_chat(db, a, chat_id, &events[who->n]);
	if (e == OK)
		e = event_put(db, first, events, n);
	*last = e == OK ? first + (int64_t)n - 1 : 0;
	return e;
}

/* A member goes: they see everything up to the event that says so, the others also that the chat
 * has changed. */
enum err going_out(struct db *db, struct work *w, int64_t target, int64_t since, int64_t heir_id)
{
	struct event events[3];
	struct user gone, next;
	size_t n = 0;
	int64_t first = 0;
	enum err e = people_one(db, w->arena, target, &gone);

	if (e == OK && heir_id)
		e = people_one(db, w->arena, heir_id, &next);
	if (e == OK && heir_id)
		e = db_run(
			db, &set_role, as_text(STR("owner")), as_int(w->chat_id), as_int(heir_id));
	if (e == OK)
		e = db_run(db, &remove_member, as_int(w->chat_id), as_int(target));
	if (e == OK)
		e = db_run(db, &count_members, as_int(-1), as_int(w->chat_id));
	if (e != OK)
		return e;
	events[n++] = event_of_member(w->arena, STR("member.left"), w->chat_id, &gone, ROLE_NONE);
	if (heir_id)
		events[n++] = event_of_member(
			w->arena, STR("member.joined"), w->chat_id, &next, ROLE_OWNER);
	e = event_of_chat(db, w->arena, w->chat_id, &events[n++]);
	if (e == OK)
		e = event_take(db, (int64_t)n, &first);
	if (e == OK)
		e = db_run(db, &remember_former, as_int(target), as_int(first), as_int(w->chat_id),
			as_int(since));
	if (e == OK)
		e = event_put(db, first, events, n);
	w->last = first + (int64_t)n - 1;
	return e;
}

enum err chat_close(struct db *db, struct work *w)
{
	struct event event = { .type = STR("chat.deleted"), .chat_id = w->chat_id };
	enum err e = db_run(db, &end_chat, as_int(w->chat_id));

	if (e == OK)
		e = event_take(db, 1, &w->last);
	if (e == OK)
		e = db_run(db, &remember_all, as_int(w->last), as_int(w->chat_id));
	if (e == OK)
		e = db_run(db, &remove_all, as_int(w->chat_id));
	return e == OK ? event_put(db, w->last, &event, 1) : e;
}

enum err group_lock(struct db *db, struct work *w, enum role least, struct chat_access *access)
{
	enum err e = chat_lock(db, w->arena, w->chat_id, w->user_id, false, access);

	if (e == OK && (!str_is(access->kind, "group") || access->role < least))
		return ERR_FORBIDDEN;
	return e;
}
