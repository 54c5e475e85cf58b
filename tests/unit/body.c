#include "ground.h"

#include "core/buf.h"
#include "web/body.h"

/* What the tables say of a text. */
enum verdict {
	YES,   /* JSON, and an object: accepted */
	VALUE, /* JSON that we would read, but not an object */
	NO,    /* not JSON as we take it */
	TWICE, /* a name stands twice in one object */
};

struct row {
	enum verdict verdict;
	struct str text;
};

static const struct row grammar[] = {
	{ YES, STR("{}") },
	{ YES, STR(" \t\r\n{ \t\r\n} \t\r\n") },
	{ YES, STR("{\"\":0}") },
	{ YES, STR("{\"a\":null,\"b\":true,\"c\":false}") },
	{ YES, STR("{\"a\":[],\"b\":{},\"c\":[[],{}]}") },
	{ YES, STR("{ \"a\" : [ 1 , \"x\" , null ] }") },
	{ YES, STR("{\"a\":\"\"}") },
	{ VALUE, STR("[]") },
	{ VALUE, STR("[1,[2,{\"a\":3}]]") },
	{ VALUE, STR("null") },
	{ VALUE, STR("true") },
	{ VALUE, STR("false") },
	{ VALUE, STR("0") },
	{ VALUE, STR(" \"text\" ") },
	/* nothing, or not enough */
	{ NO, STR("") },
	{ NO, STR(" ") },
	{ NO, STR("\n\t\r ") },
	{ NO, STR("\0") },
	{ NO, STR("{") },
	{ NO, STR("}") },
	{ NO, STR("[") },
	{ NO, STR("]") },
	{ NO, STR("{]") },
	{ NO, STR("[}") },
	{ NO, STR("{\"a\"") },
	{ NO, STR("{\"a\":") },
	{ NO, STR("{\"a\":1") },
	{ NO, STR("{\"a\":1,") },
	{ NO, STR("{\"a\":1,}") },
	{ NO, STR("{,}") },
	{ NO, STR("{,\"a\":1}") },
	{ NO, STR("{\"a\":1,,\"b\":2}") },
	{ NO, STR("{\"a\":1 \"b\":2}") },
	{ NO, STR("{\"a\" 1}") },
	{ NO, STR("{\"a\"}") },
	{ NO, STR("{\"a\"::1}") },
	{ NO, STR("{\"a\":1:2}") },
	{ NO, STR("{\"a\"=1}") },
	{ NO, STR("{\"a\":1;\"b\":2}") },
	{ NO, STR("{1:2}") },
	{ NO, STR("{null:1}") },
	{ NO, STR("{a:1}") },
	{ NO, STR("{[]:1}") },
	{ NO, STR("{\"a\":[1,]}") },
	{ NO, STR("{\"a\":[,1]}") },
	{ NO, STR("{\"a\":[,]}") },
	{ NO, STR("{\"a\":[1 2]}") },
	{ NO, STR("{\"a\":[1}") },
	{ NO, STR("{\"a\":[1}]") },
	{ NO, STR("{\"a\":(1)}") },
	/* too much */
	{ NO, STR("{}{}") },
	{ NO, STR("{} {}") },
	{ NO, STR("{}}") },
	{ NO, STR("{}]") },
	{ NO, STR("{},") },
	{ NO, STR("{}x") },
	{ NO, STR("{}\0") },
	{ NO, STR("{}\0{}") },
	{ NO, STR("\0{}") },
	{ NO, STR("{\0}") },
	{ NO, STR("null null") },
	/* what some take besides */
	{ NO, STR("\xef\xbb\xbf{}") },
	{ NO, STR("{} // comment") },
	{ NO, STR("{/* comment */}") },
	{ NO, STR("# comment\n{}") },
	{ NO, STR("{'a':1}") },
	{ NO, STR("{\"a\":'x'}") },
	{ NO, STR("{\"a\":`x`}") },
	{ NO, STR("{\"a\":undefined}") },
	{ NO, STR("{\"a\":x}") },
	{ NO, STR("\v{}") },
	{ NO, STR("\f{}") },
	{ NO, STR("\xc2\xa0{}") },
	{ NO, STR("\xe2\x80\xa8{}") },
	{ NO, STR("{\xe2\x80\x8b}") },
	/* words */
	{ NO, STR("{\"a\":nul}") },
	{ NO, STR("{\"a\":nulll}") },
	{ NO, STR("{\"a\":Null}") },
	{ NO, STR("{\"a\":NULL}") },
	{ NO, STR("{\"a\":True}") },
	{ NO, STR("{\"a\":TRUE}") },
	{ NO, STR("{\"a\":tru}") },
	{ NO, STR("{\"a\":truefalse}") },
	{ NO, STR("{\"a\":falsey}") },
	{ NO, STR("{\"a\":fals") },
	{ NO, STR("{\"a\":t\0rue}") },
	{ NO, STR("{\"a\":n") },
};

