/* Event loop, sockets, and HTTP/1.1 and WebSocket as a client speaks them.
 *
 * Not verified: Sec-WebSocket-Accept. Not for big frames out: 65,535 bytes at most. */
#include "loadgen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	KEPT_BYTES = 65536,
	READ_BYTES = 262144,
	EVENTS_MAX = 512,
	LOOPBACK = 0x7f000001,
	SOURCES = 8,
};

static int epoll_fd;
static unsigned next_source;

/* --- bytes --- */

void bytes_add(struct bytes *b, const void *p, size_t n)
{
	if (b->n + n + 1 > b->room) {
		size_t room = b->room ? b->room : 512;

		while (room < b->n + n + 1)
			room *= 2;
		b->p = realloc(b->p, room);
		if (!b->p) {
			perror("loadgen");
			exit(1);
		}
		b->room = room;
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void bytes_text(struct bytes *b, const char *z)
{
	bytes_add(b, z, strlen(z));
}

void bytes_format(struct bytes *b, const char *format, ...)
{
	char text[4096];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0 || n >= (int)sizeof text) {
		fprintf(stderr, "loadgen: too long: %.60s\n", text);
		exit(1);
	}
	bytes_add(b, text, (size_t)n);
}

void bytes_reset(struct bytes *b)
{
	b->n = 0;
	if (b->room > KEPT_BYTES) {
		free(b->p);
		b->p = NULL;
		b->room = 0;
	}
}

/* --- sockets --- */

void net_init(void)
{
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
}

static void want_out(struct conn *c, bool out)
{
	struct epoll_event e = { .events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = c };

	if (c->want_out == out)
		return;
	c->want_out = out;
	epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
}

/* From several addresses in turn: the ports of one, in TIME_WAIT after earlier runs, would limit
 * the number of clients. */
void conn_open(struct conn *c)
{
	struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET };
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT, .data.ptr = c };
	int on = 1;

	if (c->fd >= 0)
		return;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0) {
		perror("loadgen: socket");
		exit(1);
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	from.sin_addr.s_addr = htonl(LOOPBACK + next_source++ % SOURCES);
	bind(c->fd, (struct sockaddr *)&from, sizeof from);
	c->mode = M_HTTP;
	c->busy = false;
	c->connecting = c->want_out = true;
	c->in.n = c->out.n = c->out_done = 0;
	to.sin_port = htons((uint16_t)options.port);
	to.sin_addr.s_addr = htonl(LOOPBACK);
	if (connect(c->fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) {
		perror("loadgen: connect");
		exit(1);
	}
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e);
}

void conn_close(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->generation++;
	c->busy = c->connecting = false;
	bytes_reset(&c->in);
	bytes_reset(&c->out);
	c->out_done = 0;
}

/* The adapter may want to know whether a request was on its way. */
static void lost(struct conn *c)
{
	bool was_busy = c->busy;

	conn_close(c);
	c->busy = was_busy;
	if (c->client->adapter->on_close)
		c->client->adapter->on_close(c);
	else if (was_busy || c->mode != M_HTTP)
		client_error(c->client, "connection lost");
	if (c->fd < 0)
		c->busy = false;
}

static void flush(struct conn *c)
{
	while (c->out_done < c->out.n) {
		ssize_t put =
			send(c->fd, c->out.p + c->out_done, c->out.n - c->out_done, MSG_NOSIGNAL);

		if (put < 0) {
			/* Any other error is found by reading, too. */
			if (errno == EAGAIN)
				want_out(c, true);
			return;
		}
		c->out_done += (size_t)put;
	}
	bytes_reset(&c->out);
	c->out_done = 0;
	want_out(c, false);
}

void conn_write(struct conn *c, const void *p, size_t n)
{
	conn_open(c);
	bytes_add(&c->out, p, n);
	if (!c->connecting)
		flush(c);
}

/* --- HTTP --- */

