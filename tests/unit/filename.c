/* filename.c - names of files as they come in and go out. */
#include "ground.h"

#include "core/buf.h"
#include "web/filename.h"

static struct arena arena;

static int open_arena(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int close_arena(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void parameters_are_found_quoted_or_not(void **state)
{
	static const struct {
		const char *header, *name, *value;
	} rows[] = {
		{ "form-data; name=\"file\"; filename=\"a.png\"", "filename", "a.png" },
		{ "form-data; filename=\"a.png\"; name=file", "name", "file" },
		{ "form-data; FileName = \"a;b=c\" ; name=x", "filename", "a;b=c" },
		{ "form-data; filename=\"a\\\"; name=\\\"x\"", "filename", "a\\\"; name=\\\"x" },
		{ "form-data; filename=\"a\\\"; name=\\\"x\"", "name", NULL },
		{ "form-data; filename=\"never ends", "filename", "never ends" },
		{ "form-data; filename=", "filename", "" },
		{ "form-data; filename", "filename", NULL },
		{ "form-data; xfilename=a", "filename", NULL },
		{ "", "filename", NULL },
		{ ";;;=;", "filename", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str got = header_parameter(str_of(rows[i].header), rows[i].name);

		EXPECT(rows[i].value ? got.p && str_is(got, rows[i].value) : !got.p,
			"row %zu: %.*s", i, STR_ARG(got));
	}
}

static void the_name_that_was_sent_is_read_in_every_form(void **state)
{
	static const struct {
		const char *header, *name;
	} rows[] = {
		{ "attachment; filename=a.png", "a.png" },
		{ "attachment; filename=\"he said \\\"no\\\"\"", "he said \"no\"" },
		{ "attachment; filename=\"he said %22no%22\"", "he said \"no\"" },
		{ "attachment; filename=\"C:\\dir\\a.png\"", "C:\\dir\\a.png" },
		{ "attachment; filename=b; filename*=UTF-8''%d1%84", "ф" },
		{ "attachment; filename*=utf-8'uk'%D1%84.txt; filename=b", "ф.txt" },
		{ "attachment; filename=b; filename*=ISO-8859-1''%e4", "b" },
		{ "attachment; filename=b; filename*=nonsense", "b" },
		{ "attachment; filename*=UTF-8''50%", "50%" },
		{ "attachment", NULL },
		{ "attachment; filename=\"\"", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char name[64];
		size_t n;
		bool there = filename_sent(str_of(rows[i].header), name, sizeof name, &n);

		EXPECT(there == (rows[i].name != NULL), "row %zu", i);
		EXPECT(!there || str_is((struct str){ name, n }, rows[i].name), "row %zu: %.*s", i,
			(int)n, name);
	}
}

static void a_clean_name_is_one_line_of_text_without_path(void **state)
{
	static const struct {
		const char *given, *clean;
	} rows[] = {
		{ "a.png", "a.png" },
		{ "../../etc/passwd", "passwd" },
		{ "..\\boot.ini", "boot.ini" },
		{ "dir/", "else" },
		{ "a\r\nb", "ab" },
		{ "gnp\xe2\x80\xaegpj.exe", "gnpgpj.exe" },
		{ "bad \xff\xc3 bytes", "bad  bytes" },
		{ "\xed\xa0\x80x", "x" },
		{ "..hidden", "hidden" },
		{ "  spaces ", "spaces" },
		{ "", "else" },
		{ "\xe2\x80\x8b", "else" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str got = filename_clean(&arena, str_of(rows[i].given), "else");

		EXPECT(str_is(got, rows[i].clean), "row %zu: %.*s", i, STR_ARG(got));
	}
}

static void a_long_name_is_cut_between_letters_and_keeps_its_ending(void **state)
{
	struct buf long_name = BUF_INIT(4096);
	struct str got;

	(void)state;
	for (int i = 0; i < 300; i++)
		buf_z(&long_name, "щ");
	buf_z(&long_name, ".tar.gz");
	got = filename_clean(&arena, buf_as_str(&long_name), "else");
	assert_true(got.n <= FILENAME_MAX_BYTES && got.n > FILENAME_MAX_BYTES - 4);
	assert_true(str_utf8(got, NULL));
	assert_memory_equal(got.p + got.n - 3, ".gz", 3);
	buf_free(&long_name);
}

static void a_disposition_is_ascii_whatever_the_name(void **state)
{
	struct str got = filename_disposition(&arena, STR("Кіт \"Мур\"; 5%.png"), true);

	(void)state;
	assert_true(str_is(got, "inline; filename=\"___ _____; 5_.png\"; "
				"filename*=UTF-8''%D0%9A%D1%96%D1%82%20%22%D0%9C%D1%83%D1%80%22%3B%"
				"205%25.png"));
	assert_true(str_is(filename_disposition(&arena, STR("a.png"), false),
		"attachment; filename=\"a.png\"; filename*=UTF-8''a.png"));
}

#define IN_ARENA(test) cmocka_unit_test_setup_teardown(test, open_arena, close_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters_are_found_quoted_or_not),
		cmocka_unit_test(the_name_that_was_sent_is_read_in_every_form),
		IN_ARENA(a_clean_name_is_one_line_of_text_without_path),
		IN_ARENA(a_long_name_is_cut_between_letters_and_keeps_its_ending),
		IN_ARENA(a_disposition_is_ascii_whatever_the_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
