/* The FastCGI server with real sockets and a real loop, both ends in this process. */
#include "wire.h"

#include "core/arena.h"
#include "core/clock.h"
#include "core/log.h"
#include "live/fcgi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	HEAD_MS = 10000,
	SHORT_MS = 300,
	BODY_MAX = 4096,
	QUEUED_MAX = 65536,
	MANY = 500,
	GIVE_UP_US = 20000000
};

/* A server, and what its handler saw. What a request wants done to it is said by its path. */
struct site {
	uv_loop_t loop;
	struct fcgi_server *server;
	int listen_fd, requests, gone, drained;
	struct fcgi_request *parked[MANY + 1];
	int parked_n;
	bool close_when_gone;
	struct sockaddr_un address;
};

static struct site site;

static struct str path_of(const struct fcgi_request *r)
{
	for (char **p = fcgi_params(r); *p; p++)
		if (strncmp(*p, "REQUEST_URI=", 12) == 0)
			return str_of(*p + 12);
	return STR("");
}

static void on_request(struct fcgi_request *r)
{
	struct site *s = fcgi_context(r);
	struct str path = path_of(r), body = fcgi_body(r);

	s->requests++;
	assert_null(fcgi_data(r));
	if (str_is(path, "/now")) {
		fcgi_finish(r, STR("Status: 200 OK\r\n\r\nnow"));
	} else if (str_is(path, "/echo")) {
		assert_true(fcgi_write(r, STR("\r\n")));
		fcgi_finish(r, body);
	} else if (str_is(path, "/empty")) {
		fcgi_end(r);
	} else if (str_is(path, "/drop")) {
		fcgi_drop(r);
	} else {
		bool close_all = str_is(path, "/close");

		fcgi_release_input(r);
		fcgi_set_data(r, s);
		assert_true(s->parked_n <= MANY);
		s->parked[s->parked_n++] = r;
		if (close_all) {
			fcgi_close(s->server);
			s->server = NULL;
		}
	}
}

static void on_gone(struct fcgi_request *r)
{
	struct site *s = fcgi_context(r);

	assert_ptr_equal(fcgi_data(r), s);
	s->gone++;
	for (int i = 0; i < s->parked_n; i++)
		if (s->parked[i] == r) {
			s->parked[i] = s->parked[--s->parked_n];
			/* Of no effect on who is gone. */
			assert_false(fcgi_write(r, STR("late")));
			fcgi_end(r);
			fcgi_drop(r);
			if (s->close_when_gone && s->server) {
				struct fcgi_server *server = s->server;

				s->server = NULL;
				fcgi_close(server);
			}
			return;
		}
	fail_msg("gone, but was not there");
}

static void on_drained(struct fcgi_request *r)
{
	assert_int_equal(fcgi_queued(r), 0);
	((struct site *)fcgi_context(r))->drained++;
}

static const struct fcgi_handler handler = { on_request, on_gone, on_drained };

static int open_site_of(unsigned connections_max, int64_t head_ms)
{
	const struct fcgi_limits limits = { head_ms, BODY_MAX, QUEUED_MAX, connections_max };

	memset(&site, 0, sizeof site);
	uv_loop_init(&site.loop);
	site.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	site.address.sun_family = AF_UNIX;
	/* Autobound: the kernel finds a free name, and none is left behind. */
	if (bind(site.listen_fd, (struct sockaddr *)&site.address, sizeof(sa_family_t)) ||
		listen(site.listen_fd, 1024))
		return -1;
	site.server = fcgi_listen(&site.loop, site.listen_fd, &handler, &site, limits);
	return site.server ? 0 : -1;
}

static int open_site(void **state)
{
	(void)state;
	return open_site_of(MANY + 50, HEAD_MS);
}

/* For tests of what is closed when its time is up. */
static int open_impatient_site(void **state)
{
	(void)state;
	return open_site_of(MANY + 50, SHORT_MS);
}

static int close_site(void **state)
{
	(void)state;
	if (site.server)
		fcgi_close(site.server);
	uv_run(&site.loop, UV_RUN_DEFAULT);
	close(site.listen_fd);
	return site.parked_n || uv_loop_close(&site.loop);
}

