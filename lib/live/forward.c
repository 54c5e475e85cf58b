/* A command that cannot go wrong on its way is done here: what `messages` would do for it stands in
 * live/posting.h. For all others there is a connection to the program that owns it. */
#include "live/forward.h"

#include "live/live.h"
#include "live/outbox.h"
#include "live/posting.h"
#include "live/record.h"
#include "live/visit.h"
#include "live/wheel.h"
#include "web/limit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	REQUEST = 1, /* there is one on a connection */
	ANSWER_BYTES_MAX = 16 << 20,
	ASKED_BYTES_MAX = 1 << 20,
	CHUNK = 65528,
	READ_BYTES = 65536,
	SPAN_MS = 90000,
	FIRST_RETRY_MS = 100,
	RETRIES = 5,
};

struct forward {
	uv_poll_t poll;
	struct wound wound; /* the end of patience, or the next try */
	struct sockaddr_un to;
	struct buf asked, answer;
	struct outbox *out;
	forward_done *done;
	void *context;
	int fd, tries;
	unsigned char head[RECORD_HEAD]; /* of a record while it comes in */
	uint8_t have;
	size_t content, padding; /* what of it is missing */
	bool watched, ended;
};

/* One process, one of these. */
static struct {
	struct live *live;
	struct host host; /* as `messages` sees it */
	struct visits *posts;
	unsigned n; /* commands on their way */
} self;

static const struct route posting[] = { POSTING, { 0 } };
static const struct program messages = { .name = "messages", .routes = posting };

static const char unavailable[] =
	"{\"type\":\"about:blank\",\"title\":\"Not available\",\"status\":503,\"detail\":\"This "
	"part of the site does not answer at the moment. Try again soon.\",\"code\":"
	"\"unavailable\"}";

static const char not_json[] =
	"{\"type\":\"about:blank\",\"title\":\"Not JSON\",\"status\":415,\"detail\":\"This is no "
	"JSON, so it has no place in a frame: it is had over HTTP.\",\"code\":\"not_json\"}";

/* --- what is asked --- */

static void put_length(struct buf *to, size_t n)
{
	if (n < 128) {
		buf_byte(to, (char)n);
		return;
	}
	buf_byte(to, (char)(0x80 | n >> 24));
	buf_byte(to, (char)(n >> 16));
	buf_byte(to, (char)(n >> 8));
	buf_byte(to, (char)n);
}

static void put_param(struct buf *to, struct str param)
{
	struct str value = param, name = str_cut(&value, '=');

	put_length(to, name.n);
	put_length(to, value.n);
	buf_str(to, name);
	buf_str(to, value);
}

static void put_stream(struct buf *to, enum record_type type, struct str bytes)
{
	unsigned char head[RECORD_HEAD];

	while (bytes.n) {
		size_t n = bytes.n < CHUNK ? bytes.n : CHUNK;

		record_head(head, type, REQUEST, n, 0);
		buf_add(to, head, sizeof head);
		buf_add(to, bytes.p, n);
		bytes = (struct str){ bytes.p + n, bytes.n - n };
	}
	record_head(head, type, REQUEST, 0, 0);
	buf_add(to, head, sizeof head);
}

static void put_request(struct buf *to, const struct question *q)
{
	static const unsigned char responder[8] = { 0, 1 };
	unsigned char head[RECORD_HEAD];
	struct buf params = BUF_INIT(ASKED_BYTES_MAX);
	struct arena a;

	arena_init(&a);
	record_head(head, RECORD_BEGIN_REQUEST, REQUEST, sizeof responder, 0);
	buf_add(to, head, sizeof head);
	buf_add(to, responder, sizeof responder);
	for (char **p = question_params(&a, q); *p; p++)
		put_param(&params, str_of(*p));
	put_stream(to, RECORD_PARAMS_STREAM, buf_as_str(&params));
	put_stream(to, RECORD_STDIN, q->body.p ? q->body : STR(""));
	buf_free(&params);
	arena_free(&a);
}

