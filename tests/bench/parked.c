/* parked.c - what a request that waits costs, without a web server in between.
 *
 *     parked [N]        parks N requests (8,000) and answers all of them at once, three times
 *     parked SOCKET     serves there until killed: each request waits `?wait=MS`, `?stream=MS` is
 *                       an event stream with an event each MS; for trials behind a web server.
 *                       SIGUSR1 says on stderr how it stands.
 *
 * Not for: what the poll program makes of it (its database, its hub). */
#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "live/fcgi.h"
#include "live/record.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 8000, ROUNDS = 3, LIMIT = 20000 };

#define ANSWER                                                                                     \
	"Status: 200 OK\r\nContent-Type: application/json\r\n\r\n"                                 \
	"{\"events\":[{\"type\":\"message.new\",\"chatId\":7,\"seq\":12,\"body\":\"hello\"}],"     \
	"\"next\":\"1.4242\",\"more\":false}"

static struct parked {
	uv_loop_t loop;
	struct fcgi_server *server;
	struct fcgi_request **waiting;
	int n, gone, go, due; /* due: all are to be answered when there are so many */
} site;

struct waiter {
	uv_timer_t timer;
	struct fcgi_request *r; /* NULL: gone */
	bool stream;
};

static double cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e3 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e3;
}

static long of_file(const char *path, const char *key)
{
	FILE *f = fopen(path, "r");
	char line[200];
	long value = 0;

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, key, strlen(key)) == 0)
			sscanf(line + strlen(key), " %ld", &value);
	if (f)
		fclose(f);
	return value;
}

static long pss_kb(void)
{
	return of_file("/proc/self/smaps_rollup", "Pss:");
}

static void park(struct fcgi_request *r)
{
	fcgi_release_input(r);
	site.waiting[site.n++] = r;
	if (site.n == site.due)
		uv_stop(&site.loop);
}

static void park_gone(struct fcgi_request *r)
{
	for (int i = 0; i < site.n; i++)
		if (site.waiting[i] == r)
			site.waiting[i] = site.waiting[--site.n];
	site.gone++;
}

static int listen_at(struct sockaddr_un *at, socklen_t n)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)at, n) || listen(fd, LIMIT)) {
		perror("listen");
		exit(1);
	}
	return fd;
}

static void start(int listen_fd, const struct fcgi_handler *h)
{
	const struct fcgi_limits limits = { 30000, 65536, 262144, LIMIT };

	uv_loop_init(&site.loop);
	site.server = fcgi_listen(&site.loop, listen_fd, h, &site, limits);
}

/* --- alone --- */

static void on_go(uv_poll_t *p, int status, int events)
{
	(void)p;
	(void)status;
	(void)events;
	if (read(site.go, &site.due, sizeof site.due) != sizeof site.due)
		exit(0);
	if (site.n == site.due)
		uv_stop(&site.loop);
}

/* The serving process: for each round says what it holds, answers all, and says what that took. */
static void serve(int listen_fd, int go, int many)
{
	static const struct fcgi_handler handler = { park, park_gone, NULL };
	uv_poll_t poll_go;

	site.waiting = must_alloc(sizeof *site.waiting * LIMIT);
	site.go = go;
	start(listen_fd, &handler);
	uv_poll_init(&site.loop, &poll_go, go);
	uv_poll_start(&poll_go, UV_READABLE, on_go);
	for (;;) {
		long before_kb = pss_kb(), rss_kb = of_file("/proc/self/status", "VmRSS:");
		double cpu = cpu_ms();
		int64_t began;

		uv_run(&site.loop, UV_RUN_DEFAULT); /* until all are in */
		printf("parked %d of %d: %.1f ms of CPU; PSS %ld -> %ld KB, RSS %ld -> %ld KB: "
		       "%.0f bytes each\n",
			site.n, many, cpu_ms() - cpu, before_kb, pss_kb(), rss_kb,
			of_file("/proc/self/status", "VmRSS:"),
			(double)(pss_kb() - before_kb) * 1024 / many);
		began = clock_us();
		cpu = cpu_ms();
		site.due = 0;
		while (site.n)
			fcgi_finish(site.waiting[--site.n], STR(ANSWER));
		printf("answered in %.1f ms, %.1f ms of CPU; %u connections left\n",
			(double)(clock_us() - began) / 1e3, cpu_ms() - cpu,
			fcgi_connections(site.server));
		fflush(stdout);
	}
}

static void add_record(struct buf *b, enum record_type type, struct str content)
{
	unsigned char head[RECORD_HEAD];

	record_head(head, type, 1, content.n, 0);
	buf_add(b, head, sizeof head);
	buf_str(b, content);
}