static int dial(void)
{
	struct sockaddr_un to;
	socklen_t n = sizeof to;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	getsockname(site.listen_fd, (struct sockaddr *)&to, &n);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, n), 0);
	return fd;
}

static void turn(void)
{
	uv_run(&site.loop, UV_RUN_NOWAIT);
}

/* Turns the loop until it is so; that it never becomes so is a failure. */
#define until(condition)                                                                           \
	for (int64_t since = clock_us(); !(condition);) {                                          \
		if (clock_us() - since > GIVE_UP_US)                                               \
			fail_msg("never: %s", #condition);                                         \
		turn();                                                                            \
	}

static void say(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

		assert_true(n > 0 || errno == EAGAIN);
		if (n > 0) {
			bytes.p += n;
			bytes.n -= (size_t)n;
		}
		turn();
	}
}

static void ask(int fd, unsigned id, int flags, const char *path, struct str body)
{
	struct buf b = BUF_INIT(1 << 20);

	wire_request(&b, id, flags, path, body);
	say(fd, buf_as_str(&b));
	buf_free(&b);
}

/* What a web server would have got: the bytes of STDOUT, and how it ended. */
struct answer {
	struct buf bytes, text;
	int ended, ending, error;
	bool closed;
};

static void answer_clear(struct answer *a)
{
	buf_free(&a->bytes);
	buf_free(&a->text);
	*a = (struct answer){ .bytes = BUF_INIT(1 << 26), .text = BUF_INIT(1 << 26), .ending = -1 };
}

static void take_records(struct answer *a)
{
	size_t at = 0;

	while (a->bytes.n - at >= RECORD_HEAD) {
		const unsigned char *head = (unsigned char *)a->bytes.p + at;
		size_t content = (size_t)(head[4] << 8 | head[5]);
		size_t all = RECORD_HEAD + content + head[6];

		if (a->bytes.n - at < all)
			break;
		assert_int_equal(head[0], 1);
		assert_int_equal(all % 8, 0);
		if (head[1] == RECORD_STDOUT) {
			buf_add(&a->text, head + RECORD_HEAD, content);
		} else if (head[1] == RECORD_END_REQUEST) {
			a->ended++;
			a->ending = head[RECORD_HEAD + 4];
		}
		at += all;
	}
	memmove(a->bytes.p, a->bytes.p + at, a->bytes.n - at);
	a->bytes.n -= at;
}

static void listen_to(int fd, struct answer *a)
{
	char bytes[65536];
	ssize_t n = recv(fd, bytes, sizeof bytes, 0);

	turn();
	if (n > 0) {
		buf_add(&a->bytes, bytes, (size_t)n);
		take_records(a);
	} else if (n == 0 || errno != EAGAIN) {
		a->closed = true;
		a->error = n < 0 ? errno : 0;
	}
}

