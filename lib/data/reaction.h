/* reaction.h - the reactions to messages that are about to be shown. */
#ifndef DATA_REACTION_H
#define DATA_REACTION_H

#include "data/message.h"

enum { REACTION_KINDS_MAX = 64 };

/* Fills in the reactions to those messages that have any (m->reactions_n). */
enum err reaction_load(struct db *db, struct arena *a, struct message *messages, size_t n);
/* Inside a transaction that has locked the message: *emoji becomes what the same emoji was written
 * like by who was the first to react with it there. ERR_CONFLICT: nobody was, and there is no room
 * for one more kind. */
enum err reaction_kind(
	struct db *db, struct arena *a, int64_t chat_id, int64_t seq, struct str *emoji);

#endif
