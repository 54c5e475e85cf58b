/* arena.h - memory with the lifetime of one request.
 *
 * Everything a request makes comes from its arena and goes at once when the request ends, so no
 * early return frees anything. The arena keeps its first block between requests: a common request
 * allocates nothing from the system.
 *
 * Allocation does not fail: what a request may ask for is bounded by the caps on its input, so
 * running out of memory means a broken machine or a bug. Then the process says so and ends, and the
 * web server starts a fresh one. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include "core/str.h"

struct arena_block;

struct arena {
	struct arena_block *first, *last;
};

void arena_init(struct arena *a);
/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t n);
/* A copy with a NUL behind it (not counted). An absent string stays absent. */
struct str arena_copy(struct arena *a, struct str s);
char *arena_z(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Forgets everything, keeps the first block. */
void arena_clear(struct arena *a);
void arena_free(struct arena *a);

/* For the few things that live as long as the process: malloc and realloc that end it instead of
 * failing. */
void *must_alloc(size_t n);
void *must_realloc(void *p, size_t n);

#endif
