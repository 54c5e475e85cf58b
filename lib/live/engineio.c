/* A session's ways out:
 *
 *     polled      `out` holds what waits; a GET that finds nothing is held in `poll`
 *     probed      still polled, but `probe` has said "2probe": a held GET is let go, so that the
 *                 client comes to rest and can say "5"
 *     on a socket `socket` takes everything at once
 *
 * Behind "5" the queue goes to the socket before anything newer.
 *
 * The deadline of a ping is stamped when a session opens and with every pong, and looked at when a
 * request comes: the wheel may be a little late, the answer is not. */
#include "live/engineio.h"

#include "core/clock.h"
#include "core/writer.h"
#include "live/engine.h"
#include "live/payload.h"
#include "live/wire.h"

static const struct wire_user polling, socketing;

enum { UPGRADE_MS = 10000, NORMAL = 1000 };

/* --- what comes in --- */

/* false: it makes no sense, and the session ends by it. */
static bool take_packet(struct engine *e, const struct payload_packet *p)
{
	if (e->over || e->closing)
		return true;
	switch (p->type) {
	case '1': engine_die(e); return true;
	case '3': engine_live_on(e); return true;
	case '4': engine_settings.app->message(e, p->bytes, p->binary); return true;
	default: return false;
	}
}

static void take_body(struct engine *e, struct wire *w, struct str body)
{
	struct payload_packet p;
	struct arena a;
	bool good = body.n > 0;

	arena_init(&a);
	engine_cork(e);
	while (good && body.p)
		good = payload_next(&a, &body, &p) && take_packet(e, &p);
	if (good)
		engine_answer(w, 200, "text/html", e->allow_origin, STR("ok"));
	else
		engine_refuse(w, BAD_REQUEST, e->allow_origin);
	if (!good)
		engine_die(e);
	engine_uncork(e);
	arena_free(&a);
}

static void take_poll(struct engine *e, struct wire *w)
{
	if (e->poll) {
		/* Two at once: one of them is not from who we think. */
		struct wire *first = e->poll;

		e->poll = NULL;
		engine_answer_poll(e, first, STR("1"));
		engine_refuse(w, BAD_REQUEST, e->allow_origin);
		engine_die(e);
	} else if (e->probed && !e->out.n) {
		engine_answer_poll(e, w, STR("6"));
	} else {
		bool waited = e->out.n > 0, closing = e->closing;

		e->poll = w;
		wire_claim(w, &polling, e);
		e->hurries = e->hurries || e->probed;
		engine_flush(e);
		if (waited && !closing)
			engine_settings.app->drained(e);
	}
}

static void poll_gone(struct wire *w)
{
	struct engine *e = wire_data(w);

	e->poll = NULL;
}

/* What comes after a request was held can only be the next one on the same wire. */
static const struct wire_user polling = { NULL, NULL, poll_gone };

/* --- the socket, or the one that wants to become it --- */

static void no_upgrade(struct wound *w)
{
	struct engine *e = (struct engine *)(void *)((char *)w - offsetof(struct engine, upgrade));

	if (e->probe)
		wire_close(e->probe, NORMAL, "");
	e->probe = NULL;
	e->probed = false;
}

static void upgrade(struct engine *e)
{
	struct wire *held = e->poll;

	e->poll = NULL;
	e->socket = e->probe;
	e->probe = NULL;
	wheel_unwind(&e->upgrade);
	if (held)
		engine_answer_poll(e, held, STR("6"));
	engine_flush(e);
}

static void take_probe(struct engine *e, struct str text)
{
	if (str_is(text, "2probe") && !e->probed) {
		struct wire *held = e->poll;

		e->probed = true;
		wire_send(e->probe, STR("3probe"), false);
		e->poll = NULL;
		if (held)
			engine_answer_poll(e, held, STR("6"));
	} else if (str_is(text, "5") && e->probed) {
		upgrade(e);
	} else {
		no_upgrade(&e->upgrade);
		wheel_unwind(&e->upgrade);
	}
}

static void on_frame(struct wire *w, struct str bytes, bool binary)
{
	struct engine *e = wire_data(w);
	struct payload_packet p = { '4', bytes, true };

	engine_cork(e);
	if (e->probe == w)
		take_probe(e, binary ? STR("") : bytes);
	else if ((!binary && !payload_packet(bytes, &p)) || !take_packet(e, &p))
		engine_die(e);
	engine_uncork(e);
}

static void on_socket_drained(struct wire *w)
{
	struct engine *e = wire_data(w);

	if (e->socket == w)
		engine_settings.app->drained(e);
}

static void on_socket_gone(struct wire *w)
{
	struct engine *e = wire_data(w);

	if (e->probe == w) {
		e->probe = NULL;
		e->probed = false;
		wheel_unwind(&e->upgrade);
		return;
	}
	e->socket = NULL;
	engine_die(e);
}

