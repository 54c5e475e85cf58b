#include "web/gate.h"

#include "core/log.h"
#include "core/turn.h"

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum {
	LISTENING = 0,
	SILENCE_S = 30,
	REST_US = 50000,
	PROMPT_MS = 10,
	QUICK_WRITE = 65536,
	REST_MAX = 1 << 28,
	REST_READ = 512,
};

extern char **environ;

struct gate_fastcgi {
	FCGX_Request request;
	int64_t unread; /* of the body */
	int watch;      /* an epoll set: the listening socket, and `closing` */
	bool open;
	void (*rest)(void *context);
	void *context;
};

static _Atomic bool closed;
static int patience_ms;
static int closing = -1; /* readable from gate_close() on */

bool gate_is_fastcgi(void)
{
	int listening = 0;
	socklen_t n = sizeof listening;

	return getsockopt(LISTENING, SOL_SOCKET, SO_ACCEPTCONN, &listening, &n) == 0 && listening;
}

/* --- CGI --- */

static int64_t cgi_read(struct gate *g, char *to, size_t n)
{
	ssize_t got;

	(void)g;
	do
		got = read(STDIN_FILENO, to, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* A process has nothing else to do than to wait. */
static bool cgi_is_silent(struct gate *g, int ms)
{
	(void)g;
	(void)ms;
	return false;
}

static bool cgi_write(struct gate *g, struct str bytes)
{
	(void)g;
	while (bytes.n > 0) {
		ssize_t put = write(STDOUT_FILENO, bytes.p, bytes.n);

		if (put < 0 && errno != EINTR)
			return false;
		if (put > 0) {
			bytes.p += put;
			bytes.n -= (size_t)put;
		}
	}
	return true;
}

void gate_cgi_done(struct gate *g)
{
	char rest[65536];
	int64_t n = 0, got;

	while (n < REST_MAX && (got = cgi_read(g, rest, sizeof rest)) > 0)
		n += got;
}

void gate_cgi(struct gate *g)
{
	*g = (struct gate){
		.params = environ, .read = cgi_read, .write = cgi_write, .is_silent = cgi_is_silent
	};
}

int64_t gate_no_body(struct gate *g, char *to, size_t n)
{
	(void)g;
	(void)to;
	(void)n;
	return 0;
}

bool gate_keep(struct gate *g, struct str bytes)
{
	buf_str(g->stream, bytes);
	return true;
}

char **gate_params_copy(struct arena *a, char **params)
{
	size_t n = 0;
	char **copy;

	while (params[n])
		n++;
	copy = arena_alloc(a, sizeof *copy * (n + 1));
	for (size_t i = 0; i < n; i++)
		copy[i] = arena_z(a, str_of(params[i]));
	return copy;
}

/* --- FastCGI --- */

/* What is there at once: asked for more, libfcgi would wait for all of it. */
static int64_t fastcgi_read(struct gate *g, char *to, size_t n)
{
	struct gate_fastcgi *f = g->stream;
	FCGX_Request *r = &f->request;
	size_t there = (size_t)(r->in->stop - r->in->rdNext), got = 0;

	if (there == 0 && n > 0) {
		int c = FCGX_GetChar(r->in);

		if (c < 0)
			return FCGX_GetError(r->in) ? -1 : 0;
		to[got++] = (char)c;
		there = (size_t)(r->in->stop - r->in->rdNext);
	}
	if (there > n - got)
		there = n - got;
	got += there ? (size_t)FCGX_GetStr(to + got, (int)there, r->in) : 0;
	f->unread -= (int64_t)got;
	return (int64_t)got;
}

static bool fastcgi_is_silent(struct gate *g, int ms)
{
	const struct gate_fastcgi *f = g->stream;
	const FCGX_Request *r = &f->request;
	struct pollfd said = { .fd = r->ipcFd, .events = POLLIN };

	return r->in->rdNext == r->in->stop && poll(&said, 1, ms) == 0;
}

static bool fastcgi_write(struct gate *g, struct str bytes)
{
	struct gate_fastcgi *f = g->stream;

	if (bytes.n > QUICK_WRITE)
		turn_pass();
	return FCGX_PutStr(bytes.p, (int)bytes.n, f->request.out) == (int)bytes.n;
}

void gate_init(int idle_s, void (*all_busy)(void))
{
	int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);

	fcntl(LISTENING, F_SETFL, fcntl(LISTENING, F_GETFL) | O_NONBLOCK);
	closing = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	patience_ms = 1000 * idle_s;
	turn_open(cores > 1 ? cores - 1 : 1, idle_s, all_busy); /* the web server needs one */
	FCGX_Init();
}

void gate_close(void)
{
	atomic_store(&closed, true);
	eventfd_write(closing, 1);
	turn_close();
}

/* Once it is asked to end, a program still serves those whom the server has connected already. */
static int accept_one(const struct gate_fastcgi *f)
{
	struct epoll_event event;
	int ms = patience_ms;

	for (;;) {
		int fd = accept4(LISTENING, NULL, NULL, SOCK_CLOEXEC);

		if (fd >= 0)
			return fd;
		if (errno == EAGAIN && atomic_load(&closed))
			return -1;
		if (errno == EAGAIN) {
			if (epoll_wait(f->watch, &event, 1, ms) == 0) {
				f->rest(f->context);
				ms = -1;
			}
		} else if (errno != EINTR && errno != ECONNABORTED) {
			log_say("error", "accept: %s", strerror(errno));
			usleep(REST_US); /* out of descriptors or memory: others must end first */
		}
	}
}

static void watch(const struct gate_fastcgi *f, int fd, uint32_t how)
{
	struct epoll_event event = { .events = EPOLLIN | how };

	if (epoll_ctl(f->watch, EPOLL_CTL_ADD, fd, &event)) {
		log_say("error", "epoll: %s", strerror(errno));
		exit(1);
	}
}

struct gate_fastcgi *gate_fastcgi_new(void (*rest)(void *context), void *context)
{
	struct gate_fastcgi *f = must_alloc(sizeof *f);

	f->rest = rest;
	f->context = context;
	/* No listening socket for libfcgi: when a request cannot be read it must come back, not
	 * accept another. */
	FCGX_InitRequest(&f->request, -1, 0);
	f->watch = epoll_create1(EPOLL_CLOEXEC);
	watch(f, LISTENING, EPOLLEXCLUSIVE);
	watch(f, closing, 0);
	return f;
}

void gate_fastcgi_free(struct gate_fastcgi *f)
{
	if (f->open)
		gate_fastcgi_done(f);
	close(f->watch);
	free(f);
}

/* The server sends the parameters with the connection, or nearly. */
static bool is_silent(int fd)
{
	struct pollfd said = { .fd = fd, .events = POLLIN };

	return poll(&said, 1, PROMPT_MS) == 0;
}

/* A body comes as slowly as its sender likes, be it read or only waited for to its end. One whose
 * length is not said has no end that could be counted to. */
static int64_t body_bytes(char **params)
{
	int64_t n = INT64_MAX;
	const char *length = FCGX_GetParam("CONTENT_LENGTH", params);

	if (length && *length)
		str_int(str_of(length), &n);
	else if (!FCGX_GetParam("HTTP_TRANSFER_ENCODING", params))
		n = 0;
	return n;
}

bool gate_fastcgi_next(struct gate_fastcgi *f, struct gate *g)
{
	struct timeval silence = { .tv_sec = SILENCE_S };

	for (;;) {
		int fd;

		if (!turn_take() && !atomic_load(&closed))
			return false;
		fd = accept_one(f);
		if (fd < 0) {
			turn_pass();
			return false;
		}
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &silence, sizeof silence);
		if (is_silent(fd))
			turn_pass();
		/* FCGX_Accept_r goes on with a connection that was kept. This one is new, but that
		 * is all it asks. */
		f->request.ipcFd = fd;
		f->request.keepConnection = 1;
		if (FCGX_Accept_r(&f->request) == 0)
			break;
	}
	f->unread = body_bytes(f->request.envp);
	if (f->unread)
		turn_pass();
	f->open = true;
	*g = (struct gate){ .params = f->request.envp,
		.read = fastcgi_read,
		.write = fastcgi_write,
		.is_silent = fastcgi_is_silent,
		.stream = f };
	return true;
}

/* Left to itself libfcgi shuts its side down and waits for the server to close the connection,
 * which wakes the thread once more for each request. That is for bytes still on their way: to close
 * on them would be a reset, and the answer might be lost. Once the end of the body was read there
 * are none, and to close is enough. It comes with the last of the body, and is read then; a body
 * that was refused is taken as far as it has come, and not waited for: the answer goes first. */
void gate_fastcgi_done(struct gate_fastcgi *f)
{
	FCGX_Request *r = &f->request;
	struct gate g = { .stream = f };
	bool ended;

	for (int n = 0; n < REST_READ && !r->in->isClosed; n++)
		if ((f->unread > 0 && fastcgi_is_silent(&g, 0)) || FCGX_GetChar(r->in) < 0)
			break;
	ended = r->in->isClosed && !FCGX_GetError(r->in);
	r->keepConnection = ended;
	FCGX_Finish_r(r);
	if (r->ipcFd >= 0)
		close(r->ipcFd);
	r->ipcFd = -1;
	f->open = false;
}
