#include "live/rooms.h"

#include "core/random.h"
#include "live/asking.h"
#include "live/frames.h"
#include "live/guest.h"
#include "live/invite.h"
#include "live/notice.h"
#include "live/socketio.h"
#include "live/spoken.h"
#include "live/tree.h"

#include <json.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	PING_INTERVAL_MS = 25000,
	PING_TIMEOUT_MS = 20000,
	CONNECT_MS = 30000,
	SESSIONS_MAX = 20000,
	PID_BYTES = 15,
	PID_MAX = 64,
	PACKETS_MAX = 16 << 20,
	PROBLEM_MAX = 4096,
	DIGEST = 32,
};

/* What is known of a client before it says who it is. */
struct met {
	struct caller *caller;
	bool plain; /* hands every argument of an event to the handler: no offsets for it */
};

struct visitor {
	struct guest guest; /* first */
	struct sio_socket *socket;
	struct json_object *auth;
	struct invite invite;
	int64_t renewal; /* what is to be acknowledged when the new token was looked at */
	bool plain, recovers;
	char pid[PID_MAX + 1];
};

static struct {
	bool recovery;
	size_t n;
} self;

/* The last event that was told, as a packet and as its frame, the same for all who get it: with and
 * without an offset, and what is to be noticed of it. */
static struct made {
	const struct hub_event *event;
	struct cursor at;
	struct buf packet, frame;
} made[] = { { .packet = BUF_INIT(PACKETS_MAX), .frame = BUF_INIT(PACKETS_MAX) },
	{ .packet = BUF_INIT(PACKETS_MAX), .frame = BUF_INIT(PACKETS_MAX) },
	{ .packet = BUF_INIT(PACKETS_MAX), .frame = BUF_INIT(PACKETS_MAX) } };
enum { PLAIN, WITH_OFFSET, NOTICE, FORMS };

static struct visitor *of_guest(struct guest *g)
{
	return (struct visitor *)(void *)g;
}

static void discard(struct visitor *v)
{
	guest_leave(&v->guest);
	json_object_put(v->auth);
	free(v);
	self.n--;
}

/* --- what is told --- */

static void begin_made(struct made *m, const struct hub_event *e, struct cursor at)
{
	buf_clear(&m->packet);
	buf_clear(&m->frame);
	m->event = e;
	m->at = at;
}

static void end_made(struct made *m)
{
	unsigned char head[FRAME_HEAD_MAX];

	buf_byte(&m->packet, ']');
	buf_add(&m->frame, head, frame_head(head, FRAME_TEXT, m->packet.n));
	buf_str(&m->frame, buf_as_str(&m->packet));
}

static bool is_made(const struct made *m, const struct hub_event *e, struct cursor at)
{
	return m->event == e && memcmp(&m->at, &at, sizeof at) == 0;
}

static void tell(struct visitor *v, const struct made *m)
{
	sio_emit_made(v->socket, buf_as_str(&m->packet), buf_as_str(&m->frame));
}

static void tell_event(struct visitor *v, const struct hub_event *e, struct cursor at)
{
	bool offset = self.recovery && !v->plain;
	struct made *m = &made[offset ? WITH_OFFSET : PLAIN];
	struct arena a;
	struct str cursor;

	if (!is_made(m, e, at)) {
		arena_init(&a);
		cursor = cursor_text(&a, at);
		begin_made(m, e, at);
		buf_z(&m->packet, "42[\"");
		buf_str(&m->packet, e->type);
		buf_z(&m->packet, "\",");
		buf_add(&m->packet, e->json.p, e->json.n - 1);
		buf_printf(&m->packet, ",\"cursor\":\"%.*s\"}", STR_ARG(cursor));
		if (offset)
			buf_printf(&m->packet, ",\"%.*s\"", STR_ARG(cursor));
		end_made(m);
		arena_free(&a);
	}
	tell(v, m);
}

static void make_notice(const struct hub_event *e, struct cursor at, struct str words)
{
	struct made *m = &made[NOTICE];

	begin_made(m, e, at);
	buf_z(&m->packet, "42[\"notification\",");
	buf_str(&m->packet, words);
	end_made(m);
}

static void tell_notice(struct visitor *v, const struct hub_event *e, struct cursor at)
{
	bool is_invited = invite_is(&v->invite, live_hub(guest_live()), v->guest.user_id, e);

	if (str_is(e->type, "message") && notice_author(e) != v->guest.user_id) {
		if (!is_made(&made[NOTICE], e, at))
			make_notice(e, at, notice_of_message(e));
		tell(v, &made[NOTICE]);
	} else if (is_invited) {
		make_notice(e, at, notice_of_chat(e, v->guest.user_id));
		tell(v, &made[NOTICE]);
	}
}

static void on_event(struct guest *g, const struct hub_event *e)
{
	struct visitor *v = of_guest(g);
	struct cursor at = guest_at(g, e);

	sio_cork(v->socket);
	tell_event(v, e, at);
	tell_notice(v, e, at);
	sio_uncork(v->socket);
}

