/* The record machine alone: bytes in, news out. */
#include "wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

enum { BODY_MAX = 1000 };

static const struct record_limits limits = { BODY_MAX, 500 };

/* What became of a stream of bytes, as one line: a word for each thing that was said. */
struct told {
	struct buf text;
	unsigned char reply[RECORD_REPLY];
	size_t reply_n;
};

static void tell_request(struct told *t, const struct record *rc)
{
	struct str body = record_body(rc);

	buf_printf(&t->text, "whole(%u%s", rc->request, rc->keep ? " keep" : "");
	for (char **p = record_params(rc); *p; p++)
		buf_printf(&t->text, " %.80s", *p);
	buf_printf(&t->text, " body=%zu:%.*s) ", body.n, body.n < 8 ? (int)body.n : 8, body.p);
}

/* false: broken, nothing more may be fed. */
static bool feed(struct record *rc, struct told *t, struct str bytes)
{
	for (;;) {
		struct record_event e;
		enum record_news news = record_eat(rc, &limits, &bytes, &e);

		switch (news) {
		case RECORD_NOTHING: assert_int_equal(bytes.n, 0); return true;
		case RECORD_BEGINS: break;
		case RECORD_WHOLE:
			tell_request(t, rc);
			record_release(rc);
			break;
		case RECORD_ABORTED:
			buf_printf(&t->text, "aborted%s ", e.served ? "-served" : "");
			break;
		case RECORD_REPLY_DUE:
			assert_in_range(e.reply_n, RECORD_END, RECORD_REPLY);
			memcpy(t->reply, e.reply, e.reply_n);
			t->reply_n = e.reply_n;
			buf_printf(&t->text, "reply(%d %d%s) ", e.reply[1], e.reply[12],
				e.last ? " last" : "");
			break;
		case RECORD_REFUSED:
			buf_printf(&t->text, "refused(%d) ", e.status);
			assert_non_null(e.why);
			record_next(rc);
			break;
		case RECORD_BROKEN: buf_z(&t->text, "broken "); return false;
		}
	}
}

static void expect(struct str bytes, size_t first, size_t step, const char *wanted)
{
	struct told t = { .text = BUF_INIT(1 << 20) };
	struct record rc = { 0 };
	size_t n = first < bytes.n ? first : bytes.n;
	bool good = true;

	for (size_t at = 0; good && at < bytes.n; at += n, n = step) {
		/* A copy of its own, so that the sanitizer sees what reads beyond it. */
		struct str part = { bytes.p + at, n < bytes.n - at ? n : bytes.n - at };
		char *copy = malloc(part.n ? part.n : 1);

		memcpy(copy, part.p, part.n);
		good = feed(&rc, &t, (struct str){ copy, part.n });
		free(copy);
	}
	record_clear(&rc);
	buf_byte(&t.text, '\0');
	assert_string_equal(t.text.p, wanted);
	buf_free(&t.text);
}

static void expect_all_ways(struct buf *b, const char *wanted)
{
	struct str bytes = buf_as_str(b);

	expect(bytes, bytes.n, bytes.n, wanted);
	expect(bytes, 1, 1, wanted);
	expect(bytes, 7, 13, wanted);
	buf_free(b);
}

static void a_request_is_read_wherever_it_is_cut(void **state)
{
	struct buf b = BUF_INIT(65536), params = BUF_INIT(65536), wanted = BUF_INIT(4096);
	char path[300];

	(void)state;
	memset(path, 'p', sizeof path);
	wire_pair(&params, STR("REQUEST_METHOD"), STR("POST"), false);
	wire_pair(&params, STR("WIDE"), STR("lengths"), true);
	wire_pair(&params, STR("LONG"), (struct str){ path, sizeof path }, false);
	wire_pair(&params, STR("EMPTY"), STR(""), false);
	wire_begin(&b, 258, RESPONDER, KEEP);
	wire_stream(&b, RECORD_PARAMS_STREAM, 258, buf_as_str(&params), 11);
	wire_stream(&b, RECORD_STDIN, 258, STR("the body"), 3);
	buf_printf(&wanted,
		"whole(258 keep REQUEST_METHOD=POST WIDE=lengths LONG=%.75s EMPTY= body=8:the "
		"body) ",
		path);
	buf_byte(&wanted, '\0');
	for (size_t at = 0; at <= b.n; at++)
		expect(buf_as_str(&b), at, b.n, wanted.p);
	expect(buf_as_str(&b), 1, 1, wanted.p);
	buf_free(&b);
	buf_free(&params);
	buf_free(&wanted);
}

