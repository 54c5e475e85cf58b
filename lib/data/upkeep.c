#include "data/upkeep.h"

#include "data/event.h"
#include "data/indexing.h"
#include "data/trim.h"

enum err upkeep_step(struct db *db, struct arena *a, struct page *page, int64_t days, bool *more)
{
	int64_t indexed = 0, trimmed = 0;
	enum err e = event_check(db, a, page);

	if (e == OK)
		e = index_some(db, a, false, &indexed);
	/* Nothing is trimmed that is not indexed, so that comes first. */
	if (e == OK && !indexed && days)
		e = trim_some(db, a, days, false, &trimmed);
	*more = e == OK && (indexed || trimmed);
	return e;
}

enum err upkeep_all(
	struct db *db, struct arena *a, struct page *page, int64_t days, int64_t *trimmed)
{
	struct log_state log = { 0 };
	int64_t some = 1;
	enum err e = event_check(db, a, page);

	if (e == OK)
		e = event_state(db, a, &log);
	/* Not what is said meanwhile: that may never end. */
	while (e == OK && some && some < log.head) {
		arena_clear(a);
		e = index_some(db, a, true, &some);
	}
	*trimmed = 0;
	for (some = 1; e == OK && some; *trimmed += some) {
		arena_clear(a);
		e = trim_some(db, a, days, true, &some);
	}
	return e;
}
