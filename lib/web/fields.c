#include "web/fields.h"

#include "web/body.h"
#include "web/cookie.h"
#include "web/form.h"
#include "web/kinds.h"

/* Where the values of a request are found: pairs of the query, and of the body either pairs or a
 * tree. */
struct given {
	struct pair *query, *form;
	size_t query_n, form_n;
};

static bool media_type(struct str header, const char *wanted)
{
	struct str rest = header, type = str_trim(str_cut(&rest, ';'));

	if (!str_is_nocase(type, wanted))
		return false;
	while (rest.p) {
		struct str parameter = str_trim(str_cut(&rest, ';'));

		if (str_starts_nocase(parameter, "charset=") &&
			!str_is_nocase(parameter, "charset=utf-8") &&
			!str_is_nocase(parameter, "charset=\"utf-8\""))
			return false;
	}
	return true;
}

static enum err read_all(struct request *rq, struct str *body)
{
	size_t max = rq->route->body_max, n = 0;
	size_t room = rq->content_length >= 0 ? (size_t)rq->content_length : max;
	char *bytes = arena_alloc(rq->arena, room + 1);

	while (n <= room) {
		int64_t got = rq->gate->read(rq->gate, bytes + n, room + 1 - n);

		if (got < 0)
			break;
		if (got == 0) {
			*body = (struct str){ bytes, n };
			if (rq->content_length < 0 || n == room)
				return OK;
			break;
		}
		n += (size_t)got;
		if (rq->content_length >= 0 && n == room) {
			*body = (struct str){ bytes, n };
			return OK;
		}
	}
	if (n > max)
		return ERR_TOO_LARGE;
	note(rq, "the body broke off");
	return ERR_BAD_REQUEST;
}

static enum err read_body(struct request *rq, struct given *given)
{
	struct str body;
	const char *why = NULL;
	enum err e;

	if (rq->content_length == 0 || (rq->content_length < 0 && !rq->content_type.n))
		return OK;
	e = read_all(rq, &body);
	if (e != OK || body.n == 0)
		return e;
	if (media_type(rq->content_type, "application/json")) {
		e = body_parse(body, &rq->body_tree, &why);
		if (e == ERR_MALFORMED_JSON)
			note(rq, "%s", why);
		return e;
	}
	if (!media_type(rq->content_type, "application/x-www-form-urlencoded"))
		return ERR_MEDIA_TYPE;
	return form_parse(rq->arena, body, &given->form, &given->form_n) ? OK : ERR_MALFORMED_FORM;
}

static bool is_text(enum kind k)
{
	return k != F_ID && k != F_INT && k != F_BOOL && k != F_IDS;
}

/* One more of a list; one that is there already is the same wish. */
static const char *add_id(const struct field *f, struct value *v, int64_t id)
{
	if (id < 1 || id > ID_MAX)
		return "must be a list of ids";
	for (int64_t i = 0; i < v->n; i++)
		if (v->ids[i] == id)
			return NULL;
	if (v->n == f->max)
		return "has too many ids";
	v->ids[v->n++] = id;
	return NULL;
}

static const char *ids_from_text(
	const struct field *f, struct arena *a, struct str text, struct value *v)
{
	const char *why = NULL;

	v->set = true;
	v->ids = arena_alloc(a, sizeof *v->ids * (size_t)f->max);
	while (text.n && !why) {
		int64_t id;

		why = str_int(str_trim(str_cut(&text, ',')), &id) ? add_id(f, v, id)
								  : "must be a list of ids";
	}
	return why ? why : v->n < f->min ? "must not be empty" : NULL;
}

static const char *ids_from_tree(
	const struct field *f, struct arena *a, struct json_object *o, struct value *v)
{
	const char *why = NULL;

	v->set = true;
	v->ids = arena_alloc(a, sizeof *v->ids * (size_t)f->max);
	if (!json_object_is_type(o, json_type_array))
		return "must be a list of ids";
	for (size_t i = 0; i < json_object_array_length(o) && !why; i++) {
		struct json_object *id = json_object_array_get_idx(o, i);

		why = json_object_is_type(id, json_type_int)
			      ? add_id(f, v, json_object_get_int64(id))
			      : "must be a list of ids";
	}
	return why ? why : v->n < f->min ? "must not be empty" : NULL;
}

static const char *from_text(
	const struct field *f, const struct conf *c, struct str text, struct value *v)
{
	const char *why;

	v->set = true;
	v->s = text;
	if (text.n == 0 && f->flags & NULLABLE) {
		v->null = true;
		v->s = (struct str){ NULL, 0 };
		return NULL;
	}
	why = kind_refuses(f, c, v);
	return why ? why : kind_refuses_number(f, v);
}

/* A number beyond every integer comes as a double, see body.h. */
static bool is_beyond_all(struct json_object *o, int64_t n)
{
	return json_object_is_type(o, json_type_double) && (n == INT64_MAX || n == INT64_MIN);
}

