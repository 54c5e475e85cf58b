/* batch.h - one transaction of messages, for send.c alone. */
#ifndef DATA_BATCH_H
#define DATA_BATCH_H

#include "data/send.h"

struct guesses;

enum { BATCH_MAX = 32 };

/* Writes up to BATCH_MAX messages; each has its outcome then, and the bell is yet to be rung.
 * ERR_CONTENTION: that one is worth another try. `guesses` may be NULL. Puts them in the order of
 * their chats. */
void batch_write(
	struct page *page, struct db *db, struct guesses *guesses, struct outgoing **all, size_t n);

#endif
