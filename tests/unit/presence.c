#include "ground.h"

#include "core/clock.h"
#include "core/page.h"

#include <sched.h>
#include <signal.h>

enum { AWAY_S = 40, GONE_MAX = 64, PEOPLE = 3000, PROCESSES = 8, KILLED = 20, DAY_S = 86400 };

static const int64_t second = 1000000;
static const int64_t start = 5000 * 1000000LL;

static struct page *page;
static int64_t heard;

static int make_page(void **state)
{
	(void)state;
	page = ground_shared(sizeof *page);
	ephemera_init(&page->ephemera);
	heard = ephemera_end(page);
	return 0;
}

static int leave_page(void **state)
{
	(void)state;
	return munmap(page, sizeof *page);
}

static bool online(int64_t id, int64_t now_us)
{
	bool yes;

	presence_seen_ms(page, id, AWAY_S, now_us, &yes);
	return yes;
}

/* How long ago they were last here, in seconds; -1: nobody knows. */
static int64_t ago_s(int64_t id, int64_t now_us)
{
	bool yes;
	int64_t seen_ms = presence_seen_ms(page, id, AWAY_S, now_us, &yes);

	return seen_ms ? (clock_wall_ms() - seen_ms + 999) / 1000 : -1;
}

static size_t tell(int64_t now_us, struct presence_gone gone[GONE_MAX])
{
	return presence_tell(page, AWAY_S, now_us, gone, GONE_MAX);
}

/* That this is what was told since the last time: pairs of kind and person, up to 0. */
static void expect_told(const int64_t *wanted)
{
	struct ephemeral e;

	for (; wanted[0]; wanted += 2) {
		assert_true(ephemera_next(page, &heard, &e));
		assert_int_equal(e.kind, wanted[0]);
		assert_int_equal(e.user_id, wanted[1]);
	}
	assert_false(ephemera_next(page, &heard, &e));
}
#define TOLD(...) expect_told((const int64_t[]){ __VA_ARGS__ 0 })

static void who_comes_is_told_once_and_so_is_who_goes(void **state)
{
	struct presence_gone gone[GONE_MAX];
	int64_t t = start;

	(void)state;
	assert_int_equal(ago_s(7, t), -1);
	assert_false(online(7, t));
	presence_mark(page, 7, AWAY_S, t);
	assert_true(online(7, t));
	assert_int_equal(tell(t, gone), 0);
	TOLD(EPHEMERAL_ONLINE, 7, );
	for (int i = 0; i < 5; i++, t += AWAY_S * second) {
		presence_mark(page, 7, AWAY_S, t);
		assert_int_equal(tell(t, gone), 0);
	}
	t -= AWAY_S * second;
	assert_true(online(7, t + AWAY_S * second));
	assert_int_equal(tell(t + AWAY_S * second, gone), 0);
	TOLD();
	t += (AWAY_S + 1) * second;
	assert_false(online(7, t));
	assert_int_equal(tell(t, gone), 1);
	assert_int_equal(gone[0].user_id, 7);
	assert_in_range(
		clock_wall_ms() - gone[0].seen_ms, (AWAY_S - 1) * 1000, (AWAY_S + 3) * 1000);
	TOLD(EPHEMERAL_OFFLINE, 7, );
	assert_int_equal(tell(t, gone), 0);
	TOLD();
	assert_in_range(ago_s(7, t), AWAY_S + 1 - 1, AWAY_S + 1 + 2);
}

static void who_comes_back_unseen_is_told_again(void **state)
{
	struct presence_gone gone[GONE_MAX];

	(void)state;
	presence_mark(page, 7, AWAY_S, start);
	tell(start, gone);
	TOLD(EPHEMERAL_ONLINE, 7, );
	/* Nobody looked while they were away, but who asked was told that they are. */
	presence_mark(page, 7, AWAY_S, start + 100 * second);
	tell(start + 100 * second, gone);
	TOLD(EPHEMERAL_ONLINE, 7, );
}

