/* http.c - the head of a request: what is taken, what is refused, and that it does not matter how
 * it is cut. */
#include "ground.h"

#include "live/http.h"

#define LINE "GET /chat/ws?cursor=1-2&x=%20 HTTP/1.1\r\n"

static int read_head(const char *text, struct http_head *h, size_t *used)
{
	return http_read(str_of(text), h, used);
}

static void a_head_is_read(void **state)
{
	static const char text[] =
		LINE "Host: a\r\nX-Two:  b c\t\r\nEmpty:\r\nContent-Length: 3\r\n"
		     "\r\nabcGET ";
	struct http_head h;
	struct arena a;
	size_t used = 0;

	(void)state;
	arena_init(&a);
	assert_int_equal(read_head(text, &h, &used), 1);
	assert_int_equal(used, strlen(text) - 7);
	assert_true(str_is(h.method, "GET") && str_is(h.path, "/chat/ws"));
	assert_true(str_is(h.target, "/chat/ws?cursor=1-2&x=%20"));
	assert_true(str_is(http_value(&h, "host"), "a") && str_is(http_value(&h, "x-TWO"), "b c"));
	assert_true(http_value(&h, "empty").p && !http_value(&h, "empty").n);
	assert_null(http_value(&h, "none").p);
	assert_true(str_is(http_query(&h, &a, "cursor"), "1-2"));
	assert_true(str_is(http_query(&h, &a, "x"), " "));
	assert_null(http_query(&h, &a, "curso").p);
	assert_int_equal(h.length, 3);
	assert_true(h.keeps);
	arena_free(&a);
}

/* Every piece that lacks something asks for more, whatever it ends with. */
static void cut_anywhere_it_waits_for_the_rest(void **state)
{
	static const char text[] = LINE "Host: a\r\nUpgrade: websocket\r\n\r\n";
	struct http_head h;
	size_t used;

	(void)state;
	for (size_t n = 0; n < strlen(text); n++) {
		int status = http_read((struct str){ text, n }, &h, &used);

		EXPECT(status == 0, "%zu bytes: %d", n, status);
	}
}

static void what_is_no_head_is_refused(void **state)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
		{ "\r\n", 400 },
		{ "GET / HTTP/1.1\n\r\n", 400 },
		{ "GET / HTTP/2\r\n\r\n", 400 },
		{ "GET  HTTP/1.1\r\n\r\n", 400 },
		{ "GET x HTTP/1.1\r\n\r\n", 400 },
		{ "GET http://x/ HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1 \r\n\r\n", 400 },
		{ "G(T / HTTP/1.1\r\n\r\n", 400 },
		{ "GET /\x01 HTTP/1.1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\n: a\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nHost\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nA: \x7f\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 1 1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 9999999999999\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411 },
	};
	struct http_head h;
	size_t used;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int status = read_head(rows[i].text, &h, &used);

		EXPECT(status == rows[i].status, "row %zu: %d", i, status);
	}
}

static void a_head_has_an_end(void **state)
{
	struct buf text = BUF_INIT(1 << 20);
	struct http_head h;
	size_t used;

	(void)state;
	buf_z(&text, LINE);
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		buf_printf(&text, "H%d: x\r\n", i);
	assert_int_equal(http_read(buf_as_str(&text), &h, &used), 0);
	buf_z(&text, "One-More: x\r\n");
	assert_int_equal(http_read(buf_as_str(&text), &h, &used), 431);
	buf_clear(&text);
	for (int i = 0; i < HTTP_HEAD_MAX - 1; i++)
		buf_byte(&text, 'x');
	assert_int_equal(http_read(buf_as_str(&text), &h, &used), 0);
	buf_byte(&text, 'x');
	assert_int_equal(http_read(buf_as_str(&text), &h, &used), 431);
	buf_free(&text);
}

static void a_connection_stays_as_both_sides_want(void **state)
{
	static const struct {
		const char *text;
		bool keeps;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n\r\n", true },
		{ "GET / HTTP/1.1\r\nConnection: Close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nConnection: x, close\r\n\r\n", false },
		{ "GET / HTTP/1.1\r\nConnection: closed\r\n\r\n", true },
		{ "GET / HTTP/1.0\r\n\r\n", false },
		{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true },
	};
	struct http_head h;
	size_t used;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(read_head(rows[i].text, &h, &used), 1);
		EXPECT(h.keeps == rows[i].keeps, "row %zu", i);
	}
}

#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define UPGRADE "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"

/* The key and its answer are those of RFC 6455. */
static void a_handshake_is_one_by_the_book(void **state)
{
	static const struct {
		const char *text;
		bool upgrades, accepts;
	} rows[] = {
		{ "GET / HTTP/1.1\r\n" UPGRADE VERSION KEY "\r\n", true, true },
		{ "POST / HTTP/1.1\r\n" UPGRADE VERSION KEY "\r\n", true, false },
		{ "GET / HTTP/1.1\r\n" UPGRADE VERSION KEY "Content-Length: 1\r\n\r\n", true,
			false },
		{ "GET / HTTP/1.1\r\n" UPGRADE "Sec-WebSocket-Version: 8\r\n" KEY "\r\n", true,
			false },
		{ "GET / HTTP/1.1\r\n" UPGRADE VERSION "Sec-WebSocket-Key: short\r\n\r\n", true,
			false },
		{ "GET / HTTP/1.1\r\n" UPGRADE VERSION "\r\n", true, false },
		{ "GET / HTTP/1.1\r\nUpgrade: websocket\r\n" VERSION KEY "\r\n", false, false },
		{ "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n" VERSION KEY "\r\n",
			false, false },
	};
	char accept[HTTP_ACCEPT_BYTES];
	struct http_head h;
	size_t used;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		EXPECT(read_head(rows[i].text, &h, &used) == 1, "row %zu", i);
		EXPECT(http_upgrades(&h) == rows[i].upgrades, "row %zu", i);
		EXPECT(http_accept(&h, accept) == rows[i].accepts, "row %zu", i);
		if (rows[i].accepts)
			assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	}
}

static void a_refusal_is_a_problem(void **state)
{
	struct buf text = BUF_INIT(1024);

	(void)state;
	http_status(&text, 413);
	http_problem(&text, 413, "too_large", "Too \"large\".");
	buf_byte(&text, 0);
	assert_string_equal(text.p,
		"HTTP/1.1 413 Content Too Large\r\n{\"type\":\"about:blank\",\"title\":"
		"\"Content Too Large\",\"status\":413,\"detail\":\"Too \\\"large\\\".\",\"code\":"
		"\"too_large\"}");
	buf_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_head_is_read),
		cmocka_unit_test(cut_anywhere_it_waits_for_the_rest),
		cmocka_unit_test(what_is_no_head_is_refused),
		cmocka_unit_test(a_head_has_an_end),
		cmocka_unit_test(a_connection_stays_as_both_sides_want),
		cmocka_unit_test(a_handshake_is_one_by_the_book),
		cmocka_unit_test(a_refusal_is_a_problem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
