/* packet.c - Engine.IO payloads and Socket.IO packets, read and written; what to notice of a
 * message. */
#include "ground.h"

#include "data/message.h"
#include "live/notice.h"
#include "live/packet.h"
#include "live/payload.h"

#include <json.h>

static void packets_are_read_and_written_back(void **state)
{
	static const struct {
		const char *text, *namespace, *json;
		enum packet_type type;
		int64_t id;
		int attachments;
	} rows[] = {
		{ "0", "/", NULL, PACKET_CONNECT, -1, 0 },
		{ "0{\"token\":\"x\"}", "/", "{\"token\":\"x\"}", PACKET_CONNECT, -1, 0 },
		{ "0/admin,", "/admin", NULL, PACKET_CONNECT, -1, 0 },
		{ "0/admin,{}", "/admin", "{}", PACKET_CONNECT, -1, 0 },
		{ "1/admin,", "/admin", NULL, PACKET_DISCONNECT, -1, 0 },
		{ "2[\"a\"]", "/", "[\"a\"]", PACKET_EVENT, -1, 0 },
		{ "20[\"a\",1,{\"b\":null}]", "/", "[\"a\",1,{\"b\":null}]", PACKET_EVENT, 0, 0 },
		{ "2/x,999999999999999[1]", "/x", "[1]", PACKET_EVENT, 999999999999999, 0 },
		{ "312[]", "/", "[]", PACKET_ACK, 12, 0 },
		{ "4\"no\"", "/", "\"no\"", PACKET_CONNECT_ERROR, -1, 0 },
		{ "51-[\"a\",{\"_placeholder\":true,\"num\":0}]", "/",
			"[\"a\",{\"_placeholder\":true,\"num\":0}]", PACKET_BINARY_EVENT, -1, 1 },
		{ "610-/x,7[1]", "/x", "[1]", PACKET_BINARY_ACK, 7, 10 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf back = BUF_INIT(4096);
		struct packet p;

		EXPECT(packet_read(str_of(rows[i].text), &p), "row %zu", i);
		EXPECT(p.type == rows[i].type && p.id == rows[i].id, "row %zu", i);
		EXPECT(p.attachments == rows[i].attachments, "row %zu", i);
		EXPECT(str_is(p.namespace, rows[i].namespace), "row %zu", i);
		EXPECT(rows[i].json ? str_is(p.json, rows[i].json) : !p.json.p, "row %zu", i);
		packet_write(&back, &p);
		EXPECT(str_is(buf_as_str(&back), rows[i].text), "row %zu", i);
		packet_clear(&p);
		buf_free(&back);
	}
}

static void what_is_no_packet_is_refused(void **state)
{
	static const char *const rows[] = { "", "7[]", "x", "2", "2{}", "2[]", "2[{}]", "2[null]",
		"2[\"a\"]x", "2[\"a\"", "2[\"a\",]", "2[\"a\"][", "20", "2-1[\"a\"]",
		"21234567890123456[\"a\"]", "2[\"\x80\"]", "2[NaN]", "2[01]", "2\"\\u0000\"",
		"0{\"a\":\"\\u0000\"}", "3[\"\\u0000\"]", "2[\"a\",{\"b\":1,}]", "3{}", "3", "1[]",
		"4", "4[]", "4null", "0[]", "0\"x\"", "0null", "5[\"a\"]", "5-[\"a\"]",
		"5x-[\"a\"]", "511-[\"a\"]", "5999999999999999999999-[]", "51[\"a\"]", "6-1-[]",
		"0/0123456789012345678901234567890123456789012345678901234567890123456789,",
		"2/x[\"a\"]" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct packet p;

		EXPECT(!packet_read(str_of(rows[i]), &p), "row %zu: %s", i, rows[i]);
		EXPECT(!p.tree, "row %zu", i);
	}
}

static void an_event_with_something_that_is_not_taken_is_one_all_the_same(void **state)
{
	static const char *const rows[] = { "27[\"\\ud800\"]", "2/x,7[\"a\",\"\\u0000\"]",
		"27[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
		"52-7[\"\\ud800\",{\"_placeholder\":true,\"num\":0}]" };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct packet p;

		EXPECT(packet_read(str_of(rows[i]), &p), "row %zu: %s", i, rows[i]);
		EXPECT(p.unfit && !p.tree && p.id == 7, "row %zu", i);
	}
}

static void pairs_of_escapes_are_the_characters_they_mean(void **state)
{
	struct packet p;

	(void)state;
	assert_true(packet_read(STR("2[\"\\ud836\\udc00 \\ud83d\\ude00\"]"), &p));
	assert_string_equal(json_object_get_string(json_object_array_get_idx(p.tree, 0)),
		"\xf0\x9d\xa0\x80 \xf0\x9f\x98\x80");
	packet_clear(&p);
}

