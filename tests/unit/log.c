#include "ground.h"

#include "core/log.h"

#include <pthread.h>
#include <sys/socket.h>

enum { LINE_MAX_BYTES = 4096, PAIRS = 40 };

static const uint64_t seed = 0x5eed0002;

/* Where the log goes in these tests: standard error is one end of a socket that keeps what was
 * written apart, so one write() is one message. */
static int inbox = -1, real_stderr = -1;

static int listen_to_stderr(void **state)
{
	int ends[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends))
		return -1;
	real_stderr = dup(STDERR_FILENO);
	dup2(ends[0], STDERR_FILENO);
	close(ends[0]);
	inbox = ends[1];
	return 0;
}

static int give_stderr_back(void **state)
{
	(void)state;
	dup2(real_stderr, STDERR_FILENO);
	close(real_stderr);
	close(inbox);
	return 0;
}

/* The one message that is there, without its newline. */
static size_t next_line(char line[LINE_MAX_BYTES + 1])
{
	char more;
	ssize_t n = recv(inbox, line, LINE_MAX_BYTES + 1, MSG_DONTWAIT);

	assert_true(n > 0 && n <= LINE_MAX_BYTES);
	assert_int_equal(recv(inbox, &more, 1, MSG_DONTWAIT), -1);
	assert_int_equal(line[n - 1], '\n');
	for (ssize_t i = 0; i < n - 1; i++)
		EXPECT(line[i] >= ' ' && line[i] < 0x7f, "byte %d is %02x", (int)i,
			(unsigned char)line[i]);
	line[--n] = 0;
	return (size_t)n;
}

struct pairs {
	int n;
	struct {
		char key[64], value[LINE_MAX_BYTES];
		size_t value_n;
	} at[PAIRS];
};

static int hex(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

/* Reads a line as a tool would, by the rules in log.h. False: it is not one. */
static bool read_pairs(const char *line, struct pairs *out)
{
	out->n = 0;
	while (*line) {
		size_t key = strcspn(line, "= \"");
		char *to;

		if (line[key] != '=' || key == 0 || key >= sizeof out->at[0].key || out->n == PAIRS)
			return false;
		memcpy(out->at[out->n].key, line, key);
		out->at[out->n].key[key] = 0;
		to = out->at[out->n].value;
		line += key + 1;
		if (*line == '"') {
			for (line++; *line && *line != '"'; line++) {
				if (*line != '\\') {
					*to++ = *line;
				} else if (line[1] == 'x') {
					*to++ = (char)(hex(line[2]) << 4 | hex(line[3]));
					line += 3;
				} else {
					*to++ = *++line;
				}
			}
			if (*line++ != '"')
				return false;
		} else {
			while (*line && *line != ' ') {
				if (*line == '"' || *line == '=')
					return false;
				*to++ = *line++;
			}
		}
		out->at[out->n].value_n = (size_t)(to - out->at[out->n].value);
		out->n++;
		if (*line == ' ' && line[1])
			line++;
		else if (*line)
			return false;
	}
	return true;
}

static bool is_pair(const struct pairs *p, int i, const char *key, struct str value)
{
	return i < p->n && strcmp(p->at[i].key, key) == 0 && p->at[i].value_n == value.n &&
	       memcmp(p->at[i].value, value.p, value.n) == 0;
}

static void a_line_begins_with_when_how_bad_and_who(void **state)
{
	static struct pairs p;
	char line[LINE_MAX_BYTES + 1];
	struct log_line l;

	(void)state;
	log_begin(&l, "info");
	log_int(&l, "least", INT64_MIN);
	log_ms(&l, "ms", 412);
	log_ms(&l, "long", 12345678);
	log_z(&l, "none", NULL);
	log_str(&l, "empty", STR(""));
	log_end(&l);
	next_line(line);
	assert_true(read_pairs(line, &p));
	assert_int_equal(p.n, 8);
	assert_string_equal(p.at[0].key, "at");
	assert_int_equal(p.at[0].value_n, 24);
	assert_true(is_pair(&p, 1, "level", STR("info")));
	assert_true(is_pair(&p, 2, "program", STR("-")));
	assert_true(is_pair(&p, 3, "least", STR("-9223372036854775808")));
	assert_true(is_pair(&p, 4, "ms", STR("0.412")));
	assert_true(is_pair(&p, 5, "long", STR("12345.678")));
	assert_true(is_pair(&p, 6, "none", STR("")));
	assert_true(is_pair(&p, 7, "empty", STR("")));
}

static void no_value_can_forge_a_line_or_a_key(void **state)
{
	static const struct str values[] = {
		STR("\n"),
		STR("x\nat=2026-01-01T00:00:00.000Z level=info program=account user=1"),
		STR("\r\nlevel=error"),
		STR("a b"),
		STR("a=b"),
		STR("\" level=error x=\""),
		STR("\\\" level=error"),
		STR("\\"),
		STR("\\\\\""),
		STR("\"\""),
		STR("\\x0a"),
		STR("\0"),
		STR("a\0b"),
		STR("\x1b[2J\x1b[31m"),
		STR("\x7f"),
		STR("\x85\xa0"),
		STR("\xe2\x80\xa8\xe2\x80\xae"),
		STR("\xc3\x28\xff\xfe\x80"),
		STR("ключ=значение"),
		STR("\t"),
		STR(" "),
		STR("%s%n%x"),
	};
	static struct pairs p;

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		char line[LINE_MAX_BYTES + 1];
		struct log_line l;

		log_begin(&l, "info");
		log_str(&l, "value", values[i]);
		log_z(&l, "after", "all");
		log_end(&l);
		next_line(line);
		EXPECT(read_pairs(line, &p) && p.n == 5 && is_pair(&p, 3, "value", values[i]) &&
				is_pair(&p, 4, "after", STR("all")),
			"row %zu: %s", i, line);
	}
}

