/* loadgen - load for chat servers, and what they make of it. Options, and the clients.
 *
 * There are --rooms rooms; each has --senders senders and --members receivers. Users are numbered
 * from --user-base + 1, room after room, senders first; line n of the file of --tokens is the
 * bearer token of user n. Prints one line of JSON; other_cpu_s in it is what the rest of the
 * machine used meanwhile: the noise.
 *
 * One thread: beyond some 150,000 deliveries a second (lg_cpu_s near win_s) it measures itself. No
 * TLS. A chunk of an event stream that ends inside a message loses it, which is shown as lost. */
#include "loadgen.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_TEXT = 256, MESSAGE_MIN = 35, MESSAGE_MAX = 4000 };

struct options options = {
	.port = 8080,
	.host = "localhost",
	.post_type = "application/json",
	.cursor_key = "cursor",
	.cursor_first = "0",
	.ws_path = "/ws",
	.sio_path = "/socket.io/",
	.label = "",
	.send_name = "rest",
	.seconds = 10,
	.warm_s = 2,
	.rooms = 1,
	.senders = 1,
	.ramp = 64,
	.count = 20,
	.gap_ms = 500,
	.rate = 100,
	.message_n = 80,
	.settle_ms = 1500,
};

static int user_base;
static const char *token_file, *servers = "";

static const struct {
	const char *name;
	int *at;
	const char *meaning;
} numbers[] = {
	{ "port", &options.port, "of the server, on 127.0.0.1" },
	{ "rooms", &options.rooms, "" },
	{ "senders", &options.senders, "of each room" },
	{ "members", &options.members, "of each room, who receive" },
	{ "user-base", &user_base, "users are numbered from the next" },
	{ "room-base", &options.room_base, "and rooms" },
	{ "read-rooms", &options.read_rooms, "read: each time one of so many" },
	{ "count", &options.count, "fanout: messages" },
	{ "gap", &options.gap_ms, "fanout: ms between them" },
	{ "rate", &options.rate, "latency: messages a second in all rooms" },
	{ "ramp", &options.ramp, "how many connect at once" },
	{ "settle", &options.settle_ms, "ms of rest once all are connected" },
	{ "length", &options.message_n, "of a message in bytes" },
};

static const struct {
	const char *name;
	double *at;
	const char *meaning;
} spans[] = {
	{ "time", &options.seconds, "seconds that are counted" },
	{ "warm", &options.warm_s, "seconds before them" },
};

static const struct {
	const char *name, **at, *meaning;
} texts[] = {
	{ "send", &options.send_name, "adapter of the senders" },
	{ "receive", &options.receive_name, "adapter of the receivers" },
	{ "tokens", &token_file, "file with a bearer token a line" },
	{ "pids", &servers, "name:pid,… of the servers" },
	{ "label", &options.label, "for the line that is printed" },
	{ "out", &options.out_file, "file that the line is added to" },
	{ "host", &options.host, "header Host" },
	{ "post-path", &options.post_path, "rest: to send; a template, as all paths and bodies" },
	{ "post-body", &options.post_body, "" },
	{ "post-type", &options.post_type, "" },
	{ "read-path", &options.read_path, "rest: to read" },
	{ "poll-path", &options.poll_path, "restpoll, sse: to receive" },
	{ "init-path", &options.init_path, "restpoll: has the first cursor" },
	{ "cursor-key", &options.cursor_key, "restpoll: member with the next cursor, or nchan" },
	{ "cursor-first", &options.cursor_first, "" },
	{ "ws-path", &options.ws_path, "ws" },
	{ "ws-protocol", &options.ws_protocol, "ws: subprotocol" },
	{ "ws-hello", &options.ws_hello, "ws: first frame" },
	{ "ws-ready", &options.ws_ready, "ws: part of the frame that says ready" },
	{ "ws-send", &options.ws_send, "ws: frame that sends; without it as rest" },
	{ "ws-ack", &options.ws_ack, "ws: part of the frame that acknowledges" },
	{ "sio-path", &options.sio_path, "sio-ws, sio-poll" },
	{ "sio-join", &options.sio_join, "event that joins a room" },
	{ "sio-message", &options.sio_message, "event that sends" },
};

enum {
	NUMBERS = sizeof numbers / sizeof *numbers,
	SPANS = sizeof spans / sizeof *spans,
	TEXTS = sizeof texts / sizeof *texts,
	ALL = NUMBERS + SPANS + TEXTS,
};