/* --- what is asked --- */

static void acknowledge(struct visitor *v, int64_t id, int status, struct str body)
{
	struct buf text = BUF_INIT(PACKETS_MAX);

	if (id < 0)
		return;
	spoken_ack(&text, status, body);
	sio_ack(v->socket, id, buf_as_str(&text), NULL, 0);
	buf_free(&text);
}

/* The answer of a program as an acknowledgement. */
static void on_answered(struct guest *g, void *tag, int status, struct str body)
{
	acknowledge(of_guest(g), (int64_t)(intptr_t)tag - 1, status, body);
}

/* What comes back with the answer; NULL: none is wanted. */
static void *tag_of(int64_t id)
{
	return id < 0 ? NULL : (void *)(intptr_t)(id + 1);
}

static void settle_wrong(struct visitor *v, int64_t id, const char *why)
{
	struct buf text = BUF_INIT(PROBLEM_MAX);
	int status = spoken_problem(&text, why);

	asking_settle(&v->guest, tag_of(id), status, buf_as_str(&text));
	buf_free(&text);
}

/* Who says more than may wait is told so at once, before all that waits. */
static void say_full(struct visitor *v, int64_t id)
{
	struct buf text = BUF_INIT(PROBLEM_MAX);

	http_problem(&text, 429, "rate_limited", ASKING_FULL);
	acknowledge(v, id, 429, buf_as_str(&text));
	buf_free(&text);
}

static void renew(struct visitor *v, int64_t id, struct str token)
{
	if (!token.p) {
		settle_wrong(v, id, "token must be an access token");
	} else if (v->guest.entering) {
		asking_refuse(&v->guest, tag_of(id), 400, "bad_request", "One token at a time.");
	} else {
		v->renewal = id;
		guest_enter(&v->guest, token, (struct str){ NULL, 0 });
	}
}

static void do_said(struct visitor *v, int64_t id, const char *name, struct json_object *arg)
{
	struct spoken command;
	struct arena a;
	const char *why;

	arena_init(&a);
	why = spoken_read(&a, name, arg, &command);
	if (why)
		settle_wrong(v, id, why);
	else
		asking_say(
			&v->guest, command.method, command.path, command.body, tag_of(id), false);
	arena_free(&a);
}

static void on_said(struct sio_socket *s, const struct packet *p, const struct str *attachments)
{
	struct visitor *v = sio_data(s);
	struct json_object *arg = NULL;
	const char *name;

	(void)attachments;
	if (!asking_has_room(&v->guest)) {
		say_full(v, p->id);
		return;
	}
	if (p->unfit) {
		asking_refuse(&v->guest, tag_of(p->id), 400, "malformed_json", p->unfit);
		return;
	}
	name = json_object_get_string(json_object_array_get_idx(p->tree, 0));
	if (json_object_array_length(p->tree) > 1)
		arg = json_object_array_get_idx(p->tree, 1);
	if (strcmp(name, "auth") == 0)
		renew(v, p->id, tree_text(arg, "token"));
	else
		do_said(v, p->id, name, arg);
}

/* --- coming and going --- */

/* The name others know a socket by; the same after a recovery. It says nothing of the pid. */
static void sid_of(const char *pid, char sid[ENGINE_SID + 1])
{
	unsigned char digest[DIGEST];
	struct arena a;

	arena_init(&a);
	EVP_Digest(pid, strlen(pid), digest, NULL, EVP_sha256(), NULL);
	memcpy(sid, base64url(&a, digest, PID_BYTES).p, ENGINE_SID);
	sid[ENGINE_SID] = 0;
	arena_free(&a);
}

/* A pid says whose it is: for another person there is nothing to recover. */
static bool is_own(const struct visitor *v, struct str pid)
{
	char front[24];

	snprintf(front, sizeof front, "%lld.", (long long)v->guest.user_id);
	return pid.n <= PID_MAX && str_starts(pid, front);
}

static void name_socket(struct visitor *v)
{
	struct str pid = tree_text(v->auth, "pid");
	struct arena a;

	arena_init(&a);
	if (v->recovers && is_own(v, pid))
		snprintf(v->pid, sizeof v->pid, "%.*s", STR_ARG(pid));
	else
		snprintf(v->pid, sizeof v->pid, "%lld.%s", (long long)v->guest.user_id,
			random_text(&a, PID_BYTES).p);
	arena_free(&a);
}

static bool is_plain_text(const char *z)
{
	for (; *z; z++)
		if ((unsigned char)*z <= ' ' || *z == '"' || *z == '\\' || *z == 0x7f)
			return false;
	return true;
}