/* What broke off leaves nothing behind for the next. */
static void a_bad_packet_does_not_harm_the_next(void **state)
{
	struct packet p;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_false(packet_read(STR("2[\"a\",{\"b\":"), &p));
		assert_true(packet_read(STR("2[\"a\",{\"b\":2}]"), &p));
		assert_int_equal(json_object_array_length(p.tree), 2);
		packet_clear(&p);
	}
}

static void payloads_are_cut_into_packets(void **state)
{
	struct str rest = STR("4hello\x1e"
			      "2\x1e"
			      "b4pyU\x1e"
			      "4"),
		   said;
	struct buf back = BUF_INIT(4096);
	struct payload_packet p;
	struct arena a;

	(void)state;
	arena_init(&a);
	said = rest;
	assert_true(payload_next(&a, &rest, &p) && p.type == '4' && str_is(p.bytes, "hello"));
	payload_put(&back, STR("4hello"), false);
	assert_true(payload_next(&a, &rest, &p) && p.type == '2' && !p.bytes.n);
	payload_put(&back, STR("2"), false);
	assert_true(payload_next(&a, &rest, &p) && p.binary);
	assert_true(str_eq(p.bytes, STR("\xe2\x9c\x94")));
	payload_put(&back, p.bytes, true);
	assert_true(payload_next(&a, &rest, &p) && p.type == '4' && !p.binary);
	assert_null(rest.p);
	payload_put(&back, STR("4"), false);
	assert_true(str_eq(buf_as_str(&back), said));
	buf_free(&back);
	arena_free(&a);
}

static void what_is_no_payload_is_refused(void **state)
{
	static const char *const rows[] = { "", "\x1e", "x", "7", "9hello", "4\xff",
		"4\xed\xa0\x80", "bx", "b4py", "b4p U", " 4", "b 4pyU", "b4pyU ", "b4p*U",
		"b====", "bA===" };
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str rest = str_of(rows[i]);
		struct payload_packet p;

		EXPECT(!payload_next(&a, &rest, &p), "row %zu: %s", i, rows[i]);
	}
	arena_free(&a);
}

/* Whatever people are called and write: quotes, ends of objects, names of members. */
static void a_notice_says_who_and_what(void **state)
{
	static const struct {
		const char *name, *image, *body, *title_said, *body_said;
	} rows[] = {
		{ "Леся", NULL, "слово", "Леся", "слово" },
		{ "\"", "/x", "", "\\\"", "" },
		{ "\\", "\",\"body\":\"no", "yes", "\\\\", "yes" },
		{ "\",\"body\":\"no", NULL, "\n", "\\\",\\\"body\\\":\\\"no", "\\n" },
		{ "a", NULL, "\"}\x01\\u0041", "a", "\\\"}\\u0001\\\\u0041" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct message m = { .id = 1,
			.chat_id = 2,
			.seq = 3,
			.author_id = 1234567,
			.author_name = str_of(rows[i].name),
			.author_image = str_of(rows[i].image),
			.body = str_of(rows[i].body) };
		struct buf event = BUF_INIT(1 << 16), wanted = BUF_INIT(1 << 16);
		struct writer w = { .to = &event };
		struct hub_event e = { .id = 1, .chat_id = 2 };

		put_object(&w, NULL);
		message_json(&w, "message", &m);
		put_object_end(&w);
		e.json = buf_as_str(&event);
		EXPECT(notice_author(&e) == 1234567, "row %zu", i);
		buf_printf(&wanted,
			"{\"kind\":\"message\",\"chatId\":2,\"title\":\"%s\",\"body\":\"%s\","
			"\"at\":"
			"null}",
			rows[i].title_said, rows[i].body_said);
		EXPECT(str_eq(notice_of_message(&e), buf_as_str(&wanted)), "row %zu", i);
		buf_free(&event);
		buf_free(&wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_are_read_and_written_back),
		cmocka_unit_test(what_is_no_packet_is_refused),
		cmocka_unit_test(an_event_with_something_that_is_not_taken_is_one_all_the_same),
		cmocka_unit_test(pairs_of_escapes_are_the_characters_they_mean),
		cmocka_unit_test(a_bad_packet_does_not_harm_the_next),
		cmocka_unit_test(payloads_are_cut_into_packets),
		cmocka_unit_test(what_is_no_payload_is_refused),
		cmocka_unit_test(a_notice_says_who_and_what),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
