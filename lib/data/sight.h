/* sight.h - what one person may see of the log: which chats, from which number to which.
 *
 * A chat is seen from the event of one's joining to the event of one's leaving, both included. The
 * hub keeps this in memory for people who are here; this is the same from the database, for who
 * comes with an old cursor, and for plain CGI. */
#ifndef DATA_SIGHT_H
#define DATA_SIGHT_H

#include "data/event.h"

struct sight_chat {
	int64_t chat_id, since, until; /* until 0: still in */
};

struct sight {
	int64_t user_id, after;   /* what was left up to there is not in it */
	struct sight_chat *chats; /* by chat_id */
	size_t n;
};

/* As of now, and back to `after`: chats that were left before do not count. */
enum err sight_load(
	struct db *db, struct arena *a, int64_t user_id, int64_t after, struct sight *out);

struct sight_page {
	int64_t after,
		until; /* log numbers: behind the cursor, up to what is on disk for certain */
	int64_t limit, chat_id; /* chat_id 0: all chats */
};
/* The events one sees behind `after`, at most `limit`. *position is how far the log was looked
 * through: all that is visible up to there is in the answer. */
enum err sight_read(struct db *db, struct arena *a, int64_t user_id, const struct sight_page *page,
	struct event **events, size_t *n, int64_t *position);

/* The chats that somebody is in, for events about that person; or was in to the end, if they are
 * deleted. */
enum err sight_chats_of(
	struct db *db, struct arena *a, int64_t user_id, int64_t **chat_ids, size_t *n);

/* The room that everybody is in; 0: there is none. */
enum err sight_lobby(struct db *db, struct arena *a, int64_t *chat_id);
/* Whether somebody hears of that: of typing the others in that chat, of who comes or goes whoever
 * shares a chat with them. That all are in the lobby does not count. chat_id: the only chat they
 * listen to, 0: all. */
enum err sight_hears(struct db *db, struct arena *a, int64_t user_id, int64_t chat_id,
	const struct ephemeral *what, bool *yes);

#endif
