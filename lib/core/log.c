#include "core/log.h"

#include "core/clock.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { TAIL = 2 }; /* kept free for a closing quote and the newline */

static int log_fd = STDERR_FILENO;
static char log_path[4096], log_program[32] = "-";
static _Thread_local struct {
	bool on;
	size_t n;
	char text[LOG_WRITE_MAX];
} gathered;

bool log_open(const char *path, const char *program)
{
	int fd;

	snprintf(log_program, sizeof log_program, "%s", program);
	if (strcmp(path, "-") == 0)
		return true;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	snprintf(log_path, sizeof log_path, "%s", path);
	log_fd = fd;
	return true;
}

void log_reopen(void)
{
	int fd;

	if (!log_path[0])
		return;
	fd = open(log_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	/* Put in place under the number that others are writing to at this moment. */
	dup3(fd, log_fd, O_CLOEXEC);
	close(fd);
}

static void put(struct log_line *l, const char *p, size_t n)
{
	size_t room = sizeof l->text - TAIL - l->n;

	if (n > room)
		n = room;
	memcpy(l->text + l->n, p, n);
	l->n += n;
}

static void put_key(struct log_line *l, const char *key)
{
	if (l->n)
		put(l, " ", 1);
	put(l, key, strlen(key));
	put(l, "=", 1);
}

void log_str(struct log_line *l, const char *key, struct str value)
{
	static const char hex[] = "0123456789abcdef";
	bool plain = value.n > 0;

	for (size_t i = 0; i < value.n && plain; i++)
		plain = value.p[i] > ' ' && value.p[i] < 0x7f && value.p[i] != '"' &&
			value.p[i] != '\\' && value.p[i] != '=';
	put_key(l, key);
	if (plain) {
		put(l, value.p, value.n);
		return;
	}
	put(l, "\"", 1);
	for (size_t i = 0; i < value.n && l->n < sizeof l->text - TAIL - 4; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c < ' ' || c >= 0x7f)
			put(l, (char[]){ '\\', 'x', hex[c >> 4], hex[c & 15] }, 4);
		else if (c == '"' || c == '\\')
			put(l, (char[]){ '\\', (char)c }, 2);
		else
			put(l, value.p + i, 1);
	}
	l->text[l->n++] = '"';
	if (l->n > sizeof l->text - TAIL)
		l->n = sizeof l->text - TAIL;
}

void log_z(struct log_line *l, const char *key, const char *value)
{
	log_str(l, key, str_of(value));
}

void log_int(struct log_line *l, const char *key, int64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%lld", (long long)value);

	put_key(l, key);
	put(l, text, (size_t)n);
}

void log_ms(struct log_line *l, const char *key, int64_t us)
{
	char text[32];
	int n = snprintf(text, sizeof text, "%lld.%03d", (long long)(us / 1000), (int)(us % 1000));

	put_key(l, key);
	put(l, text, (size_t)n);
}

void log_begin(struct log_line *l, const char *level)
{
	char at[CLOCK_TEXT_BYTES];

	l->n = 0;
	clock_text(clock_wall_ms(), at);
	log_z(l, "at", at);
	log_z(l, "level", level);
	log_z(l, "program", log_program);
}

/* A log that cannot be written (disk full) must not stop the service; there is nobody left to tell.
 */
static void write_out(const char *text, size_t n)
{
	if (n && write(log_fd, text, n) < 0)
		return;
}

void log_end(struct log_line *l)
{
	l->text[l->n++] = '\n';
	if (!gathered.on) {
		write_out(l->text, l->n);
		return;
	}
	if (gathered.n + l->n > sizeof gathered.text) {
		write_out(gathered.text, gathered.n);
		gathered.n = 0;
	}
	memcpy(gathered.text + gathered.n, l->text, l->n);
	gathered.n += l->n;
}

void log_gather(void)
{
	gathered.on = true;
}

void log_release(void)
{
	write_out(gathered.text, gathered.n);
	gathered.on = false;
	gathered.n = 0;
}

void log_say(const char *level, const char *format, ...)
{
	struct log_line l;
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	log_begin(&l, level);
	log_z(&l, "note", text);
	log_end(&l);
}
