#include "ground.h"

#include "live/wheel.h"

enum { MANY = 200 };

static uv_loop_t loop;
static int served, order[MANY];

struct timed {
	struct wound wound; /* first */
	int number;
	struct timed *ends; /* is unwound when this one is due */
	int again;
};

static int begin(void **state)
{
	(void)state;
	served = 0;
	uv_loop_init(&loop);
	wheel_start(&loop);
	return 0;
}

static int end(void **state)
{
	(void)state;
	wheel_stop();
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	return 0;
}

static void on_due(struct wound *w)
{
	struct timed *t = (struct timed *)(void *)w;

	order[served++] = t->number;
	if (t->ends)
		wheel_unwind(&t->ends->wound);
	if (t->again-- > 0)
		wheel_wind(w, 1, on_due);
}

static void what_is_due_first_is_served_first(void **state)
{
	struct timed late = { .number = 2 }, early = { .number = 1 };
	uint64_t began = uv_now(&loop);

	(void)state;
	wheel_wind(&late.wound, 250, on_due);
	wheel_wind(&early.wound, 100, on_due);
	/* The loop ends by itself: the wheel turns only while something is wound. */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(served, 2);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 2);
	assert_true(uv_now(&loop) - began >= 250);
}

static void one_that_is_due_may_unwind_others_and_wind_itself(void **state)
{
	struct timed all[MANY] = { { .number = 0 } };

	(void)state;
	for (int i = 0; i < MANY; i += 2) {
		all[i].ends = &all[i + 1];
		all[i + 1].ends = &all[i];
		wheel_wind(&all[i].wound, 10, on_due);
		wheel_wind(&all[i + 1].wound, 10, on_due);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(served, MANY / 2);
	all[0].ends = NULL;
	all[0].again = 2;
	wheel_wind(&all[0].wound, 10, on_due);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(served, MANY / 2 + 3);
}

static void winding_again_moves_it_and_unwinding_twice_is_nothing(void **state)
{
	struct timed one = { .number = 1 }, other = { .number = 2 };

	(void)state;
	wheel_wind(&one.wound, 10, on_due);
	wheel_wind(&other.wound, 60, on_due);
	wheel_wind(&one.wound, 200, on_due);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(order[0], 2);
	assert_int_equal(served, 2);
	wheel_unwind(&one.wound);
	wheel_wind(&one.wound, 10, on_due);
	wheel_unwind(&one.wound);
	wheel_unwind(&one.wound);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(served, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_due_first_is_served_first, begin, end),
		cmocka_unit_test_setup_teardown(
			one_that_is_due_may_unwind_others_and_wind_itself, begin, end),
		cmocka_unit_test_setup_teardown(
			winding_again_moves_it_and_unwinding_twice_is_nothing, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
