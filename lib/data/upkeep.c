#include "data/upkeep.h"

#include "data/event.h"
#include "data/indexing.h"
#include "data/trim.h"

enum err upkeep_step(struct db *db, struct arena *a, struct page *page, int64_t days, bool *more)
{
	int64_t indexed = 0, trimmed = 0;
	enum err e = event_check(db, a, page);

	if (e == OK)
		e = index_some(db, a, &indexed);
	/* Nothing is trimmed that is not indexed, so that comes first. */
	if (e == OK && !indexed && days)
		e = trim_some(db, a, days, &trimmed);
	*more = e == OK && (indexed || trimmed);
	return e;
}
