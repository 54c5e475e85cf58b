/* Arena and buf. */
#include "ground.h"

#include "core/arena.h"
#include "core/buf.h"

/* The sanitizer ends the process by itself when an allocation is absurd; here the library must. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void an_arena_gives_zeroed_aligned_memory_of_any_size(void **state)
{
	static const size_t sizes[] = { 1, 0, 7, 16, 17, 4096, 16383, 16384, 16385, 100000, 3 };
	struct arena a;

	(void)state;
	arena_init(&a);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			char *p = arena_alloc(&a, sizes[i]);

			EXPECT((uintptr_t)p % 16 == 0, "%zu bytes", sizes[i]);
			for (size_t k = 0; k < sizes[i]; k++)
				EXPECT(p[k] == 0, "byte %zu of %zu", k, sizes[i]);
			memset(p, 0xaa, sizes[i]);
		}
		arena_clear(&a);
	}
	arena_free(&a);
}

static void pieces_of_an_arena_do_not_overlap(void **state)
{
	unsigned char *pieces[500];
	uint64_t random = 1;
	size_t sizes[500];
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(pieces); i++) {
		sizes[i] = ground_random(&random) % 600;
		pieces[i] = arena_alloc(&a, sizes[i]);
		memset(pieces[i], (int)(i & 255), sizes[i]);
	}
	for (size_t i = 0; i < COUNT(pieces); i++)
		for (size_t k = 0; k < sizes[i]; k++)
			EXPECT(pieces[i][k] == (i & 255), "piece %zu", i);
	arena_free(&a);
}

static void a_cleared_arena_starts_again_in_its_first_block(void **state)
{
	struct arena a;
	void *first;

	(void)state;
	arena_init(&a);
	first = arena_alloc(&a, 32);
	arena_alloc(&a, 1 << 20);
	arena_clear(&a);
	assert_ptr_equal(arena_alloc(&a, 32), first);
	assert_ptr_equal(a.first, a.last);
	arena_free(&a);
}

static void copies_end_in_nul_and_keep_absent_absent(void **state)
{
	struct arena a;
	struct str s;

	(void)state;
	arena_init(&a);
	s = arena_copy(&a, (struct str){ "abcdef", 3 });
	assert_true(str_is(s, "abc"));
	assert_int_equal(s.p[3], 0);
	s = arena_copy(&a, STR(""));
	assert_non_null(s.p);
	assert_int_equal(s.n, 0);
	assert_null(arena_copy(&a, (struct str){ NULL, 0 }).p);
	assert_string_equal(arena_z(&a, (struct str){ NULL, 0 }), "");
	assert_string_equal(arena_z(&a, (struct str){ "xyz", 2 }), "xy");
	s = arena_printf(&a, "%s-%d-%0*d", "x", 5, 40000, 1);
	assert_int_equal(s.n, 40004);
	assert_memory_equal(s.p, "x-5-000", 7);
	assert_int_equal(s.p[s.n], 0);
	arena_free(&a);
}

static int ask_too_much(int number, void *context)
{
	volatile size_t n = SIZE_MAX / 4;
	int *words = context;
	struct arena a;

	dup2(words[1], STDERR_FILENO);
	arena_init(&a);
	if (number == 0)
		must_alloc(n);
	else if (number == 1)
		must_realloc(NULL, n);
	else
		arena_alloc(&a, n);
	return 0;
}

static void memory_that_is_not_there_ends_the_process_with_70(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		char words[8192] = "";
		int pipes[2];
		ssize_t n;

		assert_int_equal(pipe(pipes), 0);
		assert_int_equal(ground_wait(ground_child(ask_too_much, i, pipes)), 70);
		close(pipes[1]);
		for (size_t have = 0;
			(n = read(pipes[0], words + have, sizeof words - 1 - have)) > 0;)
			have += (size_t)n;
		close(pipes[0]);
		assert_non_null(strstr(words, "out of memory\n"));
	}
	free(must_realloc(must_alloc(0), 0));
}

static void a_buf_grows_to_its_maximum_and_not_beyond(void **state)
{
	struct buf b = BUF_INIT(1000);
	char text[1001];

	(void)state;
	memset(text, 'x', sizeof text);
	assert_true(buf_as_str(&b).p != NULL);
	assert_int_equal(buf_as_str(&b).n, 0);
	for (int i = 0; i < 999; i++)
		buf_byte(&b, 'x');
	assert_false(b.over);
	buf_add(&b, "yy", 2);
	assert_true(b.over);
	assert_int_equal(b.n, 999);
	buf_byte(&b, 'z'); /* would fit, but a hole would be left */
	assert_int_equal(b.n, 999);
	assert_true(b.over);
	buf_clear(&b);
	assert_false(b.over);
	assert_int_equal(b.n, 0);
	buf_add(&b, text, 1000);
	assert_false(b.over);
	assert_int_equal(b.n, 1000);
	assert_true(b.room <= 1000);
	assert_null(buf_room(&b, 1));
	assert_true(b.over);
	buf_clear(&b);
	buf_add(&b, text, 1001);
	assert_true(b.over);
	buf_clear(&b);
	assert_null(buf_room(&b, SIZE_MAX));
	buf_free(&b);
	assert_null(b.p);
	buf_free(&b);
}

