/* Why an epoll set of our own
 *
 * A uv_pipe_t costs 264 bytes a connection, and a system call more for each start and each close of
 * its watcher. Here all connections hang in one epoll set, and libuv watches that set as one
 * descriptor: a connection costs nothing beyond its own struct, and leaves the set with close().
 *
 * A struct that is closed while a batch of events is handled may still be named by a later event of
 * that batch. So while callbacks run it is only marked and put aside; it is freed behind them.
 *
 * Deadlines
 *
 * The span is the same for all, so a list in order of beginning is in order of deadlines, and the
 * tick looks at its head only. It ticks while there is a deadline.
 *
 * Out of descriptors
 *
 * accept() fails then, the connection stays in the queue, and the socket stays readable: a loop
 * would spin. libuv keeps a spare descriptor to accept and close such a connection with, which its
 * peer sees as a failure. Here it may wait: accepting rests until somebody ends or the next tick.
 */
#include "live/peer.h"

#include "core/arena.h"
#include "core/log.h"
#include "live/outbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	READ_BYTES = 65536,
	EVENTS = 64,
	ACCEPTS = 64, /* in one go, before others get their turn */
	TICK_MS_MAX = 1000,
	COMPLAIN_MS = 60000,
};

struct peers {
	uv_poll_t ready;
	uv_timer_t tick;
	uv_loop_t *loop;
	const struct peer_kind *kind;
	void *context;
	int64_t patience_ms, complained_ms;
	struct peer_link timed, relaxed;
	struct peer_link *closed; /* to be freed; linked by next alone */
	int epoll, listen_fd, handles;
	unsigned count, max;
	bool accepting, stopped, calling, closing;
	char bytes[READ_BYTES]; /* what was just read, of any connection */
};

static void on_tick(uv_timer_t *t);

/* --- lists --- */

static void list_init(struct peer_link *list)
{
	list->prev = list->next = list;
}

static void list_leave(struct peer_link *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
}

static void list_join(struct peer_link *list, struct peer_link *l)
{
	l->next = list;
	l->prev = list->prev;
	list->prev->next = l;
	list->prev = l;
}

static struct peer *list_first(struct peer_link *list)
{
	return list->next == list ? NULL : (struct peer *)list->next;
}

static void move_to(struct peer_link *list, struct peer *p)
{
	list_leave(&p->link);
	list_join(list, &p->link);
}

/* --- accepting --- */

static bool watch(struct peers *s, int how, int fd, uint32_t events, struct peer *p)
{
	struct epoll_event e = { .events = events, .data.ptr = p };

	return epoll_ctl(s->epoll, how, fd, &e) == 0;
}

static void want_tick(struct peers *s)
{
	uint64_t span = (uint64_t)s->patience_ms / 4 + 1;

	if (span > TICK_MS_MAX)
		span = TICK_MS_MAX;
	if (!uv_is_active((uv_handle_t *)&s->tick))
		uv_timer_start(&s->tick, on_tick, span, span);
}

static void rest(struct peers *s)
{
	if (s->accepting)
		watch(s, EPOLL_CTL_DEL, s->listen_fd, 0, NULL);
	s->accepting = false;
	if (!s->stopped)
		want_tick(s);
}

static void resume(struct peers *s)
{
	if (!s->accepting && !s->stopped && s->count < s->max)
		s->accepting = watch(s, EPOLL_CTL_ADD, s->listen_fd, EPOLLIN, NULL);
}

static void cannot_accept(struct peers *s, const char *why)
{
	int64_t now = (int64_t)uv_now(s->loop);

	if (!s->complained_ms || now - s->complained_ms > COMPLAIN_MS) {
		log_say("error", "accept: %s", why);
		s->complained_ms = now;
	}
	rest(s);
}

/* Whether there may be another one. */
static bool accept_one(struct peers *s)
{
	struct peer *p;
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK)
			return false;
		if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO)
			return true;
		cannot_accept(s, strerror(errno));
		return false;
	}
	p = must_alloc(s->kind->size);
	if (!watch(s, EPOLL_CTL_ADD, fd, EPOLLIN, p)) {
		cannot_accept(s, strerror(errno));
		close(fd);
		free(p);
		return false;
	}
	p->peers = s;
	p->fd = fd;
	p->deadline_ms = (int64_t)uv_now(s->loop) + s->patience_ms;
	list_join(&s->timed, &p->link);
	s->count++;
	want_tick(s);
	return true;
}

static void accept_some(struct peers *s)
{
	for (int i = 0; i < ACCEPTS && s->accepting; i++) {
		if (s->count >= s->max)
			rest(s);
		else if (!accept_one(s))
			return;
	}
}

void peers_let_in(struct peers *s)
{
	accept_some(s);
}

/* --- closing --- */

static void free_closed(struct peers *s)
{
	for (struct peer_link *l; (l = s->closed);) {
		s->closed = l->next;
		free(l);
	}
}

void peer_close(struct peer *p)
{
	struct peers *s = p->peers;

	if (p->fd < 0)
		return;
	close(p->fd);
	p->fd = -1;
	outbox_free(&p->out);
	list_leave(&p->link);
	p->link.next = s->closed;
	s->closed = &p->link;
	s->count--;
	resume(s);
	if (!s->calling)
		free_closed(s);
}

/* Only where nothing is freed yet: `lost` may close this one, or all. */
static void lose(struct peer *p)
{
	if (!p->lost) {
		p->lost = true;
		p->peers->kind->lost(p);
	}
	peer_close(p);
}

/* --- reading and writing --- */

