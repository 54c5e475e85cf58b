#include "live/bridge.h"

#include "core/log.h"
#include "live/classic.h"
#include "live/engineio.h"
#include "live/firstname.h"
#include "live/forward.h"
#include "live/guest.h"
#include "live/native.h"
#include "live/refusal.h"
#include "live/rooms.h"
#include "live/wheel.h"
#include "web/gate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LISTENING = 0, /* where systemd has made the socket */
	BACKLOG = 4096,
	PATIENCE_MS = 20000,
	BODY_MAX = 131072,
	SPARE_DESCRIPTORS = 512, /* for the database, and for commands on their way */
	DOORS = 2,
};

static struct {
	struct host *host;
	int fds[DOORS];
	struct wires *wires[DOORS];
	size_t n;
} self;

/* --- whom a wire is for --- */

static bool is_origin(struct str origin, struct str host)
{
	const char *schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(schemes[i]);

		if (str_starts(origin, schemes[i]) &&
			str_eq((struct str){ origin.p + n, origin.n - n }, host))
			return true;
	}
	return false;
}

/* Whether that page may: the site's own, or of a configured origin, which is *foreign then. Who is
 * no page says none. */
static bool is_welcome(const struct http_head *h, struct str *foreign)
{
	struct str origin = http_value(h, "origin"), host = http_value(h, "host");
	struct str list = str_of(self.host->conf.origins);

	if (!origin.p || (host.n && is_origin(origin, host)))
		return true;
	while (list.p) {
		struct str one = str_trim(str_cut(&list, ' '));

		if (one.n && str_eq(one, origin)) {
			*foreign = one;
			return true;
		}
	}
	return false;
}

static struct str foreign_origin(const struct http_head *h)
{
	struct str foreign = { NULL, 0 };

	is_welcome(h, &foreign);
	return foreign;
}

static bool ends(struct str path, const char *with, struct str *base)
{
	size_t n = strlen(with);

	if (path.n < n || memcmp(path.p + path.n - n, with, n) != 0)
		return false;
	*base = (struct str){ path.p, path.n - n };
	return true;
}

static void on_request(struct wire *w, const struct http_head *h, struct str body)
{
	struct str base, foreign = { NULL, 0 };

	live_attend(guest_live());
	if (!is_welcome(h, &foreign))
		refusal_send(w, 403, "cross_origin", "Pages of other sites may not call here.");
	else if (ends(h->path, "/ws", &base))
		native_begin(w, h, base);
	else if (ends(h->path, "/socket.io/", &base))
		engine_request(w, h, body, foreign);
	else if (ends(h->path, "/", &base) && http_upgrades(h))
		classic_begin(w, h, base);
	else
		refusal_send(w, 404, "not_found", "There is nothing here.");
}

/* --- the sockets it listens on --- */

static int listen_at(int family, const struct sockaddr *to, socklen_t n)
{
	int one = 1, fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (fd >= 0 && bind(fd, to, n) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int listen_unix(const struct conf *c)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int n = c->bridge_socket[0]
			? snprintf(to.sun_path, sizeof to.sun_path, "%s", c->bridge_socket)
			: snprintf(to.sun_path, sizeof to.sun_path, "%s/bridge.sock", c->run_dir);
	int fd = -1;

	if (n < (int)sizeof to.sun_path) {
		unlink(to.sun_path);
		fd = listen_at(AF_UNIX, (struct sockaddr *)&to, sizeof to);
	}
	if (fd < 0)
		log_say("error", "cannot listen at %s: %s", to.sun_path, strerror(errno));
	return fd;
}

static int listen_tcp(const struct conf *c)
{
	struct sockaddr_in four = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)c->bridge_port) };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)c->bridge_port) };
	int fd = -1;

	if (inet_pton(AF_INET, c->bridge_address, &four.sin_addr) == 1)
		fd = listen_at(AF_INET, (struct sockaddr *)&four, sizeof four);
	else if (inet_pton(AF_INET6, c->bridge_address, &six.sin6_addr) == 1)
		fd = listen_at(AF_INET6, (struct sockaddr *)&six, sizeof six);
	else
		errno = EINVAL;
	if (fd < 0)
		log_say("error", "cannot listen at %s port %lld: %s", c->bridge_address,
			(long long)c->bridge_port, strerror(errno));
	return fd;
}

static bool listen_all(const struct conf *c)
{
	self.fds[self.n++] = gate_is_fastcgi() ? LISTENING : listen_unix(c);
	if (c->bridge_port)
		self.fds[self.n++] = listen_tcp(c);
	for (size_t i = 0; i < self.n; i++)
		if (self.fds[i] < 0)
			return false;
	return true;
}

/* --- the door --- */

static unsigned places(void)
{
	struct rlimit descriptors;

	if (getrlimit(RLIMIT_NOFILE, &descriptors))
		return SPARE_DESCRIPTORS;
	descriptors.rlim_cur = descriptors.rlim_max;
	setrlimit(RLIMIT_NOFILE, &descriptors);
	return descriptors.rlim_cur > 2 * SPARE_DESCRIPTORS
		       ? (unsigned)(descriptors.rlim_cur - SPARE_DESCRIPTORS)
		       : SPARE_DESCRIPTORS;
}

static void open_door(struct live *l)
{
	struct wire_limits limits = { places(), PATIENCE_MS, BODY_MAX };

	guests_open(l);
	forward_open(l);
	wheel_start(live_loop(l));
	rooms_start(BODY_MAX, self.host->conf.bridge_recovery);
	for (size_t i = 0; i < self.n; i++)
		self.wires[i] =
			wires_listen(live_loop(l), self.fds[i], limits, foreign_origin, on_request);
}

static void stop_accepting(void)
{
	for (size_t i = 0; i < self.n; i++)
		wires_stop_accepting(self.wires[i]);
	guests_end(503);
}

static void begin_anew(void)
{
	guests_end(410);
}

static bool is_empty(void)
{
	unsigned n = forward_count();

	for (size_t i = 0; i < self.n; i++)
		n += wires_count(self.wires[i]);
	return n == 0;
}

static void close_door(void)
{
	for (size_t i = 0; i < self.n; i++)
		wires_close(self.wires[i]);
	forward_close();
	rooms_stop();
	wheel_stop();
	telling_stop();
}

void bridge_serve(struct host *host)
{
	static const struct door door = { open_door, stop_accepting, begin_anew, telling_all, NULL,
		is_empty, close_door };

	self.host = host;
	if (!listen_all(&host->conf))
		exit(1);
	live_serve(host, &door);
	guests_close();
	forward_end();
	firstname_close();
}
