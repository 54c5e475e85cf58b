#include "web/route.h"

/* Whether the path of the request is of this form. */
static bool matches(const struct request *rq, const char *path)
{
	struct str rest = str_of(path + 1);
	int i = 0;

	for (; rest.p && rest.n; i++) {
		struct str want = str_cut(&rest, '/');

		if (i >= rq->segments_n)
			return false;
		if (want.p[0] != '{' && !str_eq(want, rq->segments[i]))
			return false;
	}
	return i == rq->segments_n;
}

/* "/me" is of the form "/{id}" too: a method that both take is named once. */
static void allow(struct buf *to, const char *method)
{
	struct str named = buf_as_str(to);

	while (named.p)
		if (str_is(str_trim(str_cut(&named, ',')), method))
			return;
	buf_printf(to, "%s%s", to->n ? ", " : "", method);
	if (strcmp(method, "GET") == 0)
		buf_z(to, ", HEAD");
}

enum err route_find(struct request *rq)
{
	struct str method = rq->method;
	struct buf methods = BUF_INIT(256);
	const char *path = NULL;

	rq->head = str_is(method, "HEAD");
	if (rq->head)
		method = STR("GET");
	/* The first row that fits decides which path it is: "/rooms" stands before "/{id}" and is
	 * no id. */
	for (const struct route *r = rq->host->program->routes; r->method; r++) {
		if (path ? strcmp(r->path, path) != 0 : !matches(rq, r->path))
			continue;
		path = r->path;
		allow(&methods, r->method);
		if (str_is(method, r->method) && !rq->route)
			rq->route = r;
	}
	if (!rq->route && path) {
		allow(&methods, "OPTIONS");
		rq->allow = arena_copy(rq->arena, buf_as_str(&methods));
	}
	buf_free(&methods);
	if (rq->route)
		return OK;
	return path ? ERR_METHOD : ERR_NOT_FOUND;
}

int route_count(const struct program *p)
{
	int n = 0;

	while (p->routes[n].method)
		n++;
	return n;
}

static const char *const kind_names[] = { [F_TEXT] = "text",
	[F_LINE] = "line",
	[F_PASSWORD] = "password",
	[F_EMAIL] = "email",
	[F_USERNAME] = "username",
	[F_DATE] = "date",
	[F_LOCALE] = "locale",
	[F_LINK] = "link",
	[F_ID] = "id",
	[F_INT] = "int",
	[F_BOOL] = "bool",
	[F_IDS] = "ids",
	[F_EMOJI] = "emoji" };
static const char *const source_names[] = { "path", "query", "body", "cookie" };

void route_describe(const struct program *p, struct buf *to)
{
	for (const struct route *r = p->routes; r->method; r++) {
		struct writer j = { .to = to };

		put_object(&j, NULL);
		put_z(&j, "program", p->name);
		put_z(&j, "method", r->method);
		put_z(&j, "path", r->path);
		put_z(&j, "auth",
			r->auth == AUTH_NONE   ? "none"
			: r->auth == AUTH_USER ? "user"
					       : "user or cookie");
		put_int(&j, "bodyMax", (int64_t)r->body_max);
		put_array(&j, "fields");
		for (const struct field *f = r->fields; f && f->name; f++) {
			put_object(&j, NULL);
			put_z(&j, "name", f->name);
			if (f->alias)
				put_z(&j, "alias", f->alias);
			put_z(&j, "in", source_names[f->in]);
			put_z(&j, "type", kind_names[f->kind]);
			put_int(&j, "min", f->min);
			put_int(&j, "max", f->max);
			put_bool(&j, "required", f->flags & REQUIRED);
			put_bool(&j, "nullable", f->flags & NULLABLE);
			put_object_end(&j);
		}
		put_array_end(&j);
		put_object_end(&j);
		buf_byte(to, '\n');
	}
}