static const struct row numbers[] = {
	{ YES, STR("{\"a\":0}") },
	{ YES, STR("{\"a\":-0}") },
	{ YES, STR("{\"a\":10}") },
	{ YES, STR("{\"a\":-1}") },
	{ YES, STR("{\"a\":9007199254740991}") },
	{ YES, STR("{\"a\":-9007199254740991}") },
	{ YES, STR("{\"a\":1.5}") },
	{ YES, STR("{\"a\":-0.0}") },
	{ YES, STR("{\"a\":0.1}") },
	{ YES, STR("{\"a\":1e5}") },
	{ YES, STR("{\"a\":1E5}") },
	{ YES, STR("{\"a\":1e+5}") },
	{ YES, STR("{\"a\":1e-5}") },
	{ YES, STR("{\"a\":1.0e05}") },
	{ YES, STR("{\"a\":0e0}") },
	{ YES, STR("{\"a\":1e308}") },
	{ YES, STR("{\"a\":1e-999}") },
	{ YES, STR("{\"a\":9007199254740992.0}") },
	{ YES, STR("{\"a\":0.12345678901234567890123456789012345678901234567890123456789}") },
	{ YES, STR("{\"a\":9007199254740992}") },
	{ YES, STR("{\"a\":-9007199254740992}") },
	{ YES, STR("{\"a\":9223372036854775807}") },
	{ YES, STR("{\"a\":9223372036854775808}") },
	{ YES, STR("{\"a\":-9223372036854775808}") },
	{ YES, STR("{\"a\":18446744073709551617}") },
	{ YES, STR("{\"a\":100000000000000000000000000000000000000}") },
	{ YES, STR("{\"a\":1e309}") },
	{ YES, STR("{\"a\":1e999}") },
	{ YES, STR("{\"a\":-1e999}") },
	{ YES, STR("{\"a\":1e99999999999999999999}") },
	{ YES, STR("{\"a\":0.123456789012345678901234567890123456789012345678901234567890123}") },
	{ NO, STR("{\"a\":NaN}") },
	{ NO, STR("{\"a\":nan}") },
	{ NO, STR("{\"a\":-NaN}") },
	{ NO, STR("{\"a\":Infinity}") },
	{ NO, STR("{\"a\":-Infinity}") },
	{ NO, STR("{\"a\":inf}") },
	{ NO, STR("{\"a\":0x10}") },
	{ NO, STR("{\"a\":0X1}") },
	{ NO, STR("{\"a\":0b1}") },
	{ NO, STR("{\"a\":0o7}") },
	{ NO, STR("{\"a\":00}") },
	{ NO, STR("{\"a\":01}") },
	{ NO, STR("{\"a\":-01}") },
	{ NO, STR("{\"a\":-00}") },
	{ NO, STR("{\"a\":00.5}") },
	{ NO, STR("{\"a\":+1}") },
	{ NO, STR("{\"a\":++1}") },
	{ NO, STR("{\"a\":--1}") },
	{ NO, STR("{\"a\":- 1}") },
	{ NO, STR("{\"a\":-}") },
	{ NO, STR("{\"a\":-") },
	{ NO, STR("{\"a\":-a}") },
	{ NO, STR("{\"a\":.5}") },
	{ NO, STR("{\"a\":-.5}") },
	{ NO, STR("{\"a\":1.}") },
	{ NO, STR("{\"a\":1.e5}") },
	{ NO, STR("{\"a\":1..5}") },
	{ NO, STR("{\"a\":1.5.5}") },
	{ NO, STR("{\"a\":1e}") },
	{ NO, STR("{\"a\":1e+}") },
	{ NO, STR("{\"a\":1e-}") },
	{ NO, STR("{\"a\":1e5.5}") },
	{ NO, STR("{\"a\":1ee5}") },
	{ NO, STR("{\"a\":e5}") },
	{ NO, STR("{\"a\":1 000}") },
	{ NO, STR("{\"a\":1_000}") },
	{ NO, STR("{\"a\":1,5}") },
	{ NO, STR("{\"a\":1n}") },
	{ NO, STR("{\"a\":1f}") },
	{ NO, STR("{\"a\":\xef\xbc\x91}") },
	{ NO, STR("{\"a\":1") },
	{ NO, STR("{\"a\":1.") },
	{ NO, STR("{\"a\":1e") },
	{ NO, STR("{\"a\":0") },
};

