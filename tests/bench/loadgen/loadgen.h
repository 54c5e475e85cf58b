/* loadgen.h - a load generator for chat servers: one thread, one epoll.
 *
 *   main.c      options, and the clients
 *   scenario.c  what the clients do, and what is counted of it
 *   watch.c     time, CPU and memory of the servers
 *   net.c       event loop, sockets, HTTP/1.1 and WebSocket from a client's side
 *   ad_*.c      an adapter for each protocol */
#ifndef LOADGEN_H
#define LOADGEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- bytes that grow; what they hold ends with a NUL that does not count --- */

struct bytes {
	char *p;
	size_t n, room;
};

void bytes_add(struct bytes *b, const void *p, size_t n);
void bytes_text(struct bytes *b, const char *z);
void bytes_format(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Empty again; much room is given back. */
void bytes_reset(struct bytes *b);

/* --- clients --- */

struct client;

enum conn_mode { M_HTTP, M_WS, M_SSE };

struct conn {
	int fd; /* -1: closed */
	struct client *client;
	int index; /* which of the client's connections */
	enum conn_mode mode;
	bool connecting, want_out;
	bool busy;           /* a request is on its way */
	unsigned generation; /* counts the closes */
	int tag;             /* of the adapter: what request is on its way */
	struct bytes in, out;
	size_t out_done;
};

/* Drives one client through one protocol. It calls client_ready() once the client can send and
 * receive, client_acked() when the server has acknowledged what send() was given, and on_payload()
 * with every piece that may hold messages. */
struct adapter {
	const char *name;
	void (*start)(struct client *);
	void (*on_http)(struct conn *, int status, const char *head, size_t head_n, char *body,
		size_t body_n);
	void (*on_ws)(struct conn *, char *p, size_t n);
	void (*on_close)(struct conn *);
	void (*send)(struct client *, const char *message, size_t n);
	void (*read)(struct client *); /* fetches something and acknowledges the whole of it */
};

enum { WAITING_MAX = 64 };

struct client {
	const struct adapter *adapter;
	int user, room; /* from 1, as templates name them */
	bool sender, ready;
	bool awaiting; /* an acknowledgement */
	int state;     /* of the adapter */
	uint32_t seq, last_seq;
	uint64_t sent_ns;
	const char *token;
	char *sid, *cursor, *cursor2;
	int outstanding, ack_id;
	struct bytes queue; /* of the adapter: what it cannot send yet */
	struct conn c[2];
	uint64_t waiting[WAITING_MAX]; /* open loop: when the messages that wait were due */
	unsigned waiting_head, waiting_tail;
};

struct options {
	int port;
	const char *host;
	const char *post_path, *post_body, *post_type;
	const char *read_path;
	const char *poll_path, *init_path, *cursor_key, *cursor_first;
	const char *ws_path, *ws_protocol, *ws_hello, *ws_ready, *ws_send, *ws_ack;
	const char *sio_path, *sio_join, *sio_message;
	const char *label, *out_file;
	const char *send_name, *receive_name;
	double seconds, warm_s;
	int rooms, members, senders; /* rooms, and in each receivers and senders */
	int room_base, read_rooms;
	int ramp, count, gap_ms, rate, message_n, settle_ms;
};

extern struct options options;

extern const struct adapter ad_rest, ad_restpoll, ad_ws, ad_sse, ad_sio_ws, ad_sio_poll;

/* --- scenario.c --- */

/* The clients of room after room: senders first, then members. */
extern struct client *clients;
extern int clients_n;

/* Runs post, fanout, latency, idle or read; false: there is no such scenario. */
bool scenario_known(const char *name);
void scenario_run(const char *name);

void client_ready(struct client *cl);
void client_acked(struct client *cl);
void client_error(struct client *cl, const char *what);
void on_payload(struct client *cl, const char *p, size_t n);
void note_reconnect(void);

/* --- watch.c --- */

struct series {
	uint32_t *us;
	size_t n, room;
};

enum mark { BEGIN, END };

uint64_t now_ns(void);
void series_add(struct series *s, uint64_t ns);
void series_sort(struct series *s);
/* In milliseconds; 0.5 is the median. The series is sorted. */
double series_at(const struct series *s, double share);

/* "name:pid,name:pid": the servers. */
void watch_servers(const char *list);
void watch_cpu(enum mark mark);
void watch_memory(enum mark mark);
/* CPU seconds between the marks: of all servers; and as members of a JSON object. */
double watch_cpu_s(void);
void watch_put_cpu(struct bytes *to);
void watch_put_memory(struct bytes *to);

/* --- net.c --- */

void net_init(void);
void net_poll(uint64_t timeout_ns);
/* Opens it if it is closed. */
void conn_open(struct conn *c);
void conn_close(struct conn *c);
void conn_write(struct conn *c, const void *p, size_t n);
void http_request(struct conn *c, const char *method, const char *path, const char *type,
	const char *more_headers, const char *token, const char *body, size_t body_n);
void ws_upgrade(struct conn *c, const char *path, const char *protocol, const char *token);
void ws_send(struct conn *c, const char *p, size_t n);
/* The value of a header, trimmed, in `out`. */
bool header_get(const char *head, size_t head_n, const char *name, char *out, size_t room);
/* The value of the last member with that name anywhere in a JSON text, in `out`. */
bool json_get(const char *p, size_t n, const char *key, char *out, size_t room);
/* Fills a template in: {u} user {r} room {t} token {c} cursor {m} message {i} number of the
 * acknowledgement. */
void expand(
	struct bytes *out, const char *template, struct client *cl, const char *message, size_t n);

#endif
