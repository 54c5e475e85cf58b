#include "live/asking.h"

#include "live/forward.h"
#include "live/guest.h"

#include <stdlib.h>

enum { COMMANDS_MAX = 1024, WAITING_BYTES_MAX = 1 << 20 };

struct command {
	struct command *next;
	void *tag;
	struct str method, path, body;
	size_t bytes;
	char text[];
};

static void ask_first(struct guest *g);

static void command_free(struct guest *g, struct command *c)
{
	g->first = c->next;
	if (!g->first)
		g->last = &g->first;
	g->commands_n--;
	g->commands_bytes -= c->bytes;
	free(c);
}

static void is_answered(void *guest, int status, struct str body)
{
	struct guest *g = guest;
	void *tag = g->first->tag;

	g->asked = NULL;
	command_free(g, g->first);
	g->kind->answered(g, tag, status, body);
	ask_first(g);
}

static void ask_first(struct guest *g)
{
	struct question q;

	if (!g->first || g->asked)
		return;
	q = (struct question){ g->first->method, g->first->path, g->first->body, str_of(g->token),
		g->caller };
	g->asked = forward(&q, is_answered, g);
}

bool asking_has_room(const struct guest *g)
{
	return g->commands_n < COMMANDS_MAX && g->commands_bytes < WAITING_BYTES_MAX;
}

void asking_say(struct guest *g, struct str method, struct str path, struct str body, void *tag,
	bool at_once)
{
	size_t bytes = sizeof(struct command) + method.n + path.n + body.n;
	struct command *c = must_alloc(bytes);
	char *to = c->text;

	c->tag = tag;
	c->method = str_keep(&to, method);
	c->path = str_keep(&to, path);
	c->body = str_keep(&to, body);
	c->bytes = bytes;
	g->commands_n++;
	g->commands_bytes += bytes;
	if (at_once && g->first) {
		struct command **link = g->asked ? &g->first->next : &g->first;

		c->next = *link;
		*link = c;
		if (!c->next)
			g->last = &c->next;
	} else {
		*g->last = c;
		g->last = &c->next;
	}
	ask_first(g);
}

void asking_end(struct guest *g)
{
	if (g->asked)
		forward_forget(g->asked);
	g->asked = NULL;
	while (g->first) {
		if (g->kind->forgotten)
			g->kind->forgotten(g->first->tag);
		command_free(g, g->first);
	}
}
