/* log.h - one line per thing worth knowing, as key=value pairs.
 *
 *     at=2026-07-28T13:20:09.896Z level=info program=users request=k3… method=GET route=/{id}
 * status=200 ms=0.412
 *
 * A value with anything but plain characters is quoted and escaped, so that no input can forge a
 * line. Whole lines are written, at most 4 KiB at a time, to a file opened for appending: those of
 * many processes never mix. Secrets, bodies and query values have no business here. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "core/str.h"

enum { LOG_WRITE_MAX = 4096 };

struct log_line {
	char text[LOG_WRITE_MAX];
	size_t n;
};

/* path "-" is stderr. On failure (false, errno set) the log stays where it was: on stderr at the
 * start. */
bool log_open(const char *path, const char *program);
/* After the file was moved away: opens it anew under its name. Safe while other threads write. */
void log_reopen(void);

void log_begin(struct log_line *l, const char *level);
void log_str(struct log_line *l, const char *key, struct str value);
void log_z(struct log_line *l, const char *key, const char *value);
void log_int(struct log_line *l, const char *key, int64_t value);
/* Microseconds, written as milliseconds: "0.412". */
void log_ms(struct log_line *l, const char *key, int64_t us);
void log_end(struct log_line *l);

/* For who answers many in a row: in between, this thread's lines are kept and written together. Who
 * dies there takes them along. */
void log_gather(void);
void log_release(void);

/* A line with a sentence: log_say("error", "…"). */
void log_say(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
