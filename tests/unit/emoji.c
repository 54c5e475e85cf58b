#include "ground.h"

#include "core/emoji.h"

#define VS16    "\xef\xb8\x8f"
#define VS15    "\xef\xb8\x8e"
#define ZWJ     "\xe2\x80\x8d"
#define CAP     "\xe2\x83\xa3"
#define TONE    "\xf0\x9f\x8f\xbd"
#define TAG_A   "\xf3\xa0\x81\xa1"
#define TAG_END "\xf3\xa0\x81\xbf"
#define FAMILY  "👨" ZWJ "👩" ZWJ "👧" ZWJ "👦" ZWJ
#define HEARTS  "❤" ZWJ "❤" ZWJ "❤" ZWJ "❤" ZWJ "❤" ZWJ

static void an_emoji_has_one_form(void **state)
{
	static const struct {
		const char *text, *form;
	} rows[] = {
		{ "👍", "👍" },
		{ "👍" VS16, "👍" },
		{ "👍" TONE, "👍" TONE },
		{ "👍" TONE VS16, "👍" TONE },
		{ "❤", "❤" VS16 },
		{ "❤" VS16, "❤" VS16 },
		{ "✌", "✌" VS16 },
		{ "✌" TONE, "✌" TONE },
		{ "✌" VS16 TONE, "✌" TONE },
		{ "☕", "☕" },
		{ "☕" VS16, "☕" },
		{ "⭐", "⭐" },
		{ "❓", "❓" },
		{ "©", "©" VS16 },
		{ "™", "™" VS16 },
		{ "↔", "↔" VS16 },
		{ "㊙", "㊙" VS16 },
		{ "🅰", "🅰" VS16 },
		{ "🌶", "🌶" VS16 },
		{ "\xf0\x9f\xab\xaa", "\xf0\x9f\xab\xaa" }, /* U+1FAEA, new in Unicode 17 */
		{ "❤" ZWJ "🔥", "❤" VS16 ZWJ "🔥" },
		{ "❤" VS16 ZWJ "🔥", "❤" VS16 ZWJ "🔥" },
		{ "🏳" ZWJ "🌈", "🏳" VS16 ZWJ "🌈" },
		{ "🏃" TONE ZWJ "♀", "🏃" TONE ZWJ "♀" VS16 },
		{ FAMILY "👶", FAMILY "👶" },
		{ "🇺🇦", "🇺🇦" },
		{ "🏴", "🏴" },
		{ "🏴" TAG_A TAG_A TAG_END, "🏴" TAG_A TAG_A TAG_END },
		{ "1" CAP, "1" VS16 CAP },
		{ "#" VS16 CAP, "#" VS16 CAP },
		{ "*" CAP, "*" VS16 CAP },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[EMOJI_BYTES_MAX], again[EMOJI_BYTES_MAX];
		struct str form = { out, emoji_form(str_of(rows[i].text), out) };

		EXPECT(str_is(form, rows[i].form), "row %zu: %s", i, rows[i].text);
		EXPECT(str_eq((struct str){ again, emoji_form(form, again) }, form), "row %zu: %s",
			i, rows[i].text);
	}
}

static void what_is_no_emoji_has_none(void **state)
{
	static const char *const rows[] = { "", "a", "я", "1", "#", "+", "語", "½", "∑", "°", "→",
		"±", "√", "♪", "☇", "№", "\xef\xbf\xbc", "\xef\xbf\xbd", " ", "\x7f", VS16, ZWJ,
		CAP, TONE, VS16 CAP, "1" VS16, "1👍", "1" CAP "👍", "a" CAP, "1\xcc\x81" CAP, "👍👍",
		"👍a", "a👍", "👍 ", "👍" VS16 VS16, "👍" TONE TONE, "❤" VS15, "👨" ZWJ, "👨" ZWJ ZWJ "👩",
		"👨" ZWJ "a", ZWJ "👨", "👍\xcc\x81", "🇺", "🇺🇦🇵", "🇺👍", "🇺" VS16, "👍" TAG_A TAG_END,
		"🏴" TAG_A, "🏴" TAG_END, "🏴" TAG_A TAG_END "👍", "\xff", "👍\xf0\x9f" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char out[EMOJI_BYTES_MAX];

		EXPECT(emoji_form(str_of(rows[i]), out) == 0, "row %zu: %s", i, rows[i]);
	}
}

static void what_is_too_long_in_its_one_form_is_refused(void **state)
{
	char out[EMOJI_BYTES_MAX];

	(void)state;
	assert_int_equal(emoji_form(STR(HEARTS HEARTS "❤"), out), 11 * 6 + 10 * 3);
	assert_int_equal(emoji_form(STR(HEARTS HEARTS "❤" ZWJ "❤"), out), 0);
	assert_int_equal(emoji_form(STR(FAMILY FAMILY FAMILY FAMILY "👶"), out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_emoji_has_one_form),
		cmocka_unit_test(what_is_no_emoji_has_none),
		cmocka_unit_test(what_is_too_long_in_its_one_form_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
