/* news.h - what others have to hear of a change, once it is on disk.
 *
 * Programs remember sessions and people they have read (lib/web/auth.c, lib/data/person.c). Two
 * counters of the database say when that no longer holds: of sessions that ended early, and of
 * changes of people. The shared page carries both to all programs of a machine at once; once a
 * second one of them reads them anew, for what happened on other machines or through a program that
 * was killed before it could tell. */
#ifndef DATA_NEWS_H
#define DATA_NEWS_H

#include "data/event.h"

/* 0: it did not move. */
struct news {
	int64_t ended, changed; /* the counters */
	int64_t last;           /* number of the last event written */
};

/* Inside the transaction of the change. */
enum err news_ended(struct db *db, struct news *news);
enum err news_changed(struct db *db, struct news *news);
/* After it. */
void news_spread(struct page *page, const struct news *news);
/* Both counters as they stand. */
enum err news_so_far(struct db *db, struct arena *a, struct news *news);

#endif
