/* trim.h - the old end of the log goes: what is older than the site keeps, and is in the index of
 * search already.
 *
 * The floor rises in the transaction that deletes what is below it, as its last step: the log's
 * head is locked for the time of a commit only, and at no moment is there a hole above the floor.
 */
#ifndef DATA_TRIM_H
#define DATA_TRIM_H

#include "data/db.h"

/* Deletes up to some hundred events that are older than so many days, and what was remembered for
 * cursors that are expired now. *trimmed is how many events went: 0, there is nothing to do, or,
 * unless it `waits`, somebody else is at it. */
enum err trim_some(struct db *db, struct arena *a, int64_t days, bool waits, int64_t *trimmed);

#endif
