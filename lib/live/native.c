#include "live/native.h"

#include "live/asking.h"
#include "live/frames.h"
#include "live/guest.h"
#include "live/refusal.h"
#include "live/tree.h"
#include "live/wheel.h"
#include "web/body.h"

#include <stdlib.h>

enum {
	MESSAGE_MAX = 65536,
	AUTH_MS = 10000,
	PING_MS = 25000,
	FRAMES_MAX = 8 << 20,
	WORD_MAX = 64, /* of a request, where it is text */
	PROBLEM_MAX = 4096,
	TARGET_MAX = 4096,
	UNSUPPORTED = 1003,
	RESTART = 1012,
	TRY_LATER = 1013,
	UNAUTHORIZED = 4401,
	EXPIRED = 4410,
};

struct native {
	struct guest guest; /* first */
	struct wire *wire;
	struct wound wound;
	struct str cursor; /* of the address, while the token is still to come */
	char accept[HTTP_ACCEPT_BYTES];
};

static unsigned count;

/* What goes out to many is made once: the frame of the last event that was told. */
static struct {
	const struct hub_event *event;
	struct cursor at;
	struct buf frame;
} last = { .frame = BUF_INIT(FRAMES_MAX) };
static struct buf out = BUF_INIT(FRAMES_MAX);

static struct native *of_guest(struct guest *g)
{
	return (struct native *)(void *)g;
}

static void discard(struct native *n)
{
	wheel_unwind(&n->wound);
	guest_leave(&n->guest);
	free((char *)(uintptr_t)n->cursor.p);
	free(n);
	count--;
}

static void shut(struct native *n, unsigned code, const char *why)
{
	wire_close(n->wire, code, why);
	discard(n);
}

/* --- what is said --- */

static void say(struct native *n)
{
	wire_send(n->wire, buf_as_str(&out), false);
	buf_clear(&out);
}

static void say_hello(struct native *n)
{
	struct arena a;
	struct writer w = { .to = &out };

	arena_init(&a);
	put_object(&w, NULL);
	put_z(&w, "type", "hello");
	put_str(&w, "cursor", cursor_text(&a, n->guest.at));
	put_object_end(&w);
	arena_free(&a);
	say(n);
}

static bool is_same(struct cursor a, struct cursor b)
{
	return a.epoch == b.epoch && a.number == b.number && a.heard == b.heard;
}

/* {…,"cursor":"…"} as a frame. */
static void make_frame(const struct hub_event *e, struct cursor at)
{
	unsigned char head[FRAME_HEAD_MAX];
	struct arena a;
	struct str cursor;
	size_t n;

	arena_init(&a);
	cursor = arena_printf(&a, ",\"cursor\":\"%.*s\"}", STR_ARG(cursor_text(&a, at)));
	n = e->json.n - 1 + cursor.n;
	buf_clear(&last.frame);
	buf_add(&last.frame, head, frame_head(head, FRAME_TEXT, n));
	buf_add(&last.frame, e->json.p, e->json.n - 1);
	buf_str(&last.frame, cursor);
	arena_free(&a);
	last.event = e;
	last.at = at;
}

static void on_event(struct guest *g, const struct hub_event *e)
{
	struct cursor at = guest_at(g, e);

	if (last.event != e || !is_same(last.at, at))
		make_frame(e, at);
	wire_put(of_guest(g)->wire, buf_as_str(&last.frame));
}

static void say_answer(struct native *n, struct str res, int status, struct str body)
{
	struct writer w = { .to = &out };

	put_object(&w, NULL);
	put_raw(&w, "res", res);
	put_int(&w, "status", status);
	put_raw(&w, "body", body.n ? body : STR("null"));
	put_object_end(&w);
	say(n);
}

static void on_answered(struct guest *g, void *tag, int status, struct str body)
{
	say_answer(of_guest(g), str_of(tag), status, body);
	free(tag);
}

static void on_forgotten(void *tag)
{
	free(tag);
}

static char *tag_of(struct str res)
{
	char *tag = must_alloc(res.n + 1);

	memcpy(tag, res.p, res.n);
	return tag;
}

/* --- what is heard --- */

/* The number or word a request goes by, as JSON. */
static struct str name_of(struct json_object *o)
{
	struct json_object *v;
	struct str text;

	if (!json_object_object_get_ex(o, "req", &v) ||
		(!json_object_is_type(v, json_type_int) &&
			!json_object_is_type(v, json_type_string)))
		return STR("null");
	text = tree_json(v);
	return text.n <= WORD_MAX ? text : STR("null");
}

static bool is_method(struct str s)
{
	return str_is(s, "GET") || str_is(s, "POST") || str_is(s, "PUT") || str_is(s, "PATCH") ||
	       str_is(s, "DELETE");
}

static bool is_path(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f || s.p[i] == '#')
			return false;
	return s.n > 1 && s.n <= TARGET_MAX && s.p[0] == '/';
}

static void ask(struct native *n, struct json_object *o)
{
	struct str res = name_of(o), method = tree_text(o, "method"), path = tree_text(o, "path");
	struct str text = { NULL, 0 };
	struct json_object *body = NULL;

	if (!method.p)
		method = STR("GET");
	if (str_is(res, "null") || !is_method(method) || !is_path(path)) {
		asking_refuse(&n->guest, tag_of(res), 400, "bad_request",
			"A request has req, method and path; see the description of /ws.");
		return;
	}
	if (!n->guest.is_in && !n->guest.is_entering) {
		asking_refuse(
			&n->guest, tag_of(res), 401, "unauthorized", "Say {\"auth\":\"…\"} first.");
		return;
	}
	if (json_object_object_get_ex(o, "body", &body) && body)
		text = tree_json(body);
	asking_say(&n->guest, method, path, text, tag_of(res), false);
}

