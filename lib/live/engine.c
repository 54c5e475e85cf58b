#include "live/engine.h"

#include "core/clock.h"
#include "core/random.h"
#include "live/payload.h"
#include "live/table.h"
#include "live/wire.h"

#include <stdlib.h>

enum {
	SID_BYTES = 15,
	OUT_MAX = 16 << 20,
	FAREWELL_MS = 5000, /* for the last GET to come, once it is over */
	NORMAL = 1000,
	RECORD_HEAD_BYTES = 5,
	GATHER_US = 2000,
	GATHER_BYTES = 16384,
};

struct engine_settings engine_settings;
static struct table sessions;
static size_t count;

static void beat(struct wound *w);

/* --- answers --- */

void engine_answer(struct wire *w, int status, const char *type, struct str origin, struct str body)
{
	struct buf headers = BUF_INIT(1024);

	buf_printf(&headers, "Content-Type: %s\r\n", type);
	http_allow(&headers, origin);
	wire_answer(w, status, buf_as_str(&headers), body);
	buf_free(&headers);
}

void engine_refuse(struct wire *w, enum fault why, struct str origin)
{
	static const char *const words[] = { "Transport unknown", "Session ID unknown",
		"Bad handshake method", "Bad request", "Forbidden",
		"Unsupported protocol version" };
	struct buf body = BUF_INIT(256);

	buf_printf(&body, "{\"code\":%d,\"message\":\"%s\"}", why, words[why]);
	engine_answer(
		w, why == FORBIDDEN ? 403 : 400, "application/json", origin, buf_as_str(&body));
	buf_free(&body);
}

void engine_answer_poll(struct engine *e, struct wire *w, struct str payload)
{
	engine_answer(w, 200, "text/plain; charset=UTF-8", e->allow_origin, payload);
}

/* --- sessions --- */

static int64_t key_of(struct str sid)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < sid.n; i++)
		h = (h ^ (unsigned char)sid.p[i]) * 1099511628211u;
	return (int64_t)(h >> 1) + 1;
}

struct engine *engine_find(struct str sid)
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
void engine_leave(struct engine *e)
{
	if (e->over)
		return;
	e->over = true;
	count--;
	table_drop(&sessions, key_of(str_of(e->sid)));
	wheel_unwind(&e->pulse);
	wheel_unwind(&e->upgrade);
	wheel_unwind(&e->late);
	if (e->probe)
		wire_close(e->probe, NORMAL, "");
	if (e->socket)
		wire_close(e->socket, NORMAL, "");
	if (e->poll)
		engine_answer_poll(e, e->poll, STR("6"));
	e->probe = e->socket = e->poll = NULL;
	if (!e->corks)
		engine_free(e);
}

/* It ends by itself, or by the other side. */
void engine_die(struct engine *e)
{
	bool told = e->closing || e->over;

	e->corks++;
	if (!told)
		engine_settings.app->closed(e);
	e->corks--;
	engine_leave(e);
}

struct engine *engine_new(struct wire *w, const struct http_head *h)
{
	struct engine *e = must_alloc(sizeof *e);
	struct arena a;