#define until_heard(fd, answer, condition)                                                         \
	for (int64_t since = clock_us(); !(condition); listen_to(fd, answer))                      \
		if (clock_us() - since > GIVE_UP_US)                                               \
			fail_msg("never: %s", #condition);

static void answer_is(struct answer *a, const char *text)
{
	assert_int_equal(a->text.n, strlen(text));
	assert_memory_equal(a->text.p, text, a->text.n);
}

static struct answer new_answer(void)
{
	struct answer a = { .bytes = BUF_INIT(0), .text = BUF_INIT(0) };

	answer_clear(&a);
	return a;
}

static void answered_at_once(void **state)
{
	struct answer a = new_answer();
	int fd = dial();

	(void)state;
	ask(fd, 7, 0, "/now", STR(""));
	until_heard(fd, &a, a.closed);
	answer_is(&a, "Status: 200 OK\r\n\r\nnow");
	assert_int_equal(a.ended, 1);
	assert_int_equal(a.ending, ENDING_COMPLETE);
	assert_int_equal(site.gone, 0);
	assert_int_equal(fcgi_connections(site.server), 0);
	answer_clear(&a);
	close(fd);
}

static void answered_wherever_the_request_is_cut(void **state)
{
	struct buf b = BUF_INIT(65536);
	struct answer a = new_answer();

	(void)state;
	wire_request(&b, 1, 0, "/echo", STR("the body"));
	for (size_t at = 1; at < b.n; at++) {
		int fd = dial();

		say(fd, (struct str){ b.p, at });
		turn();
		say(fd, (struct str){ b.p + at, b.n - at });
		until_heard(fd, &a, a.closed);
		answer_is(&a, "\r\nthe body");
		assert_int_equal(a.ended, 1);
		answer_clear(&a);
		close(fd);
	}
	buf_free(&b);
}

static void a_kept_connection_serves_one_request_after_another(void **state)
{
	struct answer a = new_answer();
	struct buf b = BUF_INIT(65536);
	int fd = dial();

	(void)state;
	for (int i = 1; i <= 5; i++) {
		ask(fd, 1, KEEP, "/now", STR(""));
		until_heard(fd, &a, a.ended == i);
	}
	/* Two in one packet, and the last one says good-bye. */
	wire_request(&b, 2, KEEP, "/empty", STR(""));
	wire_request(&b, 2, 0, "/echo", STR("last"));
	say(fd, buf_as_str(&b));
	until_heard(fd, &a, a.closed);
	assert_int_equal(a.ended, 7);
	assert_int_equal(site.requests, 7);
	assert_non_null(memmem(a.text.p, a.text.n, "last", 4));
	answer_clear(&a);
	buf_free(&b);
	close(fd);
}

static void a_parked_request_is_answered_later(void **state)
{
	struct answer a = new_answer();
	int fd = dial();

	(void)state;
	ask(fd, 1, KEEP, "/park", STR("with a body"));
	until(site.parked_n == 1);
	for (int64_t end = clock_us() + 2000 * SHORT_MS; clock_us() < end;)
		turn();
	assert_int_equal(site.gone, 0); /* head_ms is for heads */
	fcgi_finish(site.parked[--site.parked_n], STR("late"));
	until_heard(fd, &a, a.ended);
	answer_is(&a, "late");
	until_heard(fd, &a, a.closed); /* idle, and that has an end */
	answer_clear(&a);
	close(fd);
}

static void a_stream_arrives_piece_by_piece(void **state)
{
	struct answer a = new_answer();
	int fd = dial();

	(void)state;
	ask(fd, 1, 0, "/park", STR(""));
	until(site.parked_n == 1);
	for (size_t n = 1; n <= 20; n++) {
		assert_true(fcgi_write(site.parked[0], (struct str){ "abcdefghijklmnopqrst", n }));
		until_heard(fd, &a, a.text.n == n * (n + 1) / 2);
	}
	assert_true(fcgi_write(site.parked[0], STR(""))); /* would be the end, as a record */
	assert_false(a.ended);
	fcgi_end(site.parked[--site.parked_n]);
	until_heard(fd, &a, a.closed);
	assert_int_equal(a.ended, 1);
	answer_clear(&a);
	close(fd);
}

static void large_answers_arrive_whole(void **state)
{
	static const size_t sizes[] = { 65527, 65528, 65529, 16 * 65528, 16 * 65528 + 1, 3000000 };
	char *large = must_alloc(3000000);

	(void)state;
	for (size_t i = 0; i < 3000000; i++)
		large[i] = (char)(i * i >> 7);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		struct answer a = new_answer();
		int fd = dial();

		ask(fd, 1, i % 2 ? KEEP : 0, "/park", STR(""));
		until(site.parked_n == 1);
		fcgi_finish(site.parked[--site.parked_n], (struct str){ large, sizes[i] });
		until_heard(fd, &a, a.ended);
		assert_int_equal(a.text.n, sizes[i]);
		assert_memory_equal(a.text.p, large, sizes[i]);
		answer_clear(&a);
		close(fd);
	}
	free(large);
	until(fcgi_connections(site.server) == 0);
	assert_int_equal(site.gone, 0);
}

