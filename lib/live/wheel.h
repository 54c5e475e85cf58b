/* wheel.h - many deadlines on one loop, none of them exact: pings, timeouts, grace.
 *
 * A wheel of lists, one for each tick: to wind and to unwind cost nothing, and one timer serves
 * all. It turns only while something is wound. What lies further ahead than a turn waits for its
 * round. */
#ifndef LIVE_WHEEL_H
#define LIVE_WHEEL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

/* Zeroed: not wound. The owner embeds it. */
struct wound {
	struct wound *next, **link;
	int64_t due_ms;
	/* Not wound any more when this is called; may wind it again, and unwind others. */
	void (*due)(struct wound *w);
};

void wheel_start(uv_loop_t *loop);
/* Nothing is due any more; the loop must still turn once. */
void wheel_stop(void);
/* Anew where it was wound already. */
void wheel_wind(struct wound *w, int64_t ms, void (*due)(struct wound *w));
/* In two or three milliseconds: for what is worth gathering. */
void wheel_soon(struct wound *w, void (*due)(struct wound *w));
void wheel_unwind(struct wound *w);

#endif
