/* Turns: so many at once, none lost, and nobody waits for one after the end. */
#include "ground.h"

#include "core/turn.h"

#include <pthread.h>
#include <stdatomic.h>

enum { TURNS = 2, THREADS = 8, ROUNDS = 2000 };

static _Atomic int at_work, most, rounds;

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
	turn_open(TURNS);
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
	turn_open(0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, take_one, NULL), 0);
	turn_close();
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_more_are_at_work_than_there_are_turns),
		cmocka_unit_test(at_the_end_everybody_may_go),
	};

	return cmocka_run_group_tests_name("turn", tests, NULL, NULL);
}
