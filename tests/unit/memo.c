/* What a process remembers: found by its key alone, whole, from any thread. */
#include "ground.h"

#include "core/memo.h"

enum { PLACES = 64, THREADS = 4, ROUNDS = 20000 };

struct value {
	uint64_t words[16];
};

static struct memo memo = MEMO(PLACES, sizeof(struct value));

static struct str key_of(const uint64_t *n)
{
	return (struct str){ (const char *)n, sizeof *n };
}

static struct value value_of(uint64_t n)
{
	struct value v;

	for (size_t i = 0; i < COUNT(v.words); i++)
		v.words[i] = n;
	return v;
}

static void what_was_put_is_found_under_its_key_alone(void **state)
{
	struct value v = value_of(7), found;
	uint64_t seven = 7, eight = 8;

	(void)state;
	assert_false(memo_get(&memo, key_of(&seven), &found));
	memo_put(&memo, key_of(&seven), &v);
	assert_true(memo_get(&memo, key_of(&seven), &found));
	assert_memory_equal(&found, &v, sizeof v);
	assert_false(memo_get(&memo, key_of(&eight), &found));
	/* A key is its bytes and its length. */
	assert_false(memo_get(&memo, (struct str){ (const char *)&seven, 4 }, &found));
	v = value_of(70);
	memo_put(&memo, key_of(&seven), &v);
	assert_true(memo_get(&memo, key_of(&seven), &found));
	assert_int_equal(found.words[15], 70);
}

static void where_the_table_is_full_the_later_stands(void **state)
{
	struct value found;
	uint64_t there = 0;

	(void)state;
	for (uint64_t n = 1000; n < 1000 + 10 * PLACES; n++) {
		struct value v = value_of(n);

		memo_put(&memo, key_of(&n), &v);
		assert_true(memo_get(&memo, key_of(&n), &found));
	}
	for (uint64_t n = 1000; n < 1000 + 10 * PLACES; n++)
		if (memo_get(&memo, key_of(&n), &found)) {
			EXPECT(found.words[0] == n, "%llu", (unsigned long long)n);
			there++;
		}
	EXPECT(there > PLACES / 2 && there <= PLACES, "%llu are left", (unsigned long long)there);
}

static void a_table_grows_with_what_is_remembered(void **state)
{
	static struct memo large = MEMO(64 * PLACES, sizeof(struct value));
	struct value found;
	uint64_t there = 0;

	(void)state;
	for (int round = 0; round < 2; round++)
		for (uint64_t n = 0; n < 32 * PLACES; n++) {
			struct value v = value_of(n + (uint64_t)round);

			memo_put(&large, key_of(&n), &v);
		}
	for (uint64_t n = 0; n < 32 * PLACES; n++)
		if (memo_get(&large, key_of(&n), &found)) {
			EXPECT(found.words[0] == n + 1, "%llu", (unsigned long long)n);
			there++;
		}
	EXPECT(there > 28 * PLACES, "%llu are there", (unsigned long long)there);
}

static void *use(void *seed)
{
	uint64_t random = (uint64_t)(uintptr_t)seed;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t n = ground_random(&random) % (4 * PLACES);
		struct value v = value_of(n), found;

		if (i % 2)
			memo_put(&memo, key_of(&n), &v);
		else if (memo_get(&memo, key_of(&n), &found) && memcmp(&found, &v, sizeof v) != 0)
			return "a value is torn or another's";
	}
	return NULL;
}

static void threads_never_see_half_a_value(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, use, (void *)(i + 1)), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *problem;

		pthread_join(threads[i], &problem);
		EXPECT(!problem, "%s", (const char *)problem);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_put_is_found_under_its_key_alone),
		cmocka_unit_test(where_the_table_is_full_the_later_stands),
		cmocka_unit_test(a_table_grows_with_what_is_remembered),
		cmocka_unit_test(threads_never_see_half_a_value),
	};

	return cmocka_run_group_tests_name("memo", tests, NULL, NULL);
}
