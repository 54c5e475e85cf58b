/* Variables of the web server, whatever they say: through request, route and fields of a program
 * with a field of every kind, to the answer.
 *
 * The input is the variables, each ended by NUL; behind an empty one comes the body. What must
 * hold: ids are sane, values are within what the table declares, and the answer is well-formed. */
#include "core/clock.h"
#include "core/fold.h"
#include "web/body.h"
#include "web/fields.h"
#include "web/reply.h"
#include "web/route.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { VARIABLES_MAX = 128, BODY_MAX = 2048 };

/* --- a program with everything
 * --------------------------------------------------------------------------------- */

struct kinds_in {
	struct value text, line, password, email, username, date, locale, link, id, n, yes, token;
};

#define KINDS(from, flags)                                                                         \
	FIELD(struct kinds_in, text, "text", from, F_TEXT, 1, 20, flags),                          \
		FIELD(struct kinds_in, line, "line", from, F_LINE, 1, 20, NULLABLE),               \
		FIELD(struct kinds_in, password, "password", from, F_PASSWORD, 8, 256, flags),     \
		FIELD(struct kinds_in, email, "email", from, F_EMAIL, 3, 254, flags),              \
		FIELD(struct kinds_in, username, "username", from, F_USERNAME, 3, 32, NULLABLE),   \
		FIELD(struct kinds_in, date, "date", from, F_DATE, 10, 10, NULLABLE),              \
		FIELD(struct kinds_in, locale, "locale", from, F_LOCALE, 2, 35, flags),            \
		FIELD(struct kinds_in, link, "link", from, F_LINK, 0, 50, NULLABLE),               \
		FIELD(struct kinds_in, id, "id", from, F_ID, 0, 0, flags),                         \
		FIELD(struct kinds_in, n, "n", from, F_INT, -10, 1000, flags),                     \
		FIELD(struct kinds_in, yes, "yes", from, F_BOOL, 0, 0, flags),

static const struct field body_fields[] = { KINDS(FROM_BODY, 0) FIELD(struct kinds_in, token,
						    "token", FROM_BODY, F_TEXT, 1, 40, OR_COOKIE),
	{ 0 } };
static const struct field query_fields[] = { KINDS(FROM_QUERY, 0){ 0 } };
static const struct field required_fields[] = {
	FIELD(struct kinds_in, text, "text", FROM_BODY, F_TEXT, 1, 20, REQUIRED),
	{ "line", "other", FROM_BODY, F_LINE, 1, 20, REQUIRED | NULLABLE,
		offsetof(struct kinds_in, line) },
	{ 0 },
};
static const struct field path_fields[] = {
	FIELD(struct kinds_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct kinds_in, text, "text", FROM_PATH, F_TEXT, 1, 20, REQUIRED),
	{ 0 },
};

static enum err nothing(struct request *rq)
{
	(void)rq;
	return OK;
}

static const struct route routes[] = {
	{ "POST", "/", AUTH_NONE, BODY_MAX, body_fields, nothing },
	{ "GET", "/", AUTH_NONE, 0, query_fields, nothing },
	{ "PUT", "/required", AUTH_NONE, BODY_MAX, required_fields, nothing },
	{ "GET", "/{id}/sub/{text}", AUTH_NONE, 0, path_fields, nothing },
	{ 0 },
};

static const struct program made = { "made", routes, false };

static struct host host = { .program = &made,
	.conf = { .origins = "https://app.example http://other.example:8080",
		.trusted_proxies = "10.0.0.1 10.0.0.2 ::1",
		.password_scheme = "bcrypt" } };

/* --- the gate
 * ------------------------------------------------------------------------------------------------
 */

struct door {
	struct gate gate;
	struct str body;
	struct buf out;
};

static int64_t read_body(struct gate *g, char *to, size_t n)
{
	struct door *d = (struct door *)g;

	if (n > d->body.n)
		n = d->body.n;
	if (n)
		memcpy(to, d->body.p, n);
	d->body.p += n;
	d->body.n -= n;
	return (int64_t)n;
}

static bool write_answer(struct gate *g, struct str bytes)
{
	buf_str(&((struct door *)g)->out, bytes);
	return true;
}

/* --- what must hold
 * ------------------------------------------------------------------------------------------ */

static void must(bool good)
{
	if (!good)
		abort();
}

