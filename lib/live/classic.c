#include "live/classic.h"

#include "live/asking.h"
#include "live/errand.h"
#include "live/firstname.h"
#include "live/guest.h"
#include "live/naming.h"
#include "live/refusal.h"
#include "live/tree.h"
#include "live/wheel.h"
#include "web/body.h"

#include <stdlib.h>

enum {
	MESSAGE_MAX = 65536,
	PING_MS = 25000,
	AGAIN_MS = 1000,
	FRAME_MAX = 8 << 20,
	HEARD_BYTES = 1024, /* what a message that waits counts as */
	REFUSED = 400,      /* by nobody but us */
	UNSUPPORTED = 1003,
	RESTART = 1012,
	TRY_LATER = 1013,
	UNAUTHORIZED = 4401,
};

/* A message that waits to be told until it is known by whom and where it was said. */
struct heard {
	struct heard *next;
	int64_t chat_id, author_id;
	struct str full_name, body;
	char text[];
};

struct classic {
	struct guest guest; /* first */
	struct wire *wire;
	struct wound wound;
	struct heard *first, **last;
	size_t heard_n;
	struct naming *naming; /* for the first of them */
	struct wound again;    /* when that could not be said */
	char accept[HTTP_ACCEPT_BYTES];
};

static struct buf out = BUF_INIT(FRAME_MAX);

static struct classic *of_guest(struct guest *g)
{
	return (struct classic *)(void *)g;
}

static void drop_first(struct classic *c)
{
	struct heard *h = c->first;

	c->first = h->next;
	if (!c->first)
		c->last = &c->first;
	c->heard_n--;
	free(h);
}

static void discard(struct classic *c)
{
	wheel_unwind(&c->wound);
	wheel_unwind(&c->again);
	if (c->naming)
		naming_forget(c->naming);
	guest_leave(&c->guest);
	while (c->first)
		drop_first(c);
	free(c);
}

static void shut(struct classic *c, unsigned code, const char *why)
{
	wire_close(c->wire, code, why);
	discard(c);
}

static void say(struct classic *c)
{
	wire_send(c->wire, buf_as_str(&out), false);
	buf_clear(&out);
}

/* --- messages that come --- */

static void tell(struct classic *c);

static void tell_again(struct wound *w)
{
	tell((struct classic *)(void *)((char *)w - offsetof(struct classic, again)));
}

static void is_named(void *context, bool learnt)
{
	struct classic *c = context;

	c->naming = NULL;
	if (learnt)
		tell(c);
	else
		wheel_wind(&c->again, AGAIN_MS, tell_again);
}

/* Tells what can be told, in order. */
static void tell(struct classic *c)
{
	while (c->first && !c->naming && !c->again.link) {
		const struct heard *h = c->first;
		enum chat_kind kind = chatkind_of(h->chat_id);
		struct str name = firstname_of(h->author_id, h->full_name);

		if (kind == CHAT_UNKNOWN || !name.p) {
			c->naming = naming_begin(h->chat_id, h->author_id, is_named, c);
			return;
		}
		errand_success(&out, kind == CHAT_DIRECT ? "privateMessage" : "messageInGroup",
			h->body, name);
		say(c);
		drop_first(c);
	}
}

static void hear(struct classic *c, const struct hub_event *e)
{
	struct json_object *o = tree_parse(e->json), *message = tree_member(o, "message");
	struct json_object *author = tree_member(message, "author");
	struct str name = tree_text(author, "fullName"), body = tree_text(message, "body");
	struct heard *h = must_alloc(sizeof *h + name.n + body.n);

	h->chat_id = e->chat_id;
	h->author_id = json_object_get_int64(tree_member(author, "id"));
	memcpy(h->text, name.p ? name.p : "", name.n);
	memcpy(h->text + name.n, body.p ? body.p : "", body.n);
	h->full_name = (struct str){ h->text, name.n };
	h->body = (struct str){ h->text + name.n, body.n };
	json_object_put(o);
	if (h->author_id == c->guest.user_id) {
		free(h);
		return;
	}
	*c->last = h;
	c->last = &h->next;
	c->heard_n++;
}

static void on_event(struct guest *g, const struct hub_event *e)
{
	guest_at(g, e);
	if (str_is(e->type, "user"))
		firstname_forget(e->user_id);
	if (str_is(e->type, "message"))
		hear(of_guest(g), e);
}