static void requests_follow_each_other(void **state)
{
	struct buf b = BUF_INIT(65536);

	(void)state;
	wire_request(&b, 1, KEEP, "/a", STR(""));
	wire_record(&b, RECORD_ABORT_REQUEST, 1, STR(""), 0);
	wire_request(&b, 1, KEEP, "/b", STR("bb"));
	wire_record(&b, RECORD_ABORT_REQUEST, 1, STR("why"), 5);
	wire_request(&b, 65535, 0, "/c", STR(""));
	expect_all_ways(&b,
		"whole(1 keep REQUEST_METHOD=GET REQUEST_URI=/a EMPTY= body=0:) aborted-served "
		"whole(1 keep REQUEST_METHOD=POST REQUEST_URI=/b EMPTY= body=2:bb) aborted-served "
		"whole(65535 REQUEST_METHOD=GET REQUEST_URI=/c EMPTY= body=0:) ");
}

static void a_request_without_parameters_is_one(void **state)
{
	struct buf b = BUF_INIT(65536);

	(void)state;
	wire_begin(&b, 1, RESPONDER, 0);
	wire_record(&b, RECORD_PARAMS_STREAM, 1, STR(""), 255);
	wire_record(&b, RECORD_STDIN, 1, STR(""), 0);
	expect_all_ways(&b, "whole(1 body=0:) ");
}

static void half_a_request_can_be_aborted(void **state)
{
	struct buf b = BUF_INIT(65536);

	(void)state;
	wire_begin(&b, 1, RESPONDER, KEEP);
	wire_record(&b, RECORD_PARAMS_STREAM, 1, STR("\001\001AB"), 0);
	wire_record(&b, RECORD_ABORT_REQUEST, 1, STR(""), 0);
	wire_record(&b, RECORD_PARAMS_STREAM, 1, STR("still on its way"), 0);
	wire_record(&b, RECORD_ABORT_REQUEST, 1, STR(""), 0);
	wire_request(&b, 1, 0, "/next", STR(""));
	expect_all_ways(
		&b, "aborted whole(1 REQUEST_METHOD=GET REQUEST_URI=/next EMPTY= body=0:) ");
}

static void a_second_request_at_once_is_refused(void **state)
{
	struct buf b = BUF_INIT(65536);

	(void)state;
	wire_begin(&b, 1, RESPONDER, KEEP);
	wire_request(&b, 2, KEEP, "/two", STR("skipped"));
	wire_record(&b, RECORD_PARAMS_STREAM, 1, STR(""), 0);
	wire_record(&b, RECORD_DATA, 2, STR("skipped"), 1);
	wire_record(&b, RECORD_STDIN, 1, STR(""), 0);
	wire_begin(&b, 3, RESPONDER, 0);
	expect_all_ways(&b, "reply(3 1) whole(1 keep body=0:) reply(3 1) ");
}

static void other_roles_are_refused(void **state)
{
	struct buf b = BUF_INIT(65536);

	(void)state;
	wire_begin(&b, 1, 2, KEEP);
	wire_record(&b, RECORD_PARAMS_STREAM, 1, STR("skipped"), 0);
	wire_begin(&b, 1, 257, 0);
	expect_all_ways(&b, "reply(3 3) reply(3 3 last) ");
}

static void who_asks_for_values_is_told(void **state)
{
	static const char wanted[] = "\016\003FCGI_MAX_CONNS500\017\001FCGI_MPXS_CONNS0";
	struct told t = { .text = BUF_INIT(4096) };
	struct buf b = BUF_INIT(65536), names = BUF_INIT(4096);
	struct record rc = { 0 };

	(void)state;
	wire_pair(&names, STR("FCGI_MAX_CONNS"), STR(""), false);
	wire_pair(&names, STR("WHAT_ELSE"), STR("?"), true);
	wire_pair(&names, STR("FCGI_MPXS_CONNS"), STR(""), true);
	wire_pair(&names, STR("FCGI_MPXS_CONNS"), STR(""), false);
	buf_z(&names, "\177"); /* lengths that do not add up end the list */
	wire_record(&b, RECORD_GET_VALUES, 0, buf_as_str(&names), 3);
	assert_true(feed(&rc, &t, buf_as_str(&b)));
	assert_int_equal(t.reply[1], RECORD_GET_VALUES_RESULT);
	assert_int_equal(t.reply[5], sizeof wanted - 1);
	assert_int_equal(t.reply_n, RECORD_HEAD + sizeof wanted - 1);
	assert_memory_equal(t.reply + RECORD_HEAD, wanted, sizeof wanted - 1);
	buf_free(&b);
	buf_free(&names);
	buf_free(&t.text);
	record_clear(&rc);
}

