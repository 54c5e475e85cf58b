/* chats - the list of one's chats, making and changing them, and who is in them. */
#include "core/fold.h"
#include "data/group.h"
#include "data/membership.h"
#include "data/message.h"
#include "web/cursor.h"
#include "web/limit.h"
#include "web/password.h"
#include "web/route.h"

enum {
	BODY_MAX = 16384,
	NAME_MAX_CHARS = 100,
	LINK_MAX = 500,
	PASSWORD_MAX = 256,
	FIRST_MESSAGES = 10,
	QUARTER_S = 900,
};

/* --- answers --- */

/* What became of a change: where it was made, it is told. */
static enum err ring(struct request *rq, enum err e, int64_t last)
{
	if (e == OK && last)
		event_ring(rq->host->page, last);
	return e;
}

static enum err reply_chat(struct request *rq, int64_t chat_id)
{
	struct chat c;
	enum err e = chat_by_id(rq->db, rq->arena, chat_id, rq->user_id, &c);

	if (e == OK)
		chat_members(reply_json(rq), &c);
	return e;
}

/* {chat, messages}: what a client needs to show a chat that it has just entered. */
static enum err reply_entered(struct request *rq, int64_t chat_id)
{
	struct message_page page = { 0, 0, FIRST_MESSAGES };
	struct message *messages;
	struct writer *w;
	struct chat c;
	size_t n;
	enum err e = chat_by_id(rq->db, rq->arena, chat_id, rq->user_id, &c);

	if (e == OK)
		e = message_list(rq->db, rq->host->page, rq->arena, chat_id, rq->user_id, &page,
			false, &messages, &n);
	if (e != OK)
		return e;
	w = reply_json(rq);
	chat_json(w, "chat", &c);
	put_array(w, "messages");
	for (size_t i = n > FIRST_MESSAGES; i < n; i++)
		message_json(w, NULL, &messages[i]);
	put_array_end(w);
	return OK;
}

/* --- GET /chats --- */

struct list_in {
	struct value limit, before, q, after;
};

static const struct field list_fields[] = {
	FIELD_LIMIT(struct list_in),
	FIELD(struct list_in, before, "before", FROM_QUERY, F_TEXT, 1, CURSOR_MAX, 0),
	{ 0 },
};

/* One's chats, latest activity first. */
static enum err list_chats(struct request *rq)
{
	const struct list_in *in = rq->in;
	struct chat_page page = { .user_id = rq->user_id, .limit = list_limit(&in->limit) };
	struct str id;
	struct chat *chats;
	struct writer *w;
	size_t n;
	enum err e;

	if (in->before.set && (!cursor_read(rq->arena, in->before.s, &page.before_active, &id) ||
				      !str_int(id, &page.before_id)))
		return field_wrong(rq, "before", "is not what `next` said");
	e = chat_list(rq->db, rq->arena, &page, &chats, &n);
	if (e != OK)
		return e;
	w = reply_json(rq);
	put_array(w, "items");
	for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
		chat_json(w, NULL, &chats[i]);
	put_array_end(w);
	if (n > (size_t)page.limit) {
		const struct chat *last = &chats[page.limit - 1];

		put_str(w, "next",
			cursor_write(rq->arena, last->active,
				arena_printf(rq->arena, "%lld", (long long)last->id)));
	} else {
		put_null(w, "next");
	}
	return OK;
}

/* --- GET /chats/rooms --- */

static const struct field rooms_fields[] = {
	FIELD(struct list_in, q, "q", FROM_QUERY, F_TEXT, 0, NAME_MAX_CHARS, 0),
	FIELD_LIMIT(struct list_in),
	FIELD(struct list_in, after, "after", FROM_QUERY, F_TEXT, 1, CURSOR_MAX, 0),
	{ 0 },
};

/* Public groups one can join, by name. */
static enum err list_rooms(struct request *rq)
{
	const struct list_in *in = rq->in;
	struct room_page page = { .user_id = rq->user_id, .limit = list_limit(&in->limit) };
	struct chat *chats;
	struct str *keys;
	struct writer *w;
	size_t n;
	enum err e;

	if (in->q.set)
		page.part = fold_name(rq->arena, in->q.s);
	if (in->after.set && !cursor_read(rq->arena, in->after.s, &page.after_id, &page.after))
		return field_wrong(rq, "after", "is not what `next` said");
	e = chat_rooms(rq->db, rq->arena, &page, &chats, &keys, &n);
	if (e != OK)
		return e;
	w = reply_json(rq);
	put_array(w, "items");
	for (size_t i = 0; i < n && i < (size_t)page.limit; i++)
		room_json(w, NULL, &chats[i]);
	put_array_end(w);
	if (n > (size_t)page.limit)
		put_str(w, "next",
			cursor_write(rq->arena, chats[page.limit - 1].id, keys[page.limit - 1]));
	else
		put_null(w, "next");
	return OK;
}