static void who_was_not_written_down_is_found_again_until_they_are(void **state)
{
	struct presence_gone gone[GONE_MAX];
	int64_t t = start;

	(void)state;
	presence_mark(page, 7, AWAY_S, t);
	tell(t, gone);
	t += (AWAY_S + 1) * second;
	assert_int_equal(tell(t, gone), 1);
	assert_int_equal(tell(t + 5 * second, gone), 0);
	t += 60 * second;
	assert_int_equal(tell(t, gone), 1);
	assert_int_equal(tell(t, gone), 1);
	presence_saved(page, &gone[0]);
	assert_int_equal(tell(t, gone), 0);
	assert_in_range(ago_s(7, t), AWAY_S + 61 - 1, AWAY_S + 61 + 2);
	/* Who is back meanwhile stays. */
	presence_mark(page, 7, AWAY_S, t);
	presence_saved(page, &gone[0]);
	assert_true(online(7, t));
	/* Long after, they are forgotten. */
	t += (AWAY_S + 1) * second;
	tell(t, gone);
	presence_saved(page, &gone[0]);
	tell(t + 9 * DAY_S * second, gone);
	assert_true(ago_s(7, t + 9 * DAY_S * second) > 0);
	tell(t + 11 * DAY_S * second, gone);
	assert_int_equal(ago_s(7, t + 11 * DAY_S * second), -1);
}

static void who_leaves_is_gone_at_once_and_who_is_deleted_leaves_no_trace(void **state)
{
	struct presence_gone gone[GONE_MAX];
	struct ephemeral e;

	(void)state;
	presence_mark(page, 7, AWAY_S, start);
	presence_mark(page, 8, AWAY_S, start);
	tell(start, gone);
	assert_true(ephemera_next(page, &heard, &e) && ephemera_next(page, &heard, &e));
	presence_leave(page, 7, start + second, false);
	assert_false(online(7, start + second));
	assert_true(ephemera_next(page, &heard, &e));
	assert_int_equal(e.kind, EPHEMERAL_OFFLINE);
	assert_true(e.seen_ms > 0);
	presence_leave(page, 7, start + second, false);
	TOLD();
	presence_leave(page, 8, start + second, true);
	assert_true(ephemera_next(page, &heard, &e));
	assert_int_equal(e.user_id, 8);
	assert_int_equal(e.seen_ms, 0);
	assert_int_equal(ago_s(8, start + second), -1);
	presence_leave(page, 9, start, false);
	presence_leave(page, 9, start, true);
	TOLD();
}

static void each_id_is_told_by_its_own_name(void **state)
{
	static const int64_t ids[] = { 1, 2, 4095, 4096, 4097, 1000000007, 4294967296,
		9007199254740991, 9007199254740990, 4503599627370496 };
	struct presence_gone gone[GONE_MAX];
	uint64_t random = 0x5eed0009;
	struct ephemeral e;

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		int64_t id = i < COUNT(ids) ? ids[i] : (int64_t)(ground_random(&random) >> 11 | 1);

		presence_mark(page, id, AWAY_S, start);
		tell(start, gone);
		EXPECT(ephemera_next(page, &heard, &e) && e.user_id == id, "id %lld",
			(long long)id);
		presence_leave(page, id, start, true);
		EXPECT(ephemera_next(page, &heard, &e) && e.user_id == id, "id %lld",
			(long long)id);
	}
}

static void a_full_table_forgets_who_matters_least(void **state)
{
	enum { ALL = PRESENCE_SETS * PRESENCE_WAYS };
	struct presence_gone gone[GONE_MAX];
	int64_t later = start + 30 * second;
	int there = 0;

	(void)state;
	for (int64_t id = 1; id <= ALL; id++)
		presence_mark(page, id, AWAY_S, start);
	for (int64_t id = 1; id <= ALL; id++)
		there += online(id, start);
	/* Ids come one after the other, and fill the sets evenly. */
	assert_true(there > ALL * 95 / 100);
	for (int64_t id = ALL + 1; id <= ALL + 5000; id++) {
		presence_mark(page, id, AWAY_S, later);
		EXPECT(online(id, later), "id %lld", (long long)id);
	}
	tell(later, gone);
	for (int64_t id = ALL + 1; id <= ALL + 5000; id++)
		EXPECT(online(id, later), "id %lld", (long long)id);
}

static void seconds_that_come_round_do_no_harm(void **state)
{
	enum { ROUND_S = 1 << 21 };
	struct presence_gone gone[GONE_MAX];

	(void)state;
	for (int64_t s = ROUND_S - 3; s < ROUND_S + 3; s++) {
		presence_mark(page, 7, AWAY_S, s * second);
		assert_true(online(7, s * second));
		/* Another process looked at the clock a second before. */
		assert_true(online(7, (s - 1) * second));
		assert_int_equal(tell((s - 1) * second, gone), 0);
	}
	TOLD(EPHEMERAL_ONLINE, 7, );
}