void http_request(struct conn *c, const char *method, const char *path, const char *type,
	const char *more_headers, const char *token, const char *body, size_t body_n)
{
	static struct bytes b;

	b.n = 0;
	bytes_format(&b, "%s ", method);
	bytes_text(&b, path);
	bytes_format(&b, " HTTP/1.1\r\nHost: %s\r\n", options.host);
	if (token && *token) {
		bytes_text(&b, "Authorization: Bearer ");
		bytes_text(&b, token);
		bytes_text(&b, "\r\n");
	}
	if (more_headers)
		bytes_text(&b, more_headers);
	if (body)
		bytes_format(&b, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body_n);
	bytes_text(&b, "\r\n");
	if (body)
		bytes_add(&b, body, body_n);
	conn_open(c);
	c->busy = true;
	conn_write(c, b.p, b.n);
}

bool header_get(const char *head, size_t head_n, const char *name, char *out, size_t room)
{
	const char *end = head + head_n;
	size_t name_n = strlen(name);

	while (head < end) {
		const char *line_end = memchr(head, '\n', (size_t)(end - head));

		if (!line_end)
			line_end = end;
		if ((size_t)(line_end - head) > name_n && head[name_n] == ':' &&
			strncasecmp(head, name, name_n) == 0) {
			const char *v = head + name_n + 1, *v_end = line_end;

			while (v < v_end && (*v == ' ' || *v == '\t'))
				v++;
			while (v_end > v && (v_end[-1] == '\r' || v_end[-1] == ' '))
				v_end--;
			snprintf(out, room, "%.*s", (int)(v_end - v), v);
			return true;
		}
		head = line_end + 1;
	}
	return false;
}

/* Finds the end of a chunked body, and with `join` closes its gaps. Returns how much of the input
 * it is; 0: not all here. */
static size_t dechunk(char *p, size_t n, bool join, size_t *body_n)
{
	size_t at = 0, out = 0;

	for (;;) {
		char *line_end = memchr(p + at, '\n', n - at);
		size_t chunk;

		if (!line_end)
			return 0;
		chunk = strtoul(p + at, NULL, 16);
		at = (size_t)(line_end - p) + 1;
		if (chunk > n || at + chunk + 2 > n)
			return 0;
		if (chunk == 0) {
			*body_n = out;
			return at + 2;
		}
		if (join)
			memmove(p + out, p + at, chunk);
		out += chunk;
		at += chunk + 2;
	}
}

/* The connection is opened again by the next request. */
static void last_answer(struct conn *c, int status, char *p, size_t head_n, size_t body_n)
{
	struct bytes kept = c->in;

	c->in = (struct bytes){ 0 };
	conn_close(c);
	note_reconnect();
	c->client->adapter->on_http(c, status, p, head_n, p + head_n, body_n);
	free(kept.p);
}

/* One answer from the front of the input. Returns its length; 0: not all here, or closed. */
static size_t http_step(struct conn *c, char *p, size_t n)
{
	const struct adapter *adapter = c->client->adapter;
	char *head_end = memmem(p, n, "\r\n\r\n", 4), value[64];
	size_t head_n, used, body_n = 0;
	int status;

	if (!head_end)
		return 0;
	head_n = used = (size_t)(head_end - p) + 4;
	status = n > 12 ? (int)strtol(p + 9, NULL, 10) : 0;
	if (status == 101) {
		c->mode = M_WS;
		c->busy = false;
		adapter->on_http(c, status, p, head_n, p + head_n, 0);
		return head_n;
	}
	if (status == 100)
		return head_n;
	if (header_get(p, head_n, "Content-Type", value, sizeof value) &&
		strncmp(value, "text/event-stream", 17) == 0) {
		c->mode = M_SSE;
		adapter->on_http(c, status, p, head_n, p + head_n, 0);
		return head_n;
	}
	if (header_get(p, head_n, "Content-Length", value, sizeof value)) {
		body_n = strtoul(value, NULL, 10);
		if (n - head_n < body_n)
			return 0;
		used = head_n + body_n;
	} else if (header_get(p, head_n, "Transfer-Encoding", value, sizeof value) &&
		   strcasecmp(value, "chunked") == 0) {
		size_t chunks_n = dechunk(p + head_n, n - head_n, false, &body_n);

		if (!chunks_n)
			return 0;
		dechunk(p + head_n, n - head_n, true, &body_n);
		used = head_n + chunks_n;
	} else if (status != 204 && status != 304) {
		client_error(c->client, "an answer without length");
	}
	c->busy = false;
	if (header_get(p, head_n, "Connection", value, sizeof value) &&
		strcasecmp(value, "close") == 0) {
		last_answer(c, status, p, head_n, body_n);
		return 0;
	}
	adapter->on_http(c, status, p, head_n, p + head_n, body_n);
	return used;
}