static const char *from_tree(
	const struct field *f, struct request *rq, struct json_object *o, struct value *v)
{
	if (!o) {
		v->set = v->null = true;
		return f->flags & NULLABLE ? NULL : "must not be null";
	}
	if (is_text(f->kind)) {
		if (!json_object_is_type(o, json_type_string))
			return "must be text";
		return from_text(f, &rq->host->conf,
			(struct str){
				json_object_get_string(o), (size_t)json_object_get_string_len(o) },
			v);
	}
	if (f->kind == F_IDS)
		return ids_from_tree(f, rq->arena, o, v);
	v->set = true;
	if (f->kind == F_BOOL) {
		v->n = json_object_get_boolean(o);
		return json_object_is_type(o, json_type_boolean) ? NULL : "must be true or false";
	}
	v->n = json_object_get_int64(o);
	if (!json_object_is_type(o, json_type_int) && !is_beyond_all(o, v->n))
		return "must be a whole number";
	return kind_refuses_number(f, v);
}

const char *field_refusal(const struct conf *c, enum kind kind, int64_t min, int64_t max,
	struct str text, struct str *clean)
{
	struct field f = { .kind = kind, .min = min, .max = max };
	struct value v = { 0 };
	const char *why = from_text(&f, c, text, &v);

	if (clean)
		*clean = v.s;
	return why;
}

/* --- where a value comes from --- */

static const char *from_pairs(const struct field *f, struct request *rq, const struct pair *pairs,
	size_t n, struct value *v)
{
	const char *why = NULL;

	for (size_t i = 0; i < n; i++) {
		bool named = str_is(pairs[i].name, f->name) ||
			     (f->alias && str_is(pairs[i].name, f->alias));

		if (!named)
			continue;
		if (v->set)
			return "was given twice";
		if (f->kind == F_IDS) {
			why = ids_from_text(f, rq->arena, pairs[i].value, v);
			continue;
		}
		why = from_text(f, &rq->host->conf, pairs[i].value, v);
	}
	return why;
}

static const char *from_body(
	const struct field *f, struct request *rq, const struct given *g, struct value *v)
{
	struct json_object *o, *other;
	bool by_name, by_alias;

	if (!rq->body_tree)
		return from_pairs(f, rq, g->form, g->form_n, v);
	by_name = json_object_object_get_ex(rq->body_tree, f->name, &o);
	by_alias = f->alias && json_object_object_get_ex(rq->body_tree, f->alias, &other);
	if (by_name && by_alias) {
		v->set = true;
		return "was given twice";
	}
	return by_name || by_alias ? from_tree(f, rq, by_name ? o : other, v) : NULL;
}

/* The n-th segment in braces of the route's path. */
static struct str path_value(const struct request *rq, const char *name)
{
	struct str rest = str_of(rq->route->path + 1);

	for (int i = 0; rest.p && i < rq->segments_n; i++) {
		struct str want = str_cut(&rest, '/');

		if (want.n == strlen(name) + 2 && memcmp(want.p + 1, name, want.n - 2) == 0)
			return rq->segments[i];
	}
	return (struct str){ NULL, 0 };
}

static enum err read_one(
	struct request *rq, const struct field *f, const struct given *g, struct value *v)
{
	const char *why = NULL;

	switch (f->in) {
	case FROM_PATH:
		/* What is no id names nothing: that is a 404, not a wrong field. */
		return from_text(f, &rq->host->conf, path_value(rq, f->name), v) ? ERR_NOT_FOUND
										 : OK;
	case FROM_QUERY: why = from_pairs(f, rq, g->query, g->query_n, v); break;
	case FROM_BODY: why = from_body(f, rq, g, v); break;
	case FROM_COOKIE: break;
	}
	if (!why && !v->set && f->flags & OR_COOKIE) {
		struct str cookie = request_cookie(rq, COOKIE_REFRESH);

		if (cookie.p && !rq->own_origin)
			return ERR_CROSS_ORIGIN;
		/* A browser's cookie that makes no sense is none: nobody typed it. */
		if (cookie.p && from_text(f, &rq->host->conf, cookie, v))
			*v = (struct value){ 0 };
	}
	if (!why && f->flags & REQUIRED && !v->set)
		why = "is missing";
	if (why)
		field_wrong(rq, f->name, why);
	return OK;
}

enum err fields_read(struct request *rq)
{
	struct given given = { 0 };
	size_t size = 0;
	enum err e;

	if (!form_parse(rq->arena, rq->query, &given.query, &given.query_n)) {
		note(rq, "the query is not percent-encoded UTF-8");
		return ERR_BAD_REQUEST;
	}
	if (rq->route->body_max) {
		e = read_body(rq, &given);
		if (e != OK)
			return e;
	}
	for (const struct field *f = rq->route->fields; f && f->name; f++)
		if (f->at + sizeof(struct value) > size)
			size = f->at + sizeof(struct value);
	rq->in = arena_alloc(rq->arena, size);
	for (const struct field *f = rq->route->fields; f && f->name; f++) {
		e = read_one(rq, f, &given, (struct value *)(void *)((char *)rq->in + f->at));
		if (e != OK)
			return e;
	}
	return rq->wrong_n ? ERR_INVALID : OK;
}
