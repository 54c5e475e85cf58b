#include "web/request.h"

#include "core/random.h"
#include "web/address.h"
#include "web/form.h"
#include "web/route.h"

#include <stdarg.h>
#include <stdio.h>

/* Whether a variable has this name. There are some thirty, asked for by a dozen names for each
 * request, and most differ in their first bytes: a call of a library function costs more than the
 * comparison. */
static bool has_name(const char *param, const char *name)
{
	for (; *name && *param == *name; param++)
		name++;
	return !*name && *param == '=';
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && *a != '=' && *a == *b; a++)
		b++;
	return (!*a || *a == '=') && (!*b || *b == '=');
}

struct str request_param(const struct request *rq, const char *name)
{
	for (char **p = rq->gate->params; *p; p++)
		if (has_name(*p, name))
			return str_of(*p + strlen(name) + 1);
	return (struct str){ NULL, 0 };
}

struct str request_cookie(const struct request *rq, const char *name)
{
	struct str rest = request_param(rq, "HTTP_COOKIE");

	while (rest.p) {
		struct str value = str_trim(str_cut(&rest, ';')), key = str_cut(&value, '=');

		if (value.p && str_is(key, name))
			return value;
	}
	return (struct str){ NULL, 0 };
}

void note(struct request *rq, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	rq->note = arena_copy(rq->arena, str_of(text));
}

enum err field_wrong(struct request *rq, const char *name, const char *why)
{
	if (rq->wrong_n < WRONG_MAX) {
		rq->wrong[rq->wrong_n].name = name;
		rq->wrong[rq->wrong_n++].why = str_of(why);
	}
	return ERR_INVALID;
}

struct writer *reply_json(struct request *rq)
{
	rq->json = (struct writer){ .to = rq->body };
	put_object(&rq->json, NULL);
	return &rq->json;
}

/* Servers turn '-' of a header's name into '_', so two headers can arrive as one variable twice;
 * and which of the two a library then reports is its own secret. Nobody honest sends that. */
static enum err check_params(struct request *rq)
{
	char **params = rq->gate->params;
	size_t bytes = 0, count = 0;

	for (; params[count]; count++) {
		bytes += strlen(params[count]) + 1;
		if (bytes > PARAMS_BYTES_MAX || count >= PARAMS_MAX) {
			note(rq, "too many or too long request variables");
			return ERR_BAD_REQUEST;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (strncmp(params[i], "HTTP_", 5) != 0)
			continue;
		for (size_t k = i + 1; k < count; k++)
			if (same_name(params[i], params[k])) {
				note(rq, "a header was sent twice");
				return ERR_BAD_REQUEST;
			}
	}
	return OK;
}

/* What may stand in a path by RFC 3986, as it was asked for, so that it can stand in a header, too:
 * no semicolon, which ends the path of a cookie, and no control character however it is written. */
static bool plain_path(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool escape = c == '%' && s.n - i > 2;
		int high = escape ? str_hex(s.p[i + 1]) : -1,
		    low = escape ? str_hex(s.p[i + 2]) : -1;

		if (high >= 2 && low >= 0 && !(high == 7 && low == 15))
			i += 2;
		else if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
				 (c >= '0' && c <= '9') || (c && strchr("/._~-!$&'()*+,=:@", c))))
			return false;
	}
	return true;
}

/* Finds "/api/v1/NAME" in the path as it was asked for: what stands before is the prefix the site
 * lives under, what follows is ours. REQUEST_URI is taken where it has that, since servers and
 * rewriting rules agree least on the others. */
static enum err read_path(struct request *rq)
{
	struct str uri = request_param(rq, "REQUEST_URI"), path = str_cut(&uri, '?'),
		   rest = { NULL, 0 };
	struct str at = arena_printf(rq->arena, "/api/v1/%s", rq->host->program->name);