static void on_entered(struct guest *g)
{
	struct visitor *v = of_guest(g);
	struct buf text = BUF_INIT(1024);
	char sid[ENGINE_SID + 1];
	struct arena a;

	/* Asked only for who they are: the token is new, the rest as it was. */
	if (v->pid[0]) {
		acknowledge(v, v->renewal, 204, STR(""));
		return;
	}
	arena_init(&a);
	name_socket(v);
	json_object_put(v->auth);
	v->auth = NULL;
	sid_of(v->pid, sid);
	buf_printf(&text, "{\"sid\":\"%s\"", sid);
	if (self.recovery && is_plain_text(v->pid))
		buf_printf(&text, ",\"pid\":\"%s\"", v->pid);
	buf_byte(&text, '}');
	sio_cork(v->socket);
	sio_accept(v->socket, buf_as_str(&text));
	buf_clear(&text);
	buf_printf(&text, "[\"hello\",{\"type\":\"hello\",\"cursor\":\"%.*s\"}]",
		STR_ARG(cursor_text(&a, g->at)));
	if (!v->recovers)
		sio_emit(v->socket, buf_as_str(&text), NULL, 0);
	sio_uncork(v->socket);
	buf_free(&text);
	arena_free(&a);
}

/* Who is refused for good does not come again by itself; so where it is our fault, the connection
 * breaks instead. */
static void refuse(struct visitor *v, int status, struct str body)
{
	struct buf text = BUF_INIT(PACKETS_MAX);
	struct sio_socket *s = v->socket;

	spoken_refusal(&text, status, body);
	discard(v);
	if (status >= 500)
		sio_drop(s);
	else
		sio_refuse(s, buf_as_str(&text));
	buf_free(&text);
}

/* What cannot be recovered begins anew, as if it had said nothing of that. */
static void on_refused(struct guest *g, struct str cgi, int status, struct str body)
{
	struct visitor *v = of_guest(g);

	(void)cgi;
	if (g->is_in) {
		acknowledge(v, v->renewal, status, body);
		return;
	}
	if (v->recovers && (status == 410 || status == 422)) {
		v->recovers = false;
		guest_enter(g, tree_text(v->auth, "token"), tree_text(v->auth, "cursor"));
		return;
	}
	refuse(v, status, body);
}

static void on_over(struct guest *g, int status)
{
	struct visitor *v = of_guest(g);
	struct sio_socket *s = v->socket;

	discard(v);
	if (status == 401)
		sio_disconnect(s, true);
	else
		sio_drop(s);
}

static size_t on_waits(struct guest *g)
{
	return sio_waits(of_guest(g)->socket);
}

static const struct guest_kind kind = { on_entered, on_refused, on_event, NULL, on_answered,
	on_over, on_waits, NULL };

static bool has(struct str namespace)
{
	return str_is(namespace, "/");
}

static void on_connect(struct sio_socket *s, struct json_object *auth, struct str auth_json)
{
	struct visitor *v = must_alloc(sizeof *v);
	const struct met *met = sio_met(s);
	struct str token = tree_text(auth, "token"), offset = tree_text(auth, "offset");

	(void)auth_json;
	self.n++;
	v->socket = s;
	v->auth = json_object_get(auth);
	v->plain = met->plain;
	sio_set_data(s, v);
	guest_meet(&v->guest, &kind, met->caller);
	v->recovers = self.recovery && tree_text(auth, "pid").p && offset.p;
	if (token.p)
		guest_enter(&v->guest, token, v->recovers ? offset : tree_text(auth, "cursor"));
	else
		refuse(v, 401, STR(""));
}

static void on_gone(struct sio_socket *s)
{
	discard(sio_data(s));
}

static void on_drained(struct sio_socket *s)
{
	struct visitor *v = sio_data(s);

	guest_drained(&v->guest);
}

/* python-engineio says the time as a decimal number; its clients hand every argument of an event to
 * the handler, and know of no offsets. */
static bool is_plain_client(const struct http_head *h)
{
	struct arena a;
	struct str t;
	bool decimal;

	arena_init(&a);
	t = http_query(h, &a, "t");
	decimal = t.n > 0 && memchr(t.p, '.', t.n) != NULL;
	for (size_t i = 0; i < t.n; i++)
		decimal = decimal && (t.p[i] == '.' || (t.p[i] >= '0' && t.p[i] <= '9'));
	arena_free(&a);
	return decimal;
}

static void met_free(void *at)
{
	struct met *m = at;

	free(m->caller);
	free(m);
}

static void *on_met(const struct wire *w, const struct http_head *h)
{
	static const char part[] = "/socket.io/";
	struct met *m = must_alloc(sizeof *m);

	m->caller = caller_read(w, h, (struct str){ h->path.p, h->path.n - (sizeof part - 1) });
	m->plain = is_plain_client(h);
	return m;
}

void rooms_start(int64_t payload_max, bool recovery)
{
	static const struct sio_app app = { has, on_connect, on_said, on_drained, on_gone, on_met,
		met_free };
	struct engine_settings settings = { NULL, PING_INTERVAL_MS, PING_TIMEOUT_MS, payload_max,
		SESSIONS_MAX };

	self.recovery = recovery;
	sio_start(&app, &settings, CONNECT_MS);
}

void rooms_stop(void)
{
	sio_stop();
	for (int i = 0; i < FORMS; i++) {
		buf_free(&made[i].packet);
		buf_free(&made[i].frame);
	}
}
