/* leftover.h - files that nobody needs any more, and bytes that belong to nothing.
 *
 * A file goes with the last message it stands in; or some days after its upload when it never stood
 * in any and is nobody's picture, and sooner when its owner has left. Its row goes at once, in the
 * same transaction; its content is noted as an orphan, for who may touch the disk: `files`, in
 * spare moments (lib/web/tidy.h). Content goes when no file is of it, row first, then bytes; so
 * there may be bytes without a row, never a row without bytes. */
#ifndef DATA_LEFTOVER_H
#define DATA_LEFTOVER_H

#include "data/db.h"

/* Inside a transaction: removes the file, unless it stands in a message or is somebody's picture,
 * and gives its owner the room back. older_days: only one as old as that; below 0: of any age. */
enum err leftover_forget(struct db *db, struct arena *a, int64_t file_id, int64_t older_days);

/* Forgets files that are of no use since so many days, among those with ids behind *from; *from is
 * how far it looked, 0 when it came to the end. */
enum err leftover_expire(struct db *db, struct arena *a, int64_t days, int64_t *from);

/* Takes one orphan off the list. Where nothing is of that content any more it is gone, and what
 * lies under the places must go; they are absent otherwise. *more: there was one. */
struct remains {
	struct str place, thumb_place;
};
enum err leftover_take(struct db *db, struct arena *a, struct remains *r, bool *more);

/* Which of n names, up to DB_ROWS_MAX / 2, belong to a row. */
enum err leftover_known(
	struct db *db, struct arena *a, const struct str *places, size_t n, bool *known);
/* The places of content from an id on; *n is 0 at the end. For who wants to see whether the bytes
 * are there. */
struct lying {
	int64_t id, size;
	struct str place, thumb_place;
};
enum err leftover_contents(
	struct db *db, struct arena *a, int64_t after, struct lying **all, size_t *n);

#endif
