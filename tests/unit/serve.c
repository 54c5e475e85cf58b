/* request, route and reply, through the seven steps. */
#include "door.h"

#include "core/clock.h"
#include "core/fold.h"
#include "web/cookie.h"
#include "web/token.h"

#include <errno.h>
#include <json.h>

/* --- a program
 * ------------------------------------------------------------------------------------------------
 */

static int ran; /* how often a handler was reached */

static enum err say_what_was_read(struct request *rq)
{
	struct writer *j = reply_json(rq);

	ran++;
	put_str(j, "method", rq->method);
	put_str(j, "base", rq->base);
	put_str(j, "address", rq->address);
	put_str(j, "agent", rq->user_agent);
	put_bool(j, "secure", rq->secure);
	put_bool(j, "own", rq->own_origin);
	put_str(j, "foreign", rq->allow_origin);
	put_array(j, "segments");
	for (int i = 0; i < rq->segments_n; i++)
		put_str(j, NULL, rq->segments[i]);
	put_array_end(j);
	return OK;
}

static enum err do_nothing(struct request *rq)
{
	(void)rq;
	ran++;
	return OK;
}

static enum err make_something(struct request *rq)
{
	put_int(reply_json(rq), "id", 1);
	rq->made = true;
	return OK;
}

static enum err say_text(struct request *rq)
{
	rq->text_type = STR("text/plain; charset=utf-8");
	buf_z(rq->body, "plain");
	return OK;
}

static enum err say_too_much(struct request *rq)
{
	struct writer *j = reply_json(rq);

	put_array(j, "x");
	for (int i = 0; i < 300000; i++)
		put_z(j, NULL, "0123456789");
	put_array_end(j);
	return OK;
}

static enum err set_cookies(struct request *rq)
{
	cookie_set_session(rq, STR("acc"), STR("ref"));
	cookie_clear_session(rq);
	cookie_clear_session(rq); /* more than there is room for */
	return OK;
}

/* Ends with the error whose number the test says. */
static enum err wanted;

static enum err fail_as_wanted(struct request *rq)
{
	put_z(reply_json(rq), "secret", "half an answer");
	if (wanted == ERR_INVALID)
		return field_wrong(rq, "name", "is \"odd\"");
	return wanted;
}

static enum err say_forged_headers(struct request *rq)
{
	rq->cookies[rq->cookies_n++] = STR("a=b\r\nSet-Cookie: evil=1");
	rq->allow = STR("GET\nX-Evil: 1");
	rq->allow_origin = STR("x\0y");
	return OK;
}

enum { BODY_MAX = 1000 };

static const struct route routes[] = {
	{ "GET", "/", AUTH_NONE, 0, NULL, say_what_was_read },
	{ "POST", "/", AUTH_NONE, BODY_MAX, NULL, do_nothing },
	{ "GET", "/me", AUTH_USER, 0, NULL, do_nothing },
	{ "POST", "/me", AUTH_USER, BODY_MAX, NULL, do_nothing },
	{ "POST", "/made", AUTH_NONE, BODY_MAX, NULL, make_something },
	{ "GET", "/{id}", AUTH_NONE, 0, NULL, say_what_was_read },
	{ "PUT", "/{id}/sub/{name}", AUTH_NONE, BODY_MAX, NULL, do_nothing },
	{ "GET", "/deep/text", AUTH_NONE, 0, NULL, say_text },
	{ "GET", "/deep/much", AUTH_NONE, 0, NULL, say_too_much },
	{ "POST", "/deep/cookies", AUTH_NONE, BODY_MAX, NULL, set_cookies },
	{ "GET", "/deep/fail", AUTH_NONE, 0, NULL, fail_as_wanted },
	{ "GET", "/deep/forged", AUTH_NONE, 0, NULL, say_forged_headers },
	{ 0 },
};

static const struct program made = { "made", routes, true };
static struct host host = { .program = &made };
static struct worker worker;
static struct door door;
static char dir[DIR_BYTES], log_path[128];

static int open_all(void **state)
{
	struct buf problem = BUF_INIT(256);
	char keys_dir[128], kid[KID_MAX];
	const char *why;

	(void)state;
	ground_dir(dir);
	snprintf(log_path, sizeof log_path, "%s/log", dir);
	snprintf(keys_dir, sizeof keys_dir, "%s/keys", dir);
	if (!conf_read(&host.conf, "made", &problem) || !log_open(log_path, "made") ||
		!keys_rotate(keys_dir, kid, &why))
		return -1;
	snprintf(host.conf.db_socket, sizeof host.conf.db_socket, "%s/no.sock", dir);
	host.page = page_open(dir);
	host.keys = keys_open(keys_dir, true, &why);
	host.metrics = limit_counters(&host);
	worker_init(&worker, &host);
	door_open(&door);
	return host.page && host.keys ? 0 : -1;
}

static int close_all(void **state)
{
	(void)state;
	door_close(&door);
	worker_free(&worker);
	free(host.metrics);
	keys_free(host.keys);
	page_close(host.page);
	ground_remove(dir);
	return 0;
}

static int ask(const char *method, const char *uri)
{
	door_ask(&door, method, uri);
	return door_serve(&door, &worker);
}

/* A member of the JSON that was answered, as text. */
static const char *answered(const char *name)
{
	struct json_object *o = json_tokener_parse(arena_z(&door.arena, door_body(&door))), *member;
	const char *text = "none";

	if (json_object_object_get_ex(o, name, &member))
		text = arena_z(
			&door.arena, str_of(member ? json_object_get_string(member) : "null"));
	json_object_put(o);
	return text;
}

#define EXPECT_STATUS(status, want)                                                                \
	do {                                                                                       \
		int got_status = (status);                                                         \
                                                                                                   \
		EXPECT(got_status == (want), "%d: %s", got_status, door_text(&door));              \
	} while (0)