/* Who says more than may wait is told so at once, before all that waits. */
static void say_full(struct native *n, struct str res)
{
	struct buf problem = BUF_INIT(PROBLEM_MAX);

	http_problem(&problem, 429, "rate_limited", ASKING_FULL);
	say_answer(n, res, 429, buf_as_str(&problem));
	buf_free(&problem);
}

/* A cursor beside the token goes before one in the address, which is for coming in alone. A token
 * that is no text is one that does not hold. */
static void enter(struct native *n, struct json_object *o)
{
	struct str token = tree_text(o, "auth"), cursor = tree_text(o, "cursor");

	if (!cursor.p && !n->guest.is_in)
		cursor = n->cursor;
	guest_enter(&n->guest, token.p ? token : STR(""), cursor);
}

static void on_message(struct wire *w, struct str bytes, bool binary)
{
	struct native *n = wire_data(w);
	struct json_object *o = NULL;
	const char *why = NULL;

	if (binary) {
		shut(n, UNSUPPORTED, "text frames only");
		return;
	}
	if (body_parse(bytes, &o, &why) != OK)
		o = NULL;
	if (!asking_has_room(&n->guest))
		say_full(n, name_of(o));
	else if (!o)
		asking_refuse(&n->guest, tag_of(STR("null")), 400, "malformed_json",
			why ? why : "The frame is not a JSON object.");
	else if (!json_object_object_get_ex(o, "auth", NULL))
		ask(n, o);
	else if (!n->guest.entering)
		enter(n, o);
	else
		asking_refuse(
			&n->guest, tag_of(STR("null")), 400, "bad_request", "One token at a time.");
	json_object_put(o);
}

static void on_gone(struct wire *w)
{
	discard(wire_data(w));
}

static void on_drained(struct wire *w)
{
	guest_drained(&((struct native *)wire_data(w))->guest);
}

static const struct wire_user user = { on_message, on_drained, on_gone };

/* --- time --- */

static struct native *of_wound(struct wound *w)
{
	return (struct native *)(void *)((char *)w - offsetof(struct native, wound));
}

/* Who has said nothing since the last ping, not even a pong, is not there. */
static void pulse(struct wound *w)
{
	struct native *n = of_wound(w);

	if (!wire_was_heard(n->wire)) {
		wire_drop(n->wire);
		discard(n);
		return;
	}
	wire_ping(n->wire);
	wheel_wind(w, PING_MS, pulse);
}

static void no_token(struct wound *w)
{
	shut(of_wound(w), UNAUTHORIZED, "no token came");
}

/* --- coming and going --- */

static void open_socket(struct native *n)
{
	wire_upgrade(n->wire, n->accept, MESSAGE_MAX);
}

static void on_entered(struct guest *g)
{
	struct native *n = of_guest(g);

	if (!wire_is_upgraded(n->wire))
		open_socket(n);
	wheel_wind(&n->wound, PING_MS, pulse);
	say_hello(n);
}

static void on_refused(struct guest *g, struct str cgi, int status, struct str body)
{
	struct native *n = of_guest(g);
	struct wire *w = n->wire;

	if (g->is_in) {
		say_answer(n, STR("null"), status, body);
	} else if (wire_is_upgraded(w)) {
		shut(n, 4000 + (unsigned)status, status == 401 ? "the token does not hold" : "");
	} else {
		discard(n);
		wire_answer_cgi(w, cgi);
	}
}

static void on_over(struct guest *g, int status)
{
	struct native *n = of_guest(g);

	if (status == 401)
		shut(n, UNAUTHORIZED, "the session has ended");
	else if (status == 410)
		shut(n, EXPIRED, "the log goes elsewhere: load the state afresh");
	else if (status == 429)
		shut(n, TRY_LATER, "too much waits to be read");
	else
		shut(n, RESTART, "come back in a moment");
}

static size_t on_waits(struct guest *g)
{
	return wire_waits(of_guest(g)->wire);
}

static const struct guest_kind kind = { on_entered, on_refused, on_event, NULL, on_answered,
	on_over, on_waits, on_forgotten };

/* A header that is no Bearer token is a bad one, and none is yet to come. */
static struct str bearer(const struct http_head *h, struct arena *a)
{
	struct str header = http_value(h, "authorization");

	if (str_starts_nocase(header, "bearer "))
		return str_trim((struct str){ header.p + 7, header.n - 7 });
	return header.p ? STR("") : http_query(h, a, "access_token");
}

static void keep_cursor(struct native *n, struct str cursor)
{
	char *to = cursor.p ? must_alloc(cursor.n + 1) : NULL;

	n->cursor = str_keep(&to, cursor);
}

void native_begin(struct wire *w, const struct http_head *h, struct str base)
{
	struct native *n = must_alloc(sizeof *n);
	struct caller *caller;
	struct arena a;
	struct str token;

	count++;
	n->wire = w;
	arena_init(&a);
	if (!http_accept(h, n->accept)) {
		arena_free(&a);
		discard(n);
		refusal_send(w, 426, "upgrade_required", "This address is for WebSockets.");
		return;
	}
	token = bearer(h, &a);
	wire_claim(w, &user, n);
	caller = caller_read(w, h, base);
	guest_meet(&n->guest, &kind, caller);
	free(caller);
	if (token.p) {
		guest_enter(&n->guest, token, http_query(h, &a, "cursor"));
	} else {
		keep_cursor(n, http_query(h, &a, "cursor"));
		open_socket(n);
		wheel_wind(&n->wound, AUTH_MS, no_token);
	}
	arena_free(&a);
}

unsigned native_count(void)
{
	return count;
}
