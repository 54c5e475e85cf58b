/* crowd.h - the people who are here, and which of them are in which chat; a part of the hub. */
#ifndef LIVE_CROWD_H
#define LIVE_CROWD_H

#include "live/table.h"

#include <stdbool.h>

struct listener;

/* A chat somebody here is in. */
struct room {
	int64_t chat_id;
	struct person_here **people;
	size_t n, size;
};

struct stay {
	int64_t chat_id, since;
};

struct person_here {
	int64_t user_id;
	struct stay *stays; /* by chat_id */
	size_t n, size;
	int64_t left; /* number of the last event by which they left a chat */
	struct listener *listeners;
	int idle; /* sweeps since somebody listened */
};

/* Zeroed: empty. */
struct crowd {
	struct table people, rooms; /* struct person_here by user, struct room by chat */
};

struct person_here *crowd_add(struct crowd *c, int64_t user_id);
void crowd_forget(struct crowd *c, struct person_here *p);
void crowd_free(struct crowd *c);

bool crowd_is_in(const struct person_here *p, int64_t chat_id, int64_t *since);
/* Being in already changes nothing, and neither does going from where one is not. */
void crowd_come(struct crowd *c, struct person_here *p, int64_t chat_id, int64_t since);
void crowd_go(struct crowd *c, struct person_here *p, int64_t chat_id, int64_t event_id);

#endif