/* About what lighttpd says of a poll. */
static void make_request(struct buf *b)
{
	static const char *const params[][2] = { { "REQUEST_METHOD", "GET" },
		{ "REQUEST_URI", "/api/v1/poll?since=1.4242&timeout=25" },
		{ "SCRIPT_NAME", "/api/v1/poll" }, { "QUERY_STRING", "since=1.4242&timeout=25" },
		{ "REMOTE_ADDR", "203.0.113.7" }, { "HTTP_HOST", "chat.example.org" },
		{ "HTTP_USER_AGENT", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101" } };
	struct buf pairs = BUF_INIT(8192);
	char token[300];

	memset(token, 't', sizeof token); /* as long as an access token */
	for (size_t i = 0; i < sizeof params / sizeof params[0]; i++) {
		buf_byte(&pairs, (char)strlen(params[i][0]));
		buf_byte(&pairs, (char)strlen(params[i][1]));
		buf_z(&pairs, params[i][0]);
		buf_z(&pairs, params[i][1]);
	}
	buf_add(&pairs, "\022\200\000\001\054HTTP_AUTHORIZATION", 23);
	buf_add(&pairs, token, sizeof token);
	add_record(b, RECORD_BEGIN_REQUEST, STR("\0\1\0\0\0\0\0\0"));
	add_record(b, RECORD_PARAMS_STREAM, buf_as_str(&pairs));
	add_record(b, RECORD_PARAMS_STREAM, STR(""));
	add_record(b, RECORD_STDIN, STR(""));
	buf_free(&pairs);
}

static void drive(const struct sockaddr_un *at, socklen_t at_n, int go, int many)
{
	struct buf request = BUF_INIT(8192);
	struct pollfd *fds = must_alloc(sizeof *fds * (size_t)many);

	make_request(&request);
	for (int round = 0; round < ROUNDS; round++) {
		int64_t began = clock_us(), answered;

		for (int i = 0; i < many; i++) {
			fds[i].fd = socket(AF_UNIX, SOCK_STREAM, 0);
			fds[i].events = POLLIN;
			if (connect(fds[i].fd, (const struct sockaddr *)at, at_n) ||
				send(fds[i].fd, request.p, request.n, MSG_NOSIGNAL) < 0) {
				perror("connect");
				exit(1);
			}
		}
		printf("asked by %d in %.1f ms\n", many, (double)(clock_us() - began) / 1e3);
		fflush(stdout);
		answered = clock_us();
		if (write(go, &many, sizeof many) != sizeof many)
			exit(1);
		for (int i = 0; i < many; i++) {
			char bytes[4096];
			ssize_t n, all = 0;

			while ((n = recv(fds[i].fd, bytes, sizeof bytes, 0)) > 0)
				all += n;
			if (n < 0 || all < (ssize_t)sizeof ANSWER)
				fprintf(stderr, "connection %d got %zd bytes\n", i, all);
			close(fds[i].fd);
		}
		printf("all heard after %.1f ms\n", (double)(clock_us() - answered) / 1e3);
		fflush(stdout);
	}
	buf_free(&request);
	free(fds);
}

/* --- behind a web server --- */

static void on_timer_closed(uv_handle_t *h)
{
	free(h->data);
}

static void on_due(uv_timer_t *t)
{
	struct waiter *w = t->data;

	if (w->stream) {
		if (!fcgi_write(w->r, STR("data: {\"n\":1}\n\n"))) {
			fcgi_drop(w->r);
			uv_close((uv_handle_t *)t, on_timer_closed);
			site.n--;
		}
		return;
	}
	fcgi_finish(w->r, STR(ANSWER));
	uv_close((uv_handle_t *)t, on_timer_closed);
	site.n--;
}

static uint64_t asked_ms(const struct fcgi_request *r, const char *name)
{
	for (char **p = fcgi_params(r); *p; p++)
		if (strncmp(*p, "QUERY_STRING=", 13) == 0) {
			const char *at = strstr(*p, name);

			return at ? strtoull(at + strlen(name), NULL, 10) : 0;
		}
	return 0;
}

static void wait_as_asked(struct fcgi_request *r)
{
	uint64_t stream_ms = asked_ms(r, "stream="), wait_ms = asked_ms(r, "wait=");
	struct waiter *w = must_alloc(sizeof *w);

	fcgi_release_input(r);
	fcgi_set_data(r, w);
	w->r = r;
	w->stream = stream_ms > 0;
	w->timer.data = w;
	uv_timer_init(&site.loop, &w->timer);
	uv_timer_start(&w->timer, on_due, w->stream ? 0 : wait_ms, stream_ms);
	if (w->stream)
		fcgi_write(r, STR("Status: 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"));
	site.n++;
}

static void wait_gone(struct fcgi_request *r)
{
	struct waiter *w = fcgi_data(r);

	uv_close((uv_handle_t *)&w->timer, on_timer_closed);
	site.n--;
	site.gone++;
}

static void on_usr1(uv_signal_t *s, int number)
{
	(void)s;
	(void)number;
	fprintf(stderr, "waiting %d, gone so far %d, connections %u, PSS %ld KB, CPU %.0f ms\n",
		site.n, site.gone, fcgi_connections(site.server), pss_kb(), cpu_ms());
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int many = argc == 2 ? atoi(argv[1]) : MANY, go[2];
	socklen_t n = sizeof(sa_family_t);

	if (argc == 2 && many <= 0) {
		static const struct fcgi_handler handler = { wait_as_asked, wait_gone, NULL };
		uv_signal_t usr1;

		snprintf(at.sun_path, sizeof at.sun_path, "%s", argv[1]);
		unlink(argv[1]);
		start(listen_at(&at, sizeof at), &handler);
		uv_signal_init(&site.loop, &usr1);
		uv_signal_start(&usr1, on_usr1, SIGUSR1);
		return uv_run(&site.loop, UV_RUN_DEFAULT);
	}
	at.sun_path[0] = '\0';
	n += (socklen_t)snprintf(
		     at.sun_path + 1, sizeof at.sun_path - 1, "bellhop-parked-%d", (int)getpid()) +
	     1;
	if (pipe(go))
		return 1;
	int listen_fd = listen_at(&at, n);
	pid_t child = fork();

	if (child == 0) {
		close(go[1]);
		serve(listen_fd, go[0], many);
	}
	close(listen_fd);
	drive(&at, n, go[1], many);
	close(go[1]);
	waitpid(child, NULL, 0);
	return 0;
}
