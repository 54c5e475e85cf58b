/* ephemera.h - events that nobody keeps: who is typing, who came and who went.
 *
 * They stand in a ring on the shared page for as long as it takes others to come round, and nowhere
 * else. Each has a number; a reader keeps the number of the last one it has seen, and loses in
 * silence what was overwritten since. Whoever puts one in rings the bell afterwards (page_ring).
 *
 * Goals: no lock; a writer that is killed half-way holds nobody up for more than a moment; a reader
 * never takes half an event for a whole one. Not for: what must arrive. */
#ifndef CORE_EPHEMERA_H
#define CORE_EPHEMERA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct page;

enum {
	EPHEMERA_MAX = 8192,
	EPHEMERA_TYPING_MS = 10000, /* older than this, nobody is typing any more */
};

enum ephemeral_kind { EPHEMERAL_TYPING = 1, EPHEMERAL_ONLINE, EPHEMERAL_OFFLINE };

struct ephemeral {
	int64_t number;
	enum ephemeral_kind kind;
	int64_t user_id, chat_id; /* chat_id of typing alone */
	int64_t at_ms, seen_ms;   /* since 1970; seen_ms of the others, 0: not known */
};

/* One place of the ring; see ephemera.c. */
struct ephemera_slot {
	_Atomic uint64_t seal;
	_Atomic int64_t kind, user_id, chat_id, at_ms, seen_ms, put_us;
};

struct ephemera {
	_Atomic int64_t end; /* number of the newest */
	int64_t first;       /* the ring began behind this number */
	struct ephemera_slot slots[EPHEMERA_MAX];
};

/* For a new page. Numbers begin where those of an older page can hardly have come. */
void ephemera_init(struct ephemera *e);
/* Its number and time are filled in. */
void ephemera_put(struct page *p, const struct ephemeral *what);
int64_t ephemera_end(struct page *p);
/* From where a reader goes on who has seen everything up to `number`: there, or at the end where
 * that is too long ago or was never reached. */
int64_t ephemera_from(struct page *p, int64_t number);
/* The next one behind *number, which moves on; false: there is none at the moment. */
bool ephemera_next(struct page *p, int64_t *number, struct ephemeral *out);

#endif