	arena_init(&a);
	memcpy(e->sid, random_text(&a, SID_BYTES).p, ENGINE_SID);
	arena_free(&a);
	e->out = (struct buf)BUF_INIT(OUT_MAX);
	table_put(&sessions, key_of(str_of(e->sid)), e);
	count++;
	engine_live_on(e);
	engine_cork(e);
	engine_settings.app->opened(e, w, h);
	return e;
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
static void answer_all(struct engine *e)
{
	struct wire *w = e->poll;
	struct buf payload = BUF_INIT(2 * OUT_MAX);
	struct str rest = buf_as_str(&e->out), packet;
	bool binary;

	while (next_kept(&rest, &packet, &binary))
		payload_put(&payload, packet, binary);
	buf_free(&e->out);
	e->out = (struct buf)BUF_INIT(OUT_MAX);
	e->poll = NULL;
	e->hurries = false;
	e->answered_us = clock_us();
	wheel_unwind(&e->late);
	engine_answer_poll(e, w, buf_as_str(&payload));
	buf_free(&payload);
}

static void late(struct wound *w)
{
	struct engine *e = (struct engine *)(void *)((char *)w - offsetof(struct engine, late));

	e->hurries = true;
	engine_flush(e);
}

/* Events come in swarms, and each answer costs who is polled a request: one that follows closely on
 * the last takes along what comes meanwhile. Who said something hears of that at once. */
static bool may_wait(const struct engine *e)
{
	return !e->hurries && e->out.n < GATHER_BYTES && clock_us() - e->answered_us < GATHER_US;
}

void engine_flush(struct engine *e)
{
	struct str rest = buf_as_str(&e->out), packet;
	bool binary;

	if (e->corks || e->over || !e->out.n)
		return;
	if (e->poll && may_wait(e)) {
		if (!e->late.link)
			wheel_soon(&e->late, late);
	} else if (e->poll) {
		answer_all(e);
		if (e->closing)
			engine_leave(e);
	} else if (e->socket) {
		while (next_kept(&rest, &packet, &binary))
			wire_send(e->socket, packet, binary);
		buf_free(&e->out);
		e->out = (struct buf)BUF_INIT(OUT_MAX);
	}
}

static void pass_on(struct engine *e, struct str packet, bool binary)
{
	if (e->over)
		return;
	if (e->socket && !e->out.n) {
		wire_send(e->socket, packet, binary);
		return;
	}
	keep(e, packet, binary);
	/* More than anybody is allowed to leave unread: whoever reads it next learns that it is
	 * over. */
	if (e->out.over)
		e->dies_us = 0;
	engine_flush(e);
}

void engine_send_packet(struct engine *e, struct str packet, bool binary)
{
	e->hurries = true;
	pass_on(e, packet, binary);
}

void engine_send(struct engine *e, struct str bytes, bool binary)
{
	struct buf packet = BUF_INIT(OUT_MAX);

	if (binary) {
		engine_send_packet(e, bytes, true);
		return;
	}
	buf_byte(&packet, '4');
	buf_str(&packet, bytes);
	engine_send_packet(e, buf_as_str(&packet), false);
	buf_free(&packet);
}

void engine_send_made(struct engine *e, struct str packet, struct str frame)
{
	if (e->socket && !e->out.n && !e->over)
		wire_put(e->socket, frame);
	else
		pass_on(e, packet, false);
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
		engine_flush(e);
}

static void farewell_over(struct wound *w)
{
	engine_leave((struct engine *)(void *)((char *)w - offsetof(struct engine, pulse)));
}

/* A polled session hears of its end with the GET that is held, or the next one. */
void engine_close(struct engine *e)
{
	if (e->over || e->closing)
		return;
	e->closing = true;
	if (e->socket) {
		engine_leave(e);
		return;
	}
	wheel_wind(&e->pulse, FAREWELL_MS, farewell_over);
	engine_send_packet(e, STR("1"), false);
}

/* --- the heart --- */

void engine_live_on(struct engine *e)
{
	e->waits_for_pong = false;
	e->dies_us = clock_us() +
		     (engine_settings.ping_interval_ms + engine_settings.ping_timeout_ms) * 1000;
	wheel_wind(&e->pulse, engine_settings.ping_interval_ms, beat);
}

static void beat(struct wound *w)
{
	struct engine *e = (struct engine *)(void *)((char *)w - offsetof(struct engine, pulse));

	if (e->waits_for_pong) {
		engine_die(e);
		return;
	}
	e->waits_for_pong = true;
	wheel_wind(w, engine_settings.ping_timeout_ms, beat);
	engine_send_packet(e, STR("2"), false);
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
	engine_settings = *s;
}

void engine_stop(void)
{
	for (size_t i = 0; i < sessions.size; i++)
		while (sessions.slots && sessions.slots[i].value)
			engine_die(sessions.slots[i].value);
	table_free(&sessions, free);
	sessions = (struct table){ 0 };
}
