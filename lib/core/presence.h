/* presence.h - who is online: has something waiting for events now, or had a moment ago.
 *
 * A table on the shared page: person → when they were last here. Programs whose requests wait mark
 * the people they wait for, when they come, from time to time, and when they go; nobody takes the
 * mark away, it grows old. About once a second each of those programs looks over the table and
 * tells (lib/core/ephemera.h) of who came and who went; of several that look, one tells.
 *
 * Goals: a mark costs one compare-and-swap, telling is put together by the second, and who is
 * killed at any point blocks nothing. Not for: what must be right to the second. */
#ifndef CORE_PRESENCE_H
#define CORE_PRESENCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct page;

enum { PRESENCE_SETS = 4096, PRESENCE_WAYS = 8 };

struct presence {
	_Atomic uint64_t words[PRESENCE_SETS][PRESENCE_WAYS];
};

/* They are here, and count as here until they have been away for longer than away_s, which is to be
 * the same in every process. */
void presence_mark(struct page *p, int64_t user_id, int64_t away_s, int64_t now_us);
/* They have left for good, at once. `forget`: there is no such person any more. */
void presence_leave(struct page *p, int64_t user_id, int64_t now_us, bool forget);

/* When somebody was last here, since 1970 and to the second, so that whoever asks and whenever is
 * told the same; 0: not known. now_us is now. */
int64_t presence_seen_ms(
	struct page *p, int64_t user_id, int64_t away_s, int64_t now_us, bool *online);

/* Somebody who has gone, to be written down as last seen then. */
struct presence_gone {
	int64_t user_id, seen_ms;
	uint64_t word; /* as it stood */
};
/* Tells of who came and who went since anybody last told. Those to be written down by the caller,
 * up to `max`, come back in `gone`; others that nobody has written down for long are among them. */
size_t presence_tell(
	struct page *p, int64_t away_s, int64_t now_us, struct presence_gone *gone, size_t max);
/* They are written down. */
void presence_saved(struct page *p, const struct presence_gone *gone);

#endif
