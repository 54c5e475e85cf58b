/* hub.h - who is here, and which event is for whom.
 *
 * The hub keeps the recent tail of the log in memory, each event rendered once; the people who have
 * somebody listening, with the chats they are in; and the listeners: parked polls, event streams,
 * sockets. It is told of new events in order and calls exactly the listeners concerned. It asks
 * nobody anything: what it does not know (somebody new, a cursor from before the tail) its owner
 * fetches from the database first.
 *
 * Memberships are kept true by the events of the log themselves, so a person costs one query when
 * they come, and none while they stay. All of it belongs to one thread. */
#ifndef LIVE_HUB_H
#define LIVE_HUB_H

#include "data/sight.h"

struct hub;
struct person_here;

/* In a larger crowd nobody notices who comes or goes, and telling it would keep everybody busy. */
enum { HUB_CROWD = 500, HUB_WHISPERS = 1024 /* how many are kept */ };

/* An event as it goes out: the JSON object, the same for everyone. One that nobody keeps
 * (core/ephemera.h) has no id. */
struct hub_event {
	int64_t id, chat_id, user_id, at_ms;
	int64_t heard; /* of one that nobody keeps: its number */
	struct str type, json;
	int64_t *chat_ids; /* of an event about a person: the chats they are in */
	size_t chat_ids_n;
};

/* What listens; the owner embeds it. The callbacks are called in this order within one hub_feed():
 * `event` for each event concerned, then `settled` once (hub_whisper() does the same); `ended`
 * instead of all else when its session has ended. A callback may remove its own listener, no other.
 */
struct listener {
	struct person_here *person;
	struct listener *next, **link; /* among the person's */
	struct listener *next_touched;
	bool touched;
	int64_t session_id, chat_id; /* chat_id 0: all chats */
	int64_t position;            /* it has everything up to this number */
	int64_t heard;               /* the same of what nobody keeps */
	const struct listener_kind *kind;
};

struct listener_kind {
	void (*event)(struct listener *l, const struct hub_event *e);
	void (*settled)(struct listener *l);
	void (*ended)(struct listener *l);
};

/* `tail_max`: how many events are kept. `head`: the log number everything starts behind; `heard`:
 * the same of what nobody keeps. `lobby`: that all are in this chat makes nobody hear who comes and
 * who goes. */
struct hub *hub_new(size_t tail_max, int64_t head, int64_t heard, int64_t lobby);
void hub_free(struct hub *h);

int64_t hub_head(const struct hub *h);
/* The event of that number; NULL: it is not kept. */
const struct hub_event *hub_at(const struct hub *h, int64_t id);

/* Whether the hub can say what this person sees behind that number: they are known, the tail
 * reaches back that far, and they have not left a chat since. */
bool hub_can_serve(const struct hub *h, int64_t user_id, int64_t after);
/* Makes a person known, as they stood at `as_of`, up to where the log had been read when `s` was
 * loaded; what the tail says since is applied. False: the tail does not reach back to as_of; load
 * again. */
bool hub_meet(struct hub *h, const struct sight *s, int64_t as_of);

/* Calls `l->kind->event` for what is behind l->position, in order, without adding it.
 * hub_can_serve() must have said so. */
void hub_replay(struct hub *h, int64_t user_id, struct listener *l);
/* From now on it hears of everything behind l->position, which is hub_head() or, where another
 * machine was faster, beyond it. */
void hub_listen(struct hub *h, int64_t user_id, struct listener *l);
void hub_leave(struct hub *h, struct listener *l);

/* Calls f for those who listen, a part of them at a time: part 0, 1, … parts - 1. */
void hub_each(struct hub *h, size_t part, size_t parts, void (*f)(int64_t user_id));
/* The others of that person: for limits, and for one that takes another's place. */
struct listener *hub_first(struct hub *h, int64_t user_id);
size_t hub_listening(const struct hub *h);

/* New events, dense and in order, beginning at hub_head() + 1. */
void hub_feed(struct hub *h, const struct hub_event *events, size_t n);

/* --- what nobody keeps --- */

/* Up to which number it was told, and from where on it can be told again: `heard`, or the end where
 * that is too long ago. */
int64_t hub_heard(const struct hub *h);
int64_t hub_heard_from(const struct hub *h, int64_t heard);
/* Whether the hub knows itself which chats somebody is in; else an event that says that they came
 * or went must bring chat_ids. */
bool hub_knows(const struct hub *h, int64_t user_id);
/* New ones, in order and within HUB_WHISPERS numbers, the last of all there were being number
 * `heard`. Typing is told to the others
 * in the chat; who comes or goes to whoever shares a chat, up to HUB_CROWD listening there. */
void hub_whisper(struct hub *h, const struct hub_event *events, size_t n, int64_t heard);
/* Calls `l->kind->event` for what is behind l->heard, as hub_replay() does for the log. */
void hub_whisper_again(struct hub *h, int64_t user_id, struct listener *l);

/* With nobody listening: goes on from there, and knows neither people nor what was before. */
void hub_skip(struct hub *h, int64_t head);

/* Forgets people who have had nobody listening since the call before the last. */
void hub_sweep(struct hub *h);

#endif
