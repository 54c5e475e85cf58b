/* memo.h - what a process remembers of what it has read, so that it need not ask again.
 *
 * A table of up to so many places, a multiple of eight; where it is full, the later value stands.
 * Whether a value still holds is for the caller to know: values carry the state of a counter that
 * moves when they change.
 *
 * Goals: bounded, quick, safe between threads. Not for: what must be found again. */
#ifndef CORE_MEMO_H
#define CORE_MEMO_H

#include "core/str.h"

#include <pthread.h>

enum { MEMO_KEY_MAX = 32, MEMO_LOCKS = 16 };

struct memo {
	size_t places, size; /* of one value */
	pthread_mutex_t locks[MEMO_LOCKS];
	_Atomic(char *) table; /* made with the first value; a program ends with it */
	_Atomic size_t rows;   /* in use; 0: the first few */
};

#define MEMO(places, size)                                                                         \
	{                                                                                          \
		places, size, { [0 ... MEMO_LOCKS - 1] = PTHREAD_MUTEX_INITIALIZER }, NULL, 0      \
	}

/* Copies the value of a key, which has at most MEMO_KEY_MAX bytes. */
bool memo_get(struct memo *m, struct str key, void *value);
void memo_put(struct memo *m, struct str key, const void *value);

#endif
