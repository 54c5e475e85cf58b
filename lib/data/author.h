/* author.h - the names that go with messages: read once, and remembered for as long as nobody on
 * this site changes (data/news.h). */
#ifndef DATA_AUTHOR_H
#define DATA_AUTHOR_H

#include "core/page.h"
#include "data/db.h"

struct author {
	int64_t id;
	struct str name, image_path;
};

/* Fills in names and pictures of authors[0 … n-1], who go by their ids; one who does not exist gets
 * none. At most DB_ROWS_MAX. */
enum err author_load(
	struct db *db, struct page *page, struct arena *a, struct author *authors, size_t n);

#endif
