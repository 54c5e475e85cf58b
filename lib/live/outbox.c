#include "live/outbox.h"

#include "core/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

struct outbox {
	size_t at, n, room; /* bytes[at…n) wait */
	char bytes[];
};

static bool try_later(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* Bytes taken, 0 when the socket is full, -1 when it is broken. */
static ssize_t try_send(int fd, struct iovec *parts, int n)
{
	struct msghdr m = { .msg_iov = parts, .msg_iovlen = (size_t)n };
	ssize_t sent = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);

	return sent < 0 && try_later(errno) ? 0 : sent;
}

static void keep(struct outbox **at, const char *p, size_t n)
{
	struct outbox *o = *at;

	if (o && o->at && o->n + n > o->room) {
		memmove(o->bytes, o->bytes + o->at, o->n - o->at);
		o->n -= o->at;
		o->at = 0;
	}
	if (!o || o->n + n > o->room) {
		size_t used = o ? o->n : 0, room = n > used ? used + n : 2 * used;

		o = *at = must_realloc(o, sizeof *o + room);
		*o = (struct outbox){ .n = used, .room = room };
	}
	memcpy(o->bytes + o->n, p, n);
	o->n += n;
}

bool outbox_send(struct outbox **o, int fd, struct iovec *parts, int n)
{
	size_t sent = 0;

	if (!*o) {
		ssize_t taken = try_send(fd, parts, n);

		if (taken < 0)
			return false;
		sent = (size_t)taken;
	}
	for (int i = 0; i < n; i++) {
		size_t gone = sent < parts[i].iov_len ? sent : parts[i].iov_len;

		sent -= gone;
		if (gone < parts[i].iov_len)
			keep(o, (char *)parts[i].iov_base + gone, parts[i].iov_len - gone);
	}
	return true;
}

bool outbox_flush(struct outbox **o, int fd)
{
	struct iovec part;
	ssize_t taken;

	if (!*o)
		return true;
	part = (struct iovec){ (*o)->bytes + (*o)->at, (*o)->n - (*o)->at };
	taken = try_send(fd, &part, 1);
	if (taken < 0)
		return false;
	(*o)->at += (size_t)taken;
	if ((*o)->at == (*o)->n)
		outbox_free(o);
	return true;
}

size_t outbox_bytes(const struct outbox *o)
{
	return o ? o->n - o->at : 0;
}

void outbox_free(struct outbox **o)
{
	free(*o);
	*o = NULL;
}
