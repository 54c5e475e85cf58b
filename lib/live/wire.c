/* A wire's stages:
 *
 *     READING --> HELD --> READING …           a request, its answer, the next one
 *        |          +----> LINGERING --> closed   answered, or refused, for the last time
 *        +----------+----> OPEN --> CLOSING --> closed   WebSocket
 *
 * Behind the last answer only our side is shut at first, and what still comes in is dropped: a
 * socket that is closed with unread input may take its own answer back. All stages but HELD and
 * OPEN have a deadline; those two are for their users to end. */
#include "live/wire.h"

#include "live/frames.h"
#include "live/peer.h"
#include "live/refusal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum stage { READING = 0, HELD, LINGERING, OPEN, CLOSING, CLOSED };

enum { SPARE_INPUT = 65536, GATHERED_MAX = 65536 };

struct wire {
	struct peer peer; /* first */
	const struct wire_user *user;
	void *data;
	struct buf *in;   /* what came in of a request, or behind it */
	struct buf *head; /* what the answer to it says in any case */
	struct frames *frames;
	size_t message_max;
	uint8_t stage;
	bool keeps, heard, is_head;
	bool within; /* bytes are being eaten */
};

struct wires {
	struct peers *peers;
	struct wire_limits limits;
	wires_origin *origin;
	void (*request)(struct wire *w, const struct http_head *h, struct str body);
};

static struct wires *wires_of(const struct wire *w)
{
	return peers_context(w->peer.peers);
}

static void drop(struct buf **b)
{
	if (*b)
		buf_free(*b);
	free(*b);
	*b = NULL;
}

/* What is said to one wire in a row, to be sent in one go. Between two callbacks of the loop there
 * is nothing in it. */
static struct {
	bool on;
	struct wire *to;
	struct buf bytes;
} gathered = { .bytes = BUF_INIT(GATHERED_MAX) };

static void send_gathered(void)
{
	struct iovec part = { gathered.bytes.p, gathered.bytes.n };
	struct wire *w = gathered.to;

	gathered.to = NULL;
	if (w)
		peer_send(&w->peer, &part, 1);
	buf_clear(&gathered.bytes);
}

void wires_gather(void)
{
	gathered.on = true;
}

void wires_release(void)
{
	gathered.on = false;
	send_gathered();
}

static void end(struct wire *w)
{
	if (gathered.to == w) {
		gathered.to = NULL;
		buf_clear(&gathered.bytes);
	}
	w->stage = CLOSED;
	w->user = NULL;
	drop(&w->head);
	if (!w->within) {
		drop(&w->in);
		frames_free(&w->frames);
	}
	peer_close(&w->peer);
}

static void put(struct wire *w, struct str a, struct str b)
{
	struct iovec parts[2] = { { (char *)(uintptr_t)a.p, a.n },
		{ (char *)(uintptr_t)b.p, b.n } };

	if (gathered.to && (gathered.to != w || gathered.bytes.n + a.n + b.n > GATHERED_MAX))
		send_gathered();
	if (gathered.on && a.n + b.n <= GATHERED_MAX) {
		gathered.to = w;
		buf_str(&gathered.bytes, a);
		buf_str(&gathered.bytes, b);
		return;
	}
	peer_send(&w->peer, parts, b.n ? 2 : 1);
}

/* --- requests --- */

static void linger(struct wire *w)
{
	if (gathered.to == w)
		send_gathered();
	w->stage = LINGERING;
	w->user = NULL;
	peer_hurry(&w->peer);
	if (!peer_waits(&w->peer))
		shutdown(w->peer.fd, SHUT_WR);
}

static void serve_all(struct wire *w);

/* Behind an answer that was long in coming the next request may wait already. */
static void answered(struct wire *w)
{
	w->user = NULL;
	w->data = NULL;
	if (!w->keeps) {
		linger(w);
		return;
	}
	w->stage = READING;
	peer_hurry(&w->peer);
	if (w->in && !w->within)
		serve_all(w);
}

