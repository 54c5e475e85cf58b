/* The server that the protocol suites of Engine.IO 4 and Socket.IO 5 are written for, built of the
 * same files as the bridge: `echo engine` answers at /engine.io/, `echo socket` at /socket.io/.
 * Arguments behind that: a port, how often the heart beats and how long it is waited for, in ms.
 * Prints its port. Ends with its standard input. */
#include "core/random.h"
#include "live/socketio.h"
#include "live/wheel.h"
#include "live/wire.h"

#include <arpa/inet.h>
#include <json.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAYLOAD = 1000000, INTERVAL_MS = 300, TIMEOUT_MS = 200, CONNECT_MS = 1500 };

static bool engine_alone;

/* --- Engine.IO: says what it hears --- */

static void opened(struct engine *e, const struct wire *w, const struct http_head *h)
{
	(void)e;
	(void)w;
	(void)h;
}

static void heard(struct engine *e, struct str bytes, bool binary)
{
	engine_send(e, bytes, binary);
}

static void nothing(struct engine *e)
{
	(void)e;
}

static const struct engine_app engine_app = { opened, heard, nothing, nothing };

/* --- Socket.IO: `auth` at first, then `message` comes back, or is acknowledged --- */

/* Said a moment after the answer to CONNECT: the suite waits for one message after the other, and
 * its client loses what comes in the same packet. */
struct greeting {
	struct wound wound;
	struct sio_socket *socket;
	struct buf text;
};

static bool has(struct str namespace)
{
	return str_is(namespace, "/") || str_is(namespace, "/custom");
}

static void greet(struct wound *w)
{
	struct greeting *g = (struct greeting *)(void *)w;

	if (g->text.n)
		sio_emit(g->socket, buf_as_str(&g->text), NULL, 0);
	buf_free(&g->text);
}

static void join(struct sio_socket *s, struct json_object *auth, struct str auth_json)
{
	struct greeting *g = must_alloc(sizeof *g);
	struct buf text = BUF_INIT(256);
	struct arena a;

	(void)auth;
	arena_init(&a);
	buf_printf(&text, "{\"sid\":\"%s\"}", random_text(&a, 15).p);
	sio_accept(s, buf_as_str(&text));
	g->socket = s;
	g->text = (struct buf)BUF_INIT(PAYLOAD);
	buf_printf(&g->text, "[\"auth\",%.*s]", STR_ARG(auth_json.p ? auth_json : STR("{}")));
	sio_set_data(s, g);
	wheel_wind(&g->wound, 1, greet);
	buf_free(&text);
	arena_free(&a);
}

static void event(struct sio_socket *s, const struct packet *p, const struct str *attachments)
{
	const char *name =
		p->unfit ? "" : json_object_get_string(json_object_array_get_idx(p->tree, 0));
	bool acked = strcmp(name, "message-with-ack") == 0 && p->id >= 0;
	struct buf text = BUF_INIT(PAYLOAD + 100);
	size_t n = p->unfit ? 0 : json_object_array_length(p->tree);

	buf_z(&text, acked ? "[" : "[\"message-back\"");
	for (size_t i = 1; i < n; i++) {
		if (!acked || i > 1)
			buf_byte(&text, ',');
		buf_z(&text, json_object_to_json_string_ext(json_object_array_get_idx(p->tree, i),
				     JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
	}
	buf_byte(&text, ']');
	if (acked)
		sio_ack(s, p->id, buf_as_str(&text), attachments, p->attachments);
	else
		sio_emit(s, buf_as_str(&text), attachments, p->attachments);
	buf_free(&text);
}

static void gone(struct sio_socket *s)
{
	struct greeting *g = sio_data(s);

	wheel_unwind(&g->wound);
	buf_free(&g->text);
	free(g);
}

static const struct sio_app sio_app = { has, join, event, NULL, gone, NULL, NULL };

/* --- the server --- */

static void request(struct wire *w, const struct http_head *h, struct str body)
{
	if (str_is(h->path, engine_alone ? "/engine.io/" : "/socket.io/"))
		engine_request(w, h, body, (struct str){ NULL, 0 });
	else
		wire_answer(w, 404, STR(""), STR(""));
}

static int listen_somewhere(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	socklen_t n = sizeof at;
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&at, n) || listen(fd, 64) ||
		getsockname(fd, (struct sockaddr *)&at, &n)) {
		perror("listen");
		exit(1);
	}
	printf("%d\n", ntohs(at.sin_port));
	fflush(stdout);
	return fd;
}

static void input_ended(uv_poll_t *input, int status, int events)
{
	char c;

	(void)status;
	(void)events;
	if (read(0, &c, 1) > 0)
		return;
	uv_close((uv_handle_t *)input, NULL);
	wires_close(input->data);
	sio_stop();
	wheel_stop();
}

/* Pages of this server's own are all that ask. */
static struct str no_origin(const struct http_head *h)
{
	(void)h;
	return (struct str){ NULL, 0 };
}

static long number(int argc, char **argv, int i, long standard)
{
	return argc > i ? strtol(argv[i], NULL, 10) : standard;
}

int main(int argc, char **argv)
{
	struct wire_limits limits = { 1000, 20000, PAYLOAD };
	struct engine_settings settings = { &engine_app, number(argc, argv, 3, INTERVAL_MS),
		number(argc, argv, 4, TIMEOUT_MS), PAYLOAD, 1000 };
	uv_loop_t loop;
	uv_poll_t input;
	int fd = listen_somewhere((int)number(argc, argv, 2, 0));

	engine_alone = argc > 1 && strcmp(argv[1], "engine") == 0;
	uv_loop_init(&loop);
	wheel_start(&loop);
	if (engine_alone)
		engine_start(&settings);
	else
		sio_start(&sio_app, &settings, CONNECT_MS);
	uv_poll_init(&loop, &input, 0);
	input.data = wires_listen(&loop, fd, limits, no_origin, request);
	uv_poll_start(&input, UV_READABLE, input_ended);
	uv_run(&loop, UV_RUN_DEFAULT);
	uv_loop_close(&loop);
	close(fd);
	return 0;
}
