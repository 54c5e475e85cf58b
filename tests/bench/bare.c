/* bare - the least that a FastCGI program can do for thousands who wait: on our own non-blocking
 * records (lib/live/fcgi.c), without database, log, people or rights. What it reaches behind a web
 * server is the measure for `poll` there.
 *
 * Descriptor 0 is the listening socket. POST says something; GET ?cursor=N waits for what comes
 * behind N, without a cursor it is told where it stands, and GET …/stream follows as an event
 * stream. */
#include "core/arena.h"
#include "core/buf.h"
#include "live/fcgi.h"

#include <stdio.h>
#include <stdlib.h>

enum { MANY = 20000, LISTENING = 0 };

static struct {
	struct fcgi_request *waiting[MANY];
	int n;
	long said;
	struct buf last; /* the whole answer that tells of the last thing said, and as an event */
	struct buf event;
} site = { .last = BUF_INIT(65536), .event = BUF_INIT(65536) };

static const char *param(const struct fcgi_request *r, const char *name)
{
	size_t n = strlen(name);

	for (char **p = fcgi_params(r); *p; p++)
		if (strncmp(*p, name, n) == 0 && (*p)[n] == '=')
			return *p + n + 1;
	return "";
}

static void answer(struct buf *to, struct str what)
{
	buf_clear(to);
	buf_printf(to,
		"Status: 200 OK\r\nContent-Type: application/json\r\n\r\n"
		"{\"cursor\":\"%ld\",\"events\":[%.*s]}",
		site.said, STR_ARG(what));
}

static void park(struct fcgi_request *r, bool stream)
{
	fcgi_release_input(r);
	fcgi_set_data(r, stream ? &site : NULL);
	if (stream)
		fcgi_write(
			r, STR("Status: 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: \n\n"));
	site.waiting[site.n++] = r;
}

static void say(struct fcgi_request *r)
{
	int left = 0;

	site.said++;
	answer(&site.last, fcgi_body(r));
	buf_clear(&site.event);
	buf_printf(&site.event, "id: %ld\ndata: %.*s\n\n", site.said, STR_ARG(fcgi_body(r)));
	fcgi_finish(r, buf_as_str(&site.last));
	for (int i = 0; i < site.n; i++) {
		if (fcgi_data(site.waiting[i])) {
			fcgi_write(site.waiting[i], buf_as_str(&site.event));
			site.waiting[left++] = site.waiting[i];
		} else {
			fcgi_finish(site.waiting[i], buf_as_str(&site.last));
		}
	}
	site.n = left;
}

static void ask(struct fcgi_request *r)
{
	const char *cursor = strstr(param(r, "QUERY_STRING"), "cursor=");
	struct buf none = BUF_INIT(256);

	if (strcmp(param(r, "REQUEST_METHOD"), "POST") == 0) {
		say(r);
	} else if (strstr(param(r, "SCRIPT_NAME"), "stream") ||
		   strstr(param(r, "PATH_INFO"), "stream")) {
		park(r, true);
	} else if (!cursor) {
		answer(&none, STR(""));
		fcgi_finish(r, buf_as_str(&none));
	} else if (atol(cursor + 7) < site.said) {
		fcgi_finish(r, buf_as_str(&site.last));
	} else {
		park(r, false);
	}
	buf_free(&none);
}

static void gone(struct fcgi_request *r)
{
	for (int i = 0; i < site.n; i++)
		if (site.waiting[i] == r)
			site.waiting[i] = site.waiting[--site.n];
}

int main(void)
{
	static const struct fcgi_handler handler = { ask, gone, NULL };
	const struct fcgi_limits limits = { 30000, 65536, 262144, MANY };
	uv_loop_t loop;

	uv_loop_init(&loop);
	if (!fcgi_listen(&loop, LISTENING, &handler, &site, limits)) {
		perror("bare");
		return 1;
	}
	return uv_run(&loop, UV_RUN_DEFAULT);
}