static const struct row texts[] = {
	{ YES, STR("{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}") },
	{ YES, STR("{\"a\":\"\\u0001\\u001f\\u00e4\\u20ac\\uFFFF\\uabCD\"}") },
	{ YES, STR("{\"a\":\"\\ud83d\\ude00\"}") },
	{ YES, STR("{\"a\":\"\\uD800\\uDC00\\uDBFF\\uDFFF\"}") },
	{ YES, STR("{\"a\":\"\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"}") },
	{ YES, STR("{\"a\":\"\x7f\xc2\x80\xe2\x80\xa8\xef\xbf\xbf\"}") },
	{ YES, STR("{\"\\u0061\":\"\\\\u0000\"}") },
	{ YES, STR("{\"a\":\"\\ufeff\"}") },
	{ NO, STR("{\"a\":\"") },
	{ NO, STR("{\"a\":\"x") },
	{ NO, STR("{\"a\":\"x\\\"}") },
	{ NO, STR("{\"a\":\"\\") },
	{ NO, STR("{\"a\":\"x\"y\"}") },
	{ NO, STR("{\"a\":\"\\x41\"}") },
	{ NO, STR("{\"a\":\"\\a\"}") },
	{ NO, STR("{\"a\":\"\\v\"}") },
	{ NO, STR("{\"a\":\"\\0\"}") },
	{ NO, STR("{\"a\":\"\\'\"}") },
	{ NO, STR("{\"a\":\"\\ \"}") },
	{ NO, STR("{\"a\":\"\\\n\"}") },
	{ NO, STR("{\"a\":\"\\U0041\"}") },
	{ NO, STR("{\"a\":\"\\\0\"}") },
	{ NO, STR("{\"a\":\"\\u\"}") },
	{ NO, STR("{\"a\":\"\\u4\"}") },
	{ NO, STR("{\"a\":\"\\u41\"}") },
	{ NO, STR("{\"a\":\"\\u041\"}") },
	{ NO, STR("{\"a\":\"\\u041g\"}") },
	{ NO, STR("{\"a\":\"\\u+041\"}") },
	{ NO, STR("{\"a\":\"\\u 041\"}") },
	{ NO, STR("{\"a\":\"\\u-041\"}") },
	{ NO, STR("{\"a\":\"\\u00") },
	{ NO, STR("{\"a\":\"\\u{41}\"}") },
	/* half a pair, the wrong way round, or another escape between */
	{ NO, STR("{\"a\":\"\\ud800\"}") },
	{ NO, STR("{\"a\":\"\\udbff\"}") },
	{ NO, STR("{\"a\":\"\\udc00\"}") },
	{ NO, STR("{\"a\":\"\\udfff\"}") },
	{ NO, STR("{\"a\":\"\\ud800x\"}") },
	{ NO, STR("{\"a\":\"\\ud800\\n\"}") },
	{ NO, STR("{\"a\":\"\\ud800\\u0041\"}") },
	{ NO, STR("{\"a\":\"\\ud800\\ud800\"}") },
	{ NO, STR("{\"a\":\"\\ud800\\ue000\"}") },
	{ NO, STR("{\"a\":\"\\udc00\\ud800\"}") },
	{ NO, STR("{\"a\":\"\\ud83d\\ude0\"}") },
	{ NO, STR("{\"a\":\"\\ud83d\\\"}") },
	{ NO, STR("{\"a\":\"\\ud83d") },
	{ NO, STR("{\"a\":\"\\ud83d\xf0\x9f\x98\x80\"}") },
	{ NO, STR("{\"\\ud800\":1}") },
	/* NUL */
	{ NO, STR("{\"a\":\"\\u0000\"}") },
	{ NO, STR("{\"a\\u0000b\":1}") },
	{ NO, STR("{\"a\":\"x\0y\"}") },
	{ NO, STR("{\"a\0\":1}") },
	/* raw control characters */
	{ NO, STR("{\"a\":\"\x01\"}") },
	{ NO, STR("{\"a\":\"\x1f\"}") },
	{ NO, STR("{\"a\":\"\n\"}") },
	{ NO, STR("{\"a\":\"\r\"}") },
	{ NO, STR("{\"a\":\"\t\"}") },
	{ NO, STR("{\"\t\":1}") },
	/* not UTF-8 */
	{ NO, STR("{\"a\":\"\x80\"}") },
	{ NO, STR("{\"a\":\"\xbf\"}") },
	{ NO, STR("{\"a\":\"\xc3\"}") },
	{ NO, STR("{\"a\":\"\xc3(\"}") },
	{ NO, STR("{\"a\":\"\xe2\x82\"}") },
	{ NO, STR("{\"a\":\"\xf0\x9f\x98\"}") },
	{ NO, STR("{\"a\":\"\xc0\xaf\"}") },
	{ NO, STR("{\"a\":\"\xc1\xbf\"}") },
	{ NO, STR("{\"a\":\"\xc0\x80\"}") },
	{ NO, STR("{\"a\":\"\xe0\x80\xaf\"}") },
	{ NO, STR("{\"a\":\"\xe0\x9f\xbf\"}") },
	{ NO, STR("{\"a\":\"\xf0\x80\x80\xaf\"}") },
	{ NO, STR("{\"a\":\"\xf0\x8f\xbf\xbf\"}") },
	{ NO, STR("{\"a\":\"\xed\xa0\x80\"}") },
	{ NO, STR("{\"a\":\"\xed\xbf\xbf\"}") },
	{ NO, STR("{\"a\":\"\xed\xa0\xbd\xed\xb8\x80\"}") },
	{ NO, STR("{\"a\":\"\xf4\x90\x80\x80\"}") },
	{ NO, STR("{\"a\":\"\xf5\x80\x80\x80\"}") },
	{ NO, STR("{\"a\":\"\xf8\x88\x80\x80\x80\"}") },
	{ NO, STR("{\"a\":\"\xfc\x84\x80\x80\x80\x80\"}") },
	{ NO, STR("{\"a\":\"\xfe\"}") },
	{ NO, STR("{\"a\":\"\xff\"}") },
	{ NO, STR("{\"\xff\":1}") },
	{ NO, STR("{}\xff") },
	{ NO, STR("\xff\xfe{\0}\0") },
	{ NO, STR("\0{\0}") },
};

static const struct row names[] = {
	{ YES, STR("{\"a\":1,\"A\":2}") },
	{ YES, STR("{\"a\":1,\"a \":2}") },
	{ YES, STR("{\"a\":{\"a\":{\"a\":1}}}") },
	{ YES, STR("{\"x\":[{\"a\":1},{\"a\":1}]}") },
	{ YES, STR("{\"\xc3\xa4\":1,\"a\xcc\x88\":2}") }, /* composed and not: two names */
	{ TWICE, STR("{\"a\":1,\"a\":1}") },
	{ TWICE, STR("{\"a\":1,\"b\":2,\"a\":3}") },
	{ TWICE, STR("{\"a\":1,\"\\u0061\":2}") },
	{ TWICE, STR("{\"\\u0061\":1,\"\\u0061\":2}") },
	{ TWICE, STR("{\"/\":1,\"\\/\":2}") },
	{ TWICE, STR("{\"\\n\":1,\"\\u000a\":2}") },
	{ TWICE, STR("{\"\\u000A\":1,\"\\u000a\":2}") },
	{ TWICE, STR("{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}") },
	{ TWICE, STR("{\"\":1,\"\":2}") },
	{ TWICE, STR("{\"x\":{\"a\":1,\"a\":2}}") },
	{ TWICE, STR("{\"x\":[[{\"a\":1,\"a\":2}]]}") },
	{ TWICE, STR("{\"a\":{\"b\":1},\"a\":{\"c\":1,\"d\":2}}") },
	{ TWICE, STR("{\"a\":null,\"a\":null}") },
};

static void check(const char *table, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		/* In memory of its own, so that a byte read too far is found. */
		char *copy = malloc(rows[i].text.n);
		struct str text = { copy, rows[i].text.n };
		struct json_object *tree = NULL;
		const char *why = NULL, *why_scan = NULL;
		size_t members;
		bool scanned;
		enum err e;

		memcpy(copy, rows[i].text.p, rows[i].text.n);
		scanned = body_scan(text, &members, &why_scan) == JSON_FIT;
		e = body_parse(text, &tree, &why);
		EXPECT(scanned == (rows[i].verdict != NO), "%s %zu: %.*s: %s", table, i,
			STR_ARG(text), why_scan ? why_scan : "taken");
		EXPECT(e == (rows[i].verdict == YES ? OK : ERR_MALFORMED_JSON), "%s %zu: %.*s: %s",
			table, i, STR_ARG(text), why ? why : "taken");
		EXPECT((tree != NULL) == (e == OK), "%s %zu", table, i);
		EXPECT(e == OK || why, "%s %zu has no reason", table, i);
		if (rows[i].verdict == VALUE)
			EXPECT(strcmp(why, "it is not an object") == 0, "%s %zu: %s", table, i,
				why);
		if (rows[i].verdict == TWICE)
			EXPECT(strcmp(why, "a name stands twice in one object") == 0, "%s %zu: %s",
				table, i, why);
		json_object_put(tree);
		free(copy);
	}
}