static void who_does_not_read_is_noticed_and_can_be_dropped(void **state)
{
	struct answer a = new_answer();
	char bytes[10000] = { 0 };
	int fd = dial(), writes = 0;

	(void)state;
	ask(fd, 1, 0, "/park", STR(""));
	until(site.parked_n == 1);
	while (fcgi_write(site.parked[0], (struct str){ bytes, sizeof bytes }))
		assert_true(++writes < 1000);
	assert_in_range(fcgi_queued(site.parked[0]), QUEUED_MAX + 1, QUEUED_MAX + 2 * 10000);
	until_heard(fd, &a, site.drained == 1);
	until_heard(fd, &a, a.text.n == (size_t)writes * sizeof bytes);
	while (fcgi_write(site.parked[0], (struct str){ bytes, sizeof bytes }))
		;
	fcgi_drop(site.parked[--site.parked_n]);
	until_heard(fd, &a, a.closed);
	assert_int_equal(a.ended, 0);
	assert_int_equal(site.gone, 0);
	answer_clear(&a);
	close(fd);
}

static void who_never_reads_the_rest_of_an_answer_is_closed(void **state)
{
	char *large = must_alloc(2000000);
	int fd = dial();

	(void)state;
	ask(fd, 1, 0, "/park", STR(""));
	until(site.parked_n == 1);
	fcgi_finish(site.parked[--site.parked_n], (struct str){ large, 2000000 });
	assert_int_equal(fcgi_connections(site.server), 1);
	until(fcgi_connections(site.server) == 0);
	free(large);
	close(fd);
}

static void aborted_is_gone_once(void **state)
{
	struct answer a = new_answer();
	struct buf b = BUF_INIT(4096);
	int fd = dial(), other = dial();

	(void)state;
	wire_record(&b, RECORD_ABORT_REQUEST, 1, STR(""), 0);
	ask(fd, 1, KEEP, "/park", STR(""));
	ask(other, 1, 0, "/park", STR(""));
	until(site.parked_n == 2);
	say(fd, buf_as_str(&b));
	until_heard(fd, &a, a.ended == 1);
	assert_int_equal(site.gone, 1);
	ask(fd, 1, KEEP, "/now", STR(""));
	until_heard(fd, &a, a.ended == 2);
	answer_clear(&a);
	say(other, buf_as_str(&b));
	until_heard(other, &a, a.closed);
	assert_int_equal(a.ended, 1);
	assert_int_equal(site.gone, 2);
	answer_clear(&a);
	buf_free(&b);
	close(fd);
	close(other);
}

static void a_peer_may_leave_at_every_byte(void **state)
{
	struct buf b = BUF_INIT(65536);

	(void)state;
	wire_request(&b, 1, KEEP, "/park", STR("the body"));
	wire_record(&b, RECORD_ABORT_REQUEST, 1, STR(""), 5);
	for (size_t at = 0; at <= b.n; at++) {
		int fd = dial(), before = site.gone, served = site.requests;

		say(fd, (struct str){ b.p, at });
		if (at % 2)
			turn();
		close(fd);
		until(fcgi_connections(site.server) == 0);
		assert_int_equal(site.gone - before, site.requests - served);
		assert_int_equal(site.parked_n, 0);
	}
	buf_free(&b);
}

static void a_peer_that_leaves_while_it_is_written_to_is_gone(void **state)
{
	int fd = dial();

	(void)state;
	ask(fd, 1, 0, "/park", STR(""));
	until(site.parked_n == 1);
	close(fd);
	assert_false(fcgi_write(site.parked[0], STR("nobody hears")));
	assert_false(fcgi_write(site.parked[0], STR("nobody hears")));
	assert_int_equal(site.gone, 0); /* not from within the call */
	until(site.gone == 1);
	fd = dial();
	ask(fd, 1, KEEP, "/park", STR(""));
	until(site.parked_n == 1);
	close(fd);
	fcgi_finish(site.parked[--site.parked_n], STR("nobody hears"));
	until(fcgi_connections(site.server) == 0);
	assert_int_equal(site.gone, 1);
}

static void the_half_closed_are_gone_and_hear_so(void **state)
{
	struct answer a = new_answer();
	int fd = dial();

	(void)state;
	ask(fd, 1, 0, "/park", STR(""));
	until(site.parked_n == 1);
	shutdown(fd, SHUT_WR);
	until_heard(fd, &a, a.closed);
	assert_int_equal(site.gone, 1);
	assert_int_equal(a.ended, 1);
	assert_int_equal(a.text.n, 0);
	answer_clear(&a);
	close(fd);
}

