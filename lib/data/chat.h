/* chat.h - chats as their members see them: one, the list, the rooms one may join; and who may do
 * what. */
#ifndef DATA_CHAT_H
#define DATA_CHAT_H

#include "data/user.h"

enum role { ROLE_NONE, ROLE_MEMBER, ROLE_ADMIN, ROLE_OWNER };

/* How somebody stands to a chat, and what deciding and rendering needs of it. */
struct chat_access {
	int64_t chat_id, user_id;
	struct str kind; /* direct, group, lobby */
	enum role role;
	bool public, protected;
	int64_t member_count, last_seq, read_seq, since;
	int64_t reader_id, reader_seq, others_seq;
};

/* ERR_NOT_FOUND for who is no member. */
enum err chat_access(
	struct db *db, struct arena *a, int64_t chat_id, int64_t user_id, struct chat_access *out);
/* Inside a transaction: the same with the chat locked until commit. `stranger`: also who is no
 * member (ROLE_NONE). */
enum err chat_lock(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id, bool stranger,
	struct chat_access *out);
/* Whether another member than the author has read that far. */
bool chat_is_read(const struct chat_access *c, int64_t author_id, int64_t seq);

enum { CHAT_MEMBERS_SHOWN = 10, HOUR_MS = 3600000 };

/* The hour of a chat with too many members to tell it to, see schema/0004_recent.sql. */
#define NO_HOUR ((int64_t)4294967295)

struct message;

struct chat {
	int64_t id;
	struct str kind, name, image_path;
	int64_t member_count, last_seq, read_seq, active, created_ms, updated_ms;
	enum role role; /* ROLE_NONE: seen by nobody in particular */
	bool public, protected;
	struct user members[CHAT_MEMBERS_SHOWN];
	int members_n;
	struct message *last; /* NULL: none, or seen by nobody in particular */
};

/* One chat as `user_id` sees it; ERR_NOT_FOUND for who is no member. user_id 0: as it stands in an
 * event. */
enum err chat_by_id(
	struct db *db, struct arena *a, int64_t chat_id, int64_t user_id, struct chat *out);

/* Of any chat, seen by whomever. */
enum err chat_kind_by_id(struct db *db, struct arena *a, int64_t chat_id, struct str *kind);

struct chat_page {
	int64_t user_id, limit;
	int64_t before_active, before_id; /* 0: from the latest */
};
/* Latest activity first, one more than the limit. */
enum err chat_list(struct db *db, struct arena *a, const struct chat_page *page,
	struct chat **chats, size_t *n);
/* Public groups that one is not in, whose folded name holds `part`, by name; one more than the
 * limit. */
struct room_page {
	int64_t user_id, limit;
	struct str part,
		after; /* `after` and `after_id`: name_key and id of the last of the page before */
	int64_t after_id;
};
enum err chat_rooms(struct db *db, struct arena *a, const struct room_page *page,
	struct chat **chats, struct str **name_keys, size_t *n);

struct str role_text(enum role r);
enum role role_of(struct str text);

/* A chat for who is not in it. */
void room_json(struct writer *w, const char *key, const struct chat *c);
void chat_json(struct writer *w, const char *key, const struct chat *c);
void chat_members(struct writer *w, const struct chat *c);

#endif