static const struct wire_user socketing = { on_frame, on_socket_drained, on_socket_gone };

/* --- coming in --- */

static void greet(struct engine *e, bool upgradable)
{
	struct buf text = BUF_INIT(512);
	struct writer j = { .to = &text };

	buf_byte(&text, '0');
	put_object(&j, NULL);
	put_z(&j, "sid", e->sid);
	put_array(&j, "upgrades");
	if (upgradable)
		put_z(&j, NULL, "websocket");
	put_array_end(&j);
	put_int(&j, "pingInterval", engine_settings.ping_interval_ms);
	put_int(&j, "pingTimeout", engine_settings.ping_timeout_ms);
	put_int(&j, "maxPayload", engine_settings.payload_max);
	put_object_end(&j);
	engine_send_packet(e, buf_as_str(&text), false);
	buf_free(&text);
}

static void open_polled(struct wire *w, const struct http_head *h, struct str origin)
{
	struct engine *e = engine_new(w, h);

	e->allow_origin = origin;
	greet(e, true);
	e->poll = w;
	wire_claim(w, &polling, e);
	engine_uncork(e);
}

static void open_socket(struct wire *w, const struct http_head *h, const char *accept)
{
	struct engine *e = engine_new(w, h);

	e->socket = w;
	wire_claim(w, &socketing, e);
	wire_upgrade(w, accept, (size_t)engine_settings.payload_max);
	greet(e, false);
	engine_uncork(e);
}

/* Another socket for a session: to be probed, or too many. It is opened all the same, so that a
 * browser learns why by a close frame. */
static void open_probe(struct engine *e, struct wire *w, const char *accept)
{
	wire_claim(w, &socketing, e);
	wire_upgrade(w, accept, (size_t)engine_settings.payload_max);
	if (e->probe || e->socket || e->closing) {
		wire_close(w, NORMAL, "");
		return;
	}
	e->probe = w;
	wheel_wind(&e->upgrade, UPGRADE_MS, no_upgrade);
}

static void begin(struct wire *w, const struct http_head *h, struct str version, bool socket,
	const char *accept, struct str origin)
{
	if (!str_is(h->method, "GET"))
		engine_refuse(w, BAD_METHOD, origin);
	else if (!str_is(version, "4"))
		engine_refuse(w, BAD_VERSION, origin);
	else if (engine_count() >= engine_settings.sessions_max)
		engine_answer(w, 503, "text/plain", origin, STR(""));
	else if (socket)
		open_socket(w, h, accept);
	else
		open_polled(w, h, origin);
}

static void go_on(struct engine *e, struct wire *w, const struct http_head *h, struct str body,
	bool socket, const char *accept)
{
	if (socket)
		open_probe(e, w, accept);
	else if (!e->socket && str_is(h->method, "GET"))
		take_poll(e, w);
	else if (!e->socket && str_is(h->method, "POST"))
		take_body(e, w, body);
	else
		engine_refuse(w, BAD_REQUEST, e->allow_origin);
}

/* A page of a foreign origin asks whether it may. */
static void preflight(struct wire *w, struct str origin)
{
	struct buf headers = BUF_INIT(1024);

	http_allow(&headers, origin);
	if (origin.p)
		buf_z(&headers, "Access-Control-Allow-Methods: GET, POST\r\n"
				"Access-Control-Allow-Headers: Content-Type, Authorization\r\n"
				"Access-Control-Max-Age: 600\r\n");
	wire_answer(w, 204, buf_as_str(&headers), STR(""));
	buf_free(&headers);
}

void engine_request(struct wire *w, const struct http_head *h, struct str body, struct str origin)
{
	char accept[HTTP_ACCEPT_BYTES];
	struct str transport, sid, version;
	struct engine *e = NULL;
	struct arena a;
	bool socket;

	arena_init(&a);
	transport = http_query(h, &a, "transport");
	sid = http_query(h, &a, "sid");
	version = http_query(h, &a, "EIO");
	socket = str_is(transport, "websocket");
	if (sid.p)
		e = engine_find(sid);
	if (e && clock_us() >= e->dies_us) {
		engine_die(e);
		e = NULL;
	}
	if (e)
		e->allow_origin = origin;
	if (str_is(h->method, "OPTIONS"))
		preflight(w, origin);
	else if (!socket && !str_is(transport, "polling"))
		engine_refuse(w, UNKNOWN_TRANSPORT, origin);
	else if (sid.p && !e)
		engine_refuse(w, UNKNOWN_SID, origin);
	else if (http_upgrades(h) != socket || (socket && !http_accept(h, accept)))
		engine_refuse(w, BAD_REQUEST, origin);
	else if (e)
		go_on(e, w, h, body, socket, accept);
	else
		begin(w, h, version, socket, accept, origin);
	arena_free(&a);
}
