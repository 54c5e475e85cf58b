#include "ground.h"

#include "core/clock.h"
#include "core/page.h"

#include <sched.h>
#include <signal.h>

enum { WRITERS = 8, EACH = 20000, READERS = 4, KILLED = 20 };

static struct page *page;

static int make_page(void **state)
{
	(void)state;
	page = ground_shared(sizeof *page);
	ephemera_init(&page->ephemera);
	return 0;
}

static int leave_page(void **state)
{
	(void)state;
	return munmap(page, sizeof *page);
}

/* One whose members say the same of each other, so that half of another shows. */
static void put(int64_t user_id)
{
	struct ephemeral e = { .kind = user_id % 2 ? EPHEMERAL_ONLINE : EPHEMERAL_OFFLINE,
		.user_id = user_id,
		.chat_id = user_id * 3,
		.seen_ms = user_id * 7 };

	ephemera_put(page, &e);
}

static bool is_whole(const struct ephemeral *e)
{
	return e->chat_id == e->user_id * 3 && e->seen_ms == e->user_id * 7 &&
	       e->kind == (e->user_id % 2 ? EPHEMERAL_ONLINE : EPHEMERAL_OFFLINE);
}

static void what_is_put_in_is_read_in_order_by_each_reader(void **state)
{
	int64_t one = ephemera_end(page), other = one, wall = clock_wall_ms();
	struct ephemeral e;

	(void)state;
	assert_false(ephemera_next(page, &one, &e));
	for (int64_t i = 1; i <= 100; i++) {
		put(i);
		assert_true(ephemera_next(page, &one, &e));
		assert_int_equal(e.user_id, i);
		assert_int_equal(e.number, one);
		assert_true(e.at_ms >= wall && e.at_ms <= clock_wall_ms());
	}
	for (int64_t i = 1; i <= 100; i++) {
		assert_true(ephemera_next(page, &other, &e));
		assert_int_equal(e.user_id, i);
	}
	assert_false(ephemera_next(page, &other, &e));
	assert_int_equal(one, other);
}

static void a_place_that_is_ahead_or_overrun_or_of_another_ring_is_the_end(void **state)
{
	int64_t first = ephemera_end(page), end;
	struct ephemeral e;

	(void)state;
	for (int64_t i = 0; i < EPHEMERA_MAX + 10; i++)
		put(i);
	end = ephemera_end(page);
	assert_int_equal(end, first + EPHEMERA_MAX + 10);
	const int64_t elsewhere[] = { 0, first - 1, first, first + 9, end + 1, INT64_MAX };
	for (size_t i = 0; i < COUNT(elsewhere); i++) {
		int64_t at = elsewhere[i];

		EXPECT(ephemera_from(page, at) == end, "row %zu", i);
		EXPECT(!ephemera_next(page, &at, &e) && at == end, "row %zu", i);
	}
	first += 10;
	assert_int_equal(ephemera_from(page, first), first);
	assert_true(ephemera_next(page, &first, &e));
	assert_int_equal(e.user_id, 10);
}

/* Who draws a number and is killed before sealing its place. */
static void what_was_never_finished_holds_up_for_a_moment_only(void **state)
{
	int64_t at = ephemera_end(page), began;
	struct ephemeral e;

	(void)state;
	atomic_fetch_add(&page->ephemera.end, 1);
	assert_false(ephemera_next(page, &at, &e));
	put(1);
	began = clock_us();
	assert_false(ephemera_next(page, &at, &e));
	while (!ephemera_next(page, &at, &e))
		usleep(1000);
	assert_int_equal(e.user_id, 1);
	assert_in_range((clock_us() - began) / 1000, 400, 30000);
	/* One that is only slow is not stepped over. */
	atomic_fetch_add(&page->ephemera.end, 1);
	put(3);
	assert_false(ephemera_next(page, &at, &e));
	atomic_fetch_sub(&page->ephemera.end, 2);
	put(2);
	atomic_fetch_add(&page->ephemera.end, 1);
	assert_true(ephemera_next(page, &at, &e));
	assert_int_equal(e.user_id, 2);
	assert_true(ephemera_next(page, &at, &e));
	assert_int_equal(e.user_id, 3);
}

struct race {
	_Atomic int go, stop, bad;
	_Atomic int64_t read;
};

static int write_many(int number, void *context)
{
	struct race *r = context;

	while (!r->go)
		sched_yield();
	for (int64_t i = 0; i < EACH; i++)
		put(number * (int64_t)EACH + i);
	return 0;
}

static int write_for_ever(int number, void *context)
{
	struct race *r = context;

	for (int64_t i = 0; !r->stop; i++)
		put(number + i);
	return 0;
}

static int read_all(int number, void *context)
{
	struct race *r = context;
	int64_t at = ephemera_end(page), last = at;
	struct ephemeral e;

	(void)number;
	for (;;) {
		bool last_look = r->stop;

		if (!ephemera_next(page, &at, &e)) {
			if (last_look)
				break;
			continue;
		}
		if (!is_whole(&e) || e.number <= last)
			atomic_fetch_add(&r->bad, 1);
		last = e.number;
		atomic_fetch_add(&r->read, 1);
	}
	return 0;
}

static void nobody_reads_half_of_one_however_many_write(void **state)
{
	struct race *r = ground_shared(sizeof *r);
	pid_t readers[READERS];
	int64_t first = ephemera_end(page), rounds = 0;

	(void)state;
	for (int i = 0; i < READERS; i++)
		readers[i] = ground_child(read_all, i, r);
	r->go = 1;
	/* On a busy machine all is written before a reader has its first turn. */
	for (; r->read == 0; rounds++)
		ground_children(WRITERS, write_many, r);
	r->stop = 1;
	for (int i = 0; i < READERS; i++)
		assert_int_equal(ground_wait(readers[i]), 0);
	assert_int_equal(ephemera_end(page) - first, rounds * WRITERS * EACH);
	assert_int_equal(r->bad, 0);
	munmap(r, sizeof *r);
}

static void writers_that_are_killed_harm_nobody(void **state)
{
	struct race *r = ground_shared(sizeof *r);
	uint64_t random = 0x5eed0007;
	pid_t reader = ground_child(read_all, 0, r);
	int64_t at;
	struct ephemeral e;

	(void)state;
	for (int i = 0; i < KILLED; i++) {
		pid_t writer = ground_child(write_for_ever, i, r);

		usleep((useconds_t)(ground_random(&random) % 5000));
		kill(writer, SIGKILL);
		ground_wait(writer);
	}
	r->stop = 1;
	assert_int_equal(ground_wait(reader), 0);
	assert_int_equal(r->bad, 0);
	at = ephemera_end(page);
	put(5);
	assert_true(ephemera_next(page, &at, &e));
	assert_int_equal(e.user_id, 5);
	munmap(r, sizeof *r);
}

#define WITH_PAGE(test) cmocka_unit_test_setup_teardown(test, make_page, leave_page)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAGE(what_is_put_in_is_read_in_order_by_each_reader),
		WITH_PAGE(a_place_that_is_ahead_or_overrun_or_of_another_ring_is_the_end),
		WITH_PAGE(what_was_never_finished_holds_up_for_a_moment_only),
		WITH_PAGE(nobody_reads_half_of_one_however_many_write),
		WITH_PAGE(writers_that_are_killed_harm_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