struct race {
	_Atomic int go, stop;
	_Atomic int64_t now_us, gone[PEOPLE + 1];
};

static int mark_some(int number, void *context)
{
	struct race *r = context;

	(void)number;
	while (!r->go)
		sched_yield();
	for (int64_t id = 1; id <= PEOPLE; id++)
		presence_mark(page, id, AWAY_S, r->now_us);
	return 0;
}

static int tell_all(int number, void *context)
{
	struct race *r = context;
	static struct presence_gone gone[PEOPLE];

	(void)number;
	while (!r->go)
		sched_yield();
	for (int i = 0; i < 20; i++) {
		size_t n = presence_tell(page, AWAY_S, r->now_us, gone, PEOPLE);

		for (size_t k = 0; k < n; k++)
			atomic_fetch_add(&r->gone[gone[k].user_id], 1);
	}
	return 0;
}

static void expect_each_once(enum ephemeral_kind kind)
{
	static int told[PEOPLE + 1];
	struct ephemeral e;

	memset(told, 0, sizeof told);
	while (ephemera_next(page, &heard, &e)) {
		assert_int_equal(e.kind, kind);
		told[e.user_id]++;
	}
	for (int id = 1; id <= PEOPLE; id++)
		EXPECT(told[id] == 1, "%d was told of %d times", id, told[id]);
}

static void of_many_who_mark_and_look_one_tells(void **state)
{
	struct race *r = ground_shared(sizeof *r);

	(void)state;
	r->now_us = start;
	r->go = 1;
	ground_children(PROCESSES, mark_some, r);
	ground_children(PROCESSES, tell_all, r);
	expect_each_once(EPHEMERAL_ONLINE);
	r->now_us = start + (AWAY_S + 1) * second;
	ground_children(PROCESSES, tell_all, r);
	expect_each_once(EPHEMERAL_OFFLINE);
	for (int id = 1; id <= PEOPLE; id++)
		EXPECT(r->gone[id] == 1, "%d would be written down %d times", id, (int)r->gone[id]);
	munmap(r, sizeof *r);
}

static int mark_for_ever(int number, void *context)
{
	struct race *r = context;
	uint64_t random = (uint64_t)number + 1;
	struct presence_gone gone[GONE_MAX];

	while (!r->stop) {
		presence_mark(
			page, 1 + (int64_t)(ground_random(&random) % PEOPLE), AWAY_S, r->now_us);
		if (ground_random(&random) % 64 == 0)
			tell(r->now_us, gone);
	}
	return 0;
}

static void who_is_killed_while_it_marks_or_tells_blocks_nobody(void **state)
{
	struct race *r = ground_shared(sizeof *r);
	struct presence_gone gone[GONE_MAX];
	uint64_t random = 0x5eed000b;

	(void)state;
	r->now_us = start;
	for (int i = 0; i < KILLED; i++) {
		pid_t child = ground_child(mark_for_ever, i, r);

		usleep((useconds_t)(ground_random(&random) % 5000));
		kill(child, SIGKILL);
		ground_wait(child);
	}
	for (int64_t id = 1; id <= PEOPLE; id++) {
		presence_mark(page, id, AWAY_S, start);
		EXPECT(online(id, start), "id %lld", (long long)id);
	}
	tell(start + (AWAY_S + 1) * second, gone);
	for (int64_t id = 1; id <= PEOPLE; id++)
		EXPECT(!online(id, start + (AWAY_S + 1) * second), "id %lld", (long long)id);
	munmap(r, sizeof *r);
}

#define WITH_PAGE(test) cmocka_unit_test_setup_teardown(test, make_page, leave_page)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAGE(who_comes_is_told_once_and_so_is_who_goes),
		WITH_PAGE(who_comes_back_unseen_is_told_again),
		WITH_PAGE(who_was_not_written_down_is_found_again_until_they_are),
		WITH_PAGE(who_leaves_is_gone_at_once_and_who_is_deleted_leaves_no_trace),
		WITH_PAGE(each_id_is_told_by_its_own_name),
		WITH_PAGE(a_full_table_forgets_who_matters_least),
		WITH_PAGE(seconds_that_come_round_do_no_harm),
		WITH_PAGE(of_many_who_mark_and_look_one_tells),
		WITH_PAGE(who_is_killed_while_it_marks_or_tells_blocks_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
