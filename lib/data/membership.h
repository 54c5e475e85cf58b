/* membership.h - who comes, goes, reads and may do what in a chat. Every function is one
 * transaction; *last is the log number to ring with afterwards, 0 where nothing changed. */
#ifndef DATA_MEMBERSHIP_H
#define DATA_MEMBERSHIP_H

#include "data/chat.h"
#include "data/event.h"

/* What joining asks for: the password's hash (absent: none). ERR_NOT_FOUND: no public group, and
 * not a member. */
enum err chat_door(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	struct str *password_hash, bool *inside);
/* `hash` is what was checked: if the password changed meanwhile, ERR_CONTENTION. Being in already
 * is no error. */
enum err chat_join(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	struct str hash, int64_t *last);
/* An owner hands over to the longest-serving admin, else member; the last one out deletes the
 * group. */
enum err chat_leave(
	struct db *db, struct arena *a, int64_t chat_id, int64_t user_id, int64_t *last);

enum err members_add(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	const int64_t *user_ids, size_t n, int64_t *last);
enum err member_remove(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	int64_t target, int64_t *last);
enum err member_set_role(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	int64_t target, enum role role, int64_t *last);
/* By user id, behind `after`; one more than the limit. */
struct member {
	struct user user;
	enum role role;
	int64_t joined_ms, read_seq;
};
enum err member_list(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	int64_t after, int64_t limit, struct member **members, size_t *n);

/* Never moves back; beyond the last message is the last message. */
enum err chat_mark_read(struct db *db, struct arena *a, int64_t chat_id, int64_t user_id,
	int64_t seq, int64_t *last);

/* The lobby: made if it is not there. Inside a transaction a new person joins it; *last as above.
 */
enum err lobby_join(struct db *db, struct arena *a, int64_t user_id, int64_t *last);
/* Inside a transaction, the end of a person: locks their chats, before the first event is written;
 * then takes them out of each but the direct ones, as if they had left it. What they left earlier
 * is forgotten: nobody follows the log for them any more, and what is remembered of a deleted
 * person says whom they shared a chat with at last (sight_chats_of). */
enum err leave_all_lock(struct db *db, struct arena *a, int64_t user_id);
enum err leave_all(struct db *db, struct arena *a, int64_t user_id, int64_t *last);

#endif