static void check_head(const struct request *rq, enum err e)
{
	must(rq->id.n >= 1 && rq->id.n <= 64);
	for (size_t i = 0; i < rq->id.n; i++)
		must(rq->id.p[i] > ' ' && rq->id.p[i] < 0x7f);
	must(rq->segments_n >= 0 && rq->segments_n <= SEGMENTS_MAX);
	must(e != OK || rq->content_length >= -1);
	must(rq->user_id == 0 && rq->session_id == 0);
	must(rq->wrong_n >= 0 && rq->wrong_n <= WRONG_MAX);
}

static void check_value(const struct field *f, const struct value *v)
{
	size_t points = 0;

	if (!v->set) {
		must(!(f->flags & REQUIRED) && !v->s.p && !v->null);
		return;
	}
	if (v->null) {
		must(f->flags & NULLABLE && !v->s.p);
		return;
	}
	if (f->kind == F_ID)
		must(v->n >= 1 && v->n <= 9007199254740991);
	else if (f->kind == F_INT)
		must(v->n >= f->min && v->n <= f->max);
	else if (f->kind == F_BOOL)
		must(v->n == 0 || v->n == 1);
	if (f->kind >= F_ID)
		return;
	must(v->s.p && str_utf8(v->s, &points));
	if (f->kind == F_PASSWORD)
		points = v->s.n;
	must((int64_t)points >= f->min && (int64_t)points <= f->max);
	switch (f->kind) {
	case F_LINE: must(!fold_blank(v->s) && !memchr(v->s.p, '\n', v->s.n)); break;
	case F_PASSWORD: must(v->s.n <= 72); break;
	case F_EMAIL: must(memchr(v->s.p, '@', v->s.n) && !memchr(v->s.p, ' ', v->s.n)); break;
	case F_USERNAME: must(!fold_mixed(v->s) && !memchr(v->s.p, '@', v->s.n)); break;
	case F_LINK: must(!str_starts(v->s, "//") && !memchr(v->s.p, '"', v->s.n)); break;
	default: break;
	}
}

static void check_answer(struct str answer, int status, bool head)
{
	struct json_object *tree;
	const char *why;
	int lines = 0;
	int64_t length = 0;

	must(status >= 200 && status <= 599);
	for (;; lines++) {
		struct str line = str_cut(&answer, '\n'), name;

		must(answer.p && line.n && line.p[--line.n] == '\r');
		if (line.n == 0)
			break;
		for (size_t i = 0; i < line.n; i++)
			must((unsigned char)line.p[i] >= ' ' && line.p[i] != 0x7f);
		name = str_cut(&line, ':');
		must(line.p && (lines > 0) == !str_is(name, "Status"));
		if (str_is(name, "Content-Length"))
			must(str_int(str_trim(line), &length));
	}
	must(lines >= 4);
	if (head)
		return;
	must((int64_t)answer.n == length);
	if (status < 400)
		return;
	must(body_parse(answer, &tree, &why) == OK);
	json_object_put(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena arena;
	static struct buf body = BUF_INIT(ANSWER_MAX);
	static struct door door = { .out = BUF_INIT(ANSWER_MAX + 65536) };
	char *params[VARIABLES_MAX + 1] = { NULL };
	struct request rq = { .host = &host, .gate = &door.gate, .arena = &arena, .body = &body };
	struct str rest = { (const char *)data, size };
	enum err e;
	int status;

	if (!arena.first)
		arena_init(&arena);
	for (int i = 0; i < VARIABLES_MAX && rest.p; i++) {
		struct str one = str_cut(&rest, 0);

		if (one.n == 0)
			break;
		params[i] = arena_z(&arena, one);
	}
	door.gate = (struct gate){ .params = params, .read = read_body, .write = write_answer };
	door.body = rest.p ? rest : STR("");
	rq.began_us = 0;

	e = request_read(&rq);
	if (e == OK)
		e = route_find(&rq);
	if (e == OK && rq.content_length > (int64_t)rq.route->body_max && rq.route->body_max)
		e = ERR_TOO_LARGE;
	if (e == OK)
		e = fields_read(&rq);
	check_head(&rq, e);
	must(e != ERR_INVALID || rq.wrong_n > 0);
	for (const struct field *f = e == OK ? rq.route->fields : NULL; f && f->name; f++)
		check_value(f, (const struct value *)(const void *)((char *)rq.in + f->at));
	status = reply(&rq, e);
	check_answer(buf_as_str(&door.out), status, rq.head);

	json_object_put(rq.body_tree);
	buf_clear(&body);
	buf_clear(&door.out);
	arena_clear(&arena);
	return 0;
}