/* --- WebSocket --- */

enum { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

void ws_upgrade(struct conn *c, const char *path, const char *protocol, const char *token)
{
	char more[256];

	snprintf(more, sizeof more,
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
		"Sec-WebSocket-Key: bG9hZGdlbmxvYWRnZW4xMg==\r\n%s%s%s",
		protocol ? "Sec-WebSocket-Protocol: " : "", protocol ? protocol : "",
		protocol ? "\r\n" : "");
	http_request(c, "GET", path, NULL, more, token, NULL, 0);
}

static void ws_frame(struct conn *c, int kind, const char *p, size_t n)
{
	static const unsigned char mask[4] = { 0x5a, 0x13, 0xc7, 0x9e };
	static struct bytes b;
	unsigned char head[4] = { (unsigned char)(0x80 | kind), (unsigned char)(0x80 | n) };
	size_t head_n = 2;

	if (n > UINT16_MAX) {
		fprintf(stderr, "loadgen: the frame is too long\n");
		exit(1);
	}
	if (n > 125) {
		head[1] = 0x80 | 126;
		head[2] = (unsigned char)(n >> 8);
		head[3] = (unsigned char)n;
		head_n = 4;
	}
	b.n = 0;
	bytes_add(&b, head, head_n);
	bytes_add(&b, mask, sizeof mask);
	bytes_add(&b, p, n);
	for (size_t i = 0; i < n; i++)
		b.p[b.n - n + i] = (char)(b.p[b.n - n + i] ^ mask[i % 4]);
	conn_write(c, b.p, b.n);
}

void ws_send(struct conn *c, const char *p, size_t n)
{
	ws_frame(c, WS_TEXT, p, n);
}

/* One frame from the front of the input. Returns its length; 0: not all here. */
static size_t ws_step(struct conn *c, char *p, size_t n)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t head_n = 2, body_n;
	int kind;

	if (n < 2)
		return 0;
	kind = u[0] & 15;
	body_n = u[1] & 127;
	if (body_n >= 126) {
		head_n = body_n == 126 ? 4 : 10;
		if (n < head_n)
			return 0;
		body_n = 0;
		for (size_t i = 2; i < head_n; i++)
			body_n = body_n << 8 | u[i];
	}
	if (n < head_n + body_n)
		return 0;
	if (kind <= WS_BINARY)
		c->client->adapter->on_ws(c, p + head_n, body_n);
	else if (kind == WS_PING)
		ws_frame(c, WS_PONG, p + head_n, body_n);
	else if (kind == WS_CLOSE)
		lost(c);
	return head_n + body_n;
}

/* --- event loop --- */

/* Whole lines; the lengths of chunks are lines too. */
static size_t sse_step(struct conn *c, const char *p, size_t n)
{
	const char *last = memrchr(p, '\n', n);

	if (!last)
		return 0;
	on_payload(c->client, p, (size_t)(last - p) + 1);
	return (size_t)(last - p) + 1;
}

static size_t step(struct conn *c, char *p, size_t n)
{
	switch (c->mode) {
	case M_HTTP: return http_step(c, p, n);
	case M_WS: return ws_step(c, p, n);
	case M_SSE: return sse_step(c, p, n);
	}
	return 0;
}

