/* buf.h - owned text that grows, up to a maximum it is born with.
 *
 * Writing beyond the maximum drops the bytes and sets `over`, which stays set until buf_clear: a
 * writer need not look after each call, the one who uses the result looks once. The bytes are not
 * ended by NUL. */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include "core/str.h"

struct buf {
	char *p;
	size_t n, room, max;
	bool over;
};

#define BUF_INIT(bytes_max)                                                                        \
	{                                                                                          \
		NULL, 0, 0, (bytes_max), false                                                     \
	}

void buf_add(struct buf *b, const void *p, size_t n);
void buf_byte(struct buf *b, char c);
void buf_str(struct buf *b, struct str s);
void buf_z(struct buf *b, const char *z);
void buf_int(struct buf *b, int64_t n);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes at b->p + b->n, or NULL when that passes the maximum; add what was written
 * to b->n. */
char *buf_room(struct buf *b, size_t n);
/* Empty again; keeps its memory unless that has grown large. */
void buf_clear(struct buf *b);
void buf_free(struct buf *b);

static inline struct str buf_as_str(const struct buf *b)
{
	return (struct str){ b->p ? b->p : "", b->n };
}

#endif
