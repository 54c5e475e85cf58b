#include "live/question.h"

enum { PARAMS = 14, PARAM_MAX = 65535 };

struct params {
	struct arena *arena;
	char **all;
	size_t n;
};

static void put(struct params *to, struct str name, struct str before, struct str value)
{
	char *p;

	if (!value.p || before.n + value.n > PARAM_MAX)
		return;
	p = to->all[to->n++] = arena_alloc(to->arena, name.n + before.n + value.n + 2);
	memcpy(p, name.p, name.n);
	p += name.n;
	*p++ = '=';
	if (before.n)
		memcpy(p, before.p, before.n);
	memcpy(p + before.n, value.p, value.n);
}

char **question_params(struct arena *a, const struct question *q)
{
	static const struct str nothing = { NULL, 0 };
	struct params to = { a, arena_alloc(a, sizeof(char *) * (PARAMS + 1)), 0 };
	struct str query = q->path, path = str_cut(&query, '?');
	const struct caller *c = q->caller;

	put(&to, STR("GATEWAY_INTERFACE"), nothing, STR("CGI/1.1"));
	put(&to, STR("SERVER_PROTOCOL"), nothing, STR("HTTP/1.1"));
	put(&to, STR("REQUEST_METHOD"), nothing, q->method);
	put(&to, STR("REQUEST_URI"), c->base, arena_printf(a, "/api/v1%.*s", STR_ARG(q->path)));
	put(&to, STR("SCRIPT_NAME"), STR("/api/v1"), path);
	put(&to, STR("QUERY_STRING"), nothing, query.p ? query : STR(""));
	put(&to, STR("REMOTE_ADDR"), nothing, c->address);
	put(&to, STR("HTTP_HOST"), nothing, c->host);
	put(&to, STR("HTTP_USER_AGENT"), nothing, c->user_agent);
	if (c->secure)
		put(&to, STR("HTTPS"), nothing, STR("on"));
	put(&to, STR("HTTP_AUTHORIZATION"), STR("Bearer "), q->token);
	if (q->body.p) {
		put(&to, STR("CONTENT_TYPE"), nothing, STR("application/json"));
		put(&to, STR("CONTENT_LENGTH"), nothing, arena_printf(a, "%zu", q->body.n));
	}
	return to.all;
}
