#include "ground.h"

#include "core/str.h"

static void comparing_knows_absent_empty_and_case(void **state)
{
	struct str absent = { NULL, 0 };

	(void)state;
	assert_true(str_eq(absent, STR("")));
	assert_true(str_is(STR(""), ""));
	assert_true(str_is(STR("abc"), "abc"));
	assert_false(str_is(STR("abc"), "ab"));
	assert_false(str_is(STR("ab"), "abc"));
	assert_false(str_is(STR("abC"), "abc"));
	assert_false(str_is(STR("a\0c"), "a"));
	assert_true(str_is_nocase(STR("aBc"), "AbC"));
	assert_true(str_is_nocase(absent, ""));
	assert_false(str_is_nocase(absent, "x"));
	assert_false(str_is_nocase(STR("[bc"), "{BC"));
	assert_true(str_starts(STR("https://x"), "https://"));
	assert_false(str_starts(STR("https:/"), "https://"));
	assert_false(str_starts(absent, "x"));
	assert_true(str_starts_nocase(STR("BEARER x"), "bearer "));
	assert_false(str_starts_nocase(STR("Bear"), "bearer "));
	assert_null(str_of(NULL).p);
	assert_int_equal(str_of("abc").n, 3);
}

static void trimming_takes_spaces_and_tabs_at_the_ends_only(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = { { "", "" }, { " ", "" }, { " \t \t", "" }, { "a", "a" }, { " a b\t", "a b" },
		{ "\na\n", "\na\n" }, { "\t\ta", "a" }, { "a  ", "a" } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(str_is(str_trim(str_of(rows[i].in)), rows[i].out), "row %zu", i);
	assert_null(str_trim((struct str){ NULL, 0 }).p);
}

static void cutting_gives_every_part_and_then_nothing(void **state)
{
	static const struct {
		const char *in;
		const char *parts[4];
		int n;
	} rows[] = {
		{ "", { "" }, 1 },
		{ "a", { "a" }, 1 },
		{ "a,", { "a", "" }, 2 },
		{ ",a", { "", "a" }, 2 },
		{ "a,b", { "a", "b" }, 2 },
		{ ",,", { "", "", "" }, 3 },
		{ "ab,,c,d", { "ab", "", "c", "d" }, 4 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str rest = str_of(rows[i].in);
		int n = 0;

		for (; rest.p; n++) {
			struct str part = str_cut(&rest, ',');

			EXPECT(n < rows[i].n && str_is(part, rows[i].parts[n]), "row %zu", i);
		}
		EXPECT(n == rows[i].n, "row %zu has %d parts", i, n);
	}
	{
		struct str absent = { NULL, 0 };

		assert_null(str_cut(&absent, ',').p);
		assert_null(absent.p);
	}
}

static void an_integer_has_one_way_to_be_written(void **state)
{
	static const struct {
		struct str text;
		bool good;
		int64_t value;
	} rows[] = {
		{ STR("0"), true, 0 },
		{ STR("7"), true, 7 },
		{ STR("-1"), true, -1 },
		{ STR("1234567890123456789"), true, 1234567890123456789 },
		{ STR("9223372036854775807"), true, INT64_MAX },
		{ STR("-9223372036854775807"), true, -INT64_MAX },
		{ STR("9223372036854775808"), false, 0 },
		{ STR("92233720368547758070"), false, 0 },
		{ STR("18446744073709551617"), false, 0 },
		{ STR("99999999999999999999999999"), false, 0 },
		{ STR(""), false, 0 },
		{ STR("-"), false, 0 },
		{ STR("-0"), false, 0 },
		{ STR("00"), false, 0 },
		{ STR("01"), false, 0 },
		{ STR("-01"), false, 0 },
		{ STR("+1"), false, 0 },
		{ STR("--1"), false, 0 },
		{ STR(" 1"), false, 0 },
		{ STR("1 "), false, 0 },
		{ STR("1\n"), false, 0 },
		{ STR("1\0"), false, 0 },
		{ STR("1.0"), false, 0 },
		{ STR("1e3"), false, 0 },
		{ STR("0x10"), false, 0 },
		{ STR("1_000"), false, 0 },
		{ STR("\xd9\xa1"), false, 0 },     /* ARABIC-INDIC DIGIT ONE */
		{ STR("\xef\xbc\x91"), false, 0 }, /* FULLWIDTH DIGIT ONE */
		{ STR("/"), false, 0 },
		{ STR(":"), false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t value = 0;
		bool good = str_int(rows[i].text, &value);

		EXPECT(good == rows[i].good && (!good || value == rows[i].value), "\"%.*s\"",
			STR_ARG(rows[i].text));
	}
	{
		int64_t value;

		assert_false(str_int((struct str){ NULL, 0 }, &value));
	}
}

/* By arithmetic rather than by the table of the RFC: decode, then ask whether the value needed that
 * many bytes. */
static size_t reference(const unsigned char *p, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t point;
	size_t length = p[0] < 0x80             ? 1
			: (p[0] & 0xe0) == 0xc0 ? 2
			: (p[0] & 0xf0) == 0xe0 ? 3
			: (p[0] & 0xf8) == 0xf0 ? 4
						: 0;

	if (length == 0 || length > n)
		return 0;
	point = length == 1 ? p[0] : p[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (p[i] & 0x3f);
	}
	if (point == 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ||
		(length > 1 && point < least[length]))
		return 0;
	return length;
}

static bool reference_all(const unsigned char *p, size_t n, size_t *points)
{
	for (*points = 0; n; (*points)++) {
		size_t length = reference(p, n);

		if (length == 0)
			return false;
		p += length;
		n -= length;
	}
	return true;
}

static void check_utf8(const unsigned char *p, size_t n)
{
	size_t points = 0, expected = 0;
	bool good = reference_all(p, n, &expected);

	if (str_utf8((struct str){ (const char *)p, n }, &points) != good ||
		(good && points != expected))
		EXPECT(false, "%02x %02x %02x %02x (%zu)", p[0], p[1], p[2], p[3], n);
}

static void utf8_is_told_apart_for_every_short_sequence(void **state)
{
	static const unsigned char edges[] = { 0, 1, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0,
		0xc2, 0xe0, 0xed, 0xf0, 0xff };
	unsigned char b[4] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 0x10000; i++) {
		b[0] = (unsigned char)(i >> 8);
		b[1] = (unsigned char)i;
		check_utf8(b, 1);
		check_utf8(b, 2);
	}
	for (unsigned first = 0xc0; first < 0x100; first++)
		for (unsigned second = 0; second < 0x100; second++)
			for (size_t third = 0; third < COUNT(edges); third++)
				for (size_t fourth = 0; fourth < COUNT(edges); fourth++) {
					b[0] = (unsigned char)first;
					b[1] = (unsigned char)second;
					b[2] = edges[third];
					b[3] = edges[fourth];
					check_utf8(b, 3);
					check_utf8(b, 4);
				}
}

static void utf8_of_nothing_is_fine_and_of_five_bytes_is_not(void **state)
{
	size_t points = 9;

	(void)state;
	assert_true(str_utf8(STR(""), &points));
	assert_int_equal(points, 0);
	assert_true(str_utf8((struct str){ NULL, 0 }, NULL));
	assert_true(str_utf8(STR("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"), &points));
	assert_int_equal(points, 4);
	assert_false(str_utf8(STR("\xf8\x88\x80\x80\x80"), NULL));
	assert_false(str_utf8(STR("\xfc\x84\x80\x80\x80\x80"), NULL));
	assert_false(str_utf8(STR("ok\xc3"), NULL));
	assert_false(str_utf8(STR("a\0b"), NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing_knows_absent_empty_and_case),
		cmocka_unit_test(trimming_takes_spaces_and_tabs_at_the_ends_only),
		cmocka_unit_test(cutting_gives_every_part_and_then_nothing),
		cmocka_unit_test(an_integer_has_one_way_to_be_written),
		cmocka_unit_test(utf8_is_told_apart_for_every_short_sequence),
		cmocka_unit_test(utf8_of_nothing_is_fine_and_of_five_bytes_is_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