static void only_the_grammar_of_rfc_8259_is_taken(void **state)
{
	(void)state;
	assert_true(COUNT(grammar) + COUNT(numbers) + COUNT(texts) + COUNT(names) >= 240);
	check("grammar", grammar, COUNT(grammar));
}

static void only_decimal_numbers_are_taken(void **state)
{
	(void)state;
	check("numbers", numbers, COUNT(numbers));
}

static void only_whole_unicode_text_is_taken(void **state)
{
	(void)state;
	check("texts", texts, COUNT(texts));
}

static void a_name_stands_once_however_it_is_spelt(void **state)
{
	(void)state;
	check("names", names, COUNT(names));
}

static void so_many_levels_are_taken_and_one_more_is_not(void **state)
{
	static const char *const ways[][2] = { { "{\"a\":", "}" }, { "[", "]" } };

	(void)state;
	for (int depth = 1; depth <= JSON_DEPTH_MAX + 2; depth++)
		for (int way = 0; way < 2; way++)
			for (int inner = 0; inner < 2; inner++) {
				struct buf b = BUF_INIT(4096);
				struct json_object *tree;
				const char *why = NULL;
				enum err e;

				buf_z(&b, "{\"a\":");
				for (int i = 1; i < depth; i++)
					buf_z(&b, ways[way][0]);
				buf_z(&b, inner ? "1" : depth == 1 ? "null" : "\"x\"");
				for (int i = 1; i < depth; i++)
					buf_z(&b, ways[way][1]);
				buf_z(&b, "}");
				e = body_parse(buf_as_str(&b), &tree, &why);
				EXPECT((e == OK) == (depth <= JSON_DEPTH_MAX), "depth %d: %.*s",
					depth, (int)b.n, b.p);
				json_object_put(tree);
				buf_free(&b);
			}
}

