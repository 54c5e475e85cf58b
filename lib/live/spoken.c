#include "live/spoken.h"

#include "core/writer.h"
#include "live/http.h"
#include "live/tree.h"

#include <json.h>
#include <stdio.h>

enum { TARGET_MAX = 4096, QUERY_NAMES = 4, NAME_BYTES = 16 };

/* Of a GET the members named in `query` go into the address; of all others the whole object is the
 * body. '@' is the chat's id. */
static const struct command {
	const char *name, *method, *path;
	const char *query[QUERY_NAMES];
} commands[] = {
	{ "chats", "GET", "/chats", { "limit", "before" } },
	{ "users", "GET", "/users", { "q", "contactable", "limit", "after" } },
	{ "history", "GET", "/messages/@", { "before", "after", "limit" } },
	{ "message", "POST", "/messages/@", { NULL } },
	{ "direct", "POST", "/chats/direct", { NULL } },
	{ "group", "POST", "/chats", { NULL } },
	{ "join", "POST", "/chats/@/join", { NULL } },
	{ "leave", "POST", "/chats/@/leave", { NULL } },
	{ "read", "POST", "/chats/@/read", { NULL } },
	{ "typing", "POST", "/chats/@/typing", { NULL } },
};

static struct str as_json(struct arena *a, struct json_object *v)
{
	return arena_copy(a, tree_json(v));
}

static void put_escaped(struct buf *to, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_' || c == '.')
			buf_byte(to, (char)c);
		else
			buf_printf(to, "%%%02X", c);
	}
}

static void put_query(struct buf *to, const struct command *c, struct json_object *arg)
{
	struct json_object *v;
	char mark = '?';

	for (int i = 0; i < QUERY_NAMES && c->query[i]; i++) {
		if (!json_object_object_get_ex(arg, c->query[i], &v) || !v)
			continue;
		buf_byte(to, mark);
		buf_z(to, c->query[i]);
		buf_byte(to, '=');
		put_escaped(to, json_object_is_type(v, json_type_string)
					? tree_words(v)
					: str_of(json_object_to_json_string_ext(
						  v, JSON_C_TO_STRING_PLAIN)));
		mark = '&';
	}
}

static bool put_path(struct buf *to, const struct command *c, struct json_object *arg)
{
	struct json_object *id;

	for (const char *p = c->path; *p; p++) {
		if (*p != '@') {
			buf_byte(to, *p);
			continue;
		}
		if (!json_object_object_get_ex(arg, "chatId", &id) ||
			!json_object_is_type(id, json_type_int) || json_object_get_int64(id) < 1)
			return false;
		buf_int(to, json_object_get_int64(id));
	}
	return true;
}

static const char *read_named(
	struct arena *a, const struct command *c, struct json_object *arg, struct spoken *out)
{
	struct buf target = BUF_INIT(TARGET_MAX);
	bool good = put_path(&target, c, arg);

	put_query(&target, c, arg);
	good = good && !target.over;
	out->method = str_of(c->method);
	out->path = arena_copy(a, buf_as_str(&target));
	if (strcmp(c->method, "GET") != 0)
		out->body = as_json(a, arg);
	buf_free(&target);
	return good ? NULL : "chatId must be the id of a chat";
}

static bool is_target(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '#')
			return false;
	return s.n > 1 && s.n <= TARGET_MAX && s.p[0] == '/';
}

/* `request` {method,path,body}: every other call. */
static const char *read_request(struct arena *a, struct json_object *arg, struct spoken *out)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
	struct json_object *method = NULL, *path, *body;

	json_object_object_get_ex(arg, "method", &method);
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (method && strcmp(json_object_get_string(method), methods[i]) == 0)
			out->method = str_of(methods[i]);
	if (!out->method.p)
		return "method must be GET, POST, PUT, PATCH or DELETE";
	if (!json_object_object_get_ex(arg, "path", &path) ||
		!json_object_is_type(path, json_type_string) || !is_target(tree_words(path)))
		return "path must be an address behind /api/v1";
	out->path = arena_copy(a, tree_words(path));
	if (json_object_object_get_ex(arg, "body", &body) && body)
		out->body = as_json(a, body);
	return NULL;
}

const char *spoken_read(
	struct arena *a, const char *name, struct json_object *arg, struct spoken *out)
{
	struct json_object *empty = json_object_new_object();
	const char *why = "";

	*out = (struct spoken){ .method = { NULL, 0 } };
	if (!json_object_is_type(arg, json_type_object))
		arg = empty;
	if (strcmp(name, "request") == 0)
		why = read_request(a, arg, out);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (strcmp(name, commands[i].name) == 0)
			why = read_named(a, &commands[i], arg, out);
	json_object_put(empty);
	return why;
}

int spoken_problem(struct buf *to, const char *why)
{
	size_t n = strcspn(why, " ");
	struct writer w = { .to = to };
	char field[NAME_BYTES];

	if (!n) {
		http_problem(to, 404, "not_found", "There is no command of that name.");
		return 404;
	}
	snprintf(field, sizeof field, "%.*s", (int)n, why);
	put_object(&w, NULL);
	put_z(&w, "detail", why);
	put_z(&w, "code", "invalid_fields");
	put_object(&w, "fields");
	put_z(&w, field, why + n + 1);
	put_object_end(&w);
	put_object_end(&w);
	return 422;
}

/* The members of an error: those of the problem, as far as it says them. */
static void put_error(struct writer *w, int status, struct str body)
{
	struct json_tokener *t = json_tokener_new();
	struct json_object *o = body.n ? json_tokener_parse_ex(t, body.p, (int)body.n) : NULL;
	struct json_object *v = NULL;
	bool is_object = json_object_is_type(o, json_type_object);

	put_int(w, "status", status);
	if (is_object && json_object_object_get_ex(o, "code", &v))
		put_str(w, "code", tree_words(v));
	else
		put_z(w, "code", status == 401 ? "unauthorized" : "error");
	if (is_object && json_object_object_get_ex(o, "detail", &v))
		put_str(w, "detail", tree_words(v));
	else
		put_z(w, "detail", status == 401 ? "Log in, and say the token as auth.token." : "");
	if (is_object && json_object_object_get_ex(o, "fields", &v))
		put_raw(w, "fields", tree_json(v));
	if (is_object && json_object_object_get_ex(o, "retryAfter", &v))
		put_raw(w, "retryAfter", tree_json(v));
	json_object_put(o);
	json_tokener_free(t);
}

void spoken_ack(struct buf *to, int status, struct str body)
{
	struct writer w = { .to = to };
	bool good = status < 400;

	put_array(&w, NULL);
	put_object(&w, NULL);
	put_bool(&w, "ok", good);
	if (good) {
		put_raw(&w, "data", body.n ? body : STR("null"));
	} else {
		put_object(&w, "error");
		put_error(&w, status, body);
		put_object_end(&w);
	}
	put_object_end(&w);
	put_array_end(&w);
}

void spoken_refusal(struct buf *to, int status, struct str body)
{
	struct buf inner = BUF_INIT(65536);
	struct writer w = { .to = to }, in = { .to = &inner };
	struct str rest;

	put_object(&in, NULL);
	put_error(&in, status, body);
	put_object_end(&in);
	/* …,"code":"unauthorized",…: its words are ours, and plain. */
	rest = buf_as_str(&inner);
	str_cut(&rest, ',');
	str_cut(&rest, ':');
	str_cut(&rest, '"');
	put_object(&w, NULL);
	put_str(&w, "message", str_cut(&rest, '"'));
	put_raw(&w, "data", buf_as_str(&inner));
	put_object_end(&w);
	buf_free(&inner);
}
