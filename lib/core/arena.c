#include "core/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK_BYTES = 16384, ALIGNMENT = 16 };

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(ALIGNMENT) char bytes[];
};

static void *checked(void *p)
{
	static const char words[] = "out of memory\n";

	if (p)
		return p;
	if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
		_exit(71);
	_exit(70);
}

void *must_alloc(size_t n)
{
	return checked(calloc(1, n ? n : 1));
}

void *must_realloc(void *p, size_t n)
{
	return checked(realloc(p, n ? n : 1));
}

static struct arena_block *block_new(size_t size)
{
	struct arena_block *b = checked(malloc(sizeof *b + size));

	b->next = NULL;
	b->used = 0;
	b->size = size;
	return b;
}

void arena_init(struct arena *a)
{
	a->first = a->last = NULL;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t need = (n + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	struct arena_block *b = a->last;

	if (!b || b->size - b->used < need) {
		b = block_new(need > BLOCK_BYTES ? need : BLOCK_BYTES);
		*(a->last ? &a->last->next : &a->first) = b;
		a->last = b;
	}
	b->used += need;
	return memset(b->bytes + b->used - need, 0, need);
}

struct str arena_copy(struct arena *a, struct str s)
{
	char *p;

	if (!s.p)
		return s;
	p = arena_alloc(a, s.n + 1);
	memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

char *arena_z(struct arena *a, struct str s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (s.n)
		memcpy(p, s.p, s.n);
	return p;
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list args, again;
	char *p;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0)
		n = 0;
	p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	return (struct str){ p, (size_t)n };
}

static void free_from(struct arena_block *b)
{
	for (struct arena_block *next; b; b = next) {
		next = b->next;
		free(b);
	}
}

/* One block is kept, unless it has grown large. */
void arena_clear(struct arena *a)
{
	struct arena_block *kept = a->first;

	if (!kept || kept->size > BLOCK_BYTES) {
		arena_free(a);
		return;
	}
	free_from(kept->next);
	kept->next = NULL;
	kept->used = 0;
	a->last = kept;
}

void arena_free(struct arena *a)
{
	free_from(a->first);
	a->first = a->last = NULL;
}
