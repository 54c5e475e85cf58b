#include "ground.h"

#include "core/fold.h"

static struct arena a;

static int make_arena(void **state)
{
	(void)state;
	arena_init(&a);
	return 0;
}

static int drop_arena(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void names_that_differ_in_form_only_are_the_same(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
		/* case */
		{ "Ann@Example.COM", "ann@example.com", true },
		{ "ÄÖÜ", "äöü", true },
		{ "ПРИВІТ", "привіт", true },
		{ "ΣΊΣΥΦΟΣ", "σίσυφος", true }, /* the final sigma too */
		{ "Straße", "STRASSE", true },
		{ "straße", "strasse", true },
		{ "ẞ", "ss", true },
		{ "ǅ", "ǆ", true },
		{ "Ѐ", "ѐ", true },
		/* Turkish: folding knows no language */
		{ "I", "i", true },
		{ "ı", "i", false },
		{ "İ", "i", false },
		{ "İ", "i̇", true },
		/* composition */
		{ "\xc3\xa9", "e\xcc\x81", true },
		{ "\xe2\x84\xab", "\xc3\xa5", true }, /* ANGSTROM SIGN */
		{ "\xe1\xba\x9b\xcc\xa3", "\xe1\xb9\xa9", true },
		{ "a\xcc\x81\xcc\xa3", "a\xcc\xa3\xcc\x81", true }, /* order of marks */
		{ "й", "и\xcc\x86", true },
		{ "e", "é", false },
		/* width and other compatibility forms */
		{ "ＡＢＣ１", "abc1", true },
		{ "ﬁ", "fi", true },
		{ "①", "1", true },
		{ "𝐚𝒃𝓬", "abc", true },
		{ "ｱ", "ア", true },
		{ "²", "2", true },
		/* invisible */
		{ "ab",
			"a\xe2\x80\x8b"
			"b",
			true },
		{ "ab",
			"a\xc2\xad"
			"b",
			true },
		{ "ab",
			"a\xe2\x80\x8d"
			"b",
			true },
		{ "ab", "ab\xef\xb8\x8f", true },
		{ "ab",
			"\xef\xbb\xbf"
			"ab",
			true },
		/* what is not the same stays apart */
		{ "a", "b", false },
		{ "a ", "a", false },
		{ "ann", "аnn", false }, /* Cyrillic а; that is what fold_twins is for */
		{ "😀", "🎉", false },
		{ "", "", true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str one = fold(&a, str_of(rows[i].one)),
			   other = fold(&a, str_of(rows[i].other));

		EXPECT(one.p && other.p && str_eq(one, other) == rows[i].same, "%s %s", rows[i].one,
			rows[i].other);
	}
}

static void what_cannot_be_folded_is_absent(void **state)
{
	(void)state;
	assert_null(fold(&a, STR("\xff")).p);
	assert_null(fold(&a, STR("a\xed\xa0\x80")).p);
	assert_non_null(fold(&a, STR("")).p);
	assert_int_equal(fold(&a, STR("")).n, 0);
}

static size_t encode(char to[4], uint32_t point)
{
	if (point < 0x80) {
		to[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		to[0] = (char)(0xc0 | point >> 6);
		to[1] = (char)(0x80 | (point & 63));
		return 2;
	}
	if (point < 0x10000) {
		to[0] = (char)(0xe0 | point >> 12);
		to[1] = (char)(0x80 | (point >> 6 & 63));
		to[2] = (char)(0x80 | (point & 63));
		return 3;
	}
	to[0] = (char)(0xf0 | point >> 18);
	to[1] = (char)(0x80 | (point >> 12 & 63));
	to[2] = (char)(0x80 | (point >> 6 & 63));
	to[3] = (char)(0x80 | (point & 63));
	return 4;
}

/* Were a folded name another when folded again, what is stored would depend on how often it was. */
static void folding_twice_is_folding_once(void **state)
{
	char bytes[4];

	(void)state;
	for (uint32_t point = 1; point < 0x20000; point++) {
		struct str once, twice;

		if (point >= 0xd800 && point <= 0xdfff)
			continue;
		once = fold(&a, (struct str){ bytes, encode(bytes, point) });
		twice = fold(&a, once);
		EXPECT(once.p && str_eq(once, twice), "U+%04X", point);
		EXPECT(str_utf8(once, NULL), "U+%04X", point);
		arena_clear(&a);
	}
}

static void twins_of_other_alphabets_are_one(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
		{ "paypal", "раураl", true },
		{ "paypal", "РАУРАl", true },
		{ "cocoa", "сосоа", true },
		{ "jesus", "јеѕuѕ", true },
		{ "mike", "міке", true },
		{ "hope", "норе", true },
		{ "top", "τορ", true },
		{ "iota", "ιοτα", true },
		{ "kilo", "кіӏо", true },
		{ "i", "ı", true },
		{ "ou", "օս", true }, /* Armenian */
		{ "bob", "вов", true },
		{ "привіт", "привет", false },
		{ "жук", "zhuk", false },
		{ "дім", "дим", false },
		{ "ann", "anne", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str one = fold_twins(&a, fold(&a, str_of(rows[i].one))),
			   other = fold_twins(&a, fold(&a, str_of(rows[i].other)));

		EXPECT(str_eq(one, other) == rows[i].same, "%s %s", rows[i].one, rows[i].other);
	}
	assert_int_equal(fold_twins(&a, STR("")).n, 0);
	assert_true(str_is(fold_twins(&a, STR("😀ж")), "😀ж"));
}

static void a_word_of_two_alphabets_is_seen(void **state)
{
	static const struct {
		const char *text;
		bool mixed;
	} rows[] = {
		{ "", false },
		{ "paypal", false },
		{ "пейпал", false },
		{ "pаypal", true },
		{ "раypal", true },
		{ "аpple", true },
		{ "applе", true },
		{ "gοοgle", true },  /* Greek */
		{ "ոnline", true },  /* Armenian */
		{ "Ꭰb", true },      /* Cherokee */
		{ "ｐаypal", true }, /* wide Latin */
		{ "été\xcc\x81ж", true },
		{ "a\xcc\x81ж", true }, /* a mark does not end a word */
		{ "anna жук", false },
		{ "anna.жук", false },
		{ "anna-жук@example.com", false },
		{ "x1ж", false },
		{ "иван2000", false },
		{ "日本語abc", false }, /* they do not look alike */
		{ "한국abc", false },
		{ "çığ", false },
		{ "ελλάδα", false },
		{ "😀ж", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(fold_mixed(str_of(rows[i].text)) == rows[i].mixed, "%s", rows[i].text);
}

static void what_would_break_a_line_or_hide_is_unprintable(void **state)
{
	static const struct {
		struct str text;
		bool unprintable;
	} rows[] = {
		{ STR(""), false },
		{ STR("Ann Example"), false },
		{ STR("Іванна-Марія О’Коннор"), false },
		{ STR("👩\xe2\x80\x8d👩\xe2\x80\x8d👧"), false },
		{ STR("می\xe2\x80\x8cخواهم"), false },
		{ STR("é e\xcc\x81"), false },
		{ STR("❤\xef\xb8\x8f"), false },
		{ STR("a\nb"), true },
		{ STR("a\tb"), true },
		{ STR("a\x7f"), true },
		{ STR("a\xc2\x85"), true },     /* NEL */
		{ STR("a\xe2\x80\xa8"), true }, /* LINE SEPARATOR */
		{ STR("a\xe2\x80\xa9"), true },
		{ STR("a\xe2\x80\xae"), true }, /* right to left from here */
		{ STR("a\xe2\x81\xa6"), true },
		{ STR("a\xe2\x80\x8b"), true }, /* ZERO WIDTH SPACE */
		{ STR("a\xc2\xad"), true },     /* SOFT HYPHEN */
		{ STR("\xef\xbb\xbf"), true },
		{ STR("\xee\x80\x80"), true },     /* private */
		{ STR("\xef\xb7\x90"), true },     /* no character */
		{ STR("\xf3\xa0\x81\x81"), true }, /* a tag */
		{ STR("\xf4\x8f\xbf\xbf"), true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(fold_unprintable(rows[i].text) == rows[i].unprintable, "row %zu: %.*s", i,
			STR_ARG(rows[i].text));
}

static void a_name_that_shows_nothing_is_blank(void **state)
{
	static const struct {
		struct str text;
		bool blank;
	} rows[] = {
		{ STR(""), true },
		{ STR(" "), true },
		{ STR("\xc2\xa0\xe2\x80\x83\xe3\x80\x80"), true }, /* wide spaces */
		{ STR("\xe2\x80\x8d\xe2\x80\x8c"), true },         /* joiners */
		{ STR("\xcc\x81\xcc\x82"), true },                 /* marks without a base */
		{ STR("\xe3\x85\xa4"), true },                     /* HANGUL FILLER */
		{ STR("\xe1\x85\x9f\xe1\x85\xa0\xef\xbe\xa0"), true },
		{ STR("\xe2\xa0\x80"), true }, /* BRAILLE PATTERN BLANK */
		{ STR("\xef\xb8\x8f"), true },
		{ STR("x"), false },
		{ STR(" . "), false },
		{ STR("0"), false },
		{ STR("ж"), false },
		{ STR("한"), false },
		{ STR("😀"), false },
		{ STR("_"), false },
		{ STR("$"), false },
		{ STR("\xe3\x85\xa4x"), false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(fold_blank(rows[i].text) == rows[i].blank, "row %zu: %.*s", i,
			STR_ARG(rows[i].text));
}

static void words_are_letters_digits_marks_and_what_is_named(void **state)
{
	static const struct {
		struct str text;
		const char *also;
		bool good;
	} rows[] = {
		{ STR(""), "", true },
		{ STR("abc"), "", true },
		{ STR("жук42"), "", true },
		{ STR("नमस्ते"), "", true },
		{ STR("e\xcc\x81"), "", true },
		{ STR("a.b_c-d"), "._-", true },
		{ STR("a.b"), "_-", false },
		{ STR("a b"), "._-", false },
		{ STR("a@b"), "._-", false },
		{ STR("a\0"), "._-", false },
		{ STR("a\nb"), "._-", false },
		{ STR("½"), "", false },
		{ STR("²"), "", false },
		{ STR("Ⅷ"), "", false },
		{ STR("😀"), "", false },
		{ STR("a\xe2\x80\x8b"), "", false },
		{ STR("\xff"), "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(fold_wordlike(rows[i].text, rows[i].also) == rows[i].good, "row %zu: %.*s",
			i, STR_ARG(rows[i].text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_differ_in_form_only_are_the_same),
		cmocka_unit_test(what_cannot_be_folded_is_absent),
		cmocka_unit_test(folding_twice_is_folding_once),
		cmocka_unit_test(twins_of_other_alphabets_are_one),
		cmocka_unit_test(a_word_of_two_alphabets_is_seen),
		cmocka_unit_test(what_would_break_a_line_or_hide_is_unprintable),
		cmocka_unit_test(a_name_that_shows_nothing_is_blank),
		cmocka_unit_test(words_are_letters_digits_marks_and_what_is_named),
	};

	return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
