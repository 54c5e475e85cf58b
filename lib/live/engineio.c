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
#include "core/random.h"
#include "core/writer.h"
#include "live/payload.h"
#include "live/table.h"
#include "live/wheel.h"
#include "live/wire.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	SID_BYTES = 15,
	OUT_MAX = 16 << 20,
	UPGRADE_MS = 10000,
	FAREWELL_MS = 5000, /* for the last GET to come, once it is over */
	NORMAL = 1000,
	RECORD_HEAD_BYTES = 5,
};

enum fault { UNKNOWN_TRANSPORT, UNKNOWN_SID, BAD_METHOD, BAD_REQUEST, FORBIDDEN, BAD_VERSION };

struct engine {
	char sid[ENGINE_SID + 1];
	struct wire *poll, *probe, *socket;
	/* Packets that wait for a GET, each with its length and kind in front. */
	struct buf out;
	struct wound pulse, upgrade;
	int64_t dies_us;
	void *data;
	struct str allow_origin; /* of the last request */
	int corks;
	bool waits_for_pong, probed, closing, over;
};

static struct engine_settings settings;
static struct table sessions;
static size_t count;

static const struct wire_user polling, socketing;

/* --- answers --- */

static void answer(struct wire *w, int status, const char *type, struct str origin, struct str body)
{
	struct buf headers = BUF_INIT(1024);

	buf_printf(&headers, "Content-Type: %s\r\nCache-Control: no-store\r\n", type);
	if (origin.p)
		buf_printf(&headers, "Access-Control-Allow-Origin: %.*s\r\nVary: Origin\r\n",
			STR_ARG(origin));
	wire_answer(w, status, buf_as_str(&headers), body);
	buf_free(&headers);
}

static void refuse(struct wire *w, enum fault why, struct str origin)
{
	static const char *const words[] = { "Transport unknown", "Session ID unknown",
		"Bad handshake method", "Bad request", "Forbidden",
		"Unsupported protocol version" };
	struct buf body = BUF_INIT(256);

	buf_printf(&body, "{\"code\":%d,\"message\":\"%s\"}", why, words[why]);
	answer(w, why == FORBIDDEN ? 403 : 400, "application/json", origin, buf_as_str(&body));
	buf_free(&body);
}

static void answer_poll(struct engine *e, struct wire *w, struct str payload)
{
	answer(w, 200, "text/plain; charset=UTF-8", e->allow_origin, payload);
}

/* --- sessions --- */

static int64_t key_of(struct str sid)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < sid.n; i++)
		h = (h ^ (unsigned char)sid.p[i]) * 1099511628211u;
	return (int64_t)(h >> 1) + 1;
}

static struct engine *find(struct str sid)
{
	struct engine *e = table_get(&sessions, key_of(sid));

	return e && str_is(sid, e->sid) ? e : NULL;
}

static void engine_free(struct engine *e)
{
	buf_free(&e->out);
	free(e);
}

/* Nobody finds it any more; it is freed when nobody is at work for it. */
static void leave(struct engine *e)
{
	if (e->over)
		return;
	e->over = true;
	count--;
	table_drop(&sessions, key_of(str_of(e->sid)));
	wheel_unwind(&e->pulse);
	wheel_unwind(&e->upgrade);
	if (e->probe)
		wire_close(e->probe, NORMAL, "");
	if (e->socket)
		wire_close(e->socket, NORMAL, "");
	if (e->poll)
		answer_poll(e, e->poll, STR("6"));
	e->probe = e->socket = e->poll = NULL;
	if (!e->corks)
		engine_free(e);
}

/* It ends by itself, or by the other side. */
static void die(struct engine *e)
{
	bool told = e->closing || e->over;

	e->corks++;
	if (!told)
		settings.app->closed(e);
	e->corks--;
	leave(e);
}

/* --- going out --- */

static void keep(struct engine *e, struct str packet, bool binary)
{
	unsigned char head[RECORD_HEAD_BYTES] = { (unsigned char)(packet.n >> 24),
		(unsigned char)(packet.n >> 16), (unsigned char)(packet.n >> 8),
		(unsigned char)packet.n, binary };

	buf_add(&e->out, head, sizeof head);
	buf_str(&e->out, packet);
}

static bool next_kept(struct str *rest, struct str *packet, bool *binary)
{
	const unsigned char *p = (const unsigned char *)rest->p;
	size_t n;

	if (rest->n < RECORD_HEAD_BYTES)
		return false;
	n = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	*binary = p[4];
	*packet = (struct str){ rest->p + RECORD_HEAD_BYTES, n };
	rest->p += RECORD_HEAD_BYTES + n;
	rest->n -= RECORD_HEAD_BYTES + n;
	return true;
}