static void a_bottomless_text_costs_no_stack(void **state)
{
	static const char *const openings[] = { "[", "{\"a\":", "[[", "{\"a\":[" };
	struct json_object *tree;
	const char *why;

	(void)state;
	for (size_t i = 0; i < COUNT(openings); i++) {
		struct buf b = BUF_INIT(1 << 20);

		while (!b.over)
			buf_z(&b, openings[i]);
		assert_int_equal(body_parse(buf_as_str(&b), &tree, &why), ERR_MALFORMED_JSON);
		assert_string_equal(why, "it is nested too deeply");
		buf_free(&b);
	}
}

static void members_are_counted_on_all_levels(void **state)
{
	size_t members;
	const char *why;

	(void)state;
	assert_int_equal(
		body_scan(STR("{\"a\":{\"b\":1,\"c\":[{\"d\":1}]},\"e\":2}"), &members, &why),
		JSON_FIT);
	assert_int_equal(members, 5);
	assert_int_equal(body_scan(STR("[1,2,\"x:y\",[]]"), &members, &why), JSON_FIT);
	assert_int_equal(members, 0);
}

static void values_arrive_as_they_were_meant(void **state)
{
	struct json_object *tree, *o;
	const char *why;

	(void)state;
	assert_int_equal(
		body_parse(STR("{\"n\":-9007199254740991,\"s\":\"\\ud83d\\ude00\\u00e4\\n\","
			       "\"f\":1.5e2,\"z\":-0}"),
			&tree, &why),
		OK);
	json_object_object_get_ex(tree, "n", &o);
	assert_true(json_object_is_type(o, json_type_int));
	assert_int_equal(json_object_get_int64(o), -9007199254740991);
	json_object_object_get_ex(tree, "s", &o);
	assert_string_equal(json_object_get_string(o), "\xf0\x9f\x98\x80\xc3\xa4\n");
	json_object_object_get_ex(tree, "f", &o);
	assert_true(json_object_get_double(o) == 150.0);
	json_object_object_get_ex(tree, "z", &o);
	assert_int_equal(json_object_get_int64(o), 0);
	json_object_put(tree);
}

