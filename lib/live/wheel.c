#include "live/wheel.h"

#include <stddef.h>

enum { TICK_MS = 50, TICKS = 1024, SOON_MS = 2 };

static struct {
	uv_loop_t *loop;
	uv_timer_t timer, soon_timer;
	struct wound *lists[TICKS], *soon;
	int64_t hand; /* the tick that was served last */
	size_t n;
} wheel;

static int64_t tick_of(int64_t ms)
{
	return ms / TICK_MS;
}

static void put_into(struct wound **list, struct wound *w)
{
	w->next = *list;
	w->link = list;
	if (w->next)
		w->next->link = &w->next;
	*list = w;
}

static void put(struct wound *w)
{
	int64_t tick = tick_of(w->due_ms) + 1;

	if (tick <= wheel.hand)
		tick = wheel.hand + 1;
	put_into(&wheel.lists[tick % TICKS], w);
}

static void take(struct wound *w)
{
	*w->link = w->next;
	if (w->next)
		w->next->link = w->link;
	w->next = NULL;
	w->link = NULL;
}

/* Those of one tick: they are taken off first, since what is called may wind and unwind others. */
static void serve(int64_t tick, int64_t now_ms)
{
	struct wound *due = wheel.lists[tick % TICKS], *w;

	wheel.lists[tick % TICKS] = NULL;
	if (due)
		due->link = &due;
	while ((w = due)) {
		take(w);
		if (w->due_ms > now_ms) {
			put(w);
			continue;
		}
		wheel.n--;
		w->due(w);
	}
}

static void on_tick(uv_timer_t *timer)
{
	int64_t now = (int64_t)uv_now(wheel.loop), until = tick_of(now);

	if (until - wheel.hand > TICKS)
		wheel.hand = until - TICKS;
	while (wheel.hand < until)
		serve(++wheel.hand, now);
	if (!wheel.n)
		uv_timer_stop(timer);
}

static void on_soon(uv_timer_t *timer)
{
	struct wound *due = wheel.soon, *w;

	(void)timer;
	wheel.soon = NULL;
	if (due)
		due->link = &due;
	while ((w = due)) {
		take(w);
		wheel.n--;
		w->due(w);
	}
}

void wheel_start(uv_loop_t *loop)
{
	wheel.loop = loop;
	uv_timer_init(loop, &wheel.timer);
	uv_timer_init(loop, &wheel.soon_timer);
}

void wheel_stop(void)
{
	uv_close((uv_handle_t *)&wheel.timer, NULL);
	uv_close((uv_handle_t *)&wheel.soon_timer, NULL);
}

static void count_one_more(void)
{
	if (wheel.n++)
		return;
	wheel.hand = tick_of((int64_t)uv_now(wheel.loop));
	uv_timer_start(&wheel.timer, on_tick, TICK_MS, TICK_MS);
}

void wheel_soon(struct wound *w, void (*due)(struct wound *w))
{
	wheel_unwind(w);
	count_one_more();
	w->due = due;
	if (!wheel.soon)
		uv_timer_start(&wheel.soon_timer, on_soon, SOON_MS, 0);
	put_into(&wheel.soon, w);
}

void wheel_wind(struct wound *w, int64_t ms, void (*due)(struct wound *w))
{
	wheel_unwind(w);
	count_one_more();
	w->due_ms = (int64_t)uv_now(wheel.loop) + ms;
	w->due = due;
	put(w);
}

void wheel_unwind(struct wound *w)
{
	if (!w->link)
		return;
	take(w);
	wheel.n--;
}
