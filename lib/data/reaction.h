/* reaction.h - the reactions to messages that are about to be shown. */
#ifndef DATA_REACTION_H
#define DATA_REACTION_H

#include "data/message.h"

/* Fills in the reactions to those messages that have any (m->reactions_n). */
enum err reaction_load(struct db *db, struct arena *a, struct message *messages, size_t n);

#endif