/* --- the end --- */

static void on_closed(uv_handle_t *h)
{
	struct forward *f = h->data;

	close(f->fd);
	free(f);
	self.n--;
}

static void conclude(struct forward *f, int status, struct str body)
{
	wheel_unwind(&f->wound);
	if (f->done)
		f->done(f->context, status, body);
	f->done = NULL;
	buf_free(&f->asked);
	buf_free(&f->answer);
	outbox_free(&f->out);
	if (f->watched) {
		uv_close((uv_handle_t *)&f->poll, on_closed);
		return;
	}
	free(f);
	self.n--;
}

static void fail(struct forward *f)
{
	conclude(f, 503, str_of(unavailable));
}

static bool is_json(struct str type)
{
	return str_starts_nocase(type, "application/json") ||
	       str_starts_nocase(type, "application/problem+json");
}

/* "Status: 201\r\n…\r\n\r\n{…}". What says its type says JSON, or cannot be passed on. */
static void complete(struct forward *f, struct str answer)
{
	static const char content_type[] = "content-type: ";
	struct str rest = answer, line = str_cut(&rest, '\n');
	int64_t status = 200;
	bool fits = true;

	if (str_starts_nocase(line, "status: ")) {
		struct str number = { line.p + 8, line.n - 8 };

		number = str_cut(&number, '\r');
		str_int(str_cut(&number, ' '), &status);
	}
	while (rest.p && line.n > 1) {
		line = str_cut(&rest, '\n');
		if (str_starts_nocase(line, content_type))
			fits = is_json((struct str){ line.p + sizeof content_type - 1,
				line.n - (sizeof content_type - 1) });
	}
	if (!fits)
		conclude(f, 415, str_of(not_json));
	else if (f->answer.over || !rest.p)
		fail(f);
	else
		conclude(f, (int)status, rest);
}

/* --- what comes back --- */

