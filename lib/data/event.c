#include "data/event.h"

#include "core/clock.h"

/* Numbers that are on disk already were handed out: then the head would be NULL, which it cannot.
 */
struct sql event_take_step =
	SQL("UPDATE log_head SET head = LAST_INSERT_ID(IF(head >= ?, head + ?, NULL)) "
	    "WHERE id = 1");
struct sql event_put_step =
	SQL_ROWS("INSERT INTO event (id, type, chat_id, user_id, data, at) VALUES ",
		"(LAST_INSERT_ID() - ?, ?, ?, ?, ?, ?)", ", ", "");
static struct sql put = SQL_ROWS("INSERT INTO event (id, type, chat_id, user_id, data, at) VALUES ",
	"(?, ?, ?, ?, ?, UTC_TIMESTAMP(3))", ", ", "");
static struct sql state = SQL("SELECT epoch, head, floor FROM log_head WHERE id = ?");
static struct sql read_some = SQL("SELECT id, type, chat_id, user_id, at, data FROM event "
				  "WHERE id > ? AND id <= ? ORDER BY id LIMIT ?");
static struct sql state_locked =
	SQL("SELECT epoch, head, floor FROM log_head WHERE id = ? FOR UPDATE");
/* Later than any before it, on whatever copy of the database that was. */
static struct sql move_epoch =
	SQL("UPDATE log_head SET epoch = LAST_INSERT_ID(GREATEST(epoch + 1, ?, "
	    "UNIX_TIMESTAMP())) WHERE id = 1");
static struct sql rewrite = SQL("UPDATE event SET data = ? WHERE id = ?");

enum { TICK_US = 1000000, COMMON_VALUES = 5 };

static struct page *watched;
static struct tape *tape;
/* What this thread's transaction has found out of the epoch, for the page once it is committed. */
static _Thread_local int64_t found_epoch;

void event_watch(struct page *page, struct tape *of_site)
{
	watched = page;
	tape = of_site;
}

static enum err read_state(struct db *db, struct arena *a, struct sql *q, struct log_state *s)
{
	struct rows r;
	enum err e = db_select(db, a, q, &r, as_int(1));

	if (e == OK && r.n == 0)
		return ERR_INTERNAL;
	if (e == OK)
		*s = (struct log_state){ row_int(&r, 0, 0), row_int(&r, 0, 1), row_int(&r, 0, 2) };
	return e;
}

/* The head is locked. */
static enum err move_on(struct db *db, const struct page *page, int64_t *epoch)
{
	enum err e = db_run(db, &move_epoch, as_int((int64_t)atomic_load(&page->log_epoch) + 1));

	*epoch = db_inserted(db);
	return e;
}

static int64_t known_head(void)
{
	return watched && atomic_load(&watched->log_epoch) ? (int64_t)atomic_load(&watched->head)
							   : 0;
}

/* Numbers that are on disk already would have been handed out: either the log was restored, or the
 * page does not know yet that somebody has moved its epoch on since. The head is locked. */
enum err event_settle(struct db *db)
{
	struct log_state s = { 0 };
	struct arena arena;
	enum err e;

	arena_init(&arena);
	e = read_state(db, &arena, &state_locked, &s);
	arena_free(&arena);
	found_epoch = s.epoch;
	if (e == OK && s.epoch <= (int64_t)atomic_load(&watched->log_epoch))
		e = move_on(db, watched, &found_epoch);
	return e;
}

struct arg *event_take_values(struct arg *to, int64_t n, bool settled)
{
	if (!settled)
		found_epoch = 0;
	*to++ = as_int(settled ? 0 : known_head());
	*to++ = as_int(n);
	return to;
}

bool event_doubts(struct db *db, enum err e)
{
	return e == ERR_INTERNAL && db_null(db);
}

enum err event_take(struct db *db, int64_t n, int64_t *first)
{
	struct arg values[2];
	enum err e;

