#include "core/buf.h"

#include "core/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BYTES = 512, KEPT_BYTES = 65536 };

char *buf_room(struct buf *b, size_t n)
{
	if (b->over || n > b->max - b->n) {
		b->over = true;
		return NULL;
	}
	if (n > b->room - b->n) {
		size_t room = b->room ? b->room : FIRST_BYTES;

		while (room < b->n + n)
			room *= 2;
		b->room = room < b->max ? room : b->max;
		b->p = must_realloc(b->p, b->room);
	}
	return b->p + b->n;
}

void buf_add(struct buf *b, const void *p, size_t n)
{
	char *to = n ? buf_room(b, n) : NULL;

	if (!to)
		return;
	memcpy(to, p, n);
	b->n += n;
}

void buf_byte(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void buf_z(struct buf *b, const char *z)
{
	buf_add(b, z, strlen(z));
}

void buf_int(struct buf *b, int64_t n)
{
	char digits[20], *p = digits + sizeof digits;
	uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do
		*--p = (char)('0' + rest % 10);
	while (rest /= 10);
	if (n < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(digits + sizeof digits - p));
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list args;
	char text[1024];
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof text)
		b->over = true;
	else
		buf_add(b, text, (size_t)n);
}

void buf_clear(struct buf *b)
{
	if (b->room > KEPT_BYTES)
		buf_free(b);
	b->n = 0;
	b->over = false;
}

void buf_free(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = b->room = 0;
}