	for (size_t i = 0; i + at.n <= path.n; i++) {
		char after = i + at.n < path.n ? path.p[i + at.n] : '/';

		if (memcmp(path.p + i, at.p, at.n) != 0 || after != '/')
			continue;
		rest = (struct str){ path.p + i + at.n, path.n - i - at.n };
		rq->base = (struct str){ path.p, i };
		break;
	}
	if (!rest.p && !path.n)
		rest = request_param(rq, "PATH_INFO");
	if (!rest.p || !plain_path(rq->base))
		return ERR_NOT_FOUND;
	if (rest.n && rest.p[0] == '/') {
		rest.p++;
		rest.n--;
		if (rest.n == 0)
			return ERR_NOT_FOUND; /* a slash at the end is another path, here and below
					       */
	}
	while (rest.p && rest.n) {
		struct str segment = str_cut(&rest, '/');

		if (rq->segments_n == SEGMENTS_MAX)
			return ERR_NOT_FOUND;
		if (!form_decode(rq->arena, segment, false, &rq->segments[rq->segments_n])) {
			note(rq, "the path is not percent-encoded UTF-8");
			return ERR_BAD_REQUEST;
		}
		rq->segments_n++;
		if (rest.p && rest.n == 0)
			return ERR_NOT_FOUND;
	}
	return OK;
}

static bool listed(struct str list, struct str wanted)
{
	while (list.p) {
		struct str one = str_trim(str_cut(&list, ' '));

		if (one.n && str_eq(one, wanted))
			return true;
	}
	return false;
}

/* Whose page is it that calls? A browser says so in Origin. Own pages and configured origins may; a
 * request without Origin comes from no page, or reads only. */
static enum err read_origin(struct request *rq)
{
	struct str origin = request_param(rq, "HTTP_ORIGIN"), host = request_param(rq, "HTTP_HOST");
	struct str site = request_param(rq, "HTTP_SEC_FETCH_SITE");
	bool reads = str_is(rq->method, "GET") || str_is(rq->method, "HEAD") ||
		     str_is(rq->method, "OPTIONS");

	if (!origin.p) {
		rq->own_origin = str_is(site, "same-origin");
		return OK;
	}
	if (host.n && str_eq(origin, arena_printf(rq->arena, "http%s://%.*s", rq->secure ? "s" : "",
					     STR_ARG(host)))) {
		rq->own_origin = true;
		return OK;
	}
	/* A proxy that ends TLS may not say so; the host alone is what a foreign page cannot have.
	 */
	if (host.n && str_eq(origin, arena_printf(rq->arena, "https://%.*s", STR_ARG(host)))) {
		rq->own_origin = true;
		return OK;
	}
	if (listed(str_of(rq->host->conf.origins), origin)) {
		rq->allow_origin = origin;
		return OK;
	}
	return reads ? OK : ERR_CROSS_ORIGIN;
}

enum err request_read(struct request *rq)
{
	struct str length, proxies = str_of(rq->host->conf.trusted_proxies);
	struct str forwarded, https;
	enum err e = check_params(rq), origin;

	rq->content_length = -1;
	rq->method = request_param(rq, "REQUEST_METHOD");
	if (e != OK) {
		rq->id = random_id(rq->arena);
		return e;
	}
	rq->id = random_id_unless(rq->arena, request_param(rq, "HTTP_X_REQUEST_ID"));
	rq->query = request_param(rq, "QUERY_STRING");
	rq->content_type = request_param(rq, "CONTENT_TYPE");
	rq->user_agent = request_param(rq, "HTTP_USER_AGENT");
	if (rq->user_agent.p && !str_utf8(rq->user_agent, NULL))
		rq->user_agent = (struct str){ NULL, 0 };
	https = request_param(rq, "HTTPS");
	rq->secure = https.n > 0 && !str_is_nocase(https, "off");
	rq->address = request_param(rq, "REMOTE_ADDR");
	if (address_listed(proxies, rq->address)) {
		forwarded = request_param(rq, "HTTP_X_FORWARDED_FOR");
		rq->address = address_forwarded(proxies, rq->address, forwarded);
		rq->secure = str_is_nocase(request_param(rq, "HTTP_X_FORWARDED_PROTO"), "https");
	}
	origin = read_origin(rq);
	length = request_param(rq, "CONTENT_LENGTH");
	if (length.n && (!str_int(length, &rq->content_length) || rq->content_length < 0)) {
		note(rq, "Content-Length is not a number");
		return ERR_BAD_REQUEST;
	}
	if (rq->query.n > QUERY_MAX) {
		note(rq, "the query is too long");
		return ERR_BAD_REQUEST;
	}
	e = read_path(rq);
	return e != OK ? e : origin;
}
