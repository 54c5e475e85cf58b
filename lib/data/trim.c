#include "data/trim.h"

#include "data/event.h"
#include "data/indexing.h"

enum { EVENTS_MAX = 500, FORMER_MAX = 1000 };

/* Of the oldest events the first one that stays. Times stand in the order of numbers, or nearly. */
static struct sql first_young = SQL("SELECT MIN(id) FROM event WHERE id > ? AND id <= ? "
				    "AND at >= UTC_TIMESTAMP(3) - INTERVAL ? DAY");
static struct sql delete_events = SQL("DELETE FROM event WHERE id <= ?");
static struct sql delete_former = SQL("DELETE FROM former_member WHERE until <= ? LIMIT ?");
static struct sql raise_floor = SQL("UPDATE log_head SET floor = ? WHERE id = 1");

struct trimming {
	struct arena *arena;
	int64_t days, trimmed;
	bool waits;
};

static enum err find_end(struct db *db, const struct trimming *t, int64_t floor, int64_t *until)
{
	struct rows r;
	enum err e = db_select(
		db, t->arena, &first_young, &r, as_int(floor), as_int(*until), as_int(t->days));

	if (e == OK && !row_null(&r, 0, 0))
		*until = row_int(&r, 0, 0) - 1;
	return e;
}

static enum err trim(struct db *db, void *context)
{
	struct trimming *t = context;
	struct log_state log = { 0 };
	int64_t until = 0;
	bool mine = false;
	enum err e = upkeep_lock(db, t->arena, t->waits, &mine, &until);

	t->trimmed = 0;
	if (e == OK && mine)
		e = event_state(db, t->arena, &log);
	if (e != OK || !mine)
		return e;
	if (until > log.floor + EVENTS_MAX)
		until = log.floor + EVENTS_MAX;
	if (until > log.floor)
		e = find_end(db, t, log.floor, &until);
	if (e != OK || until <= log.floor)
		return e;
	e = db_run(db, &delete_events, as_int(until));
	if (e == OK)
		e = db_run(db, &delete_former, as_int(until), as_int(FORMER_MAX));
	if (e == OK)
		e = db_run(db, &raise_floor, as_int(until));
	t->trimmed = until - log.floor;
	return e;
}

enum err trim_some(struct db *db, struct arena *a, int64_t days, bool waits, int64_t *trimmed)
{
	struct trimming t = { a, days, 0, waits };
	enum err e = db_transaction(db, trim, NULL, &t);

	*trimmed = e == OK ? t.trimmed : 0;
	return e == ERR_OUTCOME_UNKNOWN ? ERR_DATABASE_AWAY : e;
}
