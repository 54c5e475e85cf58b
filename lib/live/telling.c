#include "live/telling.h"

static struct {
	uv_idle_t idle; /* while it is active, the loop does not sleep */
	struct telling *first, **end;
	void (*tell)(struct telling *t);
} self = { .end = &self.first };

void telling_leave(struct telling *t)
{
	if (!t->link)
		return;
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
	else
		self.end = t->link;
	t->link = NULL;
}

static void tell_first(void)
{
	struct telling *t = self.first;

	telling_leave(t);
	self.tell(t);
}

static void tell_next(uv_idle_t *idle)
{
	if (self.first)
		tell_first();
	if (!self.first)
		uv_idle_stop(idle);
}

void telling_all(void)
{
	while (self.first)
		tell_first();
}

void telling_add(struct telling *t)
{
	t->next = NULL;
	t->link = self.end;
	*self.end = t;
	self.end = &t->next;
	if (!uv_is_active((uv_handle_t *)&self.idle))
		uv_idle_start(&self.idle, tell_next);
}

void telling_start(uv_loop_t *loop, void (*tell)(struct telling *t))
{
	self.tell = tell;
	uv_idle_init(loop, &self.idle);
}

void telling_stop(void)
{
	uv_close((uv_handle_t *)&self.idle, NULL);
}
