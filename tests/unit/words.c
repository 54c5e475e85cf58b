#include "ground.h"

#include "core/words.h"

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

static struct str joined(const struct words *w)
{
	struct str out = STR("");

	for (size_t i = 0; i < w->n; i++)
		out = arena_printf(
			&a, "%.*s%s%.*s", STR_ARG(out), i ? " " : "", STR_ARG(w->all[i]));
	return out;
}

static void a_text_has_these_words(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ "", "" },
		{ " .,;!?—…«» ", "" },
		{ "\xcc\x81 \xef\xb8\x8f \xe2\x80\x8d", "" },
		{ "Be or not to BE", "be not or to" },
		{ "a_b-c.d/e@f", "a b c d e f" },
		{ "7-й поверх, 1 000,5", "000 1 5 7 й поверх" },
		{ "п'ять п’ять пʼять п`ять", "п ять" },
		{ "cafe\xcc\x81 CAFÉ", "café" },
		{ "x² ① ＡＢ", "1 ab x2" },
		{ "東京都", "京 京都 東 東京 都" },
		{ "iPhone東京7", "7 iphone 京 東 東京" },
		{ "ラーメン", "メ メン ラ ラー ン ー ーメ" },
		{ "한국", "국 한 한국" },
		{ "กิน", "ก กิ น ิน" },
		{ "שלום عالم नमस्ते", "שלום عالم नमस्ते" },
		{ "👍🏽👍 ❤️ 👩‍👧 ∑", "∑ ❤ 👍 👧 👩" },
		{ "🇺🇦🇵🇱 🇺", "🇵🇱 🇺 🇺🇦" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct words w;

		words_of(&a, str_of(rows[i].text), &w);
		EXPECT(str_is(joined(&w), rows[i].words), "“%s”: %.*s", rows[i].text,
			STR_ARG(joined(&w)));
	}
}

static void what_is_sought_is_found_where_it_is(void **state)
{
	static const struct {
		const char *query, *text;
		bool found;
	} rows[] = {
		{ "word", "some words", true },
		{ "word some", "some words", false },
		{ "words some", "Some WORDS", true },
		{ "ord", "words", false },
		{ "a a a", "a", true },
		{ "a b", "a-b", true },
		{ "п’ят", "П'ЯТЬ", true },
		{ "京都", "東京都", true },
		{ "東都", "東京都", false },
		{ "都東", "東京都 東", false },
		{ "京 7", "東京 75", true },
		{ "กิ", "กิน", true },
		{ "👍", "👍🏿", true },
		{ "👎", "👍", false },
		{ "🇦", "🇺🇦", false },
		{ "1️⃣", "1", false },
		{ "word", "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sought s;

		assert_true(words_seek(&a, str_of(rows[i].query), &s));
		EXPECT(words_found(&a, &s, str_of(rows[i].text)) == rows[i].found, "%s in %s",
			rows[i].query, rows[i].text);
	}
}

static void a_query_without_words_is_none(void **state)
{
	struct sought s;

	(void)state;
	assert_false(words_seek(&a, STR(""), &s));
	assert_false(words_seek(&a, STR(" -- ?! \xcc\x81"), &s));
	assert_false(words_seek(&a, STR("\xca\xbc"), &s));
}

static void long_words_are_cut_between_characters(void **state)
{
	struct words w;
	struct sought s;
	char text[201] = "";

	(void)state;
	for (size_t i = 0; i < 100; i++)
		memcpy(text + 2 * i, "ж", 2);
	words_of(&a, arena_printf(&a, "a%s", text), &w);
	assert_int_equal(w.n, 1);
	assert_int_equal(w.all[0].n, WORD_BYTES_MAX - 1);
	assert_true(words_seek(&a, arena_printf(&a, "a%.*s", 150, text), &s));
	assert_true(words_found(&a, &s, arena_printf(&a, "a%s", text)));
	assert_true(str_eq(s.keys[0].word, w.all[0]) && s.keys[0].prefix);
	words_seek_whole(&s);
	assert_false(words_found(&a, &s, arena_printf(&a, "a%s", text)));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_has_these_words),
		cmocka_unit_test(what_is_sought_is_found_where_it_is),
		cmocka_unit_test(a_query_without_words_is_none),
		cmocka_unit_test(long_words_are_cut_between_characters),
	};

	return cmocka_run_group_tests(tests, make_arena, drop_arena);
}