static const struct adapter *const adapters[] = { &ad_rest, &ad_restpoll, &ad_ws, &ad_sse,
	&ad_sio_ws, &ad_sio_poll };

static void usage(void)
{
	fprintf(stderr, "usage: loadgen post|read|fanout|latency|idle [--option value]…\n");
	for (size_t i = 0; i < NUMBERS; i++)
		fprintf(stderr, "  --%-14s %-6d %s\n", numbers[i].name, *numbers[i].at,
			numbers[i].meaning);
	for (size_t i = 0; i < SPANS; i++)
		fprintf(stderr, "  --%-14s %-6g %s\n", spans[i].name, *spans[i].at,
			spans[i].meaning);
	for (size_t i = 0; i < TEXTS; i++)
		fprintf(stderr, "  --%-14s %s\n", texts[i].name, texts[i].meaning);
	fprintf(stderr, "adapters:");
	for (size_t i = 0; i < sizeof adapters / sizeof *adapters; i++)
		fprintf(stderr, " %s", adapters[i]->name);
	fprintf(stderr, "\n");
	exit(1);
}

static void read_options(int argc, char **argv)
{
	struct option all[ALL + 1] = { { 0 } };
	int got;

	for (int i = 0; i < ALL; i++)
		all[i] = (struct option){ i < NUMBERS           ? numbers[i].name
					  : i < NUMBERS + SPANS ? spans[i - NUMBERS].name
								: texts[i - NUMBERS - SPANS].name,
			required_argument, NULL, FIRST_TEXT + i };
	optind = 2;
	while ((got = getopt_long(argc, argv, "", all, NULL)) != -1) {
		int i = got - FIRST_TEXT;

		if (i < 0)
			usage();
		else if (i < NUMBERS)
			*numbers[i].at = (int)strtol(optarg, NULL, 10);
		else if (i < NUMBERS + SPANS)
			*spans[i - NUMBERS].at = strtod(optarg, NULL);
		else
			*texts[i - NUMBERS - SPANS].at = optarg;
	}
}

static const struct adapter *adapter(const char *name)
{
	for (size_t i = 0; i < sizeof adapters / sizeof *adapters; i++)
		if (name && strcmp(adapters[i]->name, name) == 0)
			return adapters[i];
	return NULL;
}

static void make_clients(const struct adapter *send, const struct adapter *receive)
{
	int in_room = options.senders + options.members;
	FILE *tokens = token_file ? fopen(token_file, "r") : NULL;
	char *line = NULL;
	size_t room = 0;

	if (token_file && !tokens) {
		perror(token_file);
		exit(1);
	}
	for (int i = 0; tokens && i < user_base; i++)
		if (getline(&line, &room, tokens) < 0)
			break;
	clients_n = options.rooms * in_room;
	clients = calloc((size_t)clients_n, sizeof *clients);
	for (int i = 0; i < clients_n; i++) {
		struct client *cl = &clients[i];

		cl->user = user_base + i + 1;
		cl->room = options.room_base + 1 + i / in_room;
		cl->sender = i % in_room < options.senders;
		cl->adapter = cl->sender ? send : receive;
		for (int k = 0; k < 2; k++)
			cl->c[k] = (struct conn){ .fd = -1, .client = cl, .index = k };
		if (tokens && getline(&line, &room, tokens) > 0) {
			line[strcspn(line, "\r\n")] = '\0';
			cl->token = strdup(line);
		}
	}
	free(line);
	if (tokens)
		fclose(tokens);
}

int main(int argc, char **argv)
{
	const struct adapter *send, *receive;

	if (argc < 2 || !scenario_known(argv[1]))
		usage();
	read_options(argc, argv);
	send = adapter(options.send_name);
	receive = adapter(options.receive_name);
	if (!send || (options.receive_name && !receive) || (options.members && !receive) ||
		options.message_n < MESSAGE_MIN || options.message_n > MESSAGE_MAX ||
		options.rooms < 1 || options.rate < 1)
		usage();
	if (strcmp(argv[1], "fanout") == 0)
		options.rooms = options.senders = 1;
	if (strcmp(argv[1], "idle") == 0)
		options.senders = 0;
	watch_servers(servers);
	net_init();
	make_clients(send, receive);
	scenario_run(argv[1]);
	return 0;
}
