#include "live/socketio.h"

#include "core/arena.h"
#include "live/wheel.h"

#include <stdlib.h>

enum { SOCKETS_MAX = 8, TEXT_MAX = 16 << 20 };

struct sio_socket {
	struct sio *sio;
	struct sio_socket *next;
	void *data;
	bool is_in;
	char namespace[PACKET_NAMESPACE_MAX + 1];
};

/* A client. */
struct sio {
	struct engine *engine;
	struct sio_socket *sockets;
	void *met;
	struct wound wound; /* while it is in no namespace */
	/* A packet whose attachments are still to come. */
	struct buf text;
	struct str parts[PACKET_ATTACHMENTS_MAX];
	int have, wanted;
};

static const struct sio_app *app;
static int64_t connect_ms;

static struct sio_socket *find(struct sio *c, struct str namespace)
{
	struct sio_socket *s = c->sockets;

	while (s && !str_is(namespace, s->namespace))
		s = s->next;
	return s;
}

/* --- going out --- */

static void send_packet(struct sio *c, const struct packet *p, const struct str *attachments)
{
	struct buf text = BUF_INIT(TEXT_MAX);

	packet_write(&text, p);
	engine_cork(c->engine);
	engine_send(c->engine, buf_as_str(&text), false);
	for (int i = 0; attachments && i < p->attachments; i++)
		engine_send(c->engine, attachments[i], true);
	engine_uncork(c->engine);
	buf_free(&text);
}

static void send_from(struct sio_socket *s, enum packet_type type, int64_t id, struct str json,
	const struct str *attachments, int n)
{
	struct packet p = { type, str_of(s->namespace), json, NULL, id, n, NULL };

	send_packet(s->sio, &p, attachments);
}

void sio_emit(struct sio_socket *s, struct str json, const struct str *attachments, int n)
{
	send_from(s, n ? PACKET_BINARY_EVENT : PACKET_EVENT, -1, json, attachments, n);
}

void sio_ack(
	struct sio_socket *s, int64_t id, struct str json, const struct str *attachments, int n)
{
	send_from(s, n ? PACKET_BINARY_ACK : PACKET_ACK, id, json, attachments, n);
}

void sio_emit_made(struct sio_socket *s, struct str packet, struct str frame)
{
	engine_send_made(s->sio->engine, packet, frame);
}

void sio_cork(struct sio_socket *s)
{
	engine_cork(s->sio->engine);
}

void sio_uncork(struct sio_socket *s)
{
	engine_uncork(s->sio->engine);
}

/* --- sockets --- */

static void no_namespace(struct wound *w);

static void discard(struct sio_socket *s)
{
	struct sio *c = s->sio;
	struct sio_socket **link = &c->sockets;

	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	free(s);
}

static void client_free(struct sio *c)
{
	wheel_unwind(&c->wound);
	for (int i = 0; i < c->have; i++)
		free((char *)(uintptr_t)c->parts[i].p);
	buf_free(&c->text);
	if (app->forget)
		app->forget(c->met);
	free(c);
}

/* All sockets of it are gone, by themselves. */
static void client_gone(struct sio *c)
{
	struct sio_socket *s;

	while ((s = c->sockets)) {
		c->sockets = s->next;
		app->gone(s);
		free(s);
	}
	client_free(c);
}

static void break_off(struct sio *c)
{
	struct engine *e = c->engine;

	client_gone(c);
	engine_set_data(e, NULL);
	engine_close(e);
}

static void no_namespace(struct wound *w)
{
	break_off((struct sio *)(void *)((char *)w - offsetof(struct sio, wound)));
}

void sio_accept(struct sio_socket *s, struct str json)
{
	s->is_in = true;
	wheel_unwind(&s->sio->wound);
	send_from(s, PACKET_CONNECT, -1, json, NULL, 0);
}

void sio_refuse(struct sio_socket *s, struct str json)
{
	send_from(s, PACKET_CONNECT_ERROR, -1, json, NULL, 0);
	discard(s);
}

void sio_disconnect(struct sio_socket *s, bool close)
{
	struct sio *c = s->sio;

	send_from(s, PACKET_DISCONNECT, -1, (struct str){ NULL, 0 }, NULL, 0);
	discard(s);
	if (close)
		break_off(c);
}

void sio_drop(struct sio_socket *s)
{
	struct sio *c = s->sio;

	discard(s);
	break_off(c);
}

size_t sio_waits(const struct sio_socket *s)
{
	return engine_waits(s->sio->engine);
}

