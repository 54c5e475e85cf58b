/* Turns: so many at once, none lost, the last to come is the first to go on, who waits for long is
 * idle, and nobody waits for one after the end. */
#include "ground.h"

#include "core/turn.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TURNS = 2, THREADS = 8, ROUNDS = 2000 };

static _Atomic int at_work, most, rounds, told;

static void nobody(void)
{
	atomic_fetch_add(&told, 1);
}

static void *work(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		int now, seen;

		turn_take();
		now = atomic_fetch_add(&at_work, 1) + 1;
		seen = atomic_load(&most);
		while (seen < now && !atomic_compare_exchange_weak(&most, &seen, now))
			continue;
		if (i % 3 == 0)
			turn_take(); /* it has one */
		atomic_fetch_add(&rounds, 1);
		atomic_fetch_sub(&at_work, 1);
		turn_pass();
		if (i % 5 == 0)
			turn_pass(); /* it has none */
	}
	return NULL;
}

static void no_more_are_at_work_than_there_are_turns(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	turn_open(TURNS, 60, nobody);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(rounds, THREADS * ROUNDS);
	assert_in_range(most, 1, TURNS);
}

static void *take_one(void *unused)
{
	(void)unused;
	turn_take();
	return NULL;
}

static void at_the_end_everybody_may_go(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	turn_open(1, 60, nobody);
	assert_true(turn_take());
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_one, NULL), 0);
	turn_close();
	atomic_store(&told, 0);
	turn_pass();
	assert_int_equal(told, 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static _Atomic int came;
static _Atomic pid_t here;
static int order[THREADS];

static bool sleeps(pid_t thread)
{
	char path[64], text[256] = "";
	FILE *f;

	snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)thread);
	f = fopen(path, "r");
	if (f && !fgets(text, sizeof text, f))
		text[0] = 0;
	if (f)
		fclose(f);
	return strstr(text, ") S ") != NULL;
}

static void *come_and_go(void *number)
{
	atomic_store(&here, gettid());
	assert_true(turn_take());
	order[atomic_fetch_add(&came, 1)] = *(int *)number;
	turn_pass();
	return NULL;
}

static void the_last_to_come_is_the_first_to_go_on(void **state)
{
	pthread_t threads[THREADS];
	int numbers[THREADS];

	(void)state;
	turn_open(1, 60, nobody);
	assert_true(turn_take());
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		atomic_store(&here, 0);
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, &numbers[i]), 0);
		while (!sleeps(atomic_load(&here)))
			usleep(1000);
	}
	atomic_store(&told, 0);
	turn_pass();
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(came, THREADS);
	assert_int_equal(order[0], THREADS - 1);
	assert_in_range(told, 1, THREADS);
}

static void who_waits_for_long_is_idle(void **state)
{
	(void)state;
	turn_open(0, 1, nobody);
	assert_false(turn_take());
	turn_pass(); /* it has none */
	turn_open(1, 1, nobody);
	assert_true(turn_take());
	turn_pass();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_more_are_at_work_than_there_are_turns),
		cmocka_unit_test(the_last_to_come_is_the_first_to_go_on),
		cmocka_unit_test(who_waits_for_long_is_idle),
		cmocka_unit_test(at_the_end_everybody_may_go),
	};

	return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
