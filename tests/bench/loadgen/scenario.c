/* What the clients do, and what is counted of it.
 *
 *   post     every sender posts, waits for the acknowledgement, posts again
 *   read     the same with a read
 *   fanout   one room, one sender: a message at a time, and the time until its last delivery
 *   latency  so many messages a second, whether or not the server keeps up; a late one counts from
 *            when it was due, or a stall would hide the messages that it held back
 *   idle     everybody connects; what the waiting costs in memory
 *
 * A message begins with "~M" sender(8) seq(8) time(16) "~", in hexadecimal. Receivers look for that
 * in the bytes as they come, so nothing has to be parsed; servers must not escape them. With one
 * sender a room the numbers show what comes twice. */
#include "loadgen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	MARK_BYTES = 35,
	ERRORS_SHOWN = 10,
	ERRORS_MAX = 2000,
	CONNECT_MAX_S = 240,
	FANOUT_MAX_S = 30,
	LATE_NS = 2000000,
};

struct client *clients;
int clients_n;

static const char *scenario;
static int started_n, ready_n;
static long errors, reconnects, duplicates, late;
static struct series acks, deliveries, lasts;
static bool recording, stopping;
static long acked, acked_counted, delivered, delivered_counted, expected, lost;
static uint64_t window_ns;
static double connect_s;

/* fanout: the message on its way */
static uint32_t current_seq;
static int current_got;
static uint64_t current_last;

static bool is(const char *name)
{
	return strcmp(scenario, name) == 0;
}

bool scenario_known(const char *name)
{
	static const char *const all[] = { "post", "read", "fanout", "latency", "idle" };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i], name) == 0)
			return true;
	return false;
}

/* --- messages --- */

static void put_hex(char *p, uint64_t v, int n)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = n - 1; i >= 0; i--, v >>= 4)
		p[i] = digits[v & 15];
}

static uint64_t get_hex(const char *p, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++) {
		int c = p[i];

		v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return v;
}

static void send_one(struct client *cl, uint64_t due_ns)
{
	char m[4096];

	memset(m, 'x', sizeof m);
	for (int i = MARK_BYTES; i < options.message_n; i += 6)
		m[i] = ' ';
	m[0] = '~';
	m[1] = 'M';
	put_hex(m + 2, (uint64_t)cl->user, 8);
	put_hex(m + 10, ++cl->seq, 8);
	put_hex(m + 18, due_ns, 16);
	m[34] = '~';
	cl->awaiting = true;
	cl->sent_ns = due_ns;
	cl->adapter->send(cl, m, (size_t)options.message_n);
}

static void read_one(struct client *cl)
{
	if (options.read_rooms)
		cl->room = options.room_base + 1 + rand() % options.read_rooms;
	cl->awaiting = true;
	cl->seq++;
	cl->sent_ns = now_ns();
	cl->adapter->read(cl);
}

void client_ready(struct client *cl)
{
	ready_n += !cl->ready;
	cl->ready = true;
}

void note_reconnect(void)
{
	reconnects++;
}

void client_error(struct client *cl, const char *what)
{
	if (errors++ < ERRORS_SHOWN)
		fprintf(stderr, "loadgen: user %d: %s\n", cl->user, what);
	if (errors > ERRORS_MAX) {
		fprintf(stderr, "loadgen: too many errors\n");
		exit(1);
	}
}

void client_acked(struct client *cl)
{
	if (!cl->awaiting)
		return;
	cl->awaiting = false;
	acked++;
	if (recording) {
		acked_counted++;
		series_add(&acks, now_ns() - cl->sent_ns);
	}
	if (stopping)
		return;
	if (is("post"))
		send_one(cl, now_ns());
	else if (is("read"))
		read_one(cl);
	else if (is("latency") && cl->waiting_head != cl->waiting_tail)
		send_one(cl, cl->waiting[cl->waiting_tail++ % WAITING_MAX]);
}