void sio_set_data(struct sio_socket *s, void *data)
{
	s->data = data;
}

void *sio_data(const struct sio_socket *s)
{
	return s->data;
}

void *sio_met(const struct sio_socket *s)
{
	return s->sio->met;
}

/* --- coming in --- */

static bool connect_to(struct sio *c, const struct packet *p)
{
	struct packet none = { PACKET_CONNECT_ERROR, p->namespace,
		STR("{\"message\":\"Invalid namespace\"}"), NULL, -1, 0, NULL };
	struct sio_socket *s;
	size_t n = 0;

	if (find(c, p->namespace))
		return false;
	for (s = c->sockets; s; s = s->next)
		n++;
	if (n == SOCKETS_MAX)
		return false;
	if (!app->has(p->namespace)) {
		send_packet(c, &none, NULL);
		return true;
	}
	s = must_alloc(sizeof *s);
	s->sio = c;
	memcpy(s->namespace, p->namespace.p, p->namespace.n);
	s->next = c->sockets;
	c->sockets = s;
	app->connect(s, p->tree, p->json);
	return true;
}

static void take(struct sio *c, const struct packet *p)
{
	struct sio_socket *s = find(c, p->namespace);

	if (!s || (!s->is_in && p->type != PACKET_DISCONNECT))
		return;
	if (p->type == PACKET_DISCONNECT) {
		app->gone(s);
		discard(s);
	} else if (p->type == PACKET_EVENT || p->type == PACKET_BINARY_EVENT) {
		app->event(s, p, c->parts);
	}
}

/* false: it makes no sense. */
static bool take_text(struct sio *c, struct str text)
{
	struct packet p;
	bool good;

	if (c->wanted || !packet_read(text, &p))
		return false;
	good = p.type != PACKET_CONNECT_ERROR;
	if (p.type == PACKET_CONNECT) {
		good = connect_to(c, &p);
	} else if (good && p.attachments) {
		c->wanted = p.attachments;
		buf_str(&c->text, text);
	} else if (good) {
		take(c, &p);
	}
	packet_clear(&p);
	return good;
}

static void forget_parts(struct sio *c)
{
	while (c->have)
		free((char *)(uintptr_t)c->parts[--c->have].p);
	c->wanted = 0;
	buf_free(&c->text);
	c->text = (struct buf)BUF_INIT(TEXT_MAX);
}

static bool take_part(struct sio *c, struct str bytes)
{
	struct packet p;
	char *copy;

	if (c->have >= c->wanted)
		return false;
	copy = must_alloc(bytes.n + 1);
	memcpy(copy, bytes.p, bytes.n);
	c->parts[c->have++] = (struct str){ copy, bytes.n };
	if (c->have < c->wanted)
		return true;
	packet_read(buf_as_str(&c->text), &p);
	take(c, &p);
	packet_clear(&p);
	return true;
}

static void on_message(struct engine *e, struct str bytes, bool binary)
{
	struct sio *c = engine_data(e);
	bool good;

	if (!c)
		return;
	good = binary ? take_part(c, bytes) : take_text(c, bytes);
	/* Whoever was called may have ended the client. */
	c = engine_data(e);
	if (c && binary && c->have == c->wanted)
		forget_parts(c);
	if (c && !good)
		break_off(c);
}

static void on_opened(struct engine *e, const struct wire *w, const struct http_head *h)
{
	struct sio *c = must_alloc(sizeof *c);

	c->engine = e;
	c->text = (struct buf)BUF_INIT(TEXT_MAX);
	c->met = app->met ? app->met(w, h) : NULL;
	engine_set_data(e, c);
	wheel_wind(&c->wound, connect_ms, no_namespace);
}

static void on_drained(struct engine *e)
{
	struct sio *c = engine_data(e);

	for (struct sio_socket *s = c ? c->sockets : NULL, *next; s; s = next) {
		next = s->next;
		if (app->drained && s->is_in)
			app->drained(s);
	}
}

static void on_closed(struct engine *e)
{
	if (engine_data(e))
		client_gone(engine_data(e));
	engine_set_data(e, NULL);
}

void sio_start(const struct sio_app *a, const struct engine_settings *s, int64_t patience_ms)
{
	static const struct engine_app engine = { on_opened, on_message, on_drained, on_closed };
	struct engine_settings all = *s;

	app = a;
	connect_ms = patience_ms;
	all.app = &engine;
	engine_start(&all);
}

void sio_stop(void)
{
	engine_stop();
}