static void the_silent_and_the_slow_are_closed(void **state)
{
	struct buf b = BUF_INIT(65536);
	struct answer a = new_answer();
	int silent = dial(), half = dial(), idle = dial();
	int64_t began = clock_us();

	(void)state;
	wire_request(&b, 1, KEEP, "/now", STR("the body"));
	say(idle, buf_as_str(&b));
	/* A byte now and then is not enough. */
	for (size_t at = 0; fcgi_connections(site.server) || !at; at++) {
		int64_t next = clock_us() + 20000;

		send(half, b.p + at, at < b.n - 1, MSG_NOSIGNAL);
		while (clock_us() < next)
			turn();
		assert_true(clock_us() - began < GIVE_UP_US);
	}
	assert_in_range((clock_us() - began) / 1000, SHORT_MS - 20, 20 * SHORT_MS);
	until_heard(idle, &a, a.closed);
	assert_int_equal(a.ended, 1);
	assert_int_equal(site.requests, 1);
	answer_clear(&a);
	buf_free(&b);
	close(silent);
	close(half);
	close(idle);
}

/* The web server is still sending when it is refused: it must be able to go on, and get its answer.
 */
static void what_is_too_large_is_refused_with_an_answer(void **state)
{
	char *large = must_alloc(1000000);

	(void)state;
	for (int keep = 0; keep <= 1; keep++) {
		struct answer a = new_answer();
		int fd = dial();
		struct buf b = BUF_INIT(2000000);

		wire_request(&b, 1, keep, "/echo", (struct str){ large, 1000000 });
		say(fd, buf_as_str(&b));
		until_heard(fd, &a, a.ended == 1);
		assert_non_null(memmem(a.text.p, a.text.n, "Status: 413 ", 12));
		assert_non_null(memmem(a.text.p, a.text.n, "\"code\":\"too_large\"", 18));
		if (keep) {
			ask(fd, 1, 0, "/now", STR(""));
			until_heard(fd, &a, a.ended == 2);
		}
		until_heard(fd, &a, a.closed);
		assert_int_equal(a.error, 0);
		answer_clear(&a);
		buf_free(&b);
		close(fd);
		until(fcgi_connections(site.server) == 0);
	}
	assert_int_equal(site.requests, 1);
	free(large);
}

static void who_lingers_is_closed(void **state)
{
	struct buf b = BUF_INIT(65536);
	int fd = dial();

	(void)state;
	wire_begin(&b, 1, 3, 0);
	say(fd, buf_as_str(&b));
	until(fcgi_connections(site.server) == 0);
	buf_free(&b);
	close(fd);
}

static void an_answer_survives_unread_input(void **state)
{
	struct answer a = new_answer();
	struct buf b = BUF_INIT(4096);
	int fd = dial();

	(void)state;
	ask(fd, 1, 0, "/park", STR(""));
	until(site.parked_n == 1);
	wire_record(&b, RECORD_ABORT_REQUEST, 1, STR(""), 0);
	assert_int_equal(send(fd, b.p, b.n, 0), b.n);
	fcgi_finish(site.parked[--site.parked_n], STR("first"));
	until_heard(fd, &a, a.closed);
	answer_is(&a, "first");
	assert_int_equal(a.ended, 1);
	assert_int_equal(site.gone, 0);
	answer_clear(&a);
	buf_free(&b);
	close(fd);
}

static void who_asks_and_never_listens_is_closed(void **state)
{
	struct buf b = BUF_INIT(1 << 20);
	int fd = dial();

	(void)state;
	ask(fd, 1, 0, "/park", STR(""));
	until(site.parked_n == 1);
	while (b.n < 100000)
		wire_record(&b, RECORD_GET_VALUES, 0, STR("\016\000FCGI_MAX_CONNS"), 0);
	for (int64_t began = clock_us(); site.gone == 0; turn()) {
		send(fd, b.p, b.n, MSG_NOSIGNAL);
		assert_true(clock_us() - began < GIVE_UP_US);
	}
	assert_int_equal(site.gone, 1);
	buf_free(&b);
	close(fd);
}

