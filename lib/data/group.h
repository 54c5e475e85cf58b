/* group.h - making, changing and ending chats. Every function is one transaction; *last is the log
 * number to ring with afterwards, 0 where nothing changed. */
#ifndef DATA_GROUP_H
#define DATA_GROUP_H

#include "data/chat.h"
#include "data/event.h"

enum { GROUP_ADD_MAX = 200 };

struct group_new {
	int64_t owner_id;
	struct str name, password_hash, image_path; /* absent: none */
	bool public;
	const int64_t *user_ids;
	size_t n;
};
/* ERR_INVALID: one of user_ids is nobody. */
enum err group_create(
	struct db *db, struct arena *a, const struct group_new *g, int64_t *chat_id, int64_t *last);

/* The one direct chat of two people; *made says whether it had to be made. ERR_NOT_FOUND: no such
 * person. */
enum err direct_open(struct db *db, struct arena *a, int64_t me, int64_t other, int64_t *chat_id,
	bool *made, int64_t *last);

/* Each member changes only where `set`. A password that is given is a new one, also if it was that
 * before. */
struct chat_change {
	struct {
		bool set;
		struct str to;
	} name, image_path, password_hash;
	struct {
		bool set, to;
	} public;
};
enum err chat_change(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	const struct chat_change *c, int64_t *last);
enum err chat_delete(
	struct db *db, struct arena *a, int64_t chat_id, int64_t user_id, int64_t *last);

#endif
