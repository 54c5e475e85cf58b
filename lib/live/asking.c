#include "live/asking.h"

#include "live/forward.h"
#include "live/guest.h"
#include "live/http.h"

#include <stdlib.h>

enum { COMMANDS_MAX = 1024, WAITING_BYTES_MAX = 1 << 20, PROBLEM_MAX = 4096 };

struct command {
	struct command *next;
	void *tag;
	int status; /* 0: to be asked; else the body is the answer */
	struct str method, path, body;
	size_t bytes;
	char text[];
};

static struct command *take_first(struct guest *g)
{
	struct command *c = g->first;

	g->first = c->next;
	if (!g->first)
		g->last = &g->first;
	g->commands_n--;
	g->commands_bytes -= c->bytes;
	return c;
}

static void is_answered(void *guest, int status, struct str body)
{
	struct guest *g = guest;
	struct command *c = take_first(g);
	void *tag = c->tag;

	g->asked = NULL;
	free(c);
	g->kind->answered(g, tag, status, body);
	asking_go_on(g);
}

void asking_go_on(struct guest *g)
{
	while (g->first && !g->asked && !g->is_entering) {
		struct command *c = g->first;
		struct question q = { c->method, c->path, c->body, str_of(g->token), g->caller };

		if (!c->status) {
			g->asked = forward(&q, is_answered, g);
			return;
		}
		take_first(g);
		g->kind->answered(g, c->tag, c->status, c->body);
		free(c);
	}
}

bool asking_has_room(const struct guest *g)
{
	return g->commands_n < COMMANDS_MAX && g->commands_bytes < WAITING_BYTES_MAX;
}

static void join(struct guest *g, struct command said, bool at_once)
{
	size_t bytes = sizeof said + said.method.n + said.path.n + said.body.n;
	struct command *c = must_alloc(bytes);
	char *to = c->text;

	*c = said;
	c->method = str_keep(&to, said.method);
	c->path = str_keep(&to, said.path);
	c->body = str_keep(&to, said.body);
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
	asking_go_on(g);
}

void asking_say(struct guest *g, struct str method, struct str path, struct str body, void *tag,
	bool at_once)
{
	join(g, (struct command){ .tag = tag, .method = method, .path = path, .body = body },
		at_once);
}

void asking_settle(struct guest *g, void *tag, int status, struct str body)
{
	join(g, (struct command){ .tag = tag, .status = status, .body = body }, false);
}

void asking_refuse(struct guest *g, void *tag, int status, const char *code, const char *detail)
{
	struct buf problem = BUF_INIT(PROBLEM_MAX);

	http_problem(&problem, status, code, detail);
	asking_settle(g, tag, status, buf_as_str(&problem));
	buf_free(&problem);
}

void asking_end(struct guest *g)
{
	if (g->asked)
		forward_forget(g->asked);
	g->asked = NULL;
	while (g->first) {
		struct command *c = take_first(g);

		if (g->kind->forgotten && c->tag)
			g->kind->forgotten(c->tag);
		free(c);
	}
}