	event_take_values(values, n, false);
	e = db_run_rows(db, &event_take_step, 1, values, 2);
	if (event_doubts(db, e)) {
		e = event_settle(db);
		event_take_values(values, n, true);
		if (e == OK)
			e = db_run_rows(db, &event_take_step, 1, values, 2);
	}
	*first = db_inserted(db) - n + 1;
	return e;
}

enum err event_new_epoch(struct db *db)
{
	return db_run(db, &move_epoch, as_int(0));
}

static struct log_state page_state(const struct page *page)
{
	return (struct log_state){ (int64_t)atomic_load(&page->log_epoch),
		(int64_t)atomic_load(&page->head), 0 };
}

static bool is_behind(const struct log_state *s, struct log_state known)
{
	return known.epoch &&
	       (s->epoch < known.epoch || (s->epoch == known.epoch && s->head < known.head));
}

struct checking {
	struct arena *arena;
	struct page *page;
	struct log_state state;
};

static enum err check(struct db *db, void *context)
{
	struct checking *c = context;
	enum err e = read_state(db, c->arena, &state_locked, &c->state);

	/* Under the lock: nobody can have gone further than what was read here. */
	return e == OK && is_behind(&c->state, page_state(c->page))
		       ? move_on(db, c->page, &c->state.epoch)
		       : e;
}

/* A glance first; the lock only where that looks wrong. */
enum err event_check(struct db *db, struct arena *a, struct page *page)
{
	struct checking c = { .arena = a, .page = page };
	struct log_state known = page_state(page); /* before the database is asked */
	enum err e = event_state(db, a, &c.state);

	if (e == OK && is_behind(&c.state, known))
		e = db_transaction(db, check, NULL, &c);
	if (e == OK)
		event_follow(page, &c.state);
	return e;
}

static struct arg *put_values(struct arg *to, int64_t number, const struct event *e)
{
	struct arg none = { ARG_NULL, 0, { NULL, 0 } };

	*to++ = as_int(number);
	*to++ = as_text(e->type);
	*to++ = e->chat_id ? as_int(e->chat_id) : none;
	*to++ = e->user_id ? as_int(e->user_id) : none;
	*to++ = as_text(e->data.p ? e->data : STR(""));
	return to;
}

struct arg *event_put_values(struct arg *to, int64_t behind, const struct event *e, struct str at)
{
	to = put_values(to, behind, e);
	*to++ = as_text(at);
	return to;
}

static enum err put_some(struct db *db, const struct event *events, size_t n)
{
	struct arg args[DB_ROWS_MAX * COMMON_VALUES], *to = args;

	for (size_t i = 0; i < n; i++)
		to = put_values(to, events[i].id, &events[i]);
	return db_run_rows(db, &put, n, args, n * COMMON_VALUES);
}

enum err event_put(struct db *db, int64_t first, struct event *events, size_t n)
{
	enum err e = OK;

	for (size_t i = 0; i < n; i++)
		events[i].id = first + (int64_t)i;
	for (size_t i = 0; i < n && e == OK; i += DB_ROWS_MAX)
		e = put_some(db, events + i, n - i < DB_ROWS_MAX ? n - i : DB_ROWS_MAX);
	return e;
}

/* The head first: who finds the new epoch there must not find the old head with it. */
void event_follow(struct page *page, const struct log_state *s)
{
	uint64_t known = atomic_load(&page->log_epoch);

	if ((uint64_t)s->epoch <= known)
		return;
	if (known)
		atomic_store(&page->head, (uint64_t)s->head);
	atomic_compare_exchange_strong(&page->log_epoch, &known, (uint64_t)s->epoch);
}

bool event_is_over(const struct page *page, int64_t epoch)
{
	return atomic_load(&page->log_epoch) > (uint64_t)epoch;
}

void event_tape(struct page *page, const struct event *events, size_t n, int64_t last)
{
	int64_t epoch = found_epoch ? found_epoch : (int64_t)atomic_load(&page->log_epoch);

	for (size_t i = 0; tape && i < n; i++)
		tape_put(tape, &(struct taped){ .epoch = epoch,
				       .id = last - (int64_t)(n - 1 - i),
				       .chat_id = events[i].chat_id,
				       .at_ms = events[i].at_ms,
				       .data = events[i].data });
}