static void unknown_management_is_said_to_be_unknown(void **state)
{
	struct told t = { .text = BUF_INIT(4096) };
	struct buf b = BUF_INIT(65536);
	struct record rc = { 0 };

	(void)state;
	wire_record(&b, 200, 0, STR("whatever"), 9);
	wire_request(&b, 1, 0, "/", STR(""));
	assert_true(feed(&rc, &t, buf_as_str(&b)));
	assert_int_equal(t.reply[1], RECORD_UNKNOWN_TYPE);
	assert_int_equal(t.reply[RECORD_HEAD], 200);
	assert_int_equal(t.reply_n, 16);
	assert_non_null(memmem(t.text.p, t.text.n, "whole(1", 7));
	buf_free(&b);
	buf_free(&t.text);
	record_clear(&rc);
}

static void parameters_have_a_maximum(void **state)
{
	struct buf b = BUF_INIT(1 << 20), params = BUF_INIT(1 << 20);

	(void)state;
	for (int i = 0; i < RECORD_PARAMS; i++)
		wire_pair(&params, STR("N"), STR(""), false);
	wire_begin(&b, 1, RESPONDER, KEEP);
	wire_stream(&b, RECORD_PARAMS_STREAM, 1, buf_as_str(&params), 100);
	wire_record(&b, RECORD_ABORT_REQUEST, 1, STR(""), 0);
	wire_pair(&params, STR("N"), STR(""), false);
	wire_begin(&b, 1, RESPONDER, KEEP);
	wire_stream(&b, RECORD_PARAMS_STREAM, 1, buf_as_str(&params), 100);
	wire_record(&b, RECORD_STDIN, 1, STR("skipped"), 0);
	buf_clear(&params);
	while (params.n <= RECORD_PARAMS_BYTES)
		wire_pair(&params, STR("NAME"), STR("a value that is one of many"), false);
	wire_begin(&b, 1, RESPONDER, KEEP);
	wire_stream(&b, RECORD_PARAMS_STREAM, 1, buf_as_str(&params), 40000);
	wire_record(&b, RECORD_STDIN, 1, STR(""), 0);
	wire_request(&b, 1, 0, "/", STR(""));
	expect_all_ways(&b, "aborted refused(400) refused(400) "
			    "whole(1 REQUEST_METHOD=GET REQUEST_URI=/ EMPTY= body=0:) ");
	buf_free(&params);
}

static void bodies_have_a_maximum(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	char body[BODY_MAX + 1];

	(void)state;
	memset(body, 'b', sizeof body);
	wire_request(&b, 1, KEEP, "/", (struct str){ body, BODY_MAX });
	wire_record(&b, RECORD_ABORT_REQUEST, 1, STR(""), 0);
	wire_request(&b, 1, KEEP, "/", (struct str){ body, BODY_MAX + 1 });
	expect_all_ways(&b, "whole(1 keep REQUEST_METHOD=POST REQUEST_URI=/ EMPTY= "
			    "body=1000:bbbbbbbb) aborted-served refused(413) ");
}

static void names_that_no_string_can_hold_are_refused(void **state)
{
	static const struct str pairs[] = {
		STR("\000\001v"),          /* no name */
		STR("\003\001A=Bv"),       /* '=' in the name */
		STR("\003\001A\000Bv"),    /* NUL in the name */
		STR("\001\003Av\000w"),    /* NUL in the value */
		STR("\001\001Av\000\000"), /* nothing called nothing */
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		struct buf b = BUF_INIT(4096);

		wire_begin(&b, 1, RESPONDER, 0);
		wire_stream(&b, RECORD_PARAMS_STREAM, 1, pairs[i], 65535);
		expect_all_ways(&b, "refused(400) ");
	}
}