static void on_settled(struct guest *g)
{
	tell(of_guest(g));
}

static size_t on_waits(struct guest *g)
{
	struct classic *c = of_guest(g);

	return wire_waits(c->wire) + c->heard_n * HEARD_BYTES;
}

/* --- commands --- */

static void on_answered(struct guest *g, void *tag, int status, struct str body)
{
	struct classic *c = of_guest(g);

	if (!tag)
		buf_str(&out, body);
	else if (!errand_go_on(tag, g, status, body, &out))
		return;
	say(c);
}

static void on_forgotten(void *tag)
{
	errand_free(tag);
}

static void on_message(struct wire *w, struct str bytes, bool binary)
{
	struct classic *c = wire_data(w);
	struct json_object *o = NULL;
	struct buf error = BUF_INIT(FRAME_MAX);
	const char *why = NULL;

	if (binary) {
		shut(c, UNSUPPORTED, "text frames only");
		return;
	}
	if (body_parse(bytes, &o, &why) != OK)
		o = NULL;
	if (!asking_has_room(&c->guest)) {
		errand_error(&out, tree_text(o, "type"), STR(ASKING_FULL));
		say(c);
	} else if (!o) {
		buf_printf(&out, "The frame is not a JSON object that can be accepted (%s)",
			why ? why : "it is something else");
		errand_error(&error, (struct str){ NULL, 0 }, buf_as_str(&out));
		buf_clear(&out);
	} else {
		errand_begin(&c->guest, tree_text(o, "type"), tree_member(o, "params"), &error);
	}
	/* Answers tell by their order alone what they answer. */
	if (error.n)
		asking_settle(&c->guest, NULL, REFUSED, buf_as_str(&error));
	buf_free(&error);
	json_object_put(o);
}

static void on_drained(struct wire *w)
{
	guest_drained(&((struct classic *)wire_data(w))->guest);
}

static void on_gone(struct wire *w)
{
	discard(wire_data(w));
}

static const struct wire_user user = { on_message, on_drained, on_gone };

/* --- coming and going --- */

static void pulse(struct wound *w)
{
	struct classic *c = (struct classic *)(void *)((char *)w - offsetof(struct classic, wound));

	if (!wire_was_heard(c->wire)) {
		wire_drop(c->wire);
		discard(c);
		return;
	}
	wire_ping(c->wire);
	wheel_wind(w, PING_MS, pulse);
}

static void on_entered(struct guest *g)
{
	struct classic *c = of_guest(g);

	wire_upgrade(c->wire, c->accept, MESSAGE_MAX);
	wheel_wind(&c->wound, PING_MS, pulse);
}

static void on_refused(struct guest *g, struct str cgi, int status, struct str body)
{
	struct classic *c = of_guest(g);
	struct wire *w = c->wire;

	(void)status;
	(void)body;
	discard(c);
	wire_answer_cgi(w, cgi);
}

static void on_over(struct guest *g, int status)
{
	struct classic *c = of_guest(g);

	if (status == 401)
		shut(c, UNAUTHORIZED, "the session has ended");
	else if (status == 429)
		shut(c, TRY_LATER, "too much waits to be read");
	else
		shut(c, RESTART, "come back in a moment");
}

static const struct guest_kind kind = { on_entered, on_refused, on_event, on_settled, on_answered,
	on_over, on_waits, on_forgotten };

void classic_begin(struct wire *w, const struct http_head *h, struct str base)
{
	struct classic *c = must_alloc(sizeof *c);
	struct str token = http_value(h, "authorization");
	struct caller *caller;
	struct arena a;

	c->wire = w;
	c->last = &c->first;
	if (!http_accept(h, c->accept)) {
		free(c);
		refusal_send(w, 426, "upgrade_required", "This address is for WebSockets.");
		return;
	}
	arena_init(&a);
	if (str_starts_nocase(token, "bearer "))
		token = str_trim((struct str){ token.p + 7, token.n - 7 });
	else
		token = http_query(h, &a, "access_token");
	wire_claim(w, &user, c);
	caller = caller_read(w, h, base);
	guest_meet(&c->guest, &kind, caller);
	free(caller);
	guest_enter(&c->guest, token, (struct str){ NULL, 0 });
	arena_free(&a);
}
