/* dbceil - what MariaDB alone can do, from C with prepared statements: the ceiling above any
 * program that stores messages.
 *
 *     dbceil SOCKET MODE CONNECTIONS SECONDS [PID of mariadbd]
 *
 *     insert   one INSERT, autocommit
 *     paced    the same a hundred times a second: what is below each delivery at that pace
 *     tx3      three statements in a transaction: counter of the chat, message, mark of the member
 *     batchN   one INSERT of N rows, autocommit
 *     select   the latest 50 messages of a chat among a million
 *
 * On the tables of tests/bench/ceil.sql, as the account of DB_USER and DB_PASSWORD. Prints one line
 * of JSON. */
#include <mysql.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH_MAX = 500,
	PACE_US = 10000,
	CONNECTIONS_MAX = 256,
	PAGE = 50,
	CHATS = 100,
	COLUMNS = 3,
};

static const char insert_words[] =
	"INSERT INTO ceil.messages (chat_id, sender_id, content) VALUES (?,?,?)";
static const char row_words[] = ",(?,?,?)";
static const char count_words[] = "UPDATE ceil.chats SET last_seq = last_seq + 1 WHERE id = ?";
static const char mark_words[] = "UPDATE ceil.chat_members SET last_read = last_read + 1 "
				 "WHERE chat_id = ? AND user_id = ?";
static const char page_words[] = "SELECT id, sender_id, content FROM ceil.messages1m "
				 "WHERE chat_id = ? ORDER BY id DESC LIMIT 50";
static const char content[] =
	"0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 ab";

static const char *server, *mode;
static int batch = 1;
static _Atomic bool recording, stopping;

struct worker {
	pthread_t thread;
	int number;
	MYSQL *link;
	MYSQL_STMT *insert, *count, *mark, *page;
	MYSQL_BIND values[COLUMNS], *rows; /* rows: the same values, once for each row of a batch */
	int chat, user;
	unsigned long content_n;
	size_t n, room;
	uint32_t *us;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "dbceil: %s: %s\n", what, why);
	exit(1);
}

static MYSQL_STMT *prepare(MYSQL *link, const char *words)
{
	MYSQL_STMT *s = mysql_stmt_init(link);

	if (!s || mysql_stmt_prepare(s, words, strlen(words)))
		fail(words, mysql_error(link));
	return s;
}

static void run(MYSQL_STMT *s, MYSQL_BIND *values)
{
	if (mysql_stmt_bind_param(s, values) || mysql_stmt_execute(s))
		fail("execute", mysql_stmt_error(s));
}

static void plain(MYSQL *link, const char *words)
{
	if (mysql_query(link, words))
		fail(words, mysql_error(link));
}

static void prepare_insert(struct worker *w)
{
	size_t n = sizeof insert_words + (size_t)batch * (sizeof row_words - 1);
	char *words = malloc(n), *end;

	w->rows = calloc((size_t)batch, sizeof w->values);
	if (!words || !w->rows)
		fail("memory", "there is none left");
	end = mempcpy(words, insert_words, sizeof insert_words - 1);
	for (int i = 1; i < batch; i++)
		end = mempcpy(end, row_words, sizeof row_words - 1);
	*end = '\0';
	w->insert = prepare(w->link, words);
	free(words);
	for (int i = 0; i < batch; i++)
		memcpy(w->rows + COLUMNS * i, w->values, sizeof w->values);
}

static void read_page(struct worker *w)
{
	int id, sender, got = 0;
	char text[400];
	unsigned long text_n;
	MYSQL_BIND out[COLUMNS] = {
		{ .buffer_type = MYSQL_TYPE_LONG, .buffer = &id },
		{ .buffer_type = MYSQL_TYPE_LONG, .buffer = &sender },
		{ .buffer_type = MYSQL_TYPE_STRING,
			.buffer = text,
			.buffer_length = sizeof text,
			.length = &text_n },
	};

	run(w->page, w->values);
	if (mysql_stmt_bind_result(w->page, out) || mysql_stmt_store_result(w->page))
		fail("select", mysql_stmt_error(w->page));
	while (mysql_stmt_fetch(w->page) == 0)
		got++;
	if (got != PAGE)
		fail("select", "a page is not full");
	mysql_stmt_free_result(w->page);
}

static void do_one(struct worker *w, unsigned *seed)
{
	if (w->page) {
		w->chat = 1 + rand_r(seed) % CHATS;
		read_page(w);
	} else if (w->count) {
		plain(w->link, "START TRANSACTION");
		run(w->count, w->values);
		run(w->insert, w->rows);
		run(w->mark, w->values);
		plain(w->link, "COMMIT");
	} else {
		run(w->insert, w->rows);
	}
}

