/* indexing.h - the words of messages: into the index and out of it.
 *
 * The index holds every message up to search_head.indexed as it reads now, and none behind that. So
 * sending writes nothing here; the indexer follows the log later and takes each message as it finds
 * it. Who changes a message that is in the index already changes its words in the same transaction:
 * words that were taken back are nowhere.
 *
 * Neither can step over the other. The indexer holds a lock on each message from reading it to the
 * commit that moves search_head on; who changes one locks it first and looks at search_head then.
 */
#ifndef DATA_INDEXING_H
#define DATA_INDEXING_H

#include "data/db.h"

/* Up to which log number. */
enum err indexed_up_to(struct db *db, struct arena *a, int64_t *id);

/* Inside a transaction that has locked the message: it read `before`, from now on it reads `now`.
 */
struct rewording {
	int64_t chat_id, seq, id;
	struct str before, now;
};
enum err index_reword(struct db *db, struct arena *a, const struct rewording *r);

/* Takes the next messages of the log, up to a few hundred. *taken is how far it came: 0, there is
 * nothing to do, or, unless it `waits`, somebody else is at it. */
enum err index_some(struct db *db, struct arena *a, bool waits, int64_t *taken);

/* Inside a transaction: this and other upkeep is one's own until commit, `*mine`, or another's,
 * unless it `waits` for that. *indexed as above. */
enum err upkeep_lock(struct db *db, struct arena *a, bool waits, bool *mine, int64_t *indexed);

#endif