static void a_buf_takes_what_is_written_into_its_room(void **state)
{
	struct buf b = BUF_INIT(4096);

	(void)state;
	for (int i = 0; i < 40; i++) {
		char *to = buf_room(&b, 100);

		assert_non_null(to);
		memset(to, 'a' + i % 26, 100);
		b.n += 100;
	}
	for (size_t i = 0; i < b.n; i++)
		EXPECT(b.p[i] == (char)('a' + i / 100 % 26), "byte %zu", i);
	buf_free(&b);
}

static void a_buf_writes_numbers_and_words_as_printf_would(void **state)
{
	static const int64_t numbers[] = { 0, 1, -1, 9, 10, -10, 1234567890, INT64_MAX, INT64_MIN,
		INT64_MIN + 1 };
	struct buf b = BUF_INIT(4096);
	char expected[64], long_text[2000];

	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		buf_clear(&b);
		buf_int(&b, numbers[i]);
		snprintf(expected, sizeof expected, "%lld", (long long)numbers[i]);
		EXPECT(str_is(buf_as_str(&b), expected), "%s", expected);
	}
	buf_clear(&b);
	buf_z(&b, "");
	buf_str(&b, (struct str){ NULL, 0 });
	buf_printf(&b, "%s=%d;", "a", 7);
	buf_z(&b, "end");
	assert_true(str_is(buf_as_str(&b), "a=7;end"));
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = 0;
	buf_printf(&b, "%s", long_text); /* more than it takes at once: said, never cut */
	assert_true(b.over);
	assert_int_equal(b.n, 7);
	buf_free(&b);
}

static void a_buf_that_grew_large_gives_its_memory_back_when_cleared(void **state)
{
	struct buf b = BUF_INIT(1 << 20);

	(void)state;
	buf_byte(&b, 'x');
	buf_clear(&b);
	assert_non_null(b.p);
	while (b.n < 200000)
		buf_add(&b, "0123456789", 10);
	buf_clear(&b);
	assert_null(b.p);
	assert_int_equal(b.room, 0);
	buf_byte(&b, 'y');
	assert_true(str_is(buf_as_str(&b), "y"));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_arena_gives_zeroed_aligned_memory_of_any_size),
		cmocka_unit_test(pieces_of_an_arena_do_not_overlap),
		cmocka_unit_test(a_cleared_arena_starts_again_in_its_first_block),
		cmocka_unit_test(copies_end_in_nul_and_keep_absent_absent),
		cmocka_unit_test(memory_that_is_not_there_ends_the_process_with_70),
		cmocka_unit_test(a_buf_grows_to_its_maximum_and_not_beyond),
		cmocka_unit_test(a_buf_takes_what_is_written_into_its_room),
		cmocka_unit_test(a_buf_writes_numbers_and_words_as_printf_would),
		cmocka_unit_test(a_buf_that_grew_large_gives_its_memory_back_when_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