static void random_bytes_come_back_as_they_went_in(void **state)
{
	static struct pairs p;
	uint64_t random = seed;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		char line[LINE_MAX_BYTES + 1], bytes[200];
		uint64_t began = random;
		struct str value = { bytes, ground_random(&random) % sizeof bytes };
		struct log_line l;

		for (size_t k = 0; k < value.n; k++)
			bytes[k] = (char)ground_random(&random);
		log_begin(&l, "info");
		log_str(&l, "value", value);
		log_end(&l);
		next_line(line);
		EXPECT(read_pairs(line, &p) && p.n == 4 && is_pair(&p, 3, "value", value),
			"state %llx: %s", (unsigned long long)began, line);
	}
}

static void a_line_is_one_write_of_4096_bytes_at_most(void **state)
{
	static const char fills[] = { 'x', '\n', '"', ' ', '\xff', '\0' };
	static char bytes[10240];
	static struct pairs p;

	(void)state;
	/* Every length around the edge, so that keys, quotes and escapes meet it everywhere. */
	for (size_t f = 0; f < COUNT(fills); f++) {
		memset(bytes, fills[f], sizeof bytes);
		for (size_t n = 0; n <= sizeof bytes; n += n < 900 || n > 4200 ? 97 : 1) {
			char line[LINE_MAX_BYTES + 1];
			struct log_line l;

			log_begin(&l, "info");
			log_str(&l, "value", (struct str){ bytes, n });
			log_str(&l, "more", (struct str){ bytes, n / 2 });
			log_int(&l, "number", INT64_MIN);
			log_z(&l, "last", "a b");
			log_end(&l);
			next_line(line);
			/* What was cut off may be half a pair; what stands before it is whole. */
			read_pairs(line, &p);
			EXPECT(p.n >= 3 && strcmp(p.at[2].key, "program") == 0, "%zu of %02x: %s",
				n, (unsigned char)fills[f], line);
		}
	}
	for (int i = 0; i < 30; i++) {
		char line[LINE_MAX_BYTES + 1];

		log_say("error", "%d %s", i, "a sentence with \"quotes\"\nand lines");
		next_line(line);
		assert_true(read_pairs(line, &p));
		assert_string_equal(p.at[3].key, "note");
	}
	memset(bytes, 'y', sizeof bytes);
	bytes[sizeof bytes - 1] = 0;
	{
		char line[LINE_MAX_BYTES + 1];

		log_say("error", "%s", bytes);
		assert_true(next_line(line) > 1000);
	}
}

/* Lines wait until they are released, or fill a write. */
static void gathered_lines_are_written_together_and_whole(void **state)
{
	char text[LINE_MAX_BYTES + 1];
	int n = 0, writes = 0;
	ssize_t got;

	(void)state;
	log_gather();
	log_say("info", "number %d", n);
	assert_int_equal(recv(inbox, text, sizeof text, MSG_DONTWAIT), -1);
	for (int i = 1; i < PAIRS * 4; i++)
		log_say("info", "number %d", i);
	log_release();
	log_say("info", "alone");
	while ((got = recv(inbox, text, sizeof text, MSG_DONTWAIT)) > 0) {
		struct str rest = { text, (size_t)got };

		assert_true(got <= LINE_MAX_BYTES && text[got - 1] == '\n');
		for (writes++; rest.n; n++) {
			struct str line = str_cut(&rest, '\n');
			char end[32];

			snprintf(end, sizeof end, n < PAIRS * 4 ? "\"number %d\"" : "alone", n);
			EXPECT(memmem(line.p, line.n, end, strlen(end)), "line %d: %.*s", n,
				STR_ARG(line));
		}
	}
	assert_int_equal(n, PAIRS * 4 + 1);
	EXPECT(writes < 10, "%d writes", writes);
}

