/* search.h - finding messages by their words, in the chats one is in, newest first.
 *
 * Every message up to search_head.indexed is in the index (lib/data/indexing.h); what was said
 * since is looked through as it stands in the log. So what was just sent is found at once, and
 * asking writes nothing.
 *
 * The cost of one call is bounded, however many messages there are: the rarest of the words leads,
 * its newest places are taken from as many chats as can matter, and each message is read before it
 * counts. A call that has looked through its share without filling the page answers what it has,
 * and where to go on. */
#ifndef DATA_SEARCH_H
#define DATA_SEARCH_H

#include "core/words.h"
#include "data/message.h"

struct search {
	int64_t user_id, chat_id; /* chat_id 0: all of theirs */
	int64_t before;           /* only messages with a smaller id */
	int64_t limit;            /* up to 200 */
	struct sought sought;
};

/* At most `limit` messages; *next is the `before` of what follows, 0 at the end. */
enum err search_messages(struct db *db, struct arena *a, struct search *s, struct message **found,
	size_t *n, int64_t *next);

#endif