void on_payload(struct client *cl, const char *p, size_t n)
{
	const char *end = p + n, *at;
	uint64_t now = now_ns();

	while (end - p >= MARK_BYTES && (at = memmem(p, (size_t)(end - p), "~M", 2))) {
		int from;
		uint32_t seq;
		uint64_t sent;

		if (end - at < MARK_BYTES)
			break;
		if (at[MARK_BYTES - 1] != '~') {
			p = at + 2;
			continue;
		}
		from = (int)get_hex(at + 2, 8);
		seq = (uint32_t)get_hex(at + 10, 8);
		sent = get_hex(at + 18, 16);
		p = at + MARK_BYTES;
		if (from == cl->user)
			continue;
		if (options.senders == 1) {
			if (seq <= cl->last_seq) {
				duplicates++;
				continue;
			}
			cl->last_seq = seq;
		}
		delivered++;
		if (recording) {
			delivered_counted++;
			series_add(&deliveries, now - sent);
		}
		if (is("fanout") && seq == current_seq) {
			current_got++;
			current_last = now;
		}
	}
}

/* --- running --- */

static void run_until(uint64_t end_ns)
{
	for (uint64_t now = now_ns(); now < end_ns; now = now_ns())
		net_poll(end_ns - now < 50000000u ? end_ns - now : 50000000u);
}

static void run_for(double ms)
{
	run_until(now_ns() + (uint64_t)(ms * 1e6));
}

static void connect_all(void)
{
	uint64_t begin = now_ns();

	while (ready_n < clients_n) {
		while (started_n < clients_n && started_n - ready_n < options.ramp) {
			clients[started_n].adapter->start(&clients[started_n]);
			started_n++;
		}
		net_poll(20000000);
		if (now_ns() - begin > CONNECT_MAX_S * 1000000000ull) {
			fprintf(stderr, "loadgen: %d of %d connected in %d s\n", ready_n, clients_n,
				CONNECT_MAX_S);
			exit(2);
		}
	}
	connect_s = (double)(now_ns() - begin) / 1e9;
}

static void begin_window(void)
{
	watch_cpu(BEGIN);
	recording = true;
	window_ns = now_ns();
}

static void end_window(void)
{
	watch_cpu(END);
	window_ns = now_ns() - window_ns;
}

static void run_closed_loop(void)
{
	for (int i = 0; i < clients_n; i++) {
		if (!clients[i].sender)
			continue;
		if (is("post"))
			send_one(&clients[i], now_ns());
		else
			read_one(&clients[i]);
	}
	run_for(options.warm_s * 1000);
	begin_window();
	run_for(options.seconds * 1000);
	end_window();
	recording = false;
	stopping = true;
	if (options.members)
		run_for(1000);
	expected = acked * options.members;
	lost = expected - delivered;
}

static void run_fanout(void)
{
	for (int k = -1; k < options.count; k++) { /* the first one warms up */
		uint64_t begin;

		if (k == 0)
			begin_window();
		current_got = 0;
		current_seq = clients[0].seq + 1;
		begin = now_ns();
		send_one(&clients[0], begin);
		while ((current_got < options.members || clients[0].awaiting) &&
			now_ns() < begin + FANOUT_MAX_S * 1000000000ull)
			net_poll(50000000);
		if (recording) {
			series_add(&lasts, current_last - begin);
			expected += options.members;
			lost += options.members - current_got;
		}
		/* Long-polls ask again after each message: that belongs to what it costs. */
		run_for(options.gap_ms);
	}
	end_window();
	recording = false;
}