/* true: the answer is complete. */
static bool take(struct forward *f, struct str in)
{
	while (in.n) {
		size_t n = RECORD_HEAD - f->have;

		if (f->have < RECORD_HEAD) {
			n = n < in.n ? n : in.n;
			memcpy(f->head + f->have, in.p, n);
			f->have += (uint8_t)n;
			f->content = (size_t)f->head[4] << 8 | f->head[5];
			f->padding = f->head[6];
			if (f->have == RECORD_HEAD && f->head[1] == RECORD_END_REQUEST)
				return true;
		} else if (f->content) {
			n = f->content < in.n ? f->content : in.n;
			if (f->head[1] == RECORD_STDOUT)
				buf_add(&f->answer, in.p, n);
			f->content -= n;
		} else {
			n = f->padding < in.n ? f->padding : in.n;
			f->padding -= n;
		}
		in = (struct str){ in.p + n, in.n - n };
		if (f->have == RECORD_HEAD && !f->content && !f->padding)
			f->have = 0;
	}
	return false;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
	static char bytes[READ_BYTES];
	struct forward *f = poll->data;
	ssize_t n;

	if (status < 0 || !outbox_flush(&f->out, f->fd)) {
		fail(f);
		return;
	}
	if (!f->out && events & UV_WRITABLE)
		uv_poll_start(poll, UV_READABLE, on_ready);
	n = recv(f->fd, bytes, sizeof bytes, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	if (n <= 0)
		fail(f);
	else if (take(f, (struct str){ bytes, (size_t)n }))
		complete(f, buf_as_str(&f->answer));
}

/* --- connecting --- */

static void out_of_patience(struct wound *w)
{
	fail((struct forward *)(void *)((char *)w - offsetof(struct forward, wound)));
}

static bool connect_to(struct forward *f)
{
	struct iovec part = { f->asked.p, f->asked.n };

	f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (f->fd < 0 || connect(f->fd, (struct sockaddr *)&f->to, sizeof f->to)) {
		if (f->fd >= 0)
			close(f->fd);
		return false;
	}
	wheel_wind(&f->wound, SPAN_MS, out_of_patience);
	uv_poll_init(live_loop(self.live), &f->poll, f->fd);
	f->poll.data = f;
	f->watched = true;
	if (!outbox_send(&f->out, f->fd, &part, 1))
		outbox_free(&f->out); /* the poll will see the end of it */
	buf_free(&f->asked);
	uv_poll_start(&f->poll, UV_READABLE | (f->out ? UV_WRITABLE : 0), on_ready);
	return true;
}

/* A program that is just being started again is there in a moment. Nothing was sent yet. */
static void try_again(struct wound *w)
{
	struct forward *f = (struct forward *)(void *)((char *)w - offsetof(struct forward, wound));

	if (connect_to(f))
		return;
	if (++f->tries < RETRIES)
		wheel_wind(&f->wound, FIRST_RETRY_MS << f->tries, try_again);
	else
		fail(f);
}

/* Segments that are no program's go to health, which answers 404 as every program does; and so do
 * those whose requests wait, or are this one's own. */
static const char *program_of(struct str path)
{
	struct str rest = path, first;

	str_cut(&rest, '/');
	first = str_cut(&rest, '/');
	first = str_cut(&first, '?');
	for (int i = 0; conf_programs[i]; i++)
		if (str_is(first, conf_programs[i]) && !str_is(first, "poll") &&
			!str_is(first, "bridge") && !str_is(first, "pusher"))
			return conf_programs[i];
	return "health";
}

static void ask(struct forward *f, const struct question *q)
{
	int n;

	f->asked = (struct buf)BUF_INIT(2 * ASKED_BYTES_MAX);
	f->to.sun_family = AF_UNIX;
	n = snprintf(f->to.sun_path, sizeof f->to.sun_path, "%s/%s.sock",
		live_host(self.live)->conf.run_dir, program_of(q->path));
	if (n >= (int)sizeof f->to.sun_path)
		f->to.sun_path[0] = 0; /* nobody listens there */
	put_request(&f->asked, q);
	if (!connect_to(f))
		wheel_wind(&f->wound, FIRST_RETRY_MS, try_again);
}

/* --- posts --- */

static bool is_post(const struct question *q)
{
	struct str rest = q->path;

	if (!str_is(q->method, "POST") || !str_starts(rest, "/messages/"))
		return false;
	str_cut(&rest, '/');
	str_cut(&rest, '/');
	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i] < '0' || rest.p[i] > '9')
			return false;
	return rest.n > 0;
}

static void is_posted(void *forward, struct str answer)
{
	complete(forward, answer);
}

static void post(struct forward *f, const struct question *q)
{
	struct arena a;

	arena_init(&a);
	visit_begin(
		self.posts, question_params(&a, q), q->body.p ? q->body : STR(""), is_posted, f);
	arena_free(&a);
}

struct forward *forward(const struct question *q, forward_done *done, void *context)
{
	struct forward *f = must_alloc(sizeof *f);

	self.n++;
	f->done = done;
	f->context = context;
	f->answer = (struct buf)BUF_INIT(ANSWER_BYTES_MAX);
	if (is_post(q))
		post(f, q);
	else
		ask(f, q);
	return f;
}

void forward_forget(struct forward *f)
{
	f->done = NULL;
}

unsigned forward_count(void)
{
	return self.n;
}

void forward_open(struct live *l)
{
	self.live = l;
	self.host = *live_host(l);
	self.host.program = &messages;
	self.host.metrics = limit_counters(&self.host);
	self.posts = visits_new(live_loop(l), &self.host, live_threads(l));
}

void forward_close(void)
{
	visits_free(self.posts);
}

void forward_end(void)
{
	free(self.host.metrics);
}
