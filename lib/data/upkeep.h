/* upkeep.h - the work that nobody waits for: the words of new messages go into the index of search,
 * the old end of the log goes, and a log that was restored from a backup gets its new epoch.
 *
 * It needs no daemon and no cron: whoever has a moment does a piece (lib/web/spare.h), and `bellhop
 * trim` does all of it at once. One at a time does, on whatever machine; a piece is a short
 * transaction, so it may be broken off anywhere. */
#ifndef DATA_UPKEEP_H
#define DATA_UPKEEP_H

#include "core/page.h"
#include "data/db.h"

/* One piece. *more: another one is due. `days`: how long the log is kept; 0: for ever. */
enum err upkeep_step(struct db *db, struct arena *a, struct page *page, int64_t days, bool *more);
/* All of it, after whoever is at it. *trimmed is how many events went. */
enum err upkeep_all(
	struct db *db, struct arena *a, struct page *page, int64_t days, int64_t *trimmed);

#endif
