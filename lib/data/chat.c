#include "data/chat.h"

#include "data/message.h"

#define ACCESS_COLUMNS                                                                             \
	"c.kind, c.public, c.protected, c.member_count, c.last_seq, c.reader_id, "                 \
	"c.reader_seq, c.others_seq, m.role, m.read_seq, m.since "
#define ACCESS_TABLES "FROM chat c LEFT JOIN member m ON m.chat_id = c.id AND m.user_id = ? "
static struct sql access_now =
	SQL("SELECT " ACCESS_COLUMNS ACCESS_TABLES "WHERE c.id = ? AND c.deleted_at IS NULL");
static struct sql access_locked = SQL("SELECT " ACCESS_COLUMNS ACCESS_TABLES
				      "WHERE c.id = ? AND c.deleted_at IS NULL FOR UPDATE");

#define CHAT_COLUMNS                                                                               \
	"c.id, c.kind, c.name, c.image_path, c.public, c.protected, "                              \
	"c.member_count, "                                                                         \
	"c.last_seq, c.active, c.created_at, c.updated_at, "
enum { CHAT_COLUMNS_N = 11 };
static struct sql one_of_mine =
	SQL("SELECT " CHAT_COLUMNS "m.role, m.read_seq FROM chat c "
	    "JOIN member m ON m.chat_id = c.id AND m.user_id = ? WHERE c.id = ?");
static struct sql kind_of = SQL("SELECT kind FROM chat WHERE id = ?");
static struct sql one_of_all =
	SQL("SELECT " CHAT_COLUMNS "'', 0 FROM chat c WHERE c.id = ? AND c.deleted_at IS NULL");
/* Only as many hours back as hold a whole page, see schema/0004_recent.sql. */
static struct sql mine =
	SQL("SELECT " CHAT_COLUMNS "m.role, m.read_seq "
	    "FROM member m FORCE INDEX (recent) JOIN chat c ON c.id = m.chat_id "
	    "WHERE m.user_id = ? AND (m.hour = 4294967295 OR m.hour BETWEEN COALESCE("
	    "(SELECT r.hour FROM member r FORCE INDEX (recent) WHERE r.user_id = ? "
	    "AND r.hour < ? ORDER BY r.hour DESC LIMIT 1 OFFSET ?), 0) AND ?) "
	    "AND (c.active < ? OR (c.active = ? AND c.id < ?)) "
	    "ORDER BY c.active DESC, c.id DESC LIMIT ?");
static struct sql rooms =
	SQL("SELECT " CHAT_COLUMNS "'', 0, c.name_key FROM chat c FORCE INDEX (rooms) "
	    "WHERE c.public = TRUE AND c.name_key >= ? AND (c.name_key > ? OR c.id > ?) "
	    "AND c.name_key COLLATE utf8mb4_nopad_bin LIKE ? ESCAPE '!' AND c.deleted_at IS NULL "
	    "AND c.kind = 'group' "
	    "AND NOT EXISTS (SELECT 1 FROM member m WHERE m.chat_id = c.id AND m.user_id = ?) "
	    "ORDER BY c.name_key, c.id LIMIT ?");
/* Ten of each chat, however many it has. */
static struct sql some_members = SQL_ROWS("",
	"(SELECT m.chat_id, " USER_COLUMNS " FROM member m JOIN user u ON u.id = m.user_id "
	"WHERE m.chat_id = ? ORDER BY m.user_id LIMIT 10)",
	" UNION ALL ", "");

static const char *const role_names[] = { "", "member", "admin", "owner" };

struct str role_text(enum role r)
{
	return r == ROLE_NONE ? (struct str){ NULL, 0 } : str_of(role_names[r]);
}

enum role role_of(struct str text)
{
	for (int r = ROLE_MEMBER; r <= ROLE_OWNER; r++)
		if (str_is(text, role_names[r]))
			return (enum role)r;
	return ROLE_NONE;
}

static enum err read_access(struct db *db, struct arena *a, struct sql *q, int64_t chat_id,
	int64_t user_id, struct chat_access *out)
{
	struct rows r;
	enum err e = db_select(db, a, q, &r, as_int(user_id), as_int(chat_id));

	if (e != OK)
		return e;
	if (r.n == 0)
		return ERR_NOT_FOUND;
	*out = (struct chat_access){ .chat_id = chat_id,
		.user_id = user_id,
		.kind = row_str(&r, 0, 0),
		.public = row_int(&r, 0, 1) != 0,
		.protected = row_int(&r, 0, 2) != 0,
		.member_count = row_int(&r, 0, 3),
		.last_seq = row_int(&r, 0, 4),
		.reader_id = row_int(&r, 0, 5),
		.reader_seq = row_int(&r, 0, 6),
		.others_seq = row_int(&r, 0, 7),
		.role = role_of(row_str(&r, 0, 8)),
		.read_seq = row_int(&r, 0, 9),
		.since = row_int(&r, 0, 10) };
	return OK;
}

