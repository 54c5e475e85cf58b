/* invite.h - whether somebody was brought into a chat by another, as the log tells it: who comes in
 * does so by member.joined, those who come together in a row, and behind them the chat as it is.
 *
 * The log does not say who acted. Who makes a group comes in as its owner, and who opens a direct
 * chat comes first. In a public room a newcomer alone is taken to have come by themself: whether a
 * member has added them cannot be told, nor, once the event before is forgotten, whether the last
 * of several was added. */
#ifndef LIVE_INVITE_H
#define LIVE_INVITE_H

#include "live/hub.h"

/* Zeroed: nothing yet. */
struct invite {
	int64_t chat_id, id; /* where they have come in, and the last event of that */
	bool before, behind; /* whether others came with them */
};

/* To be called with each event they are told, in order. true: it is the chat that another has
 * brought them into. */
bool invite_is(struct invite *in, const struct hub *h, int64_t user_id, const struct hub_event *e);

#endif