static void garbage_closes_and_harms_nobody_else(void **state)
{
	struct answer a = new_answer();
	uint32_t seed = 1;
	int parked = dial();

	(void)state;
	ask(parked, 1, 0, "/park", STR(""));
	until(site.parked_n == 1);
	for (int i = 0; i < 300; i++) {
		struct buf b = BUF_INIT(65536);
		int fd = dial();

		/* A valid request with one byte changed. */
		wire_request(&b, 1, KEEP, "/now", STR("the body"));
		seed = seed * 1664525 + 1013904223;
		b.p[(seed >> 8) % b.n] = (char)(seed >> 24);
		send(fd, b.p, b.n, MSG_NOSIGNAL);
		for (int k = 0; k < 4; k++)
			turn();
		buf_free(&b);
		close(fd);
		until(fcgi_connections(site.server) == 1);
	}
	assert_int_equal(site.parked_n, 1);
	fcgi_finish(site.parked[--site.parked_n], STR("still here"));
	until_heard(parked, &a, a.closed);
	answer_is(&a, "still here");
	answer_clear(&a);
	close(parked);
}

static void many_wait_and_are_answered_at_once(void **state)
{
	static int fds[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		fds[i] = dial();
		ask(fds[i], 1, 0, "/park", STR(""));
	}
	until(site.parked_n == MANY);
	assert_int_equal(fcgi_connections(site.server), MANY);
	for (int i = 0; i < MANY; i += 5) {
		close(fds[i]);
		fds[i] = -1;
	}
	until(site.gone == MANY / 5);
	while (site.parked_n)
		fcgi_finish(site.parked[--site.parked_n], STR("all"));
	for (int i = 0; i < MANY; i++) {
		struct answer a = new_answer();

		if (fds[i] < 0)
			continue;
		until_heard(fds[i], &a, a.closed);
		answer_is(&a, "all");
		answer_clear(&a);
		close(fds[i]);
	}
	assert_int_equal(fcgi_connections(site.server), 0);
}

static void no_more_than_the_maximum_are_taken(void **state)
{
	int fds[6];

	(void)state;
	close_site(NULL);
	assert_int_equal(open_site_of(4, HEAD_MS), 0);
	for (int i = 0; i < 6; i++) {
		fds[i] = dial();
		ask(fds[i], 1, 0, "/park", STR(""));
	}
	until(site.parked_n == 4);
	for (int i = 0; i < 20; i++)
		turn();
	assert_int_equal(site.parked_n, 4);
	fcgi_end(site.parked[--site.parked_n]);
	until(site.parked_n == 4);
	assert_int_equal(site.requests, 5);
	close(fds[1]);
	until(site.requests == 6);
	for (int i = 0; i < 6; i++)
		if (i != 1)
			close(fds[i]);
	until(fcgi_connections(site.server) == 0);
}

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void without_descriptors_it_rests_and_goes_on(void **state)
{
	struct rlimit before, few;
	struct answer a = new_answer();
	int fd = dial(), spare = dup(fd);
	double cpu;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &before);
	few = (struct rlimit){ (rlim_t)spare, before.rlim_max };
	close(spare);
	setrlimit(RLIMIT_NOFILE, &few);
	cpu = cpu_s();
	for (int64_t end = clock_us() + 500000; clock_us() < end;)
		uv_run(&site.loop, UV_RUN_ONCE);
	assert_true(cpu_s() - cpu < 0.1);
	assert_int_equal(fcgi_connections(site.server), 0);
	setrlimit(RLIMIT_NOFILE, &before);
	ask(fd, 1, 0, "/now", STR(""));
	until_heard(fd, &a, a.closed);
	answer_is(&a, "Status: 200 OK\r\n\r\nnow");
	answer_clear(&a);
	close(fd);
}