static void run_latency(void)
{
	uint64_t step = 1000000000u / (uint64_t)options.rate, due = now_ns();
	uint64_t warm = due + (uint64_t)(options.warm_s * 1e9);
	uint64_t end = warm + (uint64_t)(options.seconds * 1e9);

	for (int i = 0; due < end; i++, due += step) {
		struct client *cl =
			&clients[i % options.rooms * (options.senders + options.members)];
		uint64_t at;

		run_until(due);
		if (!recording && now_ns() >= warm)
			begin_window();
		if (recording)
			expected += options.members;
		at = now_ns();
		if (at > due + LATE_NS) {
			late++;
			at = due;
		}
		if (!cl->awaiting)
			send_one(cl, at);
		else if (cl->waiting_head - cl->waiting_tail < WAITING_MAX)
			cl->waiting[cl->waiting_head++ % WAITING_MAX] = at;
		else
			client_error(cl, "too many messages wait");
	}
	run_for(20);
	end_window();
	run_for(1000);
	recording = false;
	lost = expected > delivered_counted ? expected - delivered_counted : 0;
}

static void put_times(struct bytes *b)
{
	double window_s = (double)window_ns / 1e9, last_ms;

	series_sort(&acks);
	series_sort(&deliveries);
	series_sort(&lasts);
	last_ms = series_at(&lasts, 0.5);
	bytes_format(b,
		",\"acked\":%ld,\"acked_per_s\":%.1f,\"ack_p50_ms\":%.3f,\"ack_p99_ms\":%.3f",
		acked_counted, (double)acked_counted / window_s, series_at(&acks, 0.5),
		series_at(&acks, 0.99));
	bytes_format(b,
		",\"deliv\":%ld,\"deliv_per_s\":%.1f,\"deliv_p50_ms\":%.3f,\"deliv_p99_ms\":%.3f",
		delivered_counted, (double)delivered_counted / window_s,
		series_at(&deliveries, 0.5), series_at(&deliveries, 0.99));
	if (lasts.n)
		bytes_format(b,
			",\"last_p50_ms\":%.2f,\"last_min_ms\":%.2f,\"last_max_ms\":%.2f,"
			"\"burst_deliv_per_s\":%.0f",
			last_ms, series_at(&lasts, 0), series_at(&lasts, 1),
			last_ms > 0 ? options.members * 1000 / last_ms : 0);
	watch_put_cpu(b);
	if (acked_counted)
		bytes_format(b, ",\"cpu_per_1k_acks\":%.4f",
			watch_cpu_s() * 1000 / (double)acked_counted);
	if (delivered_counted)
		bytes_format(b, ",\"cpu_per_1k_deliv\":%.5f",
			watch_cpu_s() * 1000 / (double)delivered_counted);
}

static void report(void)
{
	struct bytes b = { 0 };
	FILE *f;

	bytes_format(&b,
		"{\"label\":\"%s\",\"scenario\":\"%s\",\"send\":\"%s\",\"receive\":\"%s\","
		"\"rooms\":%d,\"senders\":%d,\"members\":%d,\"clients\":%d,"
		"\"connect_s\":%.2f,\"win_s\":%.2f",
		options.label, scenario, options.send_name,
		options.receive_name ? options.receive_name : "", options.rooms, options.senders,
		options.members, clients_n, connect_s, (double)window_ns / 1e9);
	bytes_format(&b,
		",\"errors\":%ld,\"reconnects\":%ld,\"dups\":%ld,\"lost\":%ld,\"late\":%ld", errors,
		reconnects, duplicates, lost, late);
	if (!is("idle"))
		put_times(&b);
	watch_put_memory(&b);
	bytes_text(&b, "}\n");
	fputs(b.p, stdout);
	f = options.out_file ? fopen(options.out_file, "a") : NULL;
	if (f) {
		fputs(b.p, f);
		fclose(f);
	}
}

void scenario_run(const char *name)
{
	scenario = name;
	watch_memory(BEGIN);
	connect_all();
	run_for(options.settle_ms);
	watch_memory(END);
	if (is("post") || is("read"))
		run_closed_loop();
	else if (is("fanout"))
		run_fanout();
	else if (is("latency"))
		run_latency();
	report();
}