/* All that waits, as one answer. */
static void flush_to(struct engine *e, struct wire *w)
{
	struct buf payload = BUF_INIT(2 * OUT_MAX);
	struct str rest = buf_as_str(&e->out), packet;
	bool binary;

	while (next_kept(&rest, &packet, &binary))
		payload_put(&payload, packet, binary);
	buf_free(&e->out);
	e->out = (struct buf)BUF_INIT(OUT_MAX);
	answer_poll(e, w, buf_as_str(&payload));
	buf_free(&payload);
}

static void flush(struct engine *e)
{
	struct wire *w = e->poll;
	struct str rest = buf_as_str(&e->out), packet;
	bool binary;

	if (e->corks || e->over || !e->out.n)
		return;
	if (w) {
		e->poll = NULL;
		flush_to(e, w);
		if (e->closing)
			leave(e);
	} else if (e->socket) {
		while (next_kept(&rest, &packet, &binary))
			wire_send(e->socket, packet, binary);
		buf_free(&e->out);
		e->out = (struct buf)BUF_INIT(OUT_MAX);
	}
}

static void send_packet(struct engine *e, struct str packet, bool binary)
{
	if (e->over)
		return;
	if (e->socket && !e->out.n) {
		wire_send(e->socket, packet, binary);
		return;
	}
	keep(e, packet, binary);
	flush(e);
}

void engine_send(struct engine *e, struct str bytes, bool binary)
{
	struct buf packet = BUF_INIT(OUT_MAX);

	if (binary) {
		send_packet(e, bytes, true);
		return;
	}
	buf_byte(&packet, '4');
	buf_str(&packet, bytes);
	send_packet(e, buf_as_str(&packet), false);
	buf_free(&packet);
}

void engine_send_made(struct engine *e, struct str packet, struct str frame)
{
	if (e->socket && !e->out.n && !e->over)
		wire_put(e->socket, frame);
	else
		send_packet(e, packet, false);
}

size_t engine_waits(const struct engine *e)
{
	return e->out.n + (e->socket ? wire_waits(e->socket) : 0);
}

void engine_cork(struct engine *e)
{
	e->corks++;
}

void engine_uncork(struct engine *e)
{
	if (--e->corks)
		return;
	if (e->over)
		engine_free(e);
	else
		flush(e);
}

static void farewell_over(struct wound *w)
{
	leave((struct engine *)(void *)((char *)w - offsetof(struct engine, pulse)));
}

/* A polled session hears of its end with the GET that is held, or the next one. */
void engine_close(struct engine *e)
{
	if (e->over || e->closing)
		return;
	e->closing = true;
	if (e->socket) {
		leave(e);
		return;
	}
	wheel_wind(&e->pulse, FAREWELL_MS, farewell_over);
	send_packet(e, STR("1"), false);
}

/* --- the heart --- */

static void live_on(struct engine *e)
{
	e->waits_for_pong = false;
	e->dies_us = clock_us() + (settings.ping_interval_ms + settings.ping_timeout_ms) * 1000;
}

static void beat(struct wound *w)
{
	struct engine *e = (struct engine *)(void *)((char *)w - offsetof(struct engine, pulse));

	if (e->waits_for_pong) {
		die(e);
		return;
	}
	e->waits_for_pong = true;
	wheel_wind(w, settings.ping_timeout_ms, beat);
	send_packet(e, STR("2"), false);
}

/* --- what comes in --- */

