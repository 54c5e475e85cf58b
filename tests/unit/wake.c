/* The bell as an event of the loop, rung by this process and by others. */
#include "live/wake.h"

#include "core/clock.h"
#include "core/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GIVE_UP_US = 20000000 };

/* Shared with children, as the page is. */
struct shared {
	_Atomic uint32_t bell;
	_Atomic uint64_t head;
};

static struct shared *shared;

struct ear {
	uv_loop_t loop;
	struct wake *wake;
	uint64_t heard;
	int calls, nap_us;
};

static void on_rung(void *context)
{
	struct ear *e = context;

	e->calls++;
	e->heard = atomic_load(&shared->head);
	if (e->nap_us)
		usleep((useconds_t)e->nap_us);
}

static void ring(uint64_t head)
{
	atomic_store(&shared->head, head);
	atomic_fetch_add(&shared->bell, 1);
	page_wake(&shared->bell, INT_MAX);
}

static void ear_open(struct ear *e)
{
	*e = (struct ear){ .calls = 0 };
	atomic_store(&shared->head, 0);
	uv_loop_init(&e->loop);
	e->wake = wake_start(&e->loop, &shared->bell, NULL, on_rung, e);
	assert_non_null(e->wake);
}

static void ear_close(struct ear *e)
{
	int64_t began = clock_us();

	wake_stop(e->wake);
	assert_true(clock_us() - began < 900000); /* it does not wait for the tick */
	uv_run(&e->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&e->loop), 0);
}

static void hear(struct ear *e, uint64_t head)
{
	for (int64_t began = clock_us(); e->heard < head;) {
		assert_true(clock_us() - began < GIVE_UP_US);
		uv_run(&e->loop, UV_RUN_ONCE);
	}
	assert_int_equal(e->heard, head);
}

static void a_ring_of_another_process_is_heard_at_once(void **state)
{
	struct ear e;
	int asks[2], status;
	int64_t began;
	pid_t child;
	char byte;

	(void)state;
	assert_int_equal(pipe(asks), 0);
	ear_open(&e);
	child = fork();
	if (child == 0) {
		close(asks[1]);
		for (uint64_t i = 1; read(asks[0], &byte, 1) == 1; i++)
			ring(i);
		_exit(0);
	}
	close(asks[0]);
	began = clock_us();
	for (uint64_t i = 1; i <= 20; i++) {
		assert_int_equal(write(asks[1], "x", 1), 1);
		hear(&e, i);
	}
	/* Twenty ticks would be twenty seconds. */
	assert_true(clock_us() - began < 5000000);
	close(asks[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	ear_close(&e);
}

static void the_last_ring_of_a_storm_is_heard(void **state)
{
	enum { RINGS = 200000 };
	struct ear e;
	int status;
	pid_t child;

	(void)state;
	ear_open(&e);
	child = fork();
	if (child == 0) {
		for (uint64_t i = 1; i <= RINGS; i++)
			ring(i);
		_exit(0);
	}
	hear(&e, RINGS);
	assert_int_equal(waitpid(child, &status, 0), child);
	ear_close(&e);
}

static void what_a_busy_loop_missed_it_hears_once(void **state)
{
	struct ear e;
	int status, before;
	pid_t child;

	(void)state;
	ear_open(&e);
	e.nap_us = 50000;
	child = fork();
	if (child == 0) {
		for (uint64_t i = 1; i <= 400; i++) {
			ring(i);
			usleep(1000);
		}
		_exit(0);
	}
	before = e.calls;
	hear(&e, 400);
	assert_in_range(e.calls - before, 2, 150);
	assert_int_equal(waitpid(child, &status, 0), child);
	ear_close(&e);
}

static void it_ticks_without_a_ring_and_costs_little(void **state)
{
	struct rusage before, after;
	struct ear e;
	int64_t began;

	(void)state;
	ear_open(&e);
	while (e.calls < 1)
		uv_run(&e.loop, UV_RUN_ONCE);
	began = clock_us();
	getrusage(RUSAGE_SELF, &before);
	while (e.calls < 3)
		uv_run(&e.loop, UV_RUN_ONCE);
	getrusage(RUSAGE_SELF, &after);
	assert_in_range((clock_us() - began) / 1000, 1500, 20000);
	assert_true((after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 +
			    (after.ru_utime.tv_usec - before.ru_utime.tv_usec) <
		    100000);
	ear_close(&e);
}

static void who_rests_hears_no_ring_and_once_up_what_was_missed(void **state)
{
	enum { RINGS = 1000 };
	struct ear e;
	int calls;

	(void)state;
	ear_open(&e);
	while (e.calls < 1)
		uv_run(&e.loop, UV_RUN_ONCE);
	wake_rest(e.wake);
	ring(1); /* which may still find it awake */
	hear(&e, 1);
	calls = e.calls;
	for (uint64_t i = 2; i <= RINGS; i++) {
		ring(i);
		uv_run(&e.loop, UV_RUN_NOWAIT);
	}
	/* Its ticks go on. */
	assert_in_range(e.calls - calls, 0, 20);
	wake_up(e.wake);
	hear(&e, RINGS);
	calls = e.calls;
	ring(RINGS + 1);
	hear(&e, RINGS + 1);
	ear_close(&e);
}

/* --- what is asked before the loop is told --- */

struct asking {
	uv_loop_t loop;
	struct wake *wake;
	pthread_t loops;
	int asked, rung, more; /* plain: the two take turns */
	bool apart;
};

static bool on_ask(void *context)
{
	struct asking *a = context;

	assert_int_equal(a->asked, a->rung);
	a->asked++;
	a->apart = !pthread_equal(pthread_self(), a->loops);
	return a->more > 0;
}

static void on_answer(void *context)
{
	struct asking *a = context;

	assert_int_equal(a->asked, a->rung + 1);
	a->rung++;
	a->more--;
}

static void a_thread_asks_before_each_call_and_again_while_there_is_more(void **state)
{
	struct asking a = { .more = 100, .loops = pthread_self() };
	int64_t began = clock_us();

	(void)state;
	uv_loop_init(&a.loop);
	a.wake = wake_start(&a.loop, &shared->bell, on_ask, on_answer, &a);
	assert_non_null(a.wake);
	while (a.rung < 100)
		uv_run(&a.loop, UV_RUN_ONCE);
	/* Not by the tick, which would have taken a hundred seconds. */
	assert_true(clock_us() - began < GIVE_UP_US);
	assert_true(a.apart);
	wake_stop(a.wake);
	uv_run(&a.loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&a.loop), 0);
}

static void it_stops_wherever_its_thread_is(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++) {
		struct ear e;

		ear_open(&e);
		if (i % 3 == 1)
			usleep((useconds_t)i);
		if (i % 3 == 2)
			ring(1);
		if (i % 2)
			uv_run(&e.loop, UV_RUN_NOWAIT);
		ear_close(&e);
	}
}

static int map(void **state)
{
	(void)state;
	shared = mmap(
		NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ring_of_another_process_is_heard_at_once),
		cmocka_unit_test(the_last_ring_of_a_storm_is_heard),
		cmocka_unit_test(what_a_busy_loop_missed_it_hears_once),
		cmocka_unit_test(it_ticks_without_a_ring_and_costs_little),
		cmocka_unit_test(who_rests_hears_no_ring_and_once_up_what_was_missed),
		cmocka_unit_test(a_thread_asks_before_each_call_and_again_while_there_is_more),
		cmocka_unit_test(it_stops_wherever_its_thread_is),
	};

	return cmocka_run_group_tests(tests, map, NULL);
}
