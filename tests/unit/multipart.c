/* multipart.c - one file out of a body that comes in pieces. */
#include "ground.h"

#include "web/multipart.h"

#define HEAD "Content-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n"

static struct buf taken = BUF_INIT(1 << 20);
static enum err refusal;

static enum err take(void *context, struct str bytes)
{
	(void)context;
	buf_str(&taken, bytes);
	return refusal;
}

static enum err feed(struct multipart *m, struct str body, size_t piece)
{
	enum err e = OK;

	buf_clear(&taken);
	*m = (struct multipart){ .take = take };
	assert_true(multipart_begin(m, STR("multipart/form-data; boundary=xyz")));
	for (size_t at = 0; at < body.n && e == OK; at += piece)
		e = multipart_feed(
			m, (struct str){ body.p + at, body.n - at < piece ? body.n - at : piece });
	return e;
}

static void the_file_comes_out_however_the_body_is_cut(void **state)
{
	static const struct {
		const char *body, *file;
	} rows[] = {
		{ "--xyz\r\n" HEAD "bytes\r\n--xyz--\r\n", "bytes" },
		{ "\r\n--xyz\r\n" HEAD "bytes\r\n--xyz--", "bytes" },
		{ "preamble\r\n--xyz \t\r\n" HEAD "bytes\r\n--xyz--epilogue", "bytes" },
		{ "--xyz\r\n" HEAD "\r\n--xyz--", "" },
		{ "--xyz\r\n" HEAD "a\r\n--xy\r\r\n--x\r\n\r\n-\r\n--xyz--",
			"a\r\n--xy\r\r\n--x\r\n\r\n-" },
		{ "--xyz\r\nContent-Disposition: form-data; name=other\r\n\r\n" HEAD
		  "no\r\n--xyz\r\n" HEAD "yes\r\n--xyz--",
			"yes" },
		{ "--xyz\r\n" HEAD "yes\r\n--xyz\r\nX: y\r\nContent-Disposition: form-data; "
		  "name=b\r\n\r\nno\r\n--xyz--",
			"yes" },
	};
	static struct multipart m;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t piece = 1; piece < 40; piece++) {
			EXPECT(feed(&m, str_of(rows[i].body), piece) == OK,
				"row %zu, pieces of %zu: %s", i, piece, m.why);
			EXPECT(m.ended && m.found && m.named, "row %zu", i);
			EXPECT(str_is((struct str){ m.name, m.name_n }, "a.png"), "row %zu", i);
			EXPECT(str_is(buf_as_str(&taken), rows[i].file), "row %zu, %zu: %.*s", i,
				piece, (int)taken.n, taken.p);
		}
}

static void what_is_broken_is_said_in_words(void **state)
{
	static const char *const bodies[] = {
		"--xyz\r\n" HEAD "a\r\n--xyz\r\n" HEAD "b\r\n--xyz--",
		"--xyz\r\nX: y\r\n\r\na\r\n--xyz--",
		"--xyz\r\n\r\na\r\n--xyz--",
		"--xyzz\r\n" HEAD "a\r\n--xyz--",
		"--xyz\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: "
		"form-data; name=b\r\n\r\n--xyz--",
		"--xyz\r\nContent-Disposition: attachment; name=file\r\n\r\n--xyz--",
	};
	static struct multipart m;

	(void)state;
	for (size_t i = 0; i < COUNT(bodies); i++) {
		EXPECT(feed(&m, str_of(bodies[i]), 1000) == ERR_BAD_REQUEST, "row %zu", i);
		EXPECT(m.why && strlen(m.why) > 5, "row %zu", i);
	}
}

static void heads_and_parts_have_an_end(void **state)
{
	struct buf body = BUF_INIT(1 << 20);
	static struct multipart m;

	(void)state;
	buf_z(&body, "--xyz\r\nContent-Disposition: form-data; name=a; x=");
	for (int i = 0; i < MULTIPART_HEAD; i++)
		buf_byte(&body, 'x');
	assert_int_equal(feed(&m, buf_as_str(&body), 999), ERR_BAD_REQUEST);
	buf_clear(&body);
	for (int i = 0; i <= MULTIPART_PARTS; i++)
		buf_z(&body, "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n");
	assert_int_equal(feed(&m, buf_as_str(&body), 999), ERR_BAD_REQUEST);
	buf_free(&body);
}

static void a_body_that_stops_has_not_ended(void **state)
{
	static const char whole[] = "--xyz\r\n" HEAD "bytes\r\n--xyz--";
	static struct multipart m;

	(void)state;
	for (size_t n = 0; n < sizeof whole - 1; n++) {
		assert_int_equal(feed(&m, (struct str){ whole, n }, 7), OK);
		assert_false(m.ended);
	}
}

static void who_takes_the_file_can_end_it(void **state)
{
	static struct multipart m;

	(void)state;
	refusal = ERR_TOO_LARGE;
	assert_int_equal(feed(&m, STR("--xyz\r\n" HEAD "bytes\r\n--xyz--"), 3), ERR_TOO_LARGE);
	refusal = OK;
}

static void a_boundary_is_what_the_standard_allows(void **state)
{
	static const struct {
		const char *type;
		bool good;
	} rows[] = {
		{ "multipart/form-data; boundary=xyz", true },
		{ "Multipart/Form-Data; charset=utf-8; BOUNDARY=\"a b:c\"", true },
		{ "multipart/form-data", false },
		{ "multipart/form-data; boundary=", false },
		{ "multipart/form-data; boundary=\"a \"", false },
		{ "multipart/form-data; boundary=a\tb", false },
		{ "multipart/mixed; boundary=xyz", false },
		{ "multipart/form-data; boundary=0123456789012345678901234567890123456789012345678"
		  "901234567890123456789",
			true },
		{ "multipart/form-data; boundary=01234567890123456789012345678901234567890123456789"
		  "012345678901234567890",
			false },
	};
	static struct multipart m;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		m = (struct multipart){ .take = take };
		EXPECT(multipart_begin(&m, str_of(rows[i].type)) == rows[i].good, "row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_comes_out_however_the_body_is_cut),
		cmocka_unit_test(what_is_broken_is_said_in_words),
		cmocka_unit_test(heads_and_parts_have_an_end),
		cmocka_unit_test(a_body_that_stops_has_not_ended),
		cmocka_unit_test(who_takes_the_file_can_end_it),
		cmocka_unit_test(a_boundary_is_what_the_standard_allows),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	buf_free(&taken);
	return failed;
}