/* false: it makes no sense, and the session ends by it. */
static bool take_packet(struct engine *e, const struct payload_packet *p)
{
	if (e->over || e->closing)
		return true;
	switch (p->type) {
	case '1': die(e); return true;
	case '3':
		live_on(e);
		wheel_wind(&e->pulse, settings.ping_interval_ms, beat);
		return true;
	case '4': settings.app->message(e, p->bytes, p->binary); return true;
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
		answer(w, 200, "text/html", e->allow_origin, STR("ok"));
	else
		refuse(w, BAD_REQUEST, e->allow_origin);
	if (!good)
		die(e);
	engine_uncork(e);
	arena_free(&a);
}

static void take_poll(struct engine *e, struct wire *w)
{
	if (e->poll) {
		/* Two at once: one of them is not from who we think. */
		struct wire *first = e->poll;

		e->poll = NULL;
		answer_poll(e, first, STR("1"));
		refuse(w, BAD_REQUEST, e->allow_origin);
		die(e);
	} else if (e->out.n) {
		flush_to(e, w);
		if (e->closing)
			leave(e);
		else
			settings.app->drained(e);
	} else if (e->probed) {
		answer_poll(e, w, STR("6"));
	} else {
		e->poll = w;
		wire_claim(w, &polling, e);
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
		answer_poll(e, held, STR("6"));
	flush(e);
}

static void take_probe(struct engine *e, struct str text)
{
	if (str_is(text, "2probe") && !e->probed) {
		struct wire *held = e->poll;

		e->probed = true;
		wire_send(e->probe, STR("3probe"), false);
		e->poll = NULL;
		if (held)
			answer_poll(e, held, STR("6"));
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
	else if (!binary && !payload_packet(bytes, &p))
		die(e);
	else if (!take_packet(e, &p))
		die(e);
	engine_uncork(e);
}

static void on_socket_drained(struct wire *w)
{
	struct engine *e = wire_data(w);

	if (e->socket == w)
		settings.app->drained(e);
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
	die(e);
}

static const struct wire_user socketing = { on_frame, on_socket_drained, on_socket_gone };

/* --- coming in --- */

static struct engine *new_session(struct wire *w, const struct http_head *h)
{
	struct engine *e = must_alloc(sizeof *e);
	struct arena a;

	arena_init(&a);
	memcpy(e->sid, random_text(&a, SID_BYTES).p, ENGINE_SID);
	arena_free(&a);
	e->out = (struct buf)BUF_INIT(OUT_MAX);
	table_put(&sessions, key_of(str_of(e->sid)), e);
	count++;
	live_on(e);
	wheel_wind(&e->pulse, settings.ping_interval_ms, beat);
	engine_cork(e);
	settings.app->opened(e, w, h);
	return e;
}

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
	put_int(&j, "pingInterval", settings.ping_interval_ms);
	put_int(&j, "pingTimeout", settings.ping_timeout_ms);
	put_int(&j, "maxPayload", settings.payload_max);
	put_object_end(&j);
	send_packet(e, buf_as_str(&text), false);
	buf_free(&text);
}

static void open_polled(struct wire *w, const struct http_head *h, struct str origin)
{
	struct engine *e = new_session(w, h);

	e->allow_origin = origin;
	greet(e, true);
	e->poll = w;
	wire_claim(w, &polling, e);
	engine_uncork(e);
}

static void open_socket(struct wire *w, const struct http_head *h, const char *accept)
{
	struct engine *e = new_session(w, h);

	e->socket = w;
	wire_claim(w, &socketing, e);
	wire_upgrade(w, accept, (size_t)settings.payload_max);
	greet(e, false);
	engine_uncork(e);
}

/* Another socket for a session: to be probed, or too many. It is opened all the same, so that a
 * browser learns why by a close frame. */
static void open_probe(struct engine *e, struct wire *w, const char *accept)
{
	wire_claim(w, &socketing, e);
	wire_upgrade(w, accept, (size_t)settings.payload_max);
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
		refuse(w, BAD_METHOD, origin);
	else if (!str_is(version, "4"))
		refuse(w, BAD_VERSION, origin);
	else if (count >= settings.sessions_max)
		answer(w, 503, "text/plain", origin, STR(""));
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
	else if (e->socket)
		refuse(w, BAD_REQUEST, e->allow_origin);
	else if (str_is(h->method, "GET"))
		take_poll(e, w);
	else if (str_is(h->method, "POST"))
		take_body(e, w, body);
	else
		refuse(w, BAD_REQUEST, e->allow_origin);
}

/* A page of a foreign origin asks whether it may. */
static void preflight(struct wire *w, struct str origin)
{
	struct buf headers = BUF_INIT(1024);

	if (origin.p)
		buf_printf(&headers,
			"Access-Control-Allow-Origin: %.*s\r\nVary: Origin\r\n"
			"Access-Control-Allow-Methods: GET, POST\r\n"
			"Access-Control-Allow-Headers: Content-Type, Authorization\r\n"
			"Access-Control-Max-Age: 600\r\n",
			STR_ARG(origin));
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
		e = find(sid);
	if (e && clock_us() >= e->dies_us) {
		die(e);
		e = NULL;
	}
	if (e)
		e->allow_origin = origin;
	if (str_is(h->method, "OPTIONS"))
		preflight(w, origin);
	else if (!socket && !str_is(transport, "polling"))
		refuse(w, UNKNOWN_TRANSPORT, origin);
	else if (sid.p && !e)
		refuse(w, UNKNOWN_SID, origin);
	else if (http_upgrades(h) != socket || (socket && !http_accept(h, accept)))
		refuse(w, BAD_REQUEST, origin);
	else if (e)
		go_on(e, w, h, body, socket, accept);
	else
		begin(w, h, version, socket, accept, origin);
	arena_free(&a);
}

/* --- the rest --- */

void engine_set_data(struct engine *e, void *data)
{
	e->data = data;
}

void *engine_data(const struct engine *e)
{
	return e->data;
}

size_t engine_count(void)
{
	return count;
}

void engine_start(const struct engine_settings *s)
{
	settings = *s;
}

void engine_stop(void)
{
	for (size_t i = 0; i < sessions.size; i++)
		while (sessions.slots && sessions.slots[i].value)
			die(sessions.slots[i].value);
	table_free(&sessions, free);
	sessions = (struct table){ 0 };
}
