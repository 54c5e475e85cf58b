/* coming.h - the inner steps of coming and going, for group.c and membership.c: all inside a
 * transaction, with the chat locked or new. */
#ifndef DATA_COMING_H
#define DATA_COMING_H

#include "data/chat.h"
#include "data/event.h"

/* What every transaction of these files works on; which members count, each says itself. */
struct work {
	struct arena *arena;
	int64_t chat_id, user_id, last;
	const void *wish;
	int64_t target;
	struct str text;
	enum role role;
	bool made;
};

struct newcomers {
	struct user *users;
	enum role *roles;
	size_t n;
};

/* One person, also a deleted one; or several, each alive, as plain members: ERR_INVALID where one
 * is not. */
enum err people_one(struct db *db, struct arena *a, int64_t user_id, struct user *u);
enum err people_load(
	struct db *db, struct arena *a, const int64_t *ids, size_t n, struct newcomers *out);

/* Locks a group for who has at least that role: ERR_NOT_FOUND for strangers, ERR_FORBIDDEN for
 * others, and for what is no group. */
enum err group_lock(struct db *db, struct work *w, enum role least, struct chat_access *access);

/* People come in: each sees the chat from the event on that tells of their own coming, and what was
 * said before counts as read. The chat as it is then comes last; `quiet` leaves that out. */
enum err coming_in(struct db *db, struct arena *a, int64_t chat_id, const struct newcomers *who,
	int64_t read_seq, bool quiet, int64_t *last);
/* A member goes: they see everything up to the event that says so, the others also that the chat
 * has changed. heir_id: who becomes its owner; 0: nobody. Sets w->last. */
enum err going_out(struct db *db, struct work *w, int64_t target, int64_t since, int64_t heir_id);
/* Everybody goes, at the event that says that the chat is deleted. Sets w->last. */
enum err chat_close(struct db *db, struct work *w);

/* The chat as it stands now, as the event that says that it was made or changed. */
enum err event_of_chat(struct db *db, struct arena *a, int64_t chat_id, struct event *out);
struct event event_of_member(
	struct arena *a, struct str type, int64_t chat_id, const struct user *u, enum role role);

#endif
