#include "door.h"

#include "core/clock.h"
#include "web/fields.h"

#include <json.h>
#include <time.h>

/* --- a program with a field of every kind
 * ----------------------------------------------------------------------- */

struct kinds_in {
	struct value text, line, password, email, username, date, locale, link, id, n, yes, cleared;
};

static const struct field body_fields[] = {
	FIELD(struct kinds_in, text, "text", FROM_BODY, F_TEXT, 1, 5, 0),
	FIELD(struct kinds_in, line, "line", FROM_BODY, F_LINE, 1, 10, 0),
	FIELD(struct kinds_in, password, "password", FROM_BODY, F_PASSWORD, 8, 256, 0),
	FIELD(struct kinds_in, email, "email", FROM_BODY, F_EMAIL, 3, 254, 0),
	FIELD(struct kinds_in, username, "username", FROM_BODY, F_USERNAME, 3, 32, 0),
	FIELD(struct kinds_in, date, "date", FROM_BODY, F_DATE, 10, 10, 0),
	FIELD(struct kinds_in, locale, "locale", FROM_BODY, F_LOCALE, 2, 35, 0),
	FIELD(struct kinds_in, link, "link", FROM_BODY, F_LINK, 1, 100, 0),
	FIELD(struct kinds_in, id, "id", FROM_BODY, F_ID, 0, 0, 0),
	FIELD(struct kinds_in, n, "n", FROM_BODY, F_INT, -5, 100, 0),
	FIELD(struct kinds_in, yes, "yes", FROM_BODY, F_BOOL, 0, 0, 0),
	{ "cleared", "emptied", FROM_BODY, F_LINE, 1, 10, NULLABLE,
		offsetof(struct kinds_in, cleared) },
	{ 0 },
};

static const struct field query_fields[] = {
	FIELD(struct kinds_in, text, "text", FROM_QUERY, F_TEXT, 1, 5, REQUIRED),
	FIELD(struct kinds_in, n, "n", FROM_QUERY, F_INT, -5, 100, 0),
	FIELD(struct kinds_in, yes, "yes", FROM_QUERY, F_BOOL, 0, 0, 0),
	{ 0 },
};

static const struct field path_fields[] = {
	FIELD(struct kinds_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct kinds_in, username, "name", FROM_PATH, F_USERNAME, 3, 32, REQUIRED),
	{ 0 },
};

static const struct field cookie_fields[] = {
	FIELD(struct kinds_in, text, "refreshToken", FROM_BODY, F_TEXT, 1, 5, OR_COOKIE),
	{ 0 },
};

static const struct field required_fields[] = {
	FIELD(struct kinds_in, text, "text", FROM_BODY, F_TEXT, 1, 5, REQUIRED),
	FIELD(struct kinds_in, n, "n", FROM_BODY, F_INT, -5, 100, REQUIRED),
	FIELD(struct kinds_in, line, "line", FROM_BODY, F_LINE, 1, 10, REQUIRED | NULLABLE),
	{ 0 },
};

/* What the handler saw; texts are copied, for its arena is gone by then. */
static struct kinds_in seen;
static char seen_text[16][512];

static enum err keep(struct request *rq)
{
	memset(&seen, 0, sizeof seen);
	for (const struct field *f = rq->route->fields; f && f->name; f++) {
		struct value *v = (struct value *)(void *)((char *)&seen + f->at);
		char *text = seen_text[f->at / sizeof *v];

		*v = *(const struct value *)(const void *)((const char *)rq->in + f->at);
		if (!v->s.p)
			continue;
		snprintf(text, sizeof *seen_text, "%.*s", STR_ARG(v->s));
		v->s.p = text;
	}
	return OK;
}

enum { BODY_MAX = 4096 };

static const struct route routes[] = {
	{ "POST", "/kinds", AUTH_NONE, BODY_MAX, body_fields, keep },
	{ "GET", "/query", AUTH_NONE, 0, query_fields, keep },
	{ "GET", "/{id}/of/{name}", AUTH_NONE, 0, path_fields, keep },
	{ "POST", "/cookie", AUTH_NONE, BODY_MAX, cookie_fields, keep },
	{ "POST", "/required", AUTH_NONE, BODY_MAX, required_fields, keep },
	{ "POST", "/bodiless", AUTH_NONE, 0, NULL, keep },
	{ 0 },
};

static const struct program made = { "made", routes, false };
static struct host host = { .program = &made };
static struct worker worker;
static struct door door;
static char dir[DIR_BYTES];

static int open_all(void **state)
{
	struct buf problem = BUF_INIT(256);
	char path[128];

	(void)state;
	ground_dir(dir);
	snprintf(path, sizeof path, "%s/log", dir);
	host.page = page_open(dir);
	host.metrics = limit_counters(&host);
	worker_init(&worker, &host);
	door_open(&door);
	return conf_read(&host.conf, "made", &problem) && log_open(path, "made") ? 0 : -1;
}

static int close_all(void **state)
{
	(void)state;
	door_close(&door);
	worker_free(&worker);
	free(host.metrics);
	page_close(host.page);
	ground_remove(dir);
	return 0;
}

/* --- one field at a time
 * --------------------------------------------------------------------------------------- */

