/* user.h - people as everybody may see them: the directory, and one by id. */
#ifndef DATA_USER_H
#define DATA_USER_H

#include "core/presence.h"
#include "core/writer.h"
#include "data/db.h"

struct user {
	int64_t id;
	struct str username, first_name, last_name, full_name, image_path; /* absent: none */
	int64_t last_seen_ms, created_ms;
	bool deleted;
};

/* The columns a user is read from, in the order user_from_row() takes them; the table goes by the
 * name of u. */
#define USER_COLUMNS                                                                               \
	"u.id, u.username, u.first_name, u.last_name, u.image_path, u.last_seen_at, "              \
	"u.created_at, "                                                                           \
	"u.deleted_at IS NOT NULL"
enum { USER_COLUMNS_N = 8 };

#define USER_DELETED "deleted user"

/* "First Last", or what a deleted person goes by. */
struct str user_full_name(struct arena *a, struct str first, struct str last, bool deleted);
void user_from_row(
	struct arena *a, const struct rows *r, size_t row, size_t column, struct user *u);

/* ERR_NOT_FOUND also where the account was deleted. */
enum err user_by_id(struct db *db, struct arena *a, int64_t id, struct user *u);

struct user_search {
	int64_t me;       /* who asks */
	struct str part;  /* of a name or username, folded; absent: everybody */
	bool contactable; /* only people one has no direct chat with, and not oneself */
	struct str after; /* the last name_key and id of the page before; absent: from the start */
	int64_t after_id;
	int64_t limit;
};
/* One more than the limit is read: n > limit says that there is a next page. */
enum err user_list(struct db *db, struct arena *a, const struct user_search *search,
	struct user **users, struct str **name_keys, size_t *n);

/* Writes down when these were last seen, and says so to the page. */
enum err user_seen(struct db *db, struct page *page, const struct presence_gone *gone, size_t n);

/* What the directory is ordered and searched by. */
struct str user_name_key(struct arena *a, struct str first, struct str last, struct str username);

/* Once at the start of a process: where user_members() looks who is online. */
void user_presence(struct page *page, int64_t away_s);
/* The one JSON form of a user; and its members alone, for who adds to them. */
void user_json(struct writer *j, const char *key, const struct user *u);
void user_members(struct writer *j, const struct user *u);

#endif