enum err chat_access(
	struct db *db, struct arena *a, int64_t chat_id, int64_t user_id, struct chat_access *out)
{
	enum err e = read_access(db, a, &access_now, chat_id, user_id, out);

	return e == OK && out->role == ROLE_NONE ? ERR_NOT_FOUND : e;
}

enum err chat_lock(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id, bool stranger,
	struct chat_access *out)
{
	enum err e = read_access(db, a, &access_locked, chat_id, user_id, out);

	return e == OK && out->role == ROLE_NONE && !stranger ? ERR_NOT_FOUND : e;
}

bool chat_is_read(const struct chat_access *c, int64_t author_id, int64_t seq)
{
	return (c->reader_id == author_id ? c->others_seq : c->reader_seq) >= seq;
}

static void from_row(const struct rows *r, size_t i, struct chat *c)
{
	*c = (struct chat){ .id = row_int(r, i, 0),
		.kind = row_str(r, i, 1),
		.name = row_str(r, i, 2),
		.image_path = row_str(r, i, 3),
		.public = row_int(r, i, 4) != 0,
		.protected = row_int(r, i, 5) != 0,
		.member_count = row_int(r, i, 6),
		.last_seq = row_int(r, i, 7),
		.active = row_int(r, i, 8),
		.created_ms = row_ms(r, i, 9),
		.updated_ms = row_ms(r, i, 10),
		.role = role_of(row_str(r, i, CHAT_COLUMNS_N)),
		.read_seq = row_int(r, i, CHAT_COLUMNS_N + 1) };
}

static struct chat *by_id(struct chat *chats, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (chats[i].id == id)
			return &chats[i];
	return NULL;
}

static enum err add_members(struct db *db, struct arena *a, struct chat *chats, size_t n)
{
	struct arg ids[DB_ROWS_MAX];
	struct rows r;
	enum err e;

	for (size_t i = 0; i < n; i++)
		ids[i] = as_int(chats[i].id);
	e = db_select_rows(db, a, &some_members, n, &r, ids, n);
	for (size_t i = 0; e == OK && i < r.n; i++) {
		struct chat *c = by_id(chats, n, row_int(&r, i, 0));

		if (c && c->members_n < CHAT_MEMBERS_SHOWN)
			user_from_row(a, &r, i, 1, &c->members[c->members_n++]);
	}
	return e;
}

static enum err add_last(struct db *db, struct arena *a, struct chat *chats, size_t n)
{
	struct message_place places[DB_ROWS_MAX];
	struct message *messages;
	size_t wanted = 0, found = 0;
	enum err e;

	for (size_t i = 0; i < n; i++)
		if (chats[i].last_seq)
			places[wanted++] = (struct message_place){ chats[i].id, chats[i].last_seq };
	if (wanted == 0)
		return OK;
	e = message_find(db, a, places, wanted, &messages, &found);
	for (size_t i = 0; e == OK && i < found; i++) {
		struct chat *c = by_id(chats, n, messages[i].chat_id);

		if (c)
			c->last = &messages[i];
	}
	return e;
}

/* A direct chat goes by the other person. */
static void name_direct(struct chat *c, int64_t user_id)
{
	if (!user_id || !str_is(c->kind, "direct"))
		return;
	for (int i = 0; i < c->members_n; i++)
		if (c->members[i].id != user_id || c->members_n == 1) {
			c->name = c->members[i].full_name;
			c->image_path = c->members[i].image_path;
		}
}

static enum err complete(
	struct db *db, struct arena *a, int64_t user_id, struct chat *chats, size_t n)
{
	enum err e = OK;

	for (size_t i = 0; i < n && e == OK; i += DB_ROWS_MAX) {
		size_t some = n - i < DB_ROWS_MAX ? n - i : DB_ROWS_MAX;

		e = add_members(db, a, chats + i, some);
		if (e == OK && user_id)
			e = add_last(db, a, chats + i, some);
	}
	for (size_t i = 0; i < n; i++)
		name_direct(&chats[i], user_id);
	return e;
}

