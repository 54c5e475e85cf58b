#include "data/walls.h"

static struct sql look[] = {
	SQL("SELECT 1 FROM credential LIMIT ?"),
	SQL("SELECT 1 FROM refresh LIMIT ?"),
};

int walls_open(const struct conf *c)
{
	struct db *db = db_new(c);
	struct arena a;
	int open = 0;

	arena_init(&a);
	if (db_ping(db) != OK)
		open = -1;
	for (size_t i = 0; open >= 0 && i < sizeof look / sizeof *look; i++) {
		struct rows r;

		open += db_select(db, &a, &look[i], &r, as_int(1)) == OK;
	}
	arena_free(&a);
	db_free(db);
	return open;
}