/* --- POST /chats --- */

struct group_in {
	struct value id, name, user_ids, password, public, image_path;
};

static const struct field create_fields[] = {
	FIELD(struct group_in, name, "name", FROM_BODY, F_LINE, 1, NAME_MAX_CHARS, REQUIRED),
	FIELD(struct group_in, user_ids, "userIds", FROM_BODY, F_IDS, 0, GROUP_ADD_MAX, 0),
	FIELD(struct group_in, password, "password", FROM_BODY, F_PASSWORD, 1, PASSWORD_MAX,
		NULLABLE),
	FIELD(struct group_in, public, "public", FROM_BODY, F_BOOL, 0, 0, 0),
	FIELD(struct group_in, image_path, "imagePath", FROM_BODY, F_LINK, 0, LINK_MAX, NULLABLE),
	{ 0 },
};

static enum err hash_if_given(struct request *rq, const struct value *password, struct str *hash)
{
	*hash = (struct str){ NULL, 0 };
	if (!password->set || password->null)
		return OK;
	return password_hash(&rq->host->conf, rq->host->page, rq->arena, password->s, hash);
}

/* 201 Chat; who makes it is its owner. */
static enum err create_group(struct request *rq)
{
	const struct group_in *in = rq->in;
	struct group_new g = { .owner_id = rq->user_id,
		.name = in->name.s,
		.image_path = in->image_path.s,
		.public = in->public.n != 0,
		.user_ids = in->user_ids.ids,
		.n = (size_t)in->user_ids.n };
	int64_t chat_id = 0, last = 0;
	enum err e = hash_if_given(rq, &in->password, &g.password_hash);

	if (e == OK)
		e = group_create(rq->db, rq->arena, &g, &chat_id, &last);
	if (e == ERR_INVALID)
		return field_wrong(rq, "userIds", "holds somebody who does not exist");
	rq->made = true;
	e = ring(rq, e, last);
	return e == OK ? reply_chat(rq, chat_id) : e;
}

/* --- POST /chats/direct --- */

struct direct_in {
	struct value user_id;
};

static const struct field direct_fields[] = {
	FIELD(struct direct_in, user_id, "userId", FROM_BODY, F_ID, 0, 0, REQUIRED),
	{ 0 },
};

/* {chat, messages}: 201 when it was made, 200 when it was there; also when both ask at once. */
static enum err open_direct(struct request *rq)
{
	const struct direct_in *in = rq->in;
	int64_t chat_id = 0, last = 0;
	enum err e;

	if (in->user_id.n == rq->user_id)
		return field_wrong(rq, "userId", "is yourself");
	e = direct_open(rq->db, rq->arena, rq->user_id, in->user_id.n, &chat_id, &rq->made, &last);
	e = ring(rq, e, last);
	return e == OK ? reply_entered(rq, chat_id) : e;
}

/* --- GET, PATCH, DELETE /chats/{id} --- */