static void what_does_not_fit_is_a_double_beyond_all_integers(void **state)
{
	static const char *const rows[] = { "9007199254740992", "9223372036854775808",
		"100000000000000000000000000000000000000", "1e309", "1e99999999999999999999" };
	struct json_object *tree, *list, *o;
	struct buf b = BUF_INIT(4096);
	const char *why;

	(void)state;
	buf_z(&b, "{\"-9007199254740992\\\"\":\"1e999\",\"a\":[");
	for (size_t i = 0; i < COUNT(rows); i++) {
		buf_z(&b, rows[i]);
		buf_z(&b, ",-");
		buf_z(&b, rows[i]);
		buf_z(&b, i + 1 < COUNT(rows) ? "," : "]}");
	}
	assert_int_equal(body_parse(buf_as_str(&b), &tree, &why), OK);
	json_object_object_get_ex(tree, "a", &list);
	assert_int_equal(json_object_array_length(list), 2 * COUNT(rows));
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		o = json_object_array_get_idx(list, i);
		EXPECT(json_object_is_type(o, json_type_double), "%s", rows[i / 2]);
		EXPECT(json_object_get_int64(o) == (i % 2 ? INT64_MIN : INT64_MAX), "%s",
			rows[i / 2]);
	}
	assert_true(json_object_object_get_ex(tree, "-9007199254740992\"", &o));
	assert_string_equal(json_object_get_string(o), "1e999");
	json_object_put(tree);
	buf_free(&b);
}

static void every_beginning_of_a_text_is_refused(void **state)
{
	static const struct str whole = STR(
		"{\"a\":[1,-2.5e3,\"\\u00e4\\ud83d\\ude00\xc3\xa4\",true,null],\"b\":{\"c\":{}}}");
	struct json_object *tree;
	const char *why;

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		char *copy = malloc(n + 1);

		memcpy(copy, whole.p, n);
		EXPECT(body_parse((struct str){ copy, n }, &tree, &why) == ERR_MALFORMED_JSON,
			"%zu", n);
		free(copy);
	}
	assert_int_equal(body_parse(whole, &tree, &why), OK);
	json_object_put(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_grammar_of_rfc_8259_is_taken),
		cmocka_unit_test(only_decimal_numbers_are_taken),
		cmocka_unit_test(only_whole_unicode_text_is_taken),
		cmocka_unit_test(a_name_stands_once_however_it_is_spelt),
		cmocka_unit_test(so_many_levels_are_taken_and_one_more_is_not),
		cmocka_unit_test(a_bottomless_text_costs_no_stack),
		cmocka_unit_test(members_are_counted_on_all_levels),
		cmocka_unit_test(values_arrive_as_they_were_meant),
		cmocka_unit_test(what_does_not_fit_is_a_double_beyond_all_integers),
		cmocka_unit_test(every_beginning_of_a_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