/* --- the head
 * -------------------------------------------------------------------------------------------------
 */

static void the_path_is_found_behind_any_prefix(void **state)
{
	static const struct {
		const char *uri;
		int status;
		const char *base, *segments;
	} rows[] = {
		{ "/api/v1/made", 200, "", "[ ]" },
		{ "/api/v1/made?x=1", 200, "", "[ ]" },
		{ "/api/v1/made/", 404, NULL, NULL },
		{ "/api/v1/made/7", 200, "", "[ \"7\" ]" },
		{ "/api/v1/made/7?a=/api/v1/made/8", 200, "", "[ \"7\" ]" },
		{ "/chat/api/v1/made/7", 200, "/chat", "[ \"7\" ]" },
		{ "/~ann/chat.2/api/v1/made/7", 200, "/~ann/chat.2", "[ \"7\" ]" },
		{ "/api/v1/made/%37", 200, "", "[ \"7\" ]" },
		{ "/api/v1/made/a%2Fb", 200, "", "[ \"a\\/b\" ]" },
		{ "/api/v1/made/%2e%2e", 200, "", "[ \"..\" ]" },
		{ "/api/v1/made/a+b", 200, "", "[ \"a+b\" ]" },
		{ "/api/v1/made/%D0%B6", 200, "", "[ \"ж\" ]" },
		{ "/x/api/v1/madex/api/v1/made/7", 200, "/x/api/v1/madex", "[ \"7\" ]" },
		{ "/api/v1/made/7/", 404, NULL, NULL },
		{ "/api/v1/made/7/8", 404, NULL, NULL },
		{ "/api/v1/made/api/v1/made", 404, NULL, NULL },
		{ "/api/v1/made/1/2/3/4/5/6/7", 404, NULL, NULL },
		{ "/api/v1/made/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15", 404, NULL, NULL },
		{ "/api/v1/madex/7", 404, NULL, NULL },
		{ "/api/v1/mad", 404, NULL, NULL },
		{ "/api/v1/", 404, NULL, NULL },
		{ "/api/v2/made/7", 404, NULL, NULL },
		{ "/API/v1/made/7", 404, NULL, NULL },
		{ "/", 404, NULL, NULL },
		{ "?", 404, NULL, NULL },
		{ "*", 404, NULL, NULL },
		{ "/my%20chat/api/v1/made/7", 200, "/my%20chat", "[ \"7\" ]" },
		{ "/%D1%87%d0%b0/api/v1/made/7", 200, "/%D1%87%d0%b0", "[ \"7\" ]" },
		{ "/a+b@c:d,e=f/api/v1/made/7", 200, "/a+b@c:d,e=f", "[ \"7\" ]" },
		{ "/!$&'()*/api/v1/made/7", 200, "/!$&'()*", "[ \"7\" ]" },
		{ "/%7e%3B/api/v1/made/7", 200, "/%7e%3B", "[ \"7\" ]" },
		{ "/a b/api/v1/made/7", 404, NULL, NULL },
		{ "/a%/api/v1/made/7", 404, NULL, NULL },
		{ "/a%2/api/v1/made/7", 404, NULL, NULL },
		{ "/a%2g/api/v1/made/7", 404, NULL, NULL },
		{ "/a%0d%0ab/api/v1/made/7", 404, NULL, NULL },
		{ "/a%00/api/v1/made/7", 404, NULL, NULL },
		{ "/a%7F/api/v1/made/7", 404, NULL, NULL },
		{ "/a\"b/api/v1/made/7", 404, NULL, NULL },
		{ "/a\\b/api/v1/made/7", 404, NULL, NULL },
		{ "/\xd1\x87/api/v1/made/7", 404, NULL, NULL },
		{ "/a;b/api/v1/made/7", 404, NULL, NULL },
		{ "/a\r\nb/api/v1/made/7", 404, NULL, NULL },
		{ "/api/v1/made/%", 400, NULL, NULL },
		{ "/api/v1/made/%zz", 400, NULL, NULL },
		{ "/api/v1/made/%00", 400, NULL, NULL },
		{ "/api/v1/made/7%00", 400, NULL, NULL },
		{ "/api/v1/made/%ff", 400, NULL, NULL },
		{ "/api/v1/made/%c0%ae", 400, NULL, NULL },
		{ "/api/v1/made/\xff", 400, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int status = ask("GET", rows[i].uri);

		EXPECT(status == rows[i].status, "%s: %d", rows[i].uri, status);
		if (status != 200)
			continue;
		EXPECT(strcmp(answered("base"), rows[i].base) == 0, "%s: %s", rows[i].uri,
			answered("base"));
		EXPECT(strcmp(answered("segments"), rows[i].segments) == 0, "%s: %s", rows[i].uri,
			answered("segments"));
	}
}

static void without_a_request_uri_the_path_info_counts(void **state)
{
	(void)state;
	memset(door.params, 0, sizeof door.params);
	door_set(&door, "REQUEST_METHOD", STR("GET"));
	door_set(&door, "PATH_INFO", STR("/7"));
	EXPECT_STATUS(door_serve(&door, &worker), 200);
	assert_string_equal(answered("segments"), "[ \"7\" ]");
	memset(door.params, 0, sizeof door.params);
	door_set(&door, "REQUEST_METHOD", STR("GET"));
	EXPECT_STATUS(door_serve(&door, &worker), 404);
	memset(door.params, 0, sizeof door.params);
	EXPECT_STATUS(door_serve(&door, &worker), 404);
	memset(door.params, 0, sizeof door.params);
	door_set(&door, "PATH_INFO", STR("/7"));
	EXPECT_STATUS(door_serve(&door, &worker), 405); /* no method is none that is known */
}

static void variables_are_bounded_in_number_and_size(void **state)
{
	char value[PARAMS_BYTES_MAX + 1], name[32];

	(void)state;
	for (int n = PARAMS_MAX - 2; n <= PARAMS_MAX + 2; n++) {
		int have = 0;

		door_ask(&door, "GET", "/api/v1/made");
		while (door.params[have])
			have++;
		for (; have < n; have++) {
			snprintf(name, sizeof name, "HTTP_X_%d", have);
			door_set(&door, name, STR("x"));
		}
		EXPECT(door_serve(&door, &worker) == (n <= PARAMS_MAX ? 200 : 400), "%d", n);
	}
	for (int more = -1; more <= 1; more++) {
		size_t bytes = 0;

		door_ask(&door, "GET", "/api/v1/made");
		for (int i = 0; door.params[i]; i++)
			bytes += strlen(door.params[i]) + 1;
		memset(value, 'x', sizeof value);
		door_set(&door, "HTTP_X",
			(struct str){ value, (size_t)(PARAMS_BYTES_MAX - (int)bytes - 8 + more) });
		EXPECT(door_serve(&door, &worker) == (more <= 0 ? 200 : 400), "%d", more);
	}
	for (int n = QUERY_MAX - 1; n <= QUERY_MAX + 1; n++) {
		memset(value, 'q', sizeof value);
		door_ask(&door, "GET", "/api/v1/made");
		memset(door.params, 0, sizeof door.params);
		door_set(&door, "REQUEST_METHOD", STR("GET"));
		door_set(&door, "REQUEST_URI", STR("/api/v1/made"));
		door_set(&door, "QUERY_STRING", (struct str){ value, (size_t)n });
		EXPECT(door_serve(&door, &worker) == (n <= QUERY_MAX ? 200 : 400), "%d", n);
	}
}

static void a_header_that_comes_twice_is_refused(void **state)
{
	static const char *const twice[] = { "HTTP_AUTHORIZATION", "HTTP_COOKIE", "HTTP_ORIGIN",
		"HTTP_X_FORWARDED_FOR", "HTTP_HOST", "HTTP_X" };

	(void)state;
	for (size_t i = 0; i < COUNT(twice); i++) {
		door_ask(&door, "GET", "/api/v1/made");
		door_set(&door, twice[i], STR("a"));
		door_set(&door, "HTTP_BETWEEN", STR("x"));
		door_set(&door, twice[i], STR("a"));
		EXPECT(door_serve(&door, &worker) == 400, "%s", twice[i]);
	}
	door_ask(&door, "GET", "/api/v1/made");
	door_set(&door, "HTTP_X", STR("a"));
	door_set(&door, "HTTP_X_Y", STR("a"));
	door_set(&door, "HTTP_XX", STR("a"));
	EXPECT_STATUS(door_serve(&door, &worker), 200);
	/* What is no variable counts as none. */
	door_set(&door, "HTTP_COOKIE", STR("a"));
	for (int i = 0; door.params[i]; i++)
		if (strcmp(door.params[i], "HTTP_COOKIE=a") == 0)
			*strchr(door.params[i], '=') = 0;
	EXPECT_STATUS(door_serve(&door, &worker), 200);
}

static void the_callers_address_comes_through_known_proxies_alone(void **state)
{
	static const struct {
		const char *remote, *forwarded, *proto, *https, *address, *secure;
	} rows[] = {
		{ "198.51.100.7", NULL, NULL, NULL, "198.51.100.7", "false" },
		{ "198.51.100.7", "203.0.113.9", "https", NULL, "198.51.100.7", "false" },
		{ "198.51.100.7", NULL, NULL, "on", "198.51.100.7", "true" },
		{ "198.51.100.7", NULL, NULL, "off", "198.51.100.7", "false" },
		{ "198.51.100.7", NULL, NULL, "OFF", "198.51.100.7", "false" },
		{ "198.51.100.7", NULL, NULL, "", "198.51.100.7", "false" },
		{ "10.0.0.1", "203.0.113.9", "https", NULL, "203.0.113.9", "true" },
		{ "10.0.0.1", "203.0.113.9", "HTTPS", NULL, "203.0.113.9", "true" },
		{ "10.0.0.1", "127.0.0.1, 203.0.113.9", "http", "on", "203.0.113.9", "false" },
		{ "10.0.0.1", NULL, NULL, "on", "10.0.0.1", "false" },
		{ "10.0.0.1", "junk", NULL, NULL, "10.0.0.1", "false" },
		{ "::ffff:10.0.0.1", "203.0.113.9", NULL, NULL, "203.0.113.9", "false" },
		{ "", NULL, NULL, NULL, "", "false" },
		{ NULL, "203.0.113.9", NULL, NULL, "null", "false" },
	};

	(void)state;
	snprintf(host.conf.trusted_proxies, sizeof host.conf.trusted_proxies, "10.0.0.1 10.0.0.2");
	for (size_t i = 0; i < COUNT(rows); i++) {
		memset(door.params, 0, sizeof door.params);
		door_set(&door, "REQUEST_METHOD", STR("GET"));
		door_set(&door, "REQUEST_URI", STR("/api/v1/made"));
		if (rows[i].remote)
			door_set(&door, "REMOTE_ADDR", str_of(rows[i].remote));
		if (rows[i].forwarded)
			door_set(&door, "HTTP_X_FORWARDED_FOR", str_of(rows[i].forwarded));
		if (rows[i].proto)
			door_set(&door, "HTTP_X_FORWARDED_PROTO", str_of(rows[i].proto));
		if (rows[i].https)
			door_set(&door, "HTTPS", str_of(rows[i].https));
		EXPECT(door_serve(&door, &worker) == 200, "row %zu", i);
		EXPECT(strcmp(answered("address"), rows[i].address) == 0, "row %zu: %s", i,
			answered("address"));
		EXPECT(strcmp(answered("secure"), rows[i].secure) == 0, "row %zu: %s", i,
			answered("secure"));
	}
	host.conf.trusted_proxies[0] = 0;
}

static void a_request_keeps_its_id_if_that_is_harmless(void **state)
{
	static const struct {
		const char *given;
		bool kept;
	} rows[] = {
		{ "a", true },
		{ "Az09._-", true },
		{ "0123456789012345678901234567890123456789012345678901234567890123", true },
		{ "01234567890123456789012345678901234567890123456789012345678901234", false },
		{ "", false },
		{ "a b", false },
		{ "a\nb", false },
		{ "a\r\nX: y", false },
		{ "a=b", false },
		{ "\"", false },
		{ "ж", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str id;

		door_ask(&door, "GET", "/api/v1/made");
		door_set(&door, "HTTP_X_REQUEST_ID", str_of(rows[i].given));
		EXPECT(door_serve(&door, &worker) == 200, "row %zu", i);
		id = door_header(&door, "X-Request-Id");
		EXPECT(str_is(id, rows[i].given) == rows[i].kept, "row %zu: %.*s", i, STR_ARG(id));
		EXPECT(id.n >= 1 && id.n <= 64, "row %zu: %.*s", i, STR_ARG(id));
	}
	ask("GET", "/api/v1/made");
	{
		char first[80];

		snprintf(first, sizeof first, "%.*s", STR_ARG(door_header(&door, "X-Request-Id")));
		ask("GET", "/api/v1/made");
		assert_false(str_is(door_header(&door, "X-Request-Id"), first));
	}
}

static void pages_of_other_sites_change_nothing(void **state)
{
	static const struct {
		const char *method, *host, *origin, *site, *https;
		int status;
		const char *own, *allowed;
	} rows[] = {
		{ "GET", "chat.example", NULL, NULL, NULL, 200, "false", NULL },
		{ "GET", "chat.example", NULL, "same-origin", NULL, 200, "true", NULL },
		{ "GET", "chat.example", "http://chat.example", NULL, NULL, 200, "true", NULL },
		{ "GET", "chat.example", "https://chat.example", NULL, NULL, 200, "true", NULL },
		{ "GET", "chat.example", "http://chat.example", NULL, "on", 200, "false", NULL },
		{ "GET", "chat.example", "http://evil.example", NULL, NULL, 200, "false", NULL },
		{ "GET", "chat.example", "http://evil.example", "same-origin", NULL, 200, "false",
			NULL },
		{ "GET", "chat.example", "http://chat.example:81", NULL, NULL, 200, "false", NULL },
		{ "GET", "chat.example", "http://chat.example.evil", NULL, NULL, 200, "false",
			NULL },
		{ "GET", "chat.example", "null", NULL, NULL, 200, "false", NULL },
		{ "GET", "chat.example", "", NULL, NULL, 200, "false", NULL },
		{ "GET", "", "http://", NULL, NULL, 200, "false", NULL },
		{ "GET", NULL, "http://", NULL, NULL, 200, "false", NULL },
		{ "GET", "chat.example", "https://app.example", NULL, NULL, 200, "false",
			"https://app.example" },
		{ "GET", "chat.example", "https://app.example:8443", NULL, NULL, 200, "false",
			"https://app.example:8443" },
		{ "POST", "chat.example", NULL, NULL, NULL, 204, NULL, NULL },
		{ "POST", "chat.example", "http://chat.example", NULL, NULL, 204, NULL, NULL },
		{ "POST", "chat.example", "https://app.example", NULL, NULL, 204, NULL,
			"https://app.example" },
		{ "POST", "chat.example", "http://evil.example", NULL, NULL, 403, NULL, NULL },
		{ "POST", "chat.example", "http://app.example", NULL, NULL, 403, NULL, NULL },
		{ "POST", "chat.example", "https://app.example ", NULL, NULL, 403, NULL, NULL },
		{ "POST", "chat.example", "https://app.example https://app.example:8443", NULL,
			NULL, 403, NULL, NULL },
		{ "POST", "chat.example", "*", NULL, NULL, 403, NULL, NULL },
		{ "POST", "chat.example", "null", NULL, NULL, 403, NULL, NULL },
		{ "POST", "chat.example", "", NULL, NULL, 403, NULL, NULL },
		{ "POST", "", "http://", NULL, NULL, 403, NULL, NULL },
		{ "DELETE", "chat.example", "http://evil.example", NULL, NULL, 403, NULL, NULL },
		{ "post", "chat.example", "http://evil.example", NULL, NULL, 403, NULL, NULL },
	};

	(void)state;
	snprintf(host.conf.origins, sizeof host.conf.origins,
		"https://app.example  https://app.example:8443");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str allowed;

		memset(door.params, 0, sizeof door.params);
		door_set(&door, "REQUEST_METHOD", str_of(rows[i].method));
		door_set(&door, "REQUEST_URI", STR("/api/v1/made"));
		if (rows[i].host)
			door_set(&door, "HTTP_HOST", str_of(rows[i].host));
		if (rows[i].origin)
			door_set(&door, "HTTP_ORIGIN", str_of(rows[i].origin));
		if (rows[i].site)
			door_set(&door, "HTTP_SEC_FETCH_SITE", str_of(rows[i].site));
		if (rows[i].https)
			door_set(&door, "HTTPS", str_of(rows[i].https));
		ran = 0;
		EXPECT(door_serve(&door, &worker) == rows[i].status, "row %zu: %s", i,
			door_text(&door));
		EXPECT(ran == (rows[i].status < 300), "row %zu", i);
		if (rows[i].own)
			EXPECT(strcmp(answered("own"), rows[i].own) == 0, "row %zu", i);
		allowed = door_header(&door, "Access-Control-Allow-Origin");
		EXPECT(rows[i].allowed ? str_is(allowed, rows[i].allowed) : !allowed.p, "row %zu",
			i);
		EXPECT(str_is(door_header(&door, "Vary"), "Origin"), "row %zu", i);
	}
	host.conf.origins[0] = 0;
	ask("GET", "/api/v1/made");
	assert_null(door_header(&door, "Vary").p);
}

static void a_browser_that_asks_first_is_told_what_it_may(void **state)
{
	(void)state;
	snprintf(host.conf.origins, sizeof host.conf.origins, "https://app.example");
	door_ask(&door, "OPTIONS", "/api/v1/made/me");
	door_set(&door, "HTTP_ORIGIN", STR("https://app.example"));
	ran = 0;
	EXPECT_STATUS(door_serve(&door, &worker), 204);
	assert_int_equal(ran, 0);
	assert_true(str_is(
		door_header(&door, "Access-Control-Allow-Methods"), "GET, HEAD, POST, OPTIONS"));
	assert_true(str_is(door_header(&door, "Access-Control-Allow-Headers"),
		"Authorization, Content-Type, Content-Disposition, X-Request-Id"));
	assert_null(door_header(&door, "Access-Control-Allow-Credentials").p);
	door_ask(&door, "OPTIONS", "/api/v1/made/me");
	door_set(&door, "HTTP_ORIGIN", STR("https://evil.example"));
	EXPECT_STATUS(door_serve(&door, &worker), 204);
	assert_null(door_header(&door, "Access-Control-Allow-Origin").p);
	assert_null(door_header(&door, "Access-Control-Allow-Methods").p);
	EXPECT_STATUS(ask("OPTIONS", "/api/v1/made/no/such/thing"), 404);
	host.conf.origins[0] = 0;
}

static void a_user_agent_that_is_no_text_is_left_out(void **state)
{
	(void)state;
	door_ask(&door, "GET", "/api/v1/made");
	door_set(&door, "HTTP_USER_AGENT", STR("Mozilla/5.0 \xc3\xa4"));
	EXPECT_STATUS(door_serve(&door, &worker), 200);
	assert_string_equal(answered("agent"), "Mozilla/5.0 \xc3\xa4");
	door_ask(&door, "GET", "/api/v1/made");
	door_set(&door, "HTTP_USER_AGENT", STR("Mozilla/5.0 \xff"));
	EXPECT_STATUS(door_serve(&door, &worker), 200);
	assert_string_equal(answered("agent"), "null");
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
	static const struct {
		const char *header, *value; /* NULL: none */
	} rows[] = {
		{ "name=x", "x" },
		{ " name=x ", "x" },
		{ "a=b; name=x", "x" },
		{ "a=b;name=x;c=d", "x" },
		{ "name=", "" },
		{ "name=x=y", "x=y" },
		{ "name=\"x\"", "\"x\"" },
		{ "name=x; name=y", "x" },
		{ "name =x", NULL },
		{ "Name=x", NULL },
		{ "names=x", NULL },
		{ "xname=x", NULL },
		{ "name", NULL },
		{ "a=name=x", NULL },
		{ ";;;", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct request rq = { .gate = &door.gate };
		struct str value;

		door_ask(&door, "GET", "/");
		door_set(&door, "HTTP_COOKIE", str_of(rows[i].header));
		value = request_cookie(&rq, "name");
		EXPECT(rows[i].value ? str_is(value, rows[i].value) : !value.p, "%s",
			rows[i].header);
	}
}

/* --- the route
 * ------------------------------------------------------------------------------------------------
 */

static void a_known_path_with_another_method_says_which_it_takes(void **state)
{
	static const struct {
		const char *method, *uri;
		int status;
		const char *allow;
	} rows[] = {
		{ "DELETE", "/api/v1/made", 405, "GET, HEAD, POST, OPTIONS" },
		{ "PUT", "/api/v1/made/7", 405, "GET, HEAD, OPTIONS" },
		{ "GET", "/api/v1/made/7/sub/x", 405, "PUT, OPTIONS" },
		{ "HEAD", "/api/v1/made/7/sub/x", 405, "PUT, OPTIONS" },
		{ "get", "/api/v1/made", 405, "GET, HEAD, POST, OPTIONS" },
		{ "GET ", "/api/v1/made", 405, "GET, HEAD, POST, OPTIONS" },
		{ "", "/api/v1/made", 405, "GET, HEAD, POST, OPTIONS" },
		{ "TRACE", "/api/v1/made", 405, "GET, HEAD, POST, OPTIONS" },
		{ "GET\r\nX: y", "/api/v1/made", 405, "GET, HEAD, POST, OPTIONS" },
		{ "OPTIONS", "/api/v1/made", 204, "GET, HEAD, POST, OPTIONS" },
		{ "PUT", "/api/v1/made/7/sub/x", 204, NULL },
		{ "PUT", "/api/v1/made/7/sup/x", 404, NULL },
		{ "PUT", "/api/v1/made/7/sub", 404, NULL },
		{ "PUT", "/api/v1/made/7/sub/x/y", 404, NULL },
		{ "PUT", "/api/v1/made/7/SUB/x", 404, NULL },
		{ "PUT", "/api/v1/made//sub/x", 204, NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str allow;

		EXPECT(ask(rows[i].method, rows[i].uri) == rows[i].status, "%zu: %s", i,
			door_text(&door));
		allow = door_header(&door, "Allow");
		EXPECT(rows[i].allow ? str_is(allow, rows[i].allow) : !allow.p, "%zu: %.*s", i,
			STR_ARG(allow));
	}
}

static void a_fixed_segment_goes_before_a_value(void **state)
{
	(void)state;
	EXPECT_STATUS(ask("GET", "/api/v1/made/me"), 401); /* not /{id} */
	EXPECT_STATUS(ask("GET", "/api/v1/made/mee"), 200);
	EXPECT_STATUS(ask("GET", "/api/v1/made/%6de"), 401);
}

static void head_is_get_without_its_body(void **state)
{
	char length[32];

	(void)state;
	EXPECT_STATUS(ask("GET", "/api/v1/made/deep/text"), 200);
	snprintf(length, sizeof length, "%.*s", STR_ARG(door_header(&door, "Content-Length")));
	assert_string_equal(length, "5");
	EXPECT_STATUS(ask("HEAD", "/api/v1/made/deep/text"), 200);
	assert_true(str_is(door_header(&door, "Content-Length"), length));
	assert_int_equal(door_body(&door).n, 0);
	EXPECT_STATUS(ask("HEAD", "/api/v1/made/deep/fail"), 200);
	EXPECT_STATUS(ask("HEAD", "/api/v1/made/me"), 401);
	assert_int_equal(door_body(&door).n, 0);
}

static void routes_are_described_line_by_line(void **state)
{
	struct buf text = BUF_INIT(1 << 16);
	struct str rest;
	int lines = 0;

	(void)state;
	route_describe(&made, &text);
	assert_false(text.over);
	rest = buf_as_str(&text);
	while (rest.p && rest.n) {
		struct str line = str_cut(&rest, '\n');
		struct json_object *o = json_tokener_parse(arena_z(&door.arena, line));

		EXPECT(o, "%.*s", STR_ARG(line));
		assert_string_equal(
			json_object_get_string(json_object_object_get(o, "program")), "made");
		assert_string_equal(json_object_get_string(json_object_object_get(o, "path")),
			routes[lines].path);
		json_object_put(o);
		lines++;
	}
	assert_int_equal(lines, route_count(&made));
	buf_free(&text);
}

/* --- the caller
 * -----------------------------------------------------------------------------------------------
 */

static void without_a_good_token_nobody_gets_in(void **state)
{
	static const char *const headers[] = { "", "Bearer", "Bearer ", "Bearer  ", "bearer x",
		"Bearer a.b.c", "Basic YTpi", "Token x", "Bearer\tx", "Bearer e30.e30.",
		"Bearer eyJhbGciOiJub25lIn0.e30." };

	(void)state;
	ran = 0;
	EXPECT_STATUS(ask("GET", "/api/v1/made/me"), 401);
	assert_true(str_is(door_header(&door, "WWW-Authenticate"), "Bearer"));
	assert_string_equal(answered("code"), "unauthorized");
	for (size_t i = 0; i < COUNT(headers); i++) {
		door_ask(&door, "GET", "/api/v1/made/me");
		door_set(&door, "HTTP_AUTHORIZATION", str_of(headers[i]));
		EXPECT(door_serve(&door, &worker) == 401, "%s", headers[i]);
		door_ask(&door, "GET", "/api/v1/made/me");
		door_set(&door, "REDIRECT_HTTP_AUTHORIZATION", str_of(headers[i]));
		EXPECT(door_serve(&door, &worker) == 401, "%s", headers[i]);
	}
	/* The access cookie is no key to this door. */
	door_ask(&door, "GET", "/api/v1/made/me");
	door_set(&door, "HTTP_COOKIE", STR(COOKIE_ACCESS "=a.b.c"));
	door_set(&door, "HTTP_SEC_FETCH_SITE", STR("same-origin"));
	EXPECT_STATUS(door_serve(&door, &worker), 401);
	assert_int_equal(ran, 0);
}

static void a_good_token_without_a_database_is_told_to_come_back(void **state)
{
	int64_t now_s = clock_wall_ms() / 1000;
	struct claims c = { 7, 9, now_s + 900 };
	struct str token, value;
	struct arena a;

	(void)state;
	arena_init(&a);
	assert_int_equal(
		token_make(host.keys, &a, &c, now_s, STR("ann@example.com"), STR("Ann"), &token),
		OK);
	value = arena_printf(&a, "Bearer %.*s", STR_ARG(token));
	for (int i = 0; i < 3; i++) {
		ran = 0;
		door_ask(&door, i == 2 ? "POST" : "GET", "/api/v1/made/me");
		door_set(&door, i ? "HTTP_AUTHORIZATION" : "REDIRECT_HTTP_AUTHORIZATION", value);
		EXPECT_STATUS(door_serve(&door, &worker), 503);
		assert_true(str_is(door_header(&door, "Retry-After"), "2"));
		assert_string_equal(answered("code"), "database_away");
		assert_int_equal(ran, 0);
	}
	/* Nobody asks within the second when another has; the session is looked for all the same.
	 */
	host.page->news_asked_us = clock_us();
	door_ask(&door, "GET", "/api/v1/made/me");
	door_set(&door, "HTTP_AUTHORIZATION", value);
	EXPECT_STATUS(door_serve(&door, &worker), 503);
	host.page->news_asked_us = 0;
	arena_free(&a);
}

/* The steps stand in their order: who has no token learns nothing of fields, and so on. */
static void a_request_fails_at_the_first_step_that_it_can(void **state)
{
	(void)state;
	door_ask(&door, "POST", "/api/v1/made/me");
	door_send(&door, "text/plain", STR("{"));
	EXPECT_STATUS(door_serve(&door, &worker), 401);
	assert_int_equal(door.at, 0);
	door_ask(&door, "PUT", "/api/v1/made/me");
	door_send(&door, "text/plain", STR("{"));
	EXPECT_STATUS(door_serve(&door, &worker), 405);
	door_ask(&door, "POST", "/api/v1/made/me");
	door_set(&door, "CONTENT_LENGTH", STR("1001"));
	EXPECT_STATUS(door_serve(&door, &worker), 413);
	assert_int_equal(door.at, 0);
	door_ask(&door, "POST", "/api/v1/made/me");
	door_set(&door, "HTTP_ORIGIN", STR("http://evil.example"));
	EXPECT_STATUS(door_serve(&door, &worker), 403);
}

/* --- the answer
 * -----------------------------------------------------------------------------------------------
 */

static void an_answer_has_the_status_of_what_was_done(void **state)
{
	(void)state;
	EXPECT_STATUS(ask("GET", "/api/v1/made"), 200);
	assert_true(str_is(door_header(&door, "Content-Type"), "application/json"));
	assert_true(str_is(door_header(&door, "X-Content-Type-Options"), "nosniff"));
	assert_true(str_is(door_header(&door, "Cache-Control"), "no-store"));
	assert_true(str_starts(buf_as_str(&door.out), "Status: 200\r\n"));
	EXPECT_STATUS(ask("POST", "/api/v1/made"), 204);
	assert_null(door_header(&door, "Content-Type").p);
	assert_null(door_header(&door, "Content-Length").p);
	assert_int_equal(door_body(&door).n, 0);
	EXPECT_STATUS(ask("POST", "/api/v1/made/made"), 201);
	assert_true(str_is(door_body(&door), "{\"id\":1}"));
	EXPECT_STATUS(ask("GET", "/api/v1/made/deep/text"), 200);
	assert_true(str_is(door_header(&door, "Content-Type"), "text/plain; charset=utf-8"));
	assert_true(str_is(door_body(&door), "plain"));
}

static void every_error_has_a_status_a_code_and_words(void **state)
{
	static const int statuses[ERR_MAX] = { [ERR_BAD_REQUEST] = 400,
		[ERR_MALFORMED_JSON] = 400,
		[ERR_MALFORMED_FORM] = 400,
		[ERR_UNAUTHORIZED] = 401,
		[ERR_BAD_CREDENTIALS] = 401,
		[ERR_REFRESH_INVALID] = 401,
		[ERR_REFRESH_REUSED] = 401,
		[ERR_FORBIDDEN] = 403,
		[ERR_WRONG_PASSWORD] = 403,
		[ERR_CROSS_ORIGIN] = 403,
		[ERR_NOT_FOUND] = 404,
		[ERR_METHOD] = 405,
		[ERR_CONFLICT] = 409,
		[ERR_EMAIL_TAKEN] = 409,
		[ERR_USERNAME_TAKEN] = 409,
		[ERR_CURSOR_EXPIRED] = 410,
		[ERR_TOO_LARGE] = 413,
		[ERR_QUOTA] = 413,
		[ERR_FILE_TYPE] = 415,
		[ERR_STORAGE] = 503,
		[ERR_RANGE] = 416,
		[ERR_MEDIA_TYPE] = 415,
		[ERR_INVALID] = 422,
		[ERR_RATE_LIMITED] = 429,
		[ERR_BUSY] = 429,
		[ERR_INTERNAL] = 500,
		[ERR_CONTENTION] = 503,
		[ERR_DATABASE_AWAY] = 503,
		[ERR_OUTCOME_UNKNOWN] = 503 };
	char codes[ERR_MAX][64] = { "" };

	(void)state;
	for (wanted = OK + 1; wanted < ERR_NEEDS_DATABASE; wanted++) {
		bool later;

		EXPECT(ask("GET", "/api/v1/made/deep/fail") == statuses[wanted], "error %d",
			wanted);
		EXPECT(str_is(door_header(&door, "Content-Type"), "application/problem+json"),
			"error %d", wanted);
		EXPECT(!memmem(door.out.p, door.out.n, "half an answer", 14), "error %d", wanted);
		EXPECT(atoi(answered("status")) == statuses[wanted], "error %d", wanted);
		EXPECT(strlen(answered("title")) > 3 && strlen(answered("detail")) > 10, "error %d",
			wanted);
		snprintf(codes[wanted], sizeof *codes, "%s", answered("code"));
		for (int i = 0; i < (int)wanted; i++)
			EXPECT(strcmp(codes[i], codes[wanted]) != 0, "%s stands for two", codes[i]);
		later = statuses[wanted] == 429 || statuses[wanted] == 503;
		EXPECT((door_header(&door, "Retry-After").p != NULL) == later, "error %d", wanted);
		EXPECT((door_header(&door, "WWW-Authenticate").p != NULL) ==
				(statuses[wanted] == 401),
			"error %d", wanted);
	}
	wanted = ERR_INVALID;
	ask("GET", "/api/v1/made/deep/fail");
	assert_string_equal(answered("fields"), "{ \"name\": \"is \\\"odd\\\"\" }");
	wanted = OK;
}

static void an_answer_too_large_is_an_error_and_not_half_of_it(void **state)
{
	(void)state;
	EXPECT_STATUS(ask("GET", "/api/v1/made/deep/much"), 200);
	assert_int_equal(door_body(&door).n, 300000 * 13 + 7);
	assert_true(worker.body.max == ANSWER_MAX);
	worker.body.max = 100000; /* less than the answer */
	buf_free(&worker.body);
	EXPECT_STATUS(ask("GET", "/api/v1/made/deep/much"), 500);
	assert_string_equal(answered("code"), "internal");
	worker.body.max = ANSWER_MAX;
	EXPECT_STATUS(ask("GET", "/api/v1/made/deep/much"), 200);
}

static void session_cookies_are_for_this_site_and_no_script(void **state)
{
	struct str rest, line;
	int n = 0;

	(void)state;
	door_ask(&door, "POST", "/chat/api/v1/made/deep/cookies");
	door_set(&door, "HTTPS", STR("on"));
	EXPECT_STATUS(door_serve(&door, &worker), 204);
	for (rest = buf_as_str(&door.out); rest.p;) {
		line = str_cut(&rest, '\n');
		n += str_starts(line, "Set-Cookie: ");
	}
	assert_int_equal(n, COOKIES_MAX);
	assert_non_null(strstr(door_text(&door),
		"Set-Cookie: bellhop_refresh=ref; Path=/chat/api/v1/account/refresh; "
		"Max-Age=2592000; HttpOnly; SameSite=Strict; Secure\r\n"));
	assert_non_null(strstr(door_text(&door),
		"Set-Cookie: bellhop_access=acc; Path=/chat/api/v1/; Max-Age=900; HttpOnly; "
		"SameSite=Strict; Secure\r\n"));
	assert_non_null(strstr(door_text(&door), "Set-Cookie: bellhop_refresh=; Path=/chat/api/v1/"
						 "account/refresh; Max-Age=0; HttpOnly"));
	ask("POST", "/api/v1/made/deep/cookies");
	assert_null(strstr(door_text(&door), "; Secure"));
}

static void no_value_makes_a_header_of_its_own(void **state)
{
	(void)state;
	EXPECT_STATUS(ask("GET", "/api/v1/made/deep/forged"), 204);
	assert_null(strstr(door_text(&door), "evil"));
	assert_null(strstr(door_text(&door), "Evil"));
	assert_null(door_header(&door, "Allow").p);
	assert_null(door_header(&door, "Access-Control-Allow-Origin").p);
	assert_null(memchr(door.out.p, 0, door.out.n));
}

static void every_request_leaves_one_line_without_its_secrets(void **state)
{
	static char text[1 << 20];
	struct str rest, line;
	int lines = 0;
	ssize_t n;
	int fd;

	(void)state;
	assert_int_equal(truncate(log_path, 0), 0);
	door_ask(&door, "POST", "/api/v1/made?password=hidden1\nlevel=forged");
	door_set(&door, "HTTP_AUTHORIZATION", STR("Bearer hidden2"));
	door_set(&door, "HTTP_COOKIE", STR("bellhop_refresh=hidden3"));
	door_send(&door, "application/x-www-form-urlencoded", STR("password=hidden4"));
	door_serve(&door, &worker);
	ask("GET\nlevel=forged", "/api/v1/made/hidden5");
	ask("GET", "/api/v1/made/hidden6?hidden7");
	ask("GET", "/hidden8");
	ask("GET", "/api/v1/made/me");
	fd = open(log_path, O_RDONLY);
	n = read(fd, text, sizeof text - 1);
	close(fd);
	assert_true(n > 0);
	text[n] = 0;
	assert_null(strstr(text, "hidden"));
	assert_null(strstr(text, "\nlevel=forged"));
	assert_null(strstr(text, " level=forged"));
	for (rest = str_of(text); rest.n; lines++) {
		line = str_cut(&rest, '\n');
		EXPECT(str_starts(line, "at=") && memmem(line.p, line.n, " request=", 9) &&
				memmem(line.p, line.n, " status=", 8) &&
				memmem(line.p, line.n, " ms=", 4),
			"%.*s", STR_ARG(line));
	}
	assert_int_equal(lines, 5);
	assert_non_null(strstr(text, "route=/{id} status=200"));
	assert_non_null(strstr(text, "route=- status=404"));
	assert_non_null(strstr(text, "status=401"));
	assert_non_null(strstr(text, "code=unauthorized"));
}

static void requests_are_counted_by_route_and_class(void **state)
{
	struct metric *root = page_metric(host.page, "program=\"made\",method=\"GET\",route=\"/\""),
		      *none = page_metric(host.page, "program=\"made\",method=\"-\",route=\"-\"");
	uint64_t before = root->by_class[1], lost = none->by_class[3];

	(void)state;
	for (int i = 0; i < 7; i++)
		ask("GET", "/api/v1/made");
	ask("HEAD", "/api/v1/made");
	ask("GET", "/nowhere");
	ask("PATCH", "/api/v1/made");
	assert_int_equal(root->by_class[1] - before, 8);
	assert_int_equal(none->by_class[3] - lost, 2);
}

static void a_worker_is_clean_after_each_request(void **state)
{
	(void)state;
	EXPECT_STATUS(ask("GET", "/api/v1/made/deep/much"), 200);
	assert_int_equal(worker.body.n, 0);
	assert_ptr_equal(worker.arena.first, worker.arena.last);
	EXPECT_STATUS(ask("GET", "/api/v1/made/deep/text"), 200);
	assert_true(str_is(door_body(&door), "plain"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_path_is_found_behind_any_prefix),
		cmocka_unit_test(without_a_request_uri_the_path_info_counts),
		cmocka_unit_test(variables_are_bounded_in_number_and_size),
		cmocka_unit_test(a_header_that_comes_twice_is_refused),
		cmocka_unit_test(the_callers_address_comes_through_known_proxies_alone),
		cmocka_unit_test(a_request_keeps_its_id_if_that_is_harmless),
		cmocka_unit_test(pages_of_other_sites_change_nothing),
		cmocka_unit_test(a_browser_that_asks_first_is_told_what_it_may),
		cmocka_unit_test(a_user_agent_that_is_no_text_is_left_out),
		cmocka_unit_test(a_cookie_is_found_by_its_whole_name),
		cmocka_unit_test(a_known_path_with_another_method_says_which_it_takes),
		cmocka_unit_test(a_fixed_segment_goes_before_a_value),
		cmocka_unit_test(head_is_get_without_its_body),
		cmocka_unit_test(routes_are_described_line_by_line),
		cmocka_unit_test(without_a_good_token_nobody_gets_in),
		cmocka_unit_test(a_good_token_without_a_database_is_told_to_come_back),
		cmocka_unit_test(a_request_fails_at_the_first_step_that_it_can),
		cmocka_unit_test(an_answer_has_the_status_of_what_was_done),
		cmocka_unit_test(every_error_has_a_status_a_code_and_words),
		cmocka_unit_test(an_answer_too_large_is_an_error_and_not_half_of_it),
		cmocka_unit_test(session_cookies_are_for_this_site_and_no_script),
		cmocka_unit_test(no_value_makes_a_header_of_its_own),
		cmocka_unit_test(every_request_leaves_one_line_without_its_secrets),
		cmocka_unit_test(requests_are_counted_by_route_and_class),
		cmocka_unit_test(a_worker_is_clean_after_each_request),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