static const struct field one_fields[] = {
	FIELD(struct group_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	{ 0 },
};

static enum err show_chat(struct request *rq)
{
	const struct group_in *in = rq->in;

	return reply_chat(rq, in->id.n);
}

static const struct field change_fields[] = {
	FIELD(struct group_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct group_in, name, "name", FROM_BODY, F_LINE, 1, NAME_MAX_CHARS, 0),
	FIELD(struct group_in, image_path, "imagePath", FROM_BODY, F_LINK, 0, LINK_MAX, NULLABLE),
	FIELD(struct group_in, public, "public", FROM_BODY, F_BOOL, 0, 0, 0),
	FIELD(struct group_in, password, "password", FROM_BODY, F_PASSWORD, 1, PASSWORD_MAX,
		NULLABLE),
	{ 0 },
};

/* 200 Chat; by the owner or an admin. Only what is given changes; a null password takes it away. */
static enum err change_group(struct request *rq)
{
	const struct group_in *in = rq->in;
	struct chat_change change = { .name = { in->name.set, in->name.s },
		.image_path = { in->image_path.set, in->image_path.s },
		.password_hash = { .set = in->password.set },
		.public = { in->public.set, in->public.n != 0 } };
	int64_t last = 0;
	enum err e = hash_if_given(rq, &in->password, &change.password_hash.to);

	if (e == OK)
		e = chat_change(rq->db, rq->arena, in->id.n, rq->user_id, &change, &last);
	e = ring(rq, e, last);
	return e == OK ? reply_chat(rq, in->id.n) : e;
}

/* 204; by the owner. */
static enum err delete_group(struct request *rq)
{
	const struct group_in *in = rq->in;
	int64_t last = 0;
	enum err e = chat_delete(rq->db, rq->arena, in->id.n, rq->user_id, &last);

	return ring(rq, e, last);
}

/* --- POST /chats/{id}/join, /leave, /read, /typing --- */

struct join_in {
	struct value id, password, seq;
};

static const struct field join_fields[] = {
	FIELD(struct join_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct join_in, password, "password", FROM_BODY, F_PASSWORD, 1, PASSWORD_MAX,
		NULLABLE),
	{ 0 },
};

/* Counted before it is looked at, and taken back when it was right. */
static enum err check_door(struct request *rq, int64_t chat_id, struct str given, struct str hash)
{
	struct rate rate = { "room password", rq->host->conf.login_tries, QUARTER_S, 0 };
	struct str who =
		arena_printf(rq->arena, "%lld %lld", (long long)chat_id, (long long)rq->user_id);
	bool old;
	enum err e = limit_try(rq, &rate, who);

	if (e == OK)
		e = password_check(&rq->host->conf, rq->host->page, rq->arena,
			given.p ? given : STR(""), hash, &old);
	if (e != ERR_WRONG_PASSWORD && e != ERR_RATE_LIMITED)
		limit_undo(rq, &rate, who);
	return e;
}

/* {chat, messages}; 403 wrong_password. Who is in already just gets it. */
static enum err join_group(struct request *rq)
{
	const struct join_in *in = rq->in;
	int64_t last = 0;
	struct str hash;
	bool inside;
	enum err e = chat_door(rq->db, rq->arena, in->id.n, rq->user_id, &hash, &inside);

	if (e == OK && !inside && hash.p)
		e = check_door(rq, in->id.n, in->password.s, hash);
	if (e == OK && !inside)
		e = chat_join(rq->db, rq->arena, in->id.n, rq->user_id, hash, &last);
	e = ring(rq, e, last);
	return e == OK ? reply_entered(rq, in->id.n) : e;
}

/* 204; the owner hands over, the last one out deletes the group. */
static enum err leave_group(struct request *rq)
{
	const struct group_in *in = rq->in;
	int64_t last = 0;
	enum err e = chat_leave(rq->db, rq->arena, in->id.n, rq->user_id, &last);

	return ring(rq, e, last);
}

static const struct field read_fields[] = {
	FIELD(struct join_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct join_in, seq, "seq", FROM_BODY, F_INT, 0, ID_MAX, REQUIRED),
	{ 0 },
};

/* 204; never moves back. */
static enum err mark_read(struct request *rq)
{
	const struct join_in *in = rq->in;
	int64_t last = 0;
	enum err e = chat_mark_read(rq->db, rq->arena, in->id.n, rq->user_id, in->seq.n, &last);

	return ring(rq, e, last);
}

/* 204; told to the others who are connected, and written nowhere. */
static enum err tell_typing(struct request *rq)
{
	const struct group_in *in = rq->in;
	struct ephemeral typing = {
		.kind = EPHEMERAL_TYPING, .user_id = rq->user_id, .chat_id = in->id.n
	};
	struct chat_access access;
	enum err e = chat_access(rq->db, rq->arena, in->id.n, rq->user_id, &access);

	if (e != OK)
		return e;
	ephemera_put(rq->host->page, &typing);
	page_ring(rq->host->page);
	return OK;
}

/* --- members --- */

struct members_in {
	struct value id, user_id, user_ids, role, limit, after;
};

static const struct field members_fields[] = {
	FIELD(struct members_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD_LIMIT(struct members_in),
	FIELD(struct members_in, after, "after", FROM_QUERY, F_ID, 0, 0, 0),
	{ 0 },
};

/* GET /chats/{id}/members: {user, role, joinedAt, readSeq} by user id. */
static enum err list_members(struct request *rq)
{
	const struct members_in *in = rq->in;
	int64_t limit = list_limit(&in->limit);
	struct chat_access access;
	struct member *members;
	struct writer *w;
	size_t n;
	enum err e = chat_access(rq->db, rq->arena, in->id.n, rq->user_id, &access);

	if (e == OK)
		e = member_list(
			rq->db, rq->arena, in->id.n, rq->user_id, in->after.n, limit, &members, &n);
	if (e != OK)
		return e;
	w = reply_json(rq);
	put_array(w, "items");
	for (size_t i = 0; i < n && i < (size_t)limit; i++) {
		put_object(w, NULL);
		user_json(w, "user", &members[i].user);
		put_str(w, "role", role_text(members[i].role));
		put_time(w, "joinedAt", members[i].joined_ms);
		put_int(w, "readSeq", members[i].read_seq);
		put_object_end(w);
	}
	put_array_end(w);
	if (n > (size_t)limit)
		put_str(w, "next",
			arena_printf(rq->arena, "%lld", (long long)members[limit - 1].user.id));
	else
		put_null(w, "next");
	return OK;
}

static const struct field add_fields[] = {
	FIELD(struct members_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct members_in, user_ids, "userIds", FROM_BODY, F_IDS, 1, GROUP_ADD_MAX, REQUIRED),
	{ 0 },
};

/* 200 Chat; any member of a group without a password, else the owner or an admin. */
static enum err add_members(struct request *rq)
{
	const struct members_in *in = rq->in;
	int64_t last = 0;
	enum err e = members_add(rq->db, rq->arena, in->id.n, rq->user_id, in->user_ids.ids,
		(size_t)in->user_ids.n, &last);

	if (e == ERR_INVALID)
		return field_wrong(rq, "userIds", "holds somebody who does not exist");
	e = ring(rq, e, last);
	return e == OK ? reply_chat(rq, in->id.n) : e;
}

static const struct field member_fields[] = {
	FIELD(struct members_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct members_in, user_id, "userId", FROM_PATH, F_ID, 0, 0, REQUIRED),
	{ 0 },
};

/* 204; the owner removes anybody, an admin plain members, everybody themselves. */
static enum err remove_member(struct request *rq)
{
	const struct members_in *in = rq->in;
	int64_t last = 0;
	enum err e = member_remove(rq->db, rq->arena, in->id.n, rq->user_id, in->user_id.n, &last);

	return ring(rq, e, last);
}

static const struct field role_fields[] = {
	FIELD(struct members_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct members_in, user_id, "userId", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct members_in, role, "role", FROM_BODY, F_TEXT, 1, 16, REQUIRED),
	{ 0 },
};

/* 204; by the owner. Making another one the owner makes oneself an admin. */
static enum err change_role(struct request *rq)
{
	const struct members_in *in = rq->in;
	enum role role = role_of(in->role.s);
	int64_t last = 0;
	enum err e;

	if (role == ROLE_NONE)
		return field_wrong(rq, "role", "must be owner, admin or member");
	e = member_set_role(rq->db, rq->arena, in->id.n, rq->user_id, in->user_id.n, role, &last);
	return ring(rq, e, last);
}

static const struct route routes[] = {
	{ "GET", "/", AUTH_USER, 0, list_fields, list_chats },
	{ "POST", "/", AUTH_USER, BODY_MAX, create_fields, create_group },
	{ "POST", "/direct", AUTH_USER, BODY_MAX, direct_fields, open_direct },
	{ "GET", "/rooms", AUTH_USER, 0, rooms_fields, list_rooms },
	{ "GET", "/{id}", AUTH_USER, 0, one_fields, show_chat },
	{ "PATCH", "/{id}", AUTH_USER, BODY_MAX, change_fields, change_group },
	{ "DELETE", "/{id}", AUTH_USER, 0, one_fields, delete_group },
	{ "GET", "/{id}/members", AUTH_USER, 0, members_fields, list_members },
	{ "POST", "/{id}/members", AUTH_USER, BODY_MAX, add_fields, add_members },
	{ "DELETE", "/{id}/members/{userId}", AUTH_USER, 0, member_fields, remove_member },
	{ "PATCH", "/{id}/members/{userId}", AUTH_USER, BODY_MAX, role_fields, change_role },
	{ "POST", "/{id}/join", AUTH_USER, BODY_MAX, join_fields, join_group },
	{ "POST", "/{id}/leave", AUTH_USER, 0, one_fields, leave_group },
	{ "POST", "/{id}/read", AUTH_USER, BODY_MAX, read_fields, mark_read },
	{ "POST", "/{id}/typing", AUTH_USER, 0, one_fields, tell_typing },
	{ 0 },
};

const struct program program = { .name = "chats", .routes = routes };