/* {"name":value} with the value as it stands. */
static int send_json(const char *name, struct str value)
{
	struct buf b = BUF_INIT(1 << 16);
	struct writer j = { .to = &b };

	door_ask(&door, "POST", "/api/v1/made/kinds");
	put_object(&j, NULL);
	put_raw(&j, name, value);
	put_object_end(&j);
	door_send(&door, "application/json", arena_copy(&door.arena, buf_as_str(&b)));
	buf_free(&b);
	return door_serve(&door, &worker);
}

static int send_json_text(const char *name, struct str text)
{
	struct buf b = BUF_INIT(1 << 16);
	struct writer j = { .to = &b };
	int status;

	put_str(&j, NULL, text);
	status = send_json(name, buf_as_str(&b));
	buf_free(&b);
	return status;
}

static int send_form(const char *name, struct str text)
{
	struct buf b = BUF_INIT(1 << 16);

	door_ask(&door, "POST", "/api/v1/made/kinds");
	buf_z(&b, name);
	buf_byte(&b, '=');
	for (size_t i = 0; i < text.n; i++)
		buf_printf(&b, "%%%02x", (unsigned char)text.p[i]);
	door_send(&door, "application/x-www-form-urlencoded",
		arena_copy(&door.arena, buf_as_str(&b)));
	buf_free(&b);
	return door_serve(&door, &worker);
}

/* Why the answer says that a field is wrong; "" where it is not among the wrong ones. */
static const char *complaint(const char *name)
{
	struct json_object *answer = json_tokener_parse(arena_z(&door.arena, door_body(&door))), *o;
	const char *why = "";

	if (json_object_object_get_ex(answer, "fields", &o) &&
		json_object_object_get_ex(o, name, &o))
		why = arena_z(&door.arena, str_of(json_object_get_string(o)));
	json_object_put(answer);
	return why;
}

static struct value *value_of(const char *name)
{
	for (const struct field *f = body_fields; f->name; f++)
		if (strcmp(f->name, name) == 0)
			return (struct value *)(void *)((char *)&seen + f->at);
	return NULL;
}

struct row {
	struct str given;
	const char *why;  /* NULL: it is good */
	const char *kept; /* NULL: as given */
};

static void expect_one(const char *name, const struct row *row, const char *how, int status)
{
	struct value *v = value_of(name);

	if (row->why) {
		EXPECT(status == 422 && strcmp(complaint(name), row->why) == 0,
			"%s %s \"%.*s\": %d %s", how, name, STR_ARG(row->given), status,
			complaint(name));
		return;
	}
	EXPECT(status == 204, "%s %s \"%.*s\": %s", how, name, STR_ARG(row->given),
		door_text(&door));
	EXPECT(v->set && !v->null &&
			(row->kept ? str_is(v->s, row->kept) : str_eq(v->s, row->given)),
		"%s %s \"%.*s\" is \"%.*s\"", how, name, STR_ARG(row->given), STR_ARG(v->s));
}

/* Every text by JSON and by form: they must be the same to it. */
static void expect_all(const char *name, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		expect_one(name, &rows[i], "JSON", send_json_text(name, rows[i].given));
		expect_one(name, &rows[i], "form", send_form(name, rows[i].given));
	}
}

static struct str filled(const char *with, int times, const char *tail)
{
	struct buf b = BUF_INIT(1 << 16);
	static char text[8][2048];
	static int next;
	char *to = text[next = (next + 1) % 8];

	for (int i = 0; i < times; i++)
		buf_z(&b, with);
	buf_z(&b, tail);
	memcpy(to, b.p, b.n);
	to[b.n] = 0;
	buf_free(&b);
	return str_of(to);
}

static void text_is_counted_in_characters(void **state)
{
	const struct row rows[] = {
		{ STR("x"), NULL, NULL },
		{ STR("abcde"), NULL, NULL },
		{ STR("😀😀😀😀😀"), NULL, NULL },
		{ STR(" a\n\t"), NULL, NULL },
		{ STR("\x01\xe2\x80\xae"), NULL, NULL },
		{ STR(""), "must not be empty", NULL },
		{ STR("abcdef"), "is too long", NULL },
		{ STR("😀😀😀😀😀😀"), "is too long", NULL },
	};

	(void)state;
	expect_all("text", rows, COUNT(rows));
}

static void a_line_is_trimmed_printable_and_not_blank(void **state)
{
	const struct row rows[] = {
		{ STR("Ann"), NULL, NULL },
		{ STR("  Ann B \t"), NULL, "Ann B" },
		{ STR("👩\xe2\x80\x8d👧"), NULL, NULL },
		{ STR("0123456789"), NULL, NULL },
		{ STR("  0123456789  "), NULL, "0123456789" },
		{ STR("<b>&'\"\\"), NULL, NULL },
		{ STR(""), "must not be empty", NULL },
		{ STR(" \t "), "must not be empty", NULL },
		{ STR("01234567890"), "is too long", NULL },
		{ STR("a\nb"), "must be one line of printable characters", NULL },
		{ STR("a\xe2\x80\xae"), "must be one line of printable characters", NULL },
		{ STR("a\xe2\x80\x8b"), "must be one line of printable characters", NULL },
		{ STR("\x7f"), "must be one line of printable characters", NULL },
		{ STR("\xe3\x85\xa4"), "must not be blank", NULL },
		{ STR("\xc2\xa0"), "must not be blank", NULL },
		{ STR("\xe2\x80\x8d"), "must not be blank", NULL },
		{ STR("\xcc\x81"), "must not be blank", NULL },
	};

	(void)state;
	expect_all("line", rows, COUNT(rows));
}