static int log_that_cannot_be_opened(int number, void *context)
{
	char line[LINE_MAX_BYTES + 1];

	(void)number;
	(void)context;
	if (log_open("/nonexistent/dir/log", "users") || log_open("/", "users"))
		return 1;
	log_say("info", "still here");
	next_line(line);
	log_reopen();
	return strstr(line, "program=users") && strstr(line, "still here") ? 0 : 2;
}

static void a_log_that_cannot_be_opened_leaves_it_where_it_was(void **state)
{
	(void)state;
	assert_int_equal(ground_wait(ground_child(log_that_cannot_be_opened, 0, NULL)), 0);
}

/* --- many writers
 * --------------------------------------------------------------------------------------------- */

enum { PROCESSES = 4, THREADS = 4, LINES = 100 };

/* Half of the lines are written before the file is moved away, and half after. */
static _Atomic int *moved;

static void *write_lines(void *context)
{
	char filler[600];

	memset(filler, 'f', sizeof filler);
	for (int i = 0; i < LINES; i++) {
		struct log_line l;

		while (i == LINES / 2 && !*moved)
			usleep(100);
		log_begin(&l, "info");
		log_int(&l, "number", i);
		log_str(&l, "filler",
			(struct str){ filler, (size_t)(i * 37 % (int)sizeof filler) });
		log_z(&l, "end", "here");
		log_end(&l);
		if (i % 25 == 0)
			log_reopen();
	}
	return context;
}

static int write_by_threads(int number, void *context)
{
	pthread_t threads[THREADS];

	(void)number;
	if (!log_open(context, "users"))
		return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, write_lines, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static int count_whole_lines(const char *path)
{
	FILE *f = fopen(path, "re");
	char line[LINE_MAX_BYTES + 2];
	int n = 0;

	if (!f)
		return 0;
	for (; fgets(line, sizeof line, f); n++)
		EXPECT(strncmp(line, "at=", 3) == 0 && strstr(line, "end=here\n") &&
				!strstr(line + 3, "at="),
			"%s", line);
	fclose(f);
	return n;
}

static void lines_of_many_writers_stay_whole_while_the_file_is_moved(void **state)
{
	char dir[DIR_BYTES], path[128], elsewhere[128];
	pid_t children[PROCESSES];
	struct stat st;
	int whole;

	(void)state;
	moved = ground_shared(sizeof *moved);
	ground_dir(dir);
	snprintf(path, sizeof path, "%s/log", dir);
	snprintf(elsewhere, sizeof elsewhere, "%s/log.1", dir);
	for (int i = 0; i < PROCESSES; i++)
		children[i] = ground_child(write_by_threads, i, path);
	while (stat(path, &st) || st.st_size == 0)
		usleep(200);
	assert_int_equal(rename(path, elsewhere), 0);
	*moved = 1;
	for (int i = 0; i < PROCESSES; i++)
		assert_int_equal(ground_wait(children[i]), 0);
	whole = count_whole_lines(path);
	assert_true(whole > 0); /* it was opened anew */
	assert_int_equal(whole + count_whole_lines(elsewhere), PROCESSES * THREADS * LINES);
	stat(path, &st);
	assert_int_equal(st.st_mode & 0777, 0600);
	ground_remove(dir);
	munmap((void *)moved, sizeof *moved);
}

#define WITH_INBOX(test) cmocka_unit_test_setup_teardown(test, listen_to_stderr, give_stderr_back)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_INBOX(a_line_begins_with_when_how_bad_and_who),
		WITH_INBOX(no_value_can_forge_a_line_or_a_key),
		WITH_INBOX(random_bytes_come_back_as_they_went_in),
		WITH_INBOX(a_line_is_one_write_of_4096_bytes_at_most),
		WITH_INBOX(gathered_lines_are_written_together_and_whole),
		WITH_INBOX(a_log_that_cannot_be_opened_leaves_it_where_it_was),
		cmocka_unit_test(lines_of_many_writers_stay_whole_while_the_file_is_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
