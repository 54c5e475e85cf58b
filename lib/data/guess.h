/* guess.h - the places of a batch (data/place.h) as this process remembers them.
 *
 * A batch locks its places first, and waits for the answer, to learn what the process that wrote
 * the last message there knows already: the chat's last seq. So it is remembered, the batch is
 * written on the strength of it in one round trip, and the statement that moves the chats on proves
 * it: it finds a chat only with that seq and that hour, and with the author among its members.
 * Where it finds one fewer all is undone, and the batch asks after all. What a guess has wrong
 * costs time, never more.
 *
 * Not for: chats that several of a batch write in, and where others write as well; there it is
 * wrong too often, and it stops guessing for a while. */
#ifndef DATA_GUESS_H
#define DATA_GUESS_H

#include "data/place.h"

enum { GUESS_ONE_VALUES = 11, GUESS_VALUES = 6 };

struct guesses;

struct guesses *guesses_new(void);
void guesses_free(struct guesses *g);
/* false: not all of them are known, or not as places of one author each. Chats ascend. */
bool guess_places(struct guesses *g, struct arena *a, const int64_t *chat_ids,
	const int64_t *author_ids, size_t n, struct places *places);
/* What has been written, guessed or not. */
void guess_learn(struct guesses *g, const struct places *places);
/* The guess was wrong, somewhere. */
void guess_doubt(struct guesses *g, const struct places *places);
/* The first step of a block that writes them: one place, or several, up to as many as the block has
 * rows; and the values of the one that is for as many places as there are. It ends with
 * ERR_INTERNAL and db_signalled() where the guess is wrong. */
extern struct sql guess_one_step, guess_step;
struct arg *guess_values(struct arg *to, const struct places *places, size_t rows);

#endif
