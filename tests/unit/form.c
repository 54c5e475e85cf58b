#include "ground.h"

#include "web/form.h"

static void a_part_is_decoded_once_and_strictly(void **state)
{
	static const struct {
		struct str raw;
		bool plus, good;
		struct str out;
	} rows[] = {
		{ STR(""), true, true, STR("") },
		{ STR("abc"), true, true, STR("abc") },
		{ STR("a+b"), true, true, STR("a b") },
		{ STR("a+b"), false, true, STR("a+b") },
		{ STR("a%2Bb"), true, true, STR("a+b") },
		{ STR("%20%2f%2F%7e"), false, true, STR(" //~") },
		{ STR("%2541"), true, true, STR("%41") },
		{ STR("%c3%A4"), true, true, STR("\xc3\xa4") },
		{ STR("\xc3\xa4"), true, true, STR("\xc3\xa4") },
		{ STR("%F0%9F%98%80"), true, true, STR("\xf0\x9f\x98\x80") },
		{ STR("%0a%0D"), true, true, STR("\n\r") },
		{ STR("a=b&c"), true, true, STR("a=b&c") },
		{ STR("%"), true, false, { 0 } },
		{ STR("%4"), true, false, { 0 } },
		{ STR("abc%"), true, false, { 0 } },
		{ STR("abc%4"), true, false, { 0 } },
		{ STR("%g0"), true, false, { 0 } },
		{ STR("%0g"), true, false, { 0 } },
		{ STR("%%41"), true, false, { 0 } },
		{ STR("%u0041"), true, false, { 0 } },
		{ STR("% 41"), true, false, { 0 } },
		{ STR("%+1"), true, false, { 0 } },
		{ STR("%-1"), true, false, { 0 } },
		{ STR("%0x"), true, false, { 0 } },
		{ STR("%00"), true, false, { 0 } },
		{ STR("a%00b"), true, false, { 0 } },
		{ STR("a\0b"), true, false, { 0 } },
		{ STR("%c3"), true, false, { 0 } },
		{ STR("%c0%af"), true, false, { 0 } },
		{ STR("%ed%a0%80"), true, false, { 0 } },
		{ STR("%f8%88%80%80%80"), true, false, { 0 } },
		{ STR("%ff"), true, false, { 0 } },
		{ STR("\xff"), true, false, { 0 } },
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str out = { NULL, 0 };
		bool good = form_decode(&a, rows[i].raw, rows[i].plus, &out);

		EXPECT(good == rows[i].good && (!good || str_eq(out, rows[i].out)), "%zu: %.*s", i,
			STR_ARG(rows[i].raw));
	}
	arena_free(&a);
}

static void pairs_are_told_apart(void **state)
{
	static const struct {
		const char *raw;
		int n; /* -1: refused */
		const char *flat;
	} rows[] = {
		{ "", 0, "" },
		{ "a", 1, "a=;" },
		{ "a=", 1, "a=;" },
		{ "=b", 1, "=b;" },
		{ "=", 0, "" },
		{ "&", 0, "" },
		{ "&&&", 0, "" },
		{ "a=1", 1, "a=1;" },
		{ "a=1&b=2", 2, "a=1;b=2;" },
		{ "&a=1&", 1, "a=1;" },
		{ "a=1&a=2", 2, "a=1;a=2;" },
		{ "a=b=c", 1, "a=b=c;" },
		{ "a==", 1, "a==;" },
		{ "a;b=2", 1, "a;b=2;" },
		{ "a%3Db=c%26d", 1, "a=b=c&d;" },
		{ "a+b=c+d", 1, "a b=c d;" },
		{ "a=%", -1, "" },
		{ "a=1&%zz=1", -1, "" },
		{ "a=1&b=%00", -1, "" },
		{ "%00=1", -1, "" },
		{ "\xff=1", -1, "" },
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char flat[256] = "";
		struct pair *pairs;
		size_t n, at = 0;
		bool good = form_parse(&a, str_of(rows[i].raw), &pairs, &n);

		EXPECT(good == (rows[i].n >= 0), "%s", rows[i].raw);
		if (!good)
			continue;
		for (size_t k = 0; k < n; k++)
			at += (size_t)snprintf(flat + at, sizeof flat - at, "%.*s=%.*s;",
				STR_ARG(pairs[k].name), STR_ARG(pairs[k].value));
		EXPECT((int)n == rows[i].n && strcmp(flat, rows[i].flat) == 0, "%s is %s",
			rows[i].raw, flat);
	}
	{
		struct pair *pairs;
		size_t n = 7;

		assert_true(form_parse(&a, (struct str){ NULL, 0 }, &pairs, &n));
		assert_int_equal(n, 0);
	}
	arena_free(&a);
}

static void a_hundred_pairs_are_enough(void **state)
{
	char raw[1024] = "";
	struct pair *pairs;
	struct arena a;
	size_t n;

	(void)state;
	arena_init(&a);
	for (int i = 0; i < PAIRS_MAX; i++)
		strcat(raw, "a=1&");
	assert_true(form_parse(&a, str_of(raw), &pairs, &n));
	assert_int_equal(n, PAIRS_MAX);
	strcat(raw, "b");
	assert_false(form_parse(&a, str_of(raw), &pairs, &n));
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_is_decoded_once_and_strictly),
		cmocka_unit_test(pairs_are_told_apart),
		cmocka_unit_test(a_hundred_pairs_are_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