static void a_password_is_any_text_and_never_trimmed(void **state)
{
	const struct row rows[] = {
		{ STR("12345678"), NULL, NULL },
		{ STR(" 123456 "), NULL, NULL },
		{ STR("гаслочко"), NULL, NULL },
		{ STR("пароль!"), "is too short: 8 characters at least", NULL },
		{ STR("\n\r\t\x01 abc"), NULL, NULL },
		{ filled("x", 256, ""), NULL, NULL },
		{ STR("1234567"), "is too short: 8 characters at least", NULL },
		{ STR(""), "is too short: 8 characters at least", NULL },
		{ filled("x", 257, ""), "is too long: 256 bytes at most", NULL },
		{ filled("ж", 129, ""), "is too long: 256 bytes at most", NULL },
	};

	(void)state;
	expect_all("password", rows, COUNT(rows));
}

static void an_email_address_is_one_that_people_have(void **state)
{
	static const char no[] = "is not an e-mail address";
	const struct row rows[] = {
		{ STR("ann@example.com"), NULL, NULL },
		{ STR(" ann@example.com\t"), NULL, "ann@example.com" },
		{ STR("Ann.B+tag@Sub.Example.co"), NULL, NULL },
		{ STR("a@b"), NULL, NULL },
		{ STR("o'neil!#$%&*/=?^_`{|}~-@x.y"), NULL, NULL },
		{ STR("анна@приклад.укр"), NULL, NULL },
		{ STR("ann@xn--e1afmkfd.com"), NULL, NULL },
		{ STR("ann@123.com"), NULL, NULL },
		{ filled("x", 64, "@example.com"), NULL, NULL },
		{ filled("x", 65, "@example.com"), no, NULL },
		{ STR(""), "must not be empty", NULL },
		{ STR("a@"), "is too short", NULL },
		{ STR("ann"), no, NULL },
		{ STR("@example.com"), no, NULL },
		{ STR("ann@"), no, NULL },
		{ STR("ann@@example.com"), no, NULL },
		{ STR("ann@b@example.com"), no, NULL },
		{ STR(".ann@example.com"), no, NULL },
		{ STR("ann.@example.com"), no, NULL },
		{ STR("a..n@example.com"), no, NULL },
		{ STR("ann@.com"), no, NULL },
		{ STR("ann@example."), no, NULL },
		{ STR("ann@ex..com"), no, NULL },
		{ STR("ann@-ex.com"), no, NULL },
		{ STR("ann@ex-.com"), no, NULL },
		{ STR("ann@ex_a.com"), no, NULL },
		{ STR("ann@[127.0.0.1]"), no, NULL },
		{ STR("ann@ex ample.com"), no, NULL },
		{ STR("an n@example.com"), no, NULL },
		{ STR("\"ann\"@example.com"), no, NULL },
		{ STR("ann(c)@example.com"), no, NULL },
		{ STR("Ann <ann@example.com>"), no, NULL },
		{ STR("ann@example.com,bob@example.com"), no, NULL },
		{ STR("ann\\@example.com"), no, NULL },
		{ STR("mailto:ann@example.com"), no, NULL },
		{ STR("ann\n@example.com"), no, NULL },
		{ STR("ann@example.com\nBcc: bob@example.com"), no, NULL },
		{ STR("ann\x7f@example.com"), no, NULL },
		{ STR("a\xe2\x80\x8bnn@example.com"), no, NULL },
		{ STR("a\xe2\x80\xaenn@example.com"), no, NULL },
		{ filled("x", 64,
			  "@yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
			  ".com"),
			no, NULL }, /* a label of 64 */
		{ filled("abcdefghi.", 30, "x@example.com"), "is too long", NULL },
		{ filled("ж", 30,
			  "@жжжжжжжжжжжжжжжжжжжжжжжжжжжжжж.жжжжжжжжжжжжжжжжжжжжжжжжжжжжжж."
			  "жжжжжжжжжжжжжжжжжжжжжжжжжжжжжж.жжжжжж"),
			"is too long", NULL }, /* in bytes */
		{ STR("аnn@example.com"), "mixes letters of alphabets that look alike", NULL },
		{ STR("ann@exаmple.com"), "mixes letters of alphabets that look alike", NULL },
	};

	(void)state;
	expect_all("email", rows, COUNT(rows));
}