/* head has its status line and headers. */
static void finish(struct wire *w, struct buf *head, struct str body, bool has_length)
{
	if (!has_length)
		buf_printf(head, "Content-Length: %zu\r\n", body.n);
	buf_z(head, w->keeps ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
	put(w, buf_as_str(head), w->is_head ? STR("") : body);
	buf_free(head);
	drop(&w->head);
	answered(w);
}

void wire_answer(struct wire *w, int status, struct str headers, struct str body)
{
	struct buf head = BUF_INIT(HTTP_HEAD_MAX);

	http_status(&head, status);
	buf_z(&head, "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
	buf_str(&head, headers);
	if (w->head)
		buf_str(&head, buf_as_str(w->head));
	finish(w, &head, body, false);
}

void wire_answer_cgi(struct wire *w, struct str cgi)
{
	struct buf head = BUF_INIT(HTTP_HEAD_MAX);
	struct str rest = cgi, line = str_cut(&rest, '\n');
	int64_t status = 500;
	bool has_length = false;

	str_cut(&line, ' ');
	str_int((struct str){ line.p, line.n ? line.n - 1 : 0 }, &status);
	http_status(&head, (int)status);
	while (rest.p) {
		line = str_cut(&rest, '\n');
		if (line.n <= 1)
			break;
		has_length = has_length || str_starts_nocase(line, "content-length:");
		buf_str(&head, line);
		buf_byte(&head, '\n');
	}
	finish(w, &head, rest.p ? rest : STR(""), has_length);
}

static void refuse(struct wire *w, int status)
{
	w->keeps = false;
	refusal_of_bytes(w, status);
}

/* Who is refused here is not shown to `request`, and a page is to learn why all the same. */
static void begin_answer(struct wire *w, const struct http_head *h, bool refused)
{
	w->head = must_alloc(sizeof *w->head);
	*w->head = (struct buf)BUF_INIT(HTTP_HEAD_MAX);
	http_request_id(w->head, h);
	if (refused)
		http_allow(w->head, wires_of(w)->origin(h));
	w->is_head = str_is(h->method, "HEAD");
}

/* One request, if it is whole; *used is what it took of the bytes. */
static void serve(struct wire *w, struct str bytes, size_t *used)
{
	struct wires *s = wires_of(w);
	struct http_head head;
	size_t head_n = 0;
	int status;

	*used = 0;
	head.method = STR("");
	status = http_read(bytes, &head, &head_n);
	if (status == 1 && head.length > (int64_t)s->limits.body_max)
		status = 413;
	if (status > 1) {
		begin_answer(w, &head, true);
		refuse(w, status);
		return;
	}
	if (!status || bytes.n - head_n < (size_t)head.length)
		return;
	*used = head_n + (size_t)head.length;
	w->stage = HELD;
	w->keeps = head.keeps;
	peer_relax(&w->peer);
	begin_answer(w, &head, false);
	s->request(w, &head, (struct str){ bytes.p + head_n, (size_t)head.length });
	if (w->stage == HELD && !w->user)
		refuse(w, 500);
}

static void eat(struct wire *w, struct str bytes);

/* What came in, request by request; what is left waits. */
static void serve_all(struct wire *w)
{
	struct str bytes = buf_as_str(w->in);
	size_t used = 1;

	w->within = true;
	while (w->stage == READING && used && bytes.n) {
		serve(w, bytes, &used);
		bytes = (struct str){ bytes.p + used, bytes.n - used };
	}
	if (w->stage == OPEN && bytes.n)
		eat(w, bytes);
	w->within = false;
	if (w->stage == CLOSED)
		frames_free(&w->frames);
	if (!bytes.n || (w->stage != READING && w->stage != HELD)) {
		drop(&w->in);
		return;
	}
	memmove(w->in->p, bytes.p, bytes.n);
	w->in->n = bytes.n;
}

static void take_in(struct wire *w, struct str bytes)
{
	struct wires *s = wires_of(w);

	if (!w->in) {
		w->in = must_alloc(sizeof *w->in);
		*w->in = (struct buf)BUF_INIT(HTTP_HEAD_MAX + s->limits.body_max + SPARE_INPUT);
	}
	buf_str(w->in, bytes);
	if (w->in->over) {
		if (w->user)
			w->user->gone(w);
		end(w);
		return;
	}
	serve_all(w);
}

/* --- frames --- */

static void on_message(void *wire, struct str bytes, bool binary)
{
	struct wire *w = wire;

	if (w->stage == OPEN)
		w->user->message(w, bytes, binary);
}

static void on_reply(void *wire, struct str frame)
{
	struct wire *w = wire;

	if (w->stage == OPEN)
		put(w, frame, STR(""));
}

static void eat(struct wire *w, struct str bytes)
{
	static const struct frames_reader reader = { on_message, on_reply };

	if (frames_eat(&w->frames, &reader, w, w->message_max, bytes))
		return;
	if (w->stage == OPEN && w->user)
		w->user->gone(w);
	if (w->stage == OPEN)
		linger(w);
	else if (w->stage == CLOSING)
		end(w);
}

void wire_upgrade(struct wire *w, const char *accept, size_t message_max)
{
	struct buf head = BUF_INIT(HTTP_HEAD_MAX);

	http_status(&head, 101);
	buf_printf(&head,
		"Upgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n%.*s\r\n",
		accept, STR_ARG(buf_as_str(w->head)));
	drop(&w->head);
	w->stage = OPEN;
	w->message_max = message_max;
	peer_relax(&w->peer);
	put(w, buf_as_str(&head), STR(""));
	buf_free(&head);
}

bool wire_is_upgraded(const struct wire *w)
{
	return w->stage == OPEN;
}

static void send_frame(struct wire *w, enum frame_kind kind, struct str payload)
{
	unsigned char head[FRAME_HEAD_MAX];

	if (w->stage == OPEN)
		put(w, (struct str){ (char *)head, frame_head(head, kind, payload.n) }, payload);
}

void wire_send(struct wire *w, struct str message, bool binary)
{
	send_frame(w, binary ? FRAME_BINARY : FRAME_TEXT, message);
}

void wire_put(struct wire *w, struct str frames)
{
	if (w->stage == OPEN)
		put(w, frames, STR(""));
}

void wire_ping(struct wire *w)
{
	send_frame(w, FRAME_PING, STR(""));
}

bool wire_was_heard(struct wire *w)
{
	bool was = w->heard;

	w->heard = false;
	return was;
}

size_t wire_waits(const struct wire *w)
{
	return peer_waits(&w->peer) + (gathered.to == w ? gathered.bytes.n : 0);
}

void wire_close(struct wire *w, unsigned code, const char *why)
{
	char payload[125] = { (char)(code >> 8), (char)code };
	size_t n = strlen(why) < sizeof payload - 3 ? strlen(why) : sizeof payload - 3;

	if (w->stage != OPEN) {
		wire_drop(w);
		return;
	}
	snprintf(payload + 2, sizeof payload - 2, "%s", why);
	send_frame(w, FRAME_CLOSE, (struct str){ payload, n + 2 });
	w->stage = CLOSING;
	w->user = NULL;
	peer_hurry(&w->peer);
}

void wire_drop(struct wire *w)
{
	if (w->stage != CLOSED)
		end(w);
}

/* --- the connections --- */

void wire_claim(struct wire *w, const struct wire_user *user, void *data)
{
	w->user = user;
	w->data = data;
}

void *wire_data(const struct wire *w)
{
	return w->data;
}

static void input(struct peer *p, struct str bytes)
{
	struct wire *w = (struct wire *)p;

	w->heard = true;
	if (w->stage == READING || w->stage == HELD) {
		take_in(w, bytes);
		return;
	}
	if (w->stage != OPEN && w->stage != CLOSING)
		return;
	w->within = true;
	eat(w, bytes);
	w->within = false;
	if (w->stage == CLOSED)
		frames_free(&w->frames);
}

static void output(struct peer *p)
{
	struct wire *w = (struct wire *)p;

	if (peer_waits(p)) {
		if (w->stage == LINGERING || w->stage == CLOSING)
			peer_hurry(p);
		return;
	}
	if (w->stage == LINGERING)
		shutdown(p->fd, SHUT_WR);
	else if (w->user && w->user->drained)
		w->user->drained(w);
}

static void lost(struct peer *p)
{
	struct wire *w = (struct wire *)p;

	if (w->user)
		w->user->gone(w);
	end(w);
}

static void over(void *context)
{
	free(context);
}

struct wires *wires_listen(uv_loop_t *loop, int listen_fd, struct wire_limits limits,
	wires_origin *origin,
	void (*request)(struct wire *w, const struct http_head *h, struct str body))
{
	static const struct peer_kind kind = { sizeof(struct wire), input, output, lost, over };
	struct wires *s = must_alloc(sizeof *s);

	s->limits = limits;
	s->origin = origin;
	s->request = request;
	s->peers =
		peers_listen(loop, listen_fd, &kind, s, limits.patience_ms, limits.connections_max);
	if (!s->peers) {
		free(s);
		return NULL;
	}
	return s;
}

void wires_stop_accepting(struct wires *s)
{
	peers_stop_accepting(s->peers);
}

void wires_close(struct wires *s)
{
	peers_close(s->peers);
	buf_free(&gathered.bytes);
}

unsigned wires_count(const struct wires *s)
{
	return peers_count(s->peers);
}

int wire_fd(const struct wire *w)
{
	return w->peer.fd;
}