void event_written(struct page *page, int64_t last)
{
	struct log_state moved = { found_epoch, last, 0 };

	if (found_epoch)
		event_follow(page, &moved);
	found_epoch = 0;
	page_raise(&page->head, (uint64_t)last);
}

void event_ring(struct page *page, int64_t last)
{
	event_written(page, last);
	page_ring(page);
}

/* Who finds a second gone by takes the turn for all processes. One that is killed on the way leaves
 * the older head behind, which is true as well. */
void event_tick(struct page *page, const struct log_state *now)
{
	int64_t seen_us = atomic_load(&page->seen_us), now_us = clock_us(), head;

	if ((seen_us <= now_us && now_us - seen_us < TICK_US && seen_us) ||
		!atomic_compare_exchange_strong(&page->seen_us, &seen_us, now_us))
		return;
	head = (int64_t)atomic_load(&page->seen_head);
	head = head < now->head ? head : now->head;
	if (head > (int64_t)atomic_load(&page->head)) {
		page_raise(&page->head, (uint64_t)head);
		page_ring(page);
	}
	atomic_store(&page->seen_head, (uint64_t)now->head);
}

void event_begin(struct page *page, const struct log_state *now)
{
	event_follow(page, now);
	if (atomic_load(&page->head) == 0)
		page_raise(&page->head, (uint64_t)now->head);
	event_tick(page, now);
}

int64_t event_durable(const struct page *page, const struct log_state *now, int64_t most)
{
	int64_t heard = (int64_t)atomic_load(&page->head);

	return heard < now->head && now->head - heard < most ? heard : now->head;
}

enum err event_state(struct db *db, struct arena *a, struct log_state *s)
{
	return read_state(db, a, &state, s);
}

enum err event_read(struct db *db, struct arena *a, int64_t after, int64_t until, int64_t limit,
	struct event **events, size_t *n)
{
	struct rows r;
	enum err e = db_select(db, a, &read_some, &r, as_int(after), as_int(until), as_int(limit));

	if (e != OK)
		return e;
	*events = arena_alloc(a, sizeof **events * r.n);
	*n = 0;
	for (size_t i = 0; i < r.n && row_int(&r, i, 0) == after + (int64_t)i + 1; i++)
		(*events)[(*n)++] = (struct event){ .id = row_int(&r, i, 0),
			.type = row_str(&r, i, 1),
			.chat_id = row_int(&r, i, 2),
			.user_id = row_int(&r, i, 3),
			.at_ms = row_ms(&r, i, 4),
			.data = row_str(&r, i, 5) };
	return OK;
}

bool event_overhear(struct arena *a, int64_t epoch, int64_t after, int64_t until,
	struct event **events, size_t *n)
{
	int64_t all = until - after;
	struct taped t;

	if (!tape || all > TAPE_EVENTS)
		return false;
	*events = arena_alloc(a, sizeof **events * (size_t)all);
	for (int64_t i = 0; i < all; i++) {
		if (!tape_get(tape, a, epoch, after + i + 1, &t))
			return false;
		(*events)[i] = (struct event){ .id = t.id,
			.chat_id = t.chat_id,
			.at_ms = t.at_ms,
			.type = STR("message"),
			.data = t.data };
	}
	*n = (size_t)all;
	return true;
}

enum err event_rewrite(struct db *db, int64_t id, struct str data)
{
	if (tape)
		tape_wipe(tape, id);
	return db_run(db, &rewrite, as_text(data), as_int(id));
}

void event_json(struct writer *w, const char *key, const struct event *e)
{
	put_object(w, key);
	put_int(w, "id", e->id);
	put_str(w, "type", e->type);
	put_time(w, "at", e->at_ms);
	if (e->chat_id)
		put_int(w, "chatId", e->chat_id);
	if (str_is(e->type, "message")) {
		put_object(w, "message");
		put_int(w, "id", e->id);
		put_members(w, e->data);
		put_object_end(w);
	} else {
		put_members(w, e->data);
	}
	put_object_end(w);
}