static void garbage_is_broken(void **state)
{
#define BEGIN_1  "\1\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"
#define PARAMS_1 "\1\4\0\1\0\0\0\0"
#define STDIN_1  "\1\5\0\1\0\0\0\0"
	static const struct str streams[] = {
		STR("\0\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"), /* version 0 */
		STR("\2\1\0\1\0\10\0\0\0\1\0\0\0\0\0\0"), /* version 2 */
		STR("GET / HTTP/1.1\r\n\r\n"), STR("\377\377\377\377\377\377\377\377\377"),
		STR("\1\1\0\0\0\10\0\0\0\1\0\0\0\0\0\0"),   /* BEGIN of no request */
		STR("\1\1\0\1\0\7\0\0\0\1\0\0\0\0\0"),      /* BEGIN too short */
		STR("\1\1\0\1\0\11\0\0\0\1\0\0\0\0\0\0\0"), /* BEGIN too long */
		STR("\1\1\0\1\0\0\0\0"),                    /* BEGIN empty */
		STR(BEGIN_1 BEGIN_1),                       /* twice */
		STR(BEGIN_1 STDIN_1),                       /* a body before the parameters */
		STR(BEGIN_1 "\1\10\0\1\0\0\0\0"),           /* data for a responder */
		STR(BEGIN_1 "\1\6\0\1\0\0\0\0"),            /* STDOUT is ours to send */
		STR(BEGIN_1 "\1\3\0\1\0\10\0\0"),           /* and so is END_REQUEST */
		STR(BEGIN_1 "\1\11\0\1\0\0\0\0"),           /* GET_VALUES of a request */
		STR(BEGIN_1 "\1\143\0\1\0\0\0\0"),          /* unknown, of a request */
		STR("\1\4\0\0\0\0\0\0"),                    /* PARAMS of no request */
		STR("\1\2\0\0\0\0\0\0"),                    /* ABORT of no request */
		STR("\1\11\0\0\2\1\0\0"),                   /* GET_VALUES too long */
		STR(BEGIN_1 "\1\4\0\1\0\1\0\0\1" PARAMS_1), /* a pair without its second length */
		STR(BEGIN_1 "\1\4\0\1\0\3\0\0\2\1A" PARAMS_1),    /* a pair without its value */
		STR(BEGIN_1 "\1\4\0\1\0\3\0\0\200\0\0" PARAMS_1), /* half a wide length */
		STR(BEGIN_1 "\1\4\0\1\0\12\0\0\377\377\377\377\377\377\377\377AB" PARAMS_1),
		STR(BEGIN_1 "\1\4\0\1\0\7\0\0\1\377\377\377\377Av" PARAMS_1),
		STR(BEGIN_1 PARAMS_1 PARAMS_1), /* the parameters ended already */
	};
	static const struct str behind[] = {
		STR(BEGIN_1 PARAMS_1 STDIN_1 STDIN_1), /* the body ended already */
		STR(BEGIN_1 PARAMS_1 STDIN_1 PARAMS_1),
		STR(BEGIN_1 PARAMS_1 STDIN_1 BEGIN_1), /* again before the answer */
	};

	(void)state;
	for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
		struct buf b = BUF_INIT(4096);

		buf_str(&b, streams[i]);
		expect_all_ways(&b, "broken ");
	}
	for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
		struct buf b = BUF_INIT(4096);

		buf_str(&b, behind[i]);
		expect_all_ways(&b, "whole(1 body=0:) broken ");
	}
}

static void a_parked_record_machine_is_small(void **state)
{
	(void)state;
	assert_in_range(sizeof(struct record), 1, 48);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_read_wherever_it_is_cut),
		cmocka_unit_test(requests_follow_each_other),
		cmocka_unit_test(a_request_without_parameters_is_one),
		cmocka_unit_test(half_a_request_can_be_aborted),
		cmocka_unit_test(a_second_request_at_once_is_refused),
		cmocka_unit_test(other_roles_are_refused),
		cmocka_unit_test(who_asks_for_values_is_told),
		cmocka_unit_test(unknown_management_is_said_to_be_unknown),
		cmocka_unit_test(parameters_have_a_maximum),
		cmocka_unit_test(bodies_have_a_maximum),
		cmocka_unit_test(names_that_no_string_can_hold_are_refused),
		cmocka_unit_test(garbage_is_broken),
		cmocka_unit_test(a_parked_record_machine_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
