/* guest.h - a person at a socket, whatever it speaks: they come in with a token and a cursor, hear
 * what is for them, ask for things, and go.
 *
 * Coming in is a request like every other (`program` of cgi-bin/bridge.c has its route): walked on
 * the loop, with a thread's help where the database must be asked. Then all behind the cursor is
 * told, from the database as far as the tail does not reach, and from there on what comes. What
 * they ask for is live/asking.h.
 *
 * The owner embeds a struct guest, zeroed at first, and calls guest_leave() before it frees it. */
#ifndef LIVE_GUEST_H
#define LIVE_GUEST_H

#include "live/forward.h"
#include "live/live.h"
#include "live/telling.h"

struct guest;
struct wire;
struct http_head;
struct entering;
struct command;

/* Only `refused` and `over` may call guest_leave() and free the owner. */
struct guest_kind {
	/* They are in; g->at is where they stand. */
	void (*entered)(struct guest *g);
	/* They are not: the answer in CGI form, its status and body. */
	void (*refused)(struct guest *g, struct str cgi, int status, struct str body);
	/* Something for them; guest_at() says where they stand with it. */
	void (*event)(struct guest *g, const struct hub_event *e);
	/* All there was for now. May be NULL. */
	void (*settled)(struct guest *g);
	/* A command is answered. */
	void (*answered)(struct guest *g, void *tag, int status, struct str body);
	/* It is over: 401 the session has ended, 410 the log goes elsewhere, 503 the process ends,
	 * 429 more waits for them to be read than may. They have left already. */
	void (*over)(struct guest *g, int status);
	/* How many bytes wait for them to be read. */
	size_t (*waits)(struct guest *g);
	/* What is left of a command that nobody will answer; may be NULL. */
	void (*forgotten)(void *tag);
};

struct guest {
	struct listener listener;
	const struct guest_kind *kind;
	int64_t user_id, session_id;
	struct cursor at; /* they have been told everything up to there */
	char *token;
	struct caller *caller;
	struct guest *next, **link; /* among all who are in */
	struct telling telling;
	struct entering *entering; /* NULL: they are in, or have not begun */
	const struct hub_event **events;
	size_t events_n, events_size;
	struct command *first, **last; /* those that wait; the first one is being asked */
	size_t commands_n, commands_bytes;
	struct forward *asked;
	bool is_entering; /* who they are is being asked */
	bool is_in, is_full;
};

/* Before all others. */
void guests_open(struct live *l);
/* Everybody is told that it is over. */
void guests_end(int status);
void guests_close(void);

void guest_meet(struct guest *g, const struct guest_kind *kind, const struct caller *c);
/* token and cursor are copied; an absent cursor is: from now on. Somebody who is in already is only
 * asked who they are: answered by `entered` again, or by `refused`, which puts nobody out. */
void guest_enter(struct guest *g, struct str token, struct str cursor);
/* What had no room is read now: goes on. */
void guest_drained(struct guest *g);
void guest_leave(struct guest *g);

/* Where they stand with this event. */
struct cursor guest_at(struct guest *g, const struct hub_event *e);
struct live *guest_live(void);

/* The handler of the route by which guests come in. */
enum err guest_arrive(struct request *rq, struct str cursor);

#endif