/* What is complete is handed on straight from the shared buffer; only a rest is kept, so that
 * thousands of idle connections hold nothing. */
static void readable(struct conn *c)
{
	static char fresh[READ_BYTES];
	ssize_t got = recv(c->fd, fresh, sizeof fresh, 0);
	unsigned generation = c->generation;
	bool kept = c->in.n > 0;
	char *p = fresh;
	size_t n = (size_t)got, done = 0;

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		lost(c);
		return;
	}
	if (kept) {
		bytes_add(&c->in, fresh, n);
		p = c->in.p;
		n = c->in.n;
	}
	while (done < n) {
		size_t used = step(c, p + done, n - done);

		if (c->generation != generation)
			return;
		if (!used)
			break;
		done += used;
	}
	if (kept) {
		memmove(c->in.p, c->in.p + done, n - done);
		c->in.n = n - done;
		if (!c->in.n)
			bytes_reset(&c->in);
	} else if (done < n) {
		bytes_add(&c->in, p + done, n - done);
	}
}

static void connected(struct conn *c)
{
	int error = 0;
	socklen_t n = sizeof error;

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &n);
	if (error) {
		fprintf(stderr, "loadgen: connect: %s\n", strerror(error));
		lost(c);
		return;
	}
	c->connecting = false;
	flush(c);
}

void net_poll(uint64_t timeout_ns)
{
	struct epoll_event events[EVENTS_MAX];
	struct timespec span = { .tv_sec = (time_t)(timeout_ns / 1000000000u),
		.tv_nsec = (long)(timeout_ns % 1000000000u) };
	int n = epoll_pwait2(epoll_fd, events, EVENTS_MAX, &span, NULL);

	for (int i = 0; i < n; i++) {
		struct conn *c = events[i].data.ptr;
		uint32_t what = events[i].events;

		if (c->fd < 0)
			continue;
		if (c->connecting && (what & (EPOLLOUT | EPOLLERR | EPOLLHUP)))
			connected(c);
		else if (what & EPOLLOUT)
			flush(c);
		if (c->fd >= 0 && (what & (EPOLLIN | EPOLLHUP | EPOLLERR)))
			readable(c);
	}
}

/* --- texts --- */

void expand(
	struct bytes *out, const char *template, struct client *cl, const char *message, size_t n)
{
	out->n = 0;
	for (const char *p = template; *p; p++) {
		if (p[0] != '{' || !p[1] || p[2] != '}') {
			bytes_add(out, p, 1);
			continue;
		}
		switch (p[1]) {
		case 'u': bytes_format(out, "%d", cl->user); break;
		case 'r': bytes_format(out, "%d", cl->room); break;
		case 'i': bytes_format(out, "%d", cl->ack_id); break;
		case 't': bytes_text(out, cl->token ? cl->token : ""); break;
		case 'c': bytes_text(out, cl->cursor ? cl->cursor : options.cursor_first); break;
		case 'm': bytes_add(out, message, n); break;
		default: bytes_add(out, p, 3);
		}
		p += 2;
	}
}

bool json_get(const char *p, size_t n, const char *key, char *out, size_t room)
{
	char wanted[80];
	size_t wanted_n = (size_t)snprintf(wanted, sizeof wanted, "\"%s\":", key);
	const char *end = p + n, *at;
	bool found = false;

	while ((at = memmem(p, (size_t)(end - p), wanted, wanted_n))) {
		const char *v = at + wanted_n;
		size_t v_n = 0;
		bool quoted;

		while (v < end && *v == ' ')
			v++;
		quoted = v < end && *v == '"';
		v += quoted;
		while (v < end && v_n + 1 < room &&
			(quoted ? *v != '"' : *v != ',' && *v != '}' && *v != ']'))
			out[v_n++] = *v++;
		out[v_n] = '\0';
		found = true;
		p = v;
	}
	return found;
}