static void a_username_is_a_word_that_can_be_seen(void **state)
{
	static const char no[] = "may have letters, digits, dots, hyphens and underscores";
	const struct row rows[] = {
		{ STR("ann"), NULL, NULL },
		{ STR("Ann_B-2.x"), NULL, NULL },
		{ STR("жук"), NULL, NULL },
		{ STR("नमस्ते"), NULL, NULL },
		{ STR("___"), NULL, NULL },
		{ filled("x", 32, ""), NULL, NULL },
		{ STR("an"), "is too short", NULL },
		{ STR(""), "must not be empty", NULL },
		{ filled("x", 33, ""), "is too long", NULL },
		{ STR("ann b"), no, NULL },
		{ STR(" ann"), no, NULL },
		{ STR("ann\n"), no, NULL },
		{ STR("a@b"), no, NULL },
		{ STR("a/b"), no, NULL },
		{ STR("😀😀😀"), no, NULL },
		{ STR("a\xe2\x80\x8b\x62"), no, NULL },
		{ STR("a\xe2\x80\x8d\x62"), no, NULL },
		{ STR("annа"), "mixes letters of alphabets that look alike", NULL },
		{ STR("\xe3\x85\xa4\xe3\x85\xa4\xe3\x85\xa4"), "must not be blank", NULL },
		{ STR("\xcc\x81\xcc\x81\xcc\x81"), "must not be blank", NULL },
		{ STR("\xef\xb8\x8f\xef\xb8\x8f\xef\xb8\x8f"), "must not be blank", NULL },
	};

	(void)state;
	expect_all("username", rows, COUNT(rows));
}

static void a_date_is_a_day_of_somebodys_life(void **state)
{
	static const char form[] = "must be a date like 1990-12-31",
			  none[] = "is not a day of the calendar",
			  range[] = "must be a day from 1900 until today, anywhere on earth";
	char today[16], in_three_days[16];
	time_t now = time(NULL);
	struct row rows[] = {
		{ STR("1990-12-31"), NULL, NULL },
		{ STR("1900-01-01"), NULL, NULL },
		{ STR("2000-02-29"), NULL, NULL },
		{ { NULL, 0 }, NULL, NULL },
		{ { NULL, 0 }, range, NULL },
		{ STR("1899-12-31"), range, NULL },
		{ STR("0001-01-01"), range, NULL },
		{ STR("9999-12-31"), range, NULL },
		{ STR("1900-02-29"), none, NULL },
		{ STR("2001-02-29"), none, NULL },
		{ STR("1990-13-01"), none, NULL },
		{ STR("1990-00-01"), none, NULL },
		{ STR("1990-01-00"), none, NULL },
		{ STR("1990-01-32"), none, NULL },
		{ STR("0000-01-01"), none, NULL },
		{ STR("1990-1-1"), form, NULL },
		{ STR("90-12-31"), form, NULL },
		{ STR("31.12.1990"), form, NULL },
		{ STR("1990/12/31"), form, NULL },
		{ STR("19901231"), form, NULL },
		{ STR("1990-12-31T00:00:00Z"), form, NULL },
		{ STR(" 1990-12-31"), form, NULL },
		{ STR("1990-12-3 "), form, NULL },
		{ STR("+990-12-31"), form, NULL },
		{ STR("-990-12-31"), form, NULL },
		{ STR("199o-12-31"), form, NULL },
		{ STR("١٩٩٠-12"), form, NULL },
		{ STR(""), form, NULL },
		{ STR("today"), form, NULL },
	};

	(void)state;
	strftime(today, sizeof today, "%Y-%m-%d", gmtime(&now));
	rows[3].given = str_of(today);
	now += 3 * 86400;
	strftime(in_three_days, sizeof in_three_days, "%Y-%m-%d", gmtime(&now));
	rows[4].given = str_of(in_three_days);
	expect_all("date", rows, COUNT(rows));
}

static void a_locale_is_a_language_tag(void **state)
{
	static const char no[] = "must be a language like en or uk-UA";
	const struct row rows[] = {
		{ STR("en"), NULL, NULL },
		{ STR("uk-UA"), NULL, NULL },
		{ STR("zh-Hant-TW"), NULL, NULL },
		{ STR("gsw"), NULL, NULL },
		{ STR("de-1996"), NULL, NULL },
		{ STR("en-a-bbb"), NULL, NULL },
		{ STR(""), no, NULL },
		{ STR("e"), no, NULL },
		{ STR("engl"), no, NULL },
		{ STR("en_US"), no, NULL },
		{ STR("en-"), no, NULL },
		{ STR("-en"), no, NULL },
		{ STR("en--US"), no, NULL },
		{ STR("e1"), no, NULL },
		{ STR("en-abcdefghi"), no, NULL },
		{ STR("en US"), no, NULL },
		{ STR("en\n"), no, NULL },
		{ STR("ук"), no, NULL },
		{ STR("../en"), no, NULL },
		{ STR("@@"), no, NULL },
		{ STR("[["), no, NULL },
		{ STR("en-abcd-abcd-abcd-abcd-abcd-abcd-abcd"), no, NULL },
	};

	(void)state;
	expect_all("locale", rows, COUNT(rows));
}

