#include "data/news.h"

enum { ENDED = 1, CHANGED = 2 };

static struct sql count = SQL("UPDATE revocation SET n = LAST_INSERT_ID(n + 1) WHERE id = ?");
static struct sql so_far = SQL("SELECT n FROM revocation ORDER BY id");

static enum err count_one(struct db *db, int which, int64_t *n)
{
	enum err e = db_run(db, &count, as_int(which));

	if (e == OK)
		*n = db_inserted(db);
	return e;
}

enum err news_ended(struct db *db, struct news *news)
{
	return count_one(db, ENDED, &news->ended);
}

enum err news_changed(struct db *db, struct news *news)
{
	return count_one(db, CHANGED, &news->changed);
}

void news_spread(struct page *page, const struct news *news)
{
	page_raise(&page->sessions_ended, (uint64_t)news->ended);
	page_raise(&page->people_changed, (uint64_t)news->changed);
	if (news->last)
		event_ring(page, news->last);
}

enum err news_so_far(struct db *db, struct arena *a, struct news *news)
{
	struct rows r;
	enum err e = db_select(db, a, &so_far, &r);

	if (e == OK && r.n < CHANGED)
		return ERR_INTERNAL;
	if (e == OK)
		*news = (struct news){ row_int(&r, 0, 0), row_int(&r, 1, 0), 0 };
	return e;
}
