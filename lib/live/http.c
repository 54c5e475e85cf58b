#include "live/http.h"

#include "core/random.h"
#include "core/writer.h"
#include "web/form.h"

#include <openssl/evp.h>
#include <stdio.h>

enum { KEY_BYTES = 24, DIGEST = 20, BODY_DIGITS_MAX = 12 };

static bool is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			    (c && strchr("!#$%&'*+-.^_`|~", c))))
			return false;
	}
	return s.n > 0;
}

static bool is_plain(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
			return false;
	return true;
}

/* The next line without its end; absent where it is not whole. A bare LF ends none. */
static bool next_line(struct str *rest, struct str *line)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;

	if (!end)
		return false;
	*line = (struct str){ rest->p, (size_t)(end - rest->p) };
	rest->n -= line->n + 1;
	rest->p = end + 1;
	return true;
}

static bool read_request_line(struct str line, struct http_head *h, bool *is_new)
{
	struct str rest = line, version;

	h->method = str_cut(&rest, ' ');
	h->target = str_cut(&rest, ' ');
	version = rest;
	*is_new = str_is(version, "HTTP/1.1");
	if (!is_token(h->method) || !h->target.n || h->target.p[0] != '/' || !is_plain(h->target) ||
		(!*is_new && !str_is(version, "HTTP/1.0")))
		return false;
	rest = h->target;
	h->path = str_cut(&rest, '?');
	h->query = rest;
	return true;
}

static bool says(struct str list, const char *word)
{
	while (list.p)
		if (str_is_nocase(str_trim(str_cut(&list, ',')), word))
			return true;
	return false;
}

/* What the headers say of the message itself. */
static int read_meaning(struct http_head *h, bool is_new)
{
	struct str length = { NULL, 0 }, connection = http_value(h, "connection");

	for (size_t i = 0; i < h->n; i++) {
		if (str_is_nocase(h->headers[i].name, "transfer-encoding"))
			return 411;
		if (!str_is_nocase(h->headers[i].name, "content-length"))
			continue;
		if (length.p)
			return 400;
		length = h->headers[i].value;
	}
	h->length = 0;
	if (length.p &&
		(length.n > BODY_DIGITS_MAX || !str_int(length, &h->length) || h->length < 0))
		return 400;
	h->keeps = is_new ? !says(connection, "close") : says(connection, "keep-alive");
	return 1;
}

int http_read(struct str bytes, struct http_head *h, size_t *used)
{
	struct str rest = bytes, line;
	bool first = true, is_new = false;

	h->n = 0;
	while (next_line(&rest, &line)) {
		if (!line.n || line.p[--line.n] != '\r')
			return 400;
		if (first && !read_request_line(line, h, &is_new))
			return 400;
		if (!first && line.n == 0) {
			*used = bytes.n - rest.n;
			return *used > HTTP_HEAD_MAX ? 431 : read_meaning(h, is_new);
		}
		if (!first) {
			struct http_header *to = &h->headers[h->n];

			if (h->n == HTTP_HEADERS_MAX)
				return 431;
			to->name = str_cut(&line, ':');
			to->value = str_trim(line);
			if (!line.p || !is_token(to->name) || !is_plain(to->value))
				return 400;
			h->n++;
		}
		first = false;
	}
	return bytes.n >= HTTP_HEAD_MAX ? 431 : 0;
}

struct str http_value(const struct http_head *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++)
		if (str_is_nocase(h->headers[i].name, name))
			return h->headers[i].value;
	return (struct str){ NULL, 0 };
}

struct str http_query(const struct http_head *h, struct arena *a, const char *name)
{
	struct str rest = h->query, none = { NULL, 0 };

	while (rest.p) {
		struct str value = str_cut(&rest, '&'), key = str_cut(&value, '='), out;

		if (!str_is(key, name))
			continue;
		return form_decode(a, value.p ? value : STR(""), true, &out) ? out : none;
	}
	return none;
}

bool http_upgrades(const struct http_head *h)
{
	return says(http_value(h, "upgrade"), "websocket") &&
	       says(http_value(h, "connection"), "upgrade");
}

bool http_accept(const struct http_head *h, char accept[HTTP_ACCEPT_BYTES])
{
	struct str key = http_value(h, "sec-websocket-key");
	unsigned char digest[DIGEST];
	char text[KEY_BYTES + 37];

	if (!http_upgrades(h) || !str_is(h->method, "GET") || h->length || key.n != KEY_BYTES ||
		!str_is(http_value(h, "sec-websocket-version"), "13"))
		return false;
	snprintf(text, sizeof text, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", KEY_BYTES, key.p);
	EVP_Digest(text, sizeof text - 1, digest, NULL, EVP_sha1(), NULL);
	EVP_EncodeBlock((unsigned char *)accept, digest, DIGEST);
	return true;
}

static const char *words_of(int status)
{
	static const struct {
		int status;
		const char *words;
	} known[] = { { 101, "Switching Protocols" }, { 200, "OK" }, { 204, "No Content" },
		{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 410, "Gone" },
		{ 411, "Length Required" }, { 413, "Content Too Large" },
		{ 426, "Upgrade Required" }, { 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" }, { 503, "Service Unavailable" } };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].status == status)
			return known[i].words;
	return "Status";
}

void http_status(struct buf *to, int status)
{
	buf_printf(to, "HTTP/1.1 %d %s\r\n", status, words_of(status));
}

void http_request_id(struct buf *to, const struct http_head *h)
{
	struct arena a;

	arena_init(&a);
	buf_printf(to, "X-Request-Id: %.*s\r\n",
		STR_ARG(random_id_unless(&a, http_value(h, "x-request-id"))));
	arena_free(&a);
}

void http_allow(struct buf *to, struct str origin)
{
	if (origin.p)
		buf_printf(to, "Access-Control-Allow-Origin: %.*s\r\nVary: Origin\r\n",
			STR_ARG(origin));
}

void http_problem(struct buf *to, int status, const char *code, const char *detail)
{
	struct writer w = { .to = to };

	put_object(&w, NULL);
	put_z(&w, "type", "about:blank");
	put_z(&w, "title", words_of(status));
	put_int(&w, "status", status);
	put_z(&w, "detail", detail);
	put_z(&w, "code", code);
	if (status == 429)
		put_int(&w, "retryAfter", 1);
	put_object_end(&w);
}