static void a_link_leads_nowhere_a_browser_would_run(void **state)
{
	static const char no[] = "must be a path on this site or an https address";
	const struct row rows[] = {
		{ STR("/files/1"), NULL, NULL },
		{ STR("files/1.png"), NULL, NULL },
		{ STR("https://example.com/a?b=c#d"), NULL, NULL },
		{ STR("/a:b"), NULL, NULL },
		{ STR("/файл"), NULL, NULL },
		{ STR(""), "must not be empty", NULL },
		{ filled("x", 101, ""), "is too long", NULL },
		{ STR("http://example.com/"), no, NULL },
		{ STR("HTTPS://example.com/"), no, NULL },
		{ STR("javascript:alert(1)"), no, NULL },
		{ STR("JaVaScRiPt:alert(1)"), no, NULL },
		{ STR("data:text/html,x"), no, NULL },
		{ STR("vbscript:x"), no, NULL },
		{ STR("blob:https://example.com/x"), no, NULL },
		{ STR("file:///etc/passwd"), no, NULL },
		{ STR("//example.com/"), no, NULL },
		{ STR("\\\\example.com"), no, NULL },
		{ STR("/\\example.com"), no, NULL },
		{ STR("https:example.com"), no, NULL },
		{ STR(":x"), no, NULL },
		{ STR(" https://example.com/"), no, NULL },
		{ STR("https://example.com/a b"), no, NULL },
		{ STR("java\nscript:x"), no, NULL },
		{ STR("\x01javascript:x"), no, NULL },
		{ STR("/x\">"), no, NULL },
		{ STR("/x'"), no, NULL },
		{ STR("/x<y"), no, NULL },
		{ STR("/x`"), no, NULL },
		{ STR("/x\x7f"), no, NULL },
	};

	(void)state;
	expect_all("link", rows, COUNT(rows));
}

/* --- numbers and truth: JSON has them as such, a form as text
 * ------------------------------------------------------------ */

