/* wake.h - a futex word of the shared page as an event of a libuv loop.
 *
 * `rung` is called on the loop's thread after the word has moved, and about once a second anyway:
 * the bell is a hint, and who rang may be on another machine or may have died before ringing. Many
 * moves may be one call; no move is without a call behind it.
 *
 * Before each call a thread of its own `ask`s what the loop will want to know, and may wait for it:
 * so a word that moves is one change of threads away from what it means. */
#ifndef LIVE_WAKE_H
#define LIVE_WAKE_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct wake;

/* NULL, errno set: no thread or descriptor to be had. `ask` may be NULL; true: there is more, and
 * it asks again once `rung` has returned. The two are never in their context at once. */
struct wake *wake_start(uv_loop_t *loop, _Atomic uint32_t *word, bool (*ask)(void *context),
	void (*rung)(void *context), void *context);
/* From the loop, while nobody needs to know: the word may move, and only the tick remains; and as
 * soon as somebody does. What moved meanwhile is a call like any other. */
void wake_rest(struct wake *w);
void wake_up(struct wake *w);
/* Returns when the word is not looked at any more, so that it may be unmapped; moves it once, which
 * wakes other processes for nothing. The loop must still turn once. */
void wake_stop(struct wake *w);

#endif