enum err chat_by_id(
	struct db *db, struct arena *a, int64_t chat_id, int64_t user_id, struct chat *out)
{
	struct rows r;
	enum err e = user_id ? db_select(db, a, &one_of_mine, &r, as_int(user_id), as_int(chat_id))
			     : db_select(db, a, &one_of_all, &r, as_int(chat_id));

	if (e != OK)
		return e;
	if (r.n == 0)
		return ERR_NOT_FOUND;
	from_row(&r, 0, out);
	return complete(db, a, user_id, out, 1);
}

enum err chat_kind_by_id(struct db *db, struct arena *a, int64_t chat_id, struct str *kind)
{
	struct rows r;
	enum err e = db_select(db, a, &kind_of, &r, as_int(chat_id));

	if (e != OK)
		return e;
	if (r.n == 0)
		return ERR_NOT_FOUND;
	*kind = row_str(&r, 0, 0);
	return OK;
}

enum err chat_list(struct db *db, struct arena *a, const struct chat_page *page,
	struct chat **chats, size_t *n)
{
	int64_t before = page->before_active ? page->before_active : INT64_MAX;
	int64_t hour = page->before_active ? page->before_active / HOUR_MS : NO_HOUR - 1;
	struct rows r;
	enum err e = db_select(db, a, &mine, &r, as_int(page->user_id), as_int(page->user_id),
		as_int(page->before_active ? hour : NO_HOUR), as_int(page->limit), as_int(hour),
		as_int(before), as_int(before), as_int(page->before_id), as_int(page->limit + 1));

	if (e != OK)
		return e;
	*n = r.n;
	*chats = arena_alloc(a, sizeof **chats * r.n);
	for (size_t i = 0; i < r.n; i++)
		from_row(&r, i, &(*chats)[i]);
	return complete(db, a, page->user_id, *chats, *n);
}

enum err chat_rooms(struct db *db, struct arena *a, const struct room_page *page,
	struct chat **chats, struct str **name_keys, size_t *n)
{
	struct str after = page->after.p ? page->after : STR("");
	struct rows r;
	enum err e = db_select(db, a, &rooms, &r, as_text(after), as_text(after),
		as_int(page->after_id), as_text(db_pattern(a, page->part)), as_int(page->user_id),
		as_int(page->limit + 1));

	if (e != OK)
		return e;
	*n = r.n;
	*chats = arena_alloc(a, sizeof **chats * r.n);
	*name_keys = arena_alloc(a, sizeof **name_keys * r.n);
	for (size_t i = 0; i < r.n; i++) {
		from_row(&r, i, &(*chats)[i]);
		(*name_keys)[i] = row_str(&r, i, CHAT_COLUMNS_N + 2);
	}
	return OK;
}

/* What is personal (the other one's name, unread, one's role) is there only when somebody looks. So
 * is the last message: an event keeps what it says, and must not keep words that are taken back. */
void chat_members(struct writer *w, const struct chat *c)
{
	bool personal = c->role != ROLE_NONE;

	put_int(w, "id", c->id);
	put_str(w, "kind", c->kind);
	put_str(w, "name", c->name);
	put_str(w, "imagePath", c->image_path);
	put_int(w, "memberCount", c->member_count);
	put_array(w, "members");
	for (int i = 0; i < c->members_n; i++)
		user_json(w, NULL, &c->members[i]);
	put_array_end(w);
	if (personal && c->last)
		message_json(w, "lastMessage", c->last);
	else if (personal)
		put_null(w, "lastMessage");
	put_int(w, "lastSeq", c->last_seq);
	if (personal) {
		put_int(w, "readSeq", c->read_seq);
		put_int(w, "unread", c->last_seq - c->read_seq);
		put_str(w, "role", role_text(c->role));
	}
	put_bool(w, "public", c->public);
	put_bool(w, "protected", c->protected);
	put_time(w, "createdAt", c->created_ms);
	put_time(w, "updatedAt", c->updated_ms);
}

void chat_json(struct writer *w, const char *key, const struct chat *c)
{
	put_object(w, key);
	chat_members(w, c);
	put_object_end(w);
}

void room_json(struct writer *w, const char *key, const struct chat *c)
{
	put_object(w, key);
	put_int(w, "id", c->id);
	put_str(w, "kind", c->kind);
	put_str(w, "name", c->name);
	put_str(w, "imagePath", c->image_path);
	put_int(w, "memberCount", c->member_count);
	put_bool(w, "protected", c->protected);
	put_time(w, "createdAt", c->created_ms);
	put_object_end(w);
}