static void numbers_are_whole_and_within_bounds(void **state)
{
	static const struct {
		const char *name, *given;
		const char *json_why, *form_why;
		int64_t n;
	} rows[] = {
		{ "n", "0", NULL, NULL, 0 },
		{ "n", "100", NULL, NULL, 100 },
		{ "n", "-5", NULL, NULL, -5 },
		{ "n", "101", "is out of range", "is out of range", 0 },
		{ "n", "-6", "is out of range", "is out of range", 0 },
		{ "n", "1.0", "must be a whole number", "must be a whole number", 0 },
		{ "n", "1e1", "must be a whole number", "must be a whole number", 0 },
		{ "n", "true", "must be a whole number", "must be a whole number", 0 },
		{ "n", "[1]", "must be a whole number", "must be a whole number", 0 },
		{ "n", "{}", "must be a whole number", "must be a whole number", 0 },
		{ "n", "\"1\"", "must be a whole number", "must be a whole number", 0 },
		{ "n", "null", "must not be null", "must be a whole number", 0 },
		{ "id", "1", NULL, NULL, 1 },
		{ "id", "9007199254740991", NULL, NULL, 9007199254740991 },
		{ "id", "0", "must be an id", "must be an id", 0 },
		{ "id", "-1", "must be an id", "must be an id", 0 },
		{ "id", "1.5", "must be a whole number", "must be a whole number", 0 },
		{ "yes", "true", NULL, NULL, 1 },
		{ "yes", "false", NULL, NULL, 0 },
		{ "yes", "null", "must not be null", "must be true or false", 0 },
		{ "yes", "[]", "must be true or false", "must be true or false", 0 },
		{ "yes", "2", "must be true or false", "must be true or false", 0 },
		{ "yes", "1", "must be true or false", NULL, 1 },
		{ "yes", "0", "must be true or false", NULL, 0 },
	};
	static const struct {
		const char *name, *given, *why;
	} form_only[] = {
		{ "n", "", "must be a whole number" },
		{ "n", " 1", "must be a whole number" },
		{ "n", "01", "must be a whole number" },
		{ "n", "+1", "must be a whole number" },
		{ "n", "-0", "must be a whole number" },
		{ "n", "1 ", "must be a whole number" },
		{ "n", "99999999999999999999", "must be a whole number" },
		{ "id", "9007199254740992", "must be an id" },
		{ "id", "9223372036854775807", "must be an id" },
		{ "id", "18446744073709551617", "must be a whole number" },
		{ "yes", "TRUE", "must be true or false" },
		{ "yes", "yes", "must be true or false" },
		{ "yes", "", "must be true or false" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int form = 0; form < 2; form++) {
			const char *why = form ? rows[i].form_why : rows[i].json_why;
			int status = form ? send_form(rows[i].name, str_of(rows[i].given))
					  : send_json(rows[i].name, str_of(rows[i].given));

			if (why)
				EXPECT(status == 422 && strcmp(complaint(rows[i].name), why) == 0,
					"%s=%s: %d %s", rows[i].name, rows[i].given, status,
					complaint(rows[i].name));
			else
				EXPECT(status == 204 && value_of(rows[i].name)->set &&
						value_of(rows[i].name)->n == rows[i].n,
					"%s=%s: %s", rows[i].name, rows[i].given, door_text(&door));
		}
	for (size_t i = 0; i < COUNT(form_only); i++)
		EXPECT(send_form(form_only[i].name, str_of(form_only[i].given)) == 422 &&
				strcmp(complaint(form_only[i].name), form_only[i].why) == 0,
			"%s=%s", form_only[i].name, form_only[i].given);
}

static void text_must_be_text(void **state)
{
	static const char *const names[] = { "text", "line", "password", "email", "username",
		"date", "locale", "link" };
	static const char *const values[] = { "1", "true", "[]", "[\"ann\"]", "{}", "1.5" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		for (size_t k = 0; k < COUNT(values); k++)
			EXPECT(send_json(names[i], str_of(values[k])) == 422 &&
					strcmp(complaint(names[i]), "must be text") == 0,
				"%s: %s", names[i], values[k]);
		EXPECT(send_json(names[i], STR("null")) == 422 &&
				strcmp(complaint(names[i]), "must not be null") == 0,
			"%s", names[i]);
	}
}

/* --- which are there
 * ------------------------------------------------------------------------------------------- */

static void what_was_not_given_is_not_set(void **state)
{
	struct value *v = (struct value *)&seen;

	(void)state;
	assert_int_equal(send_json("unknown", STR("1")), 204);
	for (size_t i = 0; i < sizeof seen / sizeof *v; i++)
		EXPECT(!v[i].set && !v[i].null && !v[i].s.p && v[i].n == 0, "%zu", i);
	door_ask(&door, "POST", "/api/v1/made/kinds"); /* no body at all */
	assert_int_equal(door_serve(&door, &worker), 204);
	door_send(&door, "application/json", STR(""));
	assert_int_equal(door_serve(&door, &worker), 204);
	assert_int_equal(send_json_text("Text", STR("x")), 204); /* another name */
	assert_false(seen.text.set);
}

static void null_and_empty_clear_what_may_be_cleared(void **state)
{
	(void)state;
	assert_int_equal(send_json("cleared", STR("null")), 204);
	assert_true(seen.cleared.set && seen.cleared.null && !seen.cleared.s.p);
	assert_int_equal(send_json("cleared", STR("\"\"")), 204);
	assert_true(seen.cleared.set && seen.cleared.null && !seen.cleared.s.p);
	assert_int_equal(send_form("cleared", STR("")), 204);
	assert_true(seen.cleared.set && seen.cleared.null && !seen.cleared.s.p);
	assert_int_equal(send_json("cleared", STR("\"x\"")), 204);
	assert_true(seen.cleared.set && !seen.cleared.null && str_is(seen.cleared.s, "x"));
	assert_int_equal(send_json("cleared", STR("\" \"")), 422);
}

static int send_body(const char *path, const char *type, const char *body)
{
	char uri[64];

	snprintf(uri, sizeof uri, "/api/v1/made/%s", path);
	door_ask(&door, "POST", uri);
	door_send(&door, type, arena_copy(&door.arena, str_of(body)));
	return door_serve(&door, &worker);
}

static int send_pairs(const char *body)
{
	return send_body("kinds", "application/x-www-form-urlencoded", body);
}

static void a_field_has_two_names_and_one_value(void **state)
{
	(void)state;
	assert_int_equal(send_json("emptied", STR("\"x\"")), 204);
	assert_true(str_is(seen.cleared.s, "x"));
	assert_int_equal(send_form("emptied", STR("y")), 204);
	assert_true(str_is(seen.cleared.s, "y"));
	assert_int_equal(send_pairs("n=1&n=1"), 422);
	assert_string_equal(complaint("n"), "was given twice");
	assert_int_equal(send_pairs("cleared=x&emptied=x"), 422);
	assert_string_equal(complaint("cleared"), "was given twice");
	assert_int_equal(
		send_body("kinds", "application/json", "{\"cleared\":\"x\",\"emptied\":\"x\"}"),
		422);
	assert_string_equal(complaint("cleared"), "was given twice");
	assert_int_equal(send_pairs("n=x&n=1"), 422);
}

static void all_that_is_wrong_is_said_at_once(void **state)
{
	(void)state;
	assert_int_equal(send_body("required", "application/json", "{}"), 422);
	assert_string_equal(complaint("text"), "is missing");
	assert_string_equal(complaint("n"), "is missing");
	assert_string_equal(complaint("line"), "is missing");
	assert_int_equal(
		send_body("required", "application/json", "{\"text\":\"\",\"n\":1.5}"), 422);
	assert_string_equal(complaint("text"), "must not be empty");
	assert_string_equal(complaint("n"), "must be a whole number");
	assert_string_equal(complaint("line"), "is missing");
	/* Required and nullable: it must be said, and may be null. */
	assert_int_equal(
		send_body("required", "application/json", "{\"text\":\"x\",\"n\":1,\"line\":null}"),
		204);
	assert_true(seen.line.set && seen.line.null);
	assert_int_equal(send_body("required", "application/x-www-form-urlencoded", ""), 422);
	assert_int_equal(send_pairs("text=toolong&n=1000&yes=x&date=y"), 422);
	assert_true(door_text(&door) && complaint("text")[0] && complaint("n")[0] &&
		    complaint("yes")[0] && complaint("date")[0]);
}

static int get(const char *path)
{
	char uri[256];

	snprintf(uri, sizeof uri, "/api/v1/made/%s", path);
	door_ask(&door, "GET", uri);
	return door_serve(&door, &worker);
}

static void values_come_from_where_the_table_says(void **state)
{
	(void)state;
	assert_int_equal(get("query?text=a+b&n=-5&yes=1"), 204);
	assert_true(str_is(seen.text.s, "a b") && seen.n.n == -5 && seen.yes.n == 1);
	assert_int_equal(get("query"), 422);
	assert_string_equal(complaint("text"), "is missing");
	assert_int_equal(get("query?text=x&text=x"), 422);
	assert_string_equal(complaint("text"), "was given twice");
	assert_int_equal(get("query?text=%"), 400);
	assert_int_equal(get("query?text=%00"), 400);
	assert_int_equal(get("query?text=x&junk=%ff"), 400);
	/* A body field is not read from the query, nor the other way round. */
	door_ask(&door, "POST", "/api/v1/made/kinds?n=7");
	assert_int_equal(door_serve(&door, &worker), 204);
	assert_false(seen.n.set);

	assert_int_equal(get("42/of/ann"), 204);
	assert_true(seen.id.n == 42 && str_is(seen.username.s, "ann"));
	assert_int_equal(get("9007199254740991/of/%D0%B6%D1%83%D0%BA"), 204);
	assert_true(str_is(seen.username.s, "жук"));
	/* What is no id names nothing. */
	assert_int_equal(get("0/of/ann"), 404);
	assert_int_equal(get("-1/of/ann"), 404);
	assert_int_equal(get("01/of/ann"), 404);
	assert_int_equal(get("9007199254740992/of/ann"), 404);
	assert_int_equal(get("x/of/ann"), 404);
	assert_int_equal(get("1/of/a"), 404);
	assert_int_equal(get("1/of/a%2Fb"), 404);
	assert_int_equal(get("/of/ann"), 404);
	assert_int_equal(get("1/of/"), 404);
}

static void a_cookie_counts_for_pages_of_this_site_alone(void **state)
{
	static const struct {
		const char *origin, *site, *body, *cookie;
		int status;
		const char *text;
	} rows[] = {
		{ NULL, "same-origin", "", "bellhop_refresh=abc", 204, "abc" },
		{ "http://chat.example", NULL, "", "bellhop_refresh=abc", 204, "abc" },
		{ "http://chat.example", NULL, "", "x=1; bellhop_refresh=abc;y", 204, "abc" },
		{ "http://chat.example", NULL, "{\"refreshToken\":\"own\"}", "bellhop_refresh=abc",
			204, "own" },
		{ NULL, NULL, "{\"refreshToken\":\"own\"}", "bellhop_refresh=abc", 204, "own" },
		{ NULL, NULL, "", "bellhop_refresh=abc", 403, NULL },
		{ NULL, "cross-site", "", "bellhop_refresh=abc", 403, NULL },
		{ NULL, "same-site", "", "bellhop_refresh=abc", 403, NULL },
		{ NULL, "none", "", "bellhop_refresh=abc", 403, NULL },
		{ "http://evil.example", "same-origin", "", "bellhop_refresh=abc", 403, NULL },
		{ "null", NULL, "", "bellhop_refresh=abc", 403, NULL },
		{ NULL, "same-origin", "", "bellhop_refresh=toolong", 204, NULL },
		{ NULL, "same-origin", "", "bellhop_refresh=", 204, NULL },
		{ NULL, "same-origin", "", "Bellhop_Refresh=abc", 204, NULL },
		{ NULL, "same-origin", "", "bellhop_access=abc", 204, NULL },
		{ NULL, "same-origin", "", NULL, 204, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(&seen, 0, sizeof seen);
		door_ask(&door, "POST", "/api/v1/made/cookie");
		if (rows[i].origin)
			door_set(&door, "HTTP_ORIGIN", str_of(rows[i].origin));
		if (rows[i].site)
			door_set(&door, "HTTP_SEC_FETCH_SITE", str_of(rows[i].site));
		if (rows[i].cookie)
			door_set(&door, "HTTP_COOKIE", str_of(rows[i].cookie));
		if (rows[i].body[0])
			door_send(&door, "application/json", str_of(rows[i].body));
		EXPECT(door_serve(&door, &worker) == rows[i].status, "row %zu: %s", i,
			door_text(&door));
		EXPECT(rows[i].text ? str_is(seen.text.s, rows[i].text) : !seen.text.set, "row %zu",
			i);
	}
}

/* --- bodies
 * ---------------------------------------------------------------------------------------------------
 */

static void a_body_is_json_or_form_in_utf8_whatever_the_spelling(void **state)
{
	static const struct {
		const char *type, *body;
		int status;
	} rows[] = {
		{ "application/json", "{\"n\":1}", 204 },
		{ "Application/JSON", "{\"n\":1}", 204 },
		{ "application/json; charset=utf-8", "{\"n\":1}", 204 },
		{ " application/json ;charset=\"UTF-8\" ; x=y", "{\"n\":1}", 204 },
		{ "application/x-www-form-urlencoded", "n=1", 204 },
		{ "application/x-www-form-urlencoded;charset=utf-8", "n=1", 204 },
		{ "application/json; charset=utf-16", "{\"n\":1}", 415 },
		{ "application/json; charset=latin1", "{\"n\":1}", 415 },
		{ "application/json; charset=utf-8; charset=latin1", "{\"n\":1}", 415 },
		{ "application/jsonx", "{\"n\":1}", 415 },
		{ "application/problem+json", "{\"n\":1}", 415 },
		{ "text/plain", "{\"n\":1}", 415 },
		{ "multipart/form-data; boundary=x", "n=1", 415 },
		{ "", "{\"n\":1}", 415 },
		{ "application/json, text/plain", "{\"n\":1}", 415 },
		{ "application/json", "n=1", 400 },
		{ "application/json", "[]", 400 },
		{ "application/json", "{\"n\":1,\"n\":1}", 400 },
		{ "application/json", "{\"n\":1}x", 400 },
		{ "application/x-www-form-urlencoded", "n=%", 400 },
		{ "application/x-www-form-urlencoded", "n=%00", 400 },
		{ "application/x-www-form-urlencoded", "\xff", 400 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(send_body("kinds", rows[i].type, rows[i].body) == rows[i].status, "%zu: %s",
			i, door_text(&door));
}

static void a_body_is_as_long_as_it_says_and_no_longer_than_the_route_takes(void **state)
{
	static const struct {
		const char *length; /* NULL: not said */
		int bytes;
		bool breaks;
		int status;
	} rows[] = {
		{ "4096", 4096, false, 204 },
		{ "4097", 4097, false, 413 },
		{ "999999999999", 10, false, 413 },
		{ "9223372036854775807", 10, false, 413 },
		{ NULL, 4096, false, 204 },
		{ NULL, 4097, false, 413 },
		{ NULL, 100000, false, 413 },
		{ NULL, 10, true, 400 },
		{ "10", 9, false, 400 },
		{ "10", 9, true, 400 },
		{ "10", 0, false, 400 },
		{ "4096", 100, true, 400 },
		{ "0", 0, false, 204 },
		{ "", 0, false, 204 },
		{ "-1", 10, false, 400 },
		{ "+10", 10, false, 400 },
		{ "10 ", 10, false, 400 },
		{ "0x10", 10, false, 400 },
		{ "1e1", 10, false, 400 },
		{ "010", 10, false, 400 },
		{ "9223372036854775808", 10, false, 400 },
		{ "10,10", 10, false, 400 },
	};
	char *bytes = malloc(100000);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t piece = 0; piece < 3; piece++) {
			memset(bytes, ' ', 100000);
			if (rows[i].bytes >= 2)
				memcpy(bytes, "{}", 2);
			door_ask(&door, "POST", "/api/v1/made/kinds");
			door_set(&door, "CONTENT_TYPE", STR("application/json"));
			if (rows[i].length)
				door_set(&door, "CONTENT_LENGTH", str_of(rows[i].length));
			door.body = (struct str){ bytes, (size_t)rows[i].bytes };
			door.breaks = rows[i].breaks;
			door.piece = piece == 2 ? 1000 : piece;
			EXPECT(door_serve(&door, &worker) == rows[i].status, "%zu: %s", i,
				door_text(&door));
		}
	free(bytes);
	/* Where none is taken none is read. */
	door_ask(&door, "POST", "/api/v1/made/bodiless");
	door_send(&door, "text/plain", STR("whatever"));
	assert_int_equal(door_serve(&door, &worker), 204);
	assert_int_equal(door.at, 0);
}

static void who_asks_outside_a_request_gets_the_same_answers(void **state)
{
	struct str clean;

	(void)state;
	assert_null(field_refusal(&host.conf, F_EMAIL, 3, 254, STR(" ann@example.com "), &clean));
	assert_true(str_is(clean, "ann@example.com"));
	assert_string_equal(field_refusal(&host.conf, F_EMAIL, 3, 254, STR("ann"), NULL),
		"is not an e-mail address");
	assert_string_equal(
		field_refusal(&host.conf, F_INT, 1, 5, STR("6"), NULL), "is out of range");
	assert_non_null(field_refusal(&host.conf, F_TEXT, 1, 5, STR("\xff"), NULL));
	assert_non_null(field_refusal(&host.conf, F_PASSWORD, 8, 256, STR("a\0bcdefghi"), NULL));
	assert_non_null(field_refusal(&host.conf, F_LINE, 1, 10, (struct str){ NULL, 0 }, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_counted_in_characters),
		cmocka_unit_test(a_line_is_trimmed_printable_and_not_blank),
		cmocka_unit_test(a_password_is_any_text_and_never_trimmed),
		cmocka_unit_test(an_email_address_is_one_that_people_have),
		cmocka_unit_test(a_username_is_a_word_that_can_be_seen),
		cmocka_unit_test(a_date_is_a_day_of_somebodys_life),
		cmocka_unit_test(a_locale_is_a_language_tag),
		cmocka_unit_test(a_link_leads_nowhere_a_browser_would_run),
		cmocka_unit_test(numbers_are_whole_and_within_bounds),
		cmocka_unit_test(text_must_be_text),
		cmocka_unit_test(what_was_not_given_is_not_set),
		cmocka_unit_test(null_and_empty_clear_what_may_be_cleared),
		cmocka_unit_test(a_field_has_two_names_and_one_value),
		cmocka_unit_test(all_that_is_wrong_is_said_at_once),
		cmocka_unit_test(values_come_from_where_the_table_says),
		cmocka_unit_test(a_cookie_counts_for_pages_of_this_site_alone),
		cmocka_unit_test(a_body_is_json_or_form_in_utf8_whatever_the_spelling),
		cmocka_unit_test(a_body_is_as_long_as_it_says_and_no_longer_than_the_route_takes),
		cmocka_unit_test(who_asks_outside_a_request_gets_the_same_answers),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
