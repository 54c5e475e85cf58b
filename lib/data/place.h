/* place.h - the chats of a batch of messages (data/batch.h): as its authors find them, locked until
 * commit, and as they become. */
#ifndef DATA_PLACE_H
#define DATA_PLACE_H

#include "data/author.h"

enum { PLACES_MAX = 32, PLACE_MOVE_VALUES = 9 };

/* One author in one chat; the rows of one chat stand together. */
struct place {
	int64_t chat_id, author_id;
	int64_t last_seq, reader_id, reader_seq, others_seq, author_read, hour;
	int64_t was; /* guessed: what last_seq was */
	struct author author;
};

struct places {
	struct place *all;
	size_t n;
	int64_t at_ms; /* now, as the database says */
	int64_t at_us; /* the same by the clock of this machine */
	bool guessed;  /* data/guess.h */
};

/* Locks the chats, which are in ascending order, and looks up the authors' membership under that
 * lock: from here on nobody can leave or be removed. A pair that is not there is a stranger's. */
enum err places_lock(struct db *db, struct page *page, struct arena *a, const int64_t *chat_ids,
	const int64_t *author_ids, size_t n, struct places *places);
/* Who the authors are. */
enum err places_name(
	struct db *db, struct page *page, struct arena *a, const struct places *places);
struct place *places_find(const struct places *all, int64_t chat_id, int64_t author_id);
/* The author writes there: the chat moves on by one, to their message's seq. */
void places_move(struct places *all, struct place *mine);
/* Some chat's hour has passed, which costs a statement more. */
bool places_tell(const struct places *all);
/* Writes what they have become; or a single one as two steps of a block, their values at `to`. */
enum err places_write(struct db *db, const struct places *all);
extern struct sql place_move_step, place_read_step;
struct arg *place_move_values(struct arg *to, const struct places *one);

#endif