static bool passing(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

static void on_input(struct peer *p)
{
	struct peers *s = p->peers;
	ssize_t n = recv(p->fd, s->bytes, sizeof s->bytes, MSG_DONTWAIT);

	if (n > 0)
		s->kind->input(p, (struct str){ s->bytes, (size_t)n });
	else if (!passing(n))
		lose(p);
}

static void watch_out(struct peer *p)
{
	if (p->watches_out == (p->out != NULL))
		return;
	p->watches_out = !p->watches_out;
	watch(p->peers, EPOLL_CTL_MOD, p->fd, EPOLLIN | (p->watches_out ? EPOLLOUT : 0), p);
}

static void on_output(struct peer *p)
{
	size_t before = outbox_bytes(p->out);

	if (!outbox_flush(&p->out, p->fd)) {
		lose(p);
		return;
	}
	watch_out(p);
	if (outbox_bytes(p->out) < before)
		p->peers->kind->output(p);
}

bool peer_send(struct peer *p, struct iovec *parts, int n)
{
	if (p->fd < 0 || p->broken)
		return false;
	if (!outbox_send(&p->out, p->fd, parts, n)) {
		/* The caller may not expect `lost` now: the loop will see an end of input. */
		p->broken = true;
		outbox_free(&p->out);
		shutdown(p->fd, SHUT_RDWR);
	}
	watch_out(p);
	return !p->broken;
}

size_t peer_waits(const struct peer *p)
{
	return outbox_bytes(p->out);
}

void peer_hurry(struct peer *p)
{
	struct peers *s = p->peers;

	p->deadline_ms = (int64_t)uv_now(s->loop) + s->patience_ms;
	move_to(&s->timed, p);
	want_tick(s);
}

void peer_relax(struct peer *p)
{
	move_to(&p->peers->relaxed, p);
}

/* --- the loop --- */

static void on_ready(uv_poll_t *ready, int status, int ignored)
{
	struct peers *s = ready->data;
	struct epoll_event events[EVENTS];
	int n = status < 0 ? 0 : epoll_wait(s->epoll, events, EVENTS, 0);

	(void)ignored;
	s->calling = true;
	for (int i = 0; i < n && !s->closing; i++) {
		struct peer *p = events[i].data.ptr;

		if (!p) {
			accept_some(s);
			continue;
		}
		if (p->fd >= 0 && events[i].events & EPOLLOUT)
			on_output(p);
		if (p->fd >= 0 && events[i].events & ~(uint32_t)EPOLLOUT)
			on_input(p);
	}
	s->calling = false;
	free_closed(s);
}

static void on_tick(uv_timer_t *t)
{
	struct peers *s = t->data;
	int64_t now = (int64_t)uv_now(s->loop);
	struct peer *p;

	s->calling = true;
	while (!s->closing && (p = list_first(&s->timed)) && p->deadline_ms <= now)
		lose(p);
	s->calling = false;
	free_closed(s);
	if (s->closing)
		return;
	resume(s);
	if (!list_first(&s->timed) && (s->accepting || s->stopped))
		uv_timer_stop(t);
}

struct peers *peers_listen(uv_loop_t *loop, int listen_fd, const struct peer_kind *kind,
	void *context, int64_t patience_ms, unsigned max)
{
	struct peers *s = must_alloc(sizeof *s);
	int flags = fcntl(listen_fd, F_GETFL), error;

	s->loop = loop;
	s->listen_fd = listen_fd;
	s->kind = kind;
	s->context = context;
	s->patience_ms = patience_ms;
	s->max = max;
	list_init(&s->timed);
	list_init(&s->relaxed);
	s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll < 0 || flags < 0 || fcntl(listen_fd, F_SETFL, flags | O_NONBLOCK) < 0)
		goto failed;
	errno = -uv_poll_init(loop, &s->ready, s->epoll);
	if (errno)
		goto failed;
	uv_timer_init(loop, &s->tick);
	s->ready.data = s->tick.data = s;
	s->handles = 2;
	uv_poll_start(&s->ready, UV_READABLE, on_ready);
	resume(s);
	return s;
failed:
	error = errno;
	if (s->epoll >= 0)
		close(s->epoll);
	free(s);
	errno = error;
	return NULL;
}

/* Who has connected already is still let in: behind each of them stands a client. */
void peers_stop_accepting(struct peers *s)
{
	accept_some(s);
	s->stopped = true;
	rest(s);
}

static void on_handle_closed(uv_handle_t *h)
{
	struct peers *s = h->data;

	if (--s->handles)
		return;
	s->kind->over(s->context);
	free(s);
}

void peers_close(struct peers *s)
{
	bool within = s->calling;
	struct peer *p;

	s->stopped = s->closing = s->calling = true;
	while ((p = list_first(&s->relaxed)) || (p = list_first(&s->timed)))
		lose(p);
	s->calling = within;
	if (!within)
		free_closed(s);
	uv_close((uv_handle_t *)&s->ready, on_handle_closed);
	uv_close((uv_handle_t *)&s->tick, on_handle_closed);
	close(s->epoll);
}

unsigned peers_count(const struct peers *s)
{
	return s->count;
}

void *peers_context(const struct peers *s)
{
	return s->context;
}

void peers_each_timed(struct peers *s, void (*f)(struct peer *p))
{
	bool within = s->calling;

	s->calling = true;
	for (struct peer_link *l = s->timed.next, *next; l != &s->timed; l = next) {
		next = l->next;
		f((struct peer *)l);
	}
	s->calling = within;
	if (!within)
		free_closed(s);
}
