#include "ground.h"

#include "core/random.h"

static void bytes_differ_each_time(void **state)
{
	unsigned char a[64] = { 0 }, b[64] = { 0 }, seen[256] = { 0 };
	static unsigned char many[1 << 16];
	int values = 0;

	(void)state;
	random_bytes(a, sizeof a);
	random_bytes(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	random_bytes(many, sizeof many);
	for (size_t i = 0; i < sizeof many; i++)
		seen[many[i]] = 1;
	for (int i = 0; i < 256; i++)
		values += seen[i];
	assert_int_equal(values, 256);
	random_bytes(NULL, 0);
}

static void text_is_as_long_as_promised_and_of_safe_characters(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena);
	for (size_t n = 0; n < 70; n++) {
		struct str s = random_text(&arena, n);

		EXPECT(s.n == (n * 4 + 2) / 3, "%zu bytes are %zu characters", n, s.n);
		EXPECT(strspn(arena_z(&arena, s), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv"
						  "wxyz0123456789-_") == s.n,
			"%.*s", STR_ARG(s));
	}
	arena_free(&arena);
}

static void base64url_is_that_of_rfc_4648_without_padding(void **state)
{
	static const struct {
		struct str bytes, text;
	} rows[] = {
		{ STR(""), STR("") },
		{ STR("f"), STR("Zg") },
		{ STR("fo"), STR("Zm8") },
		{ STR("foo"), STR("Zm9v") },
		{ STR("foob"), STR("Zm9vYg") },
		{ STR("fooba"), STR("Zm9vYmE") },
		{ STR("foobar"), STR("Zm9vYmFy") },
		{ STR("\xfb\xff\xbf"), STR("-_-_") },
		{ STR("\0\0\0\0"), STR("AAAAAA") },
		{ STR("\xff\xff"), STR("__8") },
	};
	struct arena a;
	struct str back;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		EXPECT(str_eq(base64url(&a, rows[i].bytes.p, rows[i].bytes.n), rows[i].text),
			"row %zu", i);
		EXPECT(base64url_decode(&a, rows[i].text, &back) && str_eq(back, rows[i].bytes),
			"row %zu", i);
	}
	arena_free(&a);
}

static void decoding_takes_one_text_for_each_value(void **state)
{
	static const struct str rows[] = { STR("Z"), STR("Zg=="), STR("Zg="), STR("Zh"), STR("Zm9"),
		STR("Zm8="), STR("Zm9vY"), STR("Zm9v "), STR(" Zm9v"), STR("Zm\n9v"), STR("Zm+v"),
		STR("Zm/v"), STR("Zm.v"), STR("Zm\0v"), STR("\0"), STR("Z\xc3\xa4v"), STR("="),
		STR("----="), STR("AAAAA") };
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct arena a;
	struct str out;
	int good = 0;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(!base64url_decode(&a, rows[i], &out), "row %zu", i);
	for (int i = 0; i < 64; i++)
		for (int k = 0; k < 64; k++) {
			char text[2] = { digits[i], digits[k] };

			good += base64url_decode(&a, (struct str){ text, 2 }, &out);
			arena_clear(&a);
		}
	assert_int_equal(good, 256);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_differ_each_time),
		cmocka_unit_test(text_is_as_long_as_promised_and_of_safe_characters),
		cmocka_unit_test(base64url_is_that_of_rfc_4648_without_padding),
		cmocka_unit_test(decoding_takes_one_text_for_each_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