static void stopping_lets_who_waits_be_answered(void **state)
{
	struct answer a = new_answer();
	int parked = dial(), kept = dial(), late;

	(void)state;
	ask(parked, 1, KEEP, "/park", STR(""));
	ask(kept, 1, KEEP, "/now", STR(""));
	until_heard(kept, &a, a.ended == 1);
	until(site.parked_n == 1);
	fcgi_stop_accepting(site.server);
	until_heard(kept, &a, a.closed);
	answer_clear(&a);
	late = dial();
	ask(late, 1, 0, "/now", STR(""));
	for (int i = 0; i < 50; i++)
		turn();
	assert_int_equal(site.requests, 2);
	fcgi_finish(site.parked[--site.parked_n], STR("good-bye"));
	until_heard(parked, &a, a.closed);
	answer_is(&a, "good-bye");
	assert_int_equal(fcgi_connections(site.server), 0);
	answer_clear(&a);
	close(parked);
	close(kept);
	close(late);
}

static void closing_tells_who_waits(void **state)
{
	int fds[20];

	(void)state;
	/* From within a callback, with others waiting in the same batch. */
	for (int i = 0; i < 20; i++) {
		struct buf b = BUF_INIT(4096);

		fds[i] = dial();
		if (i < 10)
			ask(fds[i], 1, 0, "/park", STR(""));
		wire_request(&b, 1, 0, i == 15 ? "/close" : "/park", STR(""));
		if (i >= 10)
			assert_int_equal(send(fds[i], b.p, b.n, 0), b.n);
		buf_free(&b);
	}
	until(!site.server);
	assert_int_equal(site.gone, site.requests);
	assert_in_range(site.gone, 11, 20);
	for (int i = 0; i < 20; i++)
		close(fds[i]);
}

static void closing_from_gone_tells_each_once(void **state)
{
	int fds[10];

	(void)state;
	for (int i = 0; i < 10; i++) {
		fds[i] = dial();
		ask(fds[i], 1, 0, "/park", STR(""));
	}
	until(site.parked_n == 10);
	site.close_when_gone = true;
	close(fds[3]);
	until(site.gone == 10);
	assert_null(site.server);
	for (int i = 0; i < 10; i++)
		if (i != 3)
			close(fds[i]);
}

static void a_request_can_be_dropped_at_once(void **state)
{
	struct answer a = new_answer();
	int fd = dial();

	(void)state;
	ask(fd, 1, KEEP, "/drop", STR(""));
	until_heard(fd, &a, a.closed);
	assert_int_equal(a.ended, 0);
	assert_int_equal(site.gone, 0);
	answer_clear(&a);
	close(fd);
}

int main(void)
{
#define ON_A_SITE(test) cmocka_unit_test_setup_teardown(test, open_site, close_site)
#define IMPATIENT(test) cmocka_unit_test_setup_teardown(test, open_impatient_site, close_site)
	const struct CMUnitTest tests[] = {
		ON_A_SITE(answered_at_once),
		ON_A_SITE(answered_wherever_the_request_is_cut),
		ON_A_SITE(a_kept_connection_serves_one_request_after_another),
		IMPATIENT(a_parked_request_is_answered_later),
		ON_A_SITE(a_stream_arrives_piece_by_piece),
		ON_A_SITE(large_answers_arrive_whole),
		ON_A_SITE(who_does_not_read_is_noticed_and_can_be_dropped),
		IMPATIENT(who_never_reads_the_rest_of_an_answer_is_closed),
		ON_A_SITE(aborted_is_gone_once),
		ON_A_SITE(a_peer_may_leave_at_every_byte),
		ON_A_SITE(a_peer_that_leaves_while_it_is_written_to_is_gone),
		ON_A_SITE(the_half_closed_are_gone_and_hear_so),
		IMPATIENT(the_silent_and_the_slow_are_closed),
		ON_A_SITE(what_is_too_large_is_refused_with_an_answer),
		IMPATIENT(who_lingers_is_closed),
		ON_A_SITE(an_answer_survives_unread_input),
		ON_A_SITE(who_asks_and_never_listens_is_closed),
		ON_A_SITE(garbage_closes_and_harms_nobody_else),
		ON_A_SITE(many_wait_and_are_answered_at_once),
		ON_A_SITE(no_more_than_the_maximum_are_taken),
		IMPATIENT(without_descriptors_it_rests_and_goes_on),
		ON_A_SITE(stopping_lets_who_waits_be_answered),
		ON_A_SITE(closing_tells_who_waits),
		ON_A_SITE(closing_from_gone_tells_each_once),
		ON_A_SITE(a_request_can_be_dropped_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