static void note_time(struct worker *w, uint64_t ns)
{
	if (w->n == w->room) {
		w->room = w->room ? w->room * 2 : 65536;
		w->us = realloc(w->us, w->room * sizeof *w->us);
		if (!w->us)
			fail("memory", "there is none left");
	}
	w->us[w->n++] = (uint32_t)(ns / 1000);
}

static void *work(void *context)
{
	struct worker *w = context;
	unsigned seed = (unsigned)w->number * 7919u + 1u;

	w->link = mysql_init(NULL);
	if (!mysql_real_connect(
		    w->link, NULL, getenv("DB_USER"), getenv("DB_PASSWORD"), "ceil", 0, server, 0))
		fail("connect", mysql_error(w->link));
	w->chat = w->user = w->number + 1;
	w->content_n = sizeof content - 1;
	w->values[0] = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_LONG, .buffer = &w->chat };
	w->values[1] = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_LONG, .buffer = &w->user };
	w->values[2] = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_STRING,
		.buffer = (void *)(uintptr_t)content,
		.length = &w->content_n };
	if (strcmp(mode, "select") == 0)
		w->page = prepare(w->link, page_words);
	else
		prepare_insert(w);
	if (strcmp(mode, "tx3") == 0) {
		w->count = prepare(w->link, count_words);
		w->mark = prepare(w->link, mark_words);
	}
	while (!stopping) {
		uint64_t begin = now_ns();

		do_one(w, &seed);
		if (recording)
			note_time(w, now_ns() - begin);
		if (strcmp(mode, "paced") == 0)
			usleep(PACE_US);
	}
	mysql_close(w->link);
	return NULL;
}

static double process_cpu_s(long pid)
{
	char path[64], text[1024], *p;
	unsigned long user = 0, kernel = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	f = pid ? fopen(path, "r") : NULL;
	if (!f)
		return 0;
	text[fread(text, 1, sizeof text - 1, f)] = '\0';
	fclose(f);
	p = strrchr(text, ')');
	if (!p || sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			  &kernel) != 2)
		return 0;
	return (double)(user + kernel) / (double)sysconf(_SC_CLK_TCK);
}

static double own_cpu_s(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void report(
	struct worker *workers, int connections, double window_s, double db_s, double own_s)
{
	size_t n = 0, at = 0;
	uint32_t *all;

	for (int i = 0; i < connections; i++)
		n += workers[i].n;
	all = n ? malloc(n * sizeof *all) : NULL;
	if (!all)
		fail(mode, "nothing was done");
	for (int i = 0; i < connections; i++) {
		memcpy(all + at, workers[i].us, workers[i].n * sizeof *all);
		at += workers[i].n;
	}
	qsort(all, n, sizeof *all, by_size);
	printf("{\"mode\":\"%s\",\"connections\":%d,\"ops_per_s\":%.0f,\"rows_per_s\":%.0f,"
	       "\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"db_cpu_per_1k_ops\":%.4f,"
	       "\"client_cpu_per_1k_ops\":%.4f,\"win_s\":%.2f}\n",
		mode, connections, (double)n / window_s, (double)n * batch / window_s,
		all[n / 2] / 1000.0, all[n - 1 - n / 100] / 1000.0, db_s * 1000 / (double)n,
		own_s * 1000 / (double)n, window_s);
	free(all);
}

int main(int argc, char **argv)
{
	struct worker workers[CONNECTIONS_MAX] = { 0 };
	double seconds, db_s, own_s, window_s;
	uint64_t begin;
	int connections;
	long pid;

	if (argc < 5) {
		fprintf(stderr,
			"usage: dbceil SOCKET insert|paced|tx3|batchN|select CONNECTIONS SECONDS "
			"[PID]\n");
		return 1;
	}
	server = argv[1];
	mode = argv[2];
	connections = (int)strtol(argv[3], NULL, 10);
	seconds = strtod(argv[4], NULL);
	pid = argc > 5 ? strtol(argv[5], NULL, 10) : 0;
	if (strncmp(mode, "batch", 5) == 0)
		batch = (int)strtol(mode + 5, NULL, 10);
	if (batch < 1 || batch > BATCH_MAX || connections < 1 || connections > CONNECTIONS_MAX)
		return 1;
	mysql_library_init(0, NULL, NULL);
	for (int i = 0; i < connections; i++) {
		workers[i].number = i;
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			fail("threads", "one cannot be started");
	}
	sleep(1);
	db_s = process_cpu_s(pid);
	own_s = own_cpu_s();
	begin = now_ns();
	recording = true;
	usleep((useconds_t)(seconds * 1e6));
	recording = false;
	window_s = (double)(now_ns() - begin) / 1e9;
	db_s = process_cpu_s(pid) - db_s;
	own_s = own_cpu_s() - own_s;
	stopping = true;
	for (int i = 0; i < connections; i++)
		pthread_join(workers[i].thread, NULL);
	report(workers, connections, window_s, db_s, own_s);
	return 0;
}
