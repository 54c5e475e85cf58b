/* tidy.h - what `files` clears away in spare moments: files of no use, content that is nobody's,
 * and bytes on the disk that an unlucky moment left there.
 *
 * Those bytes are files that no row names and no process holds locked: of an upload that is going
 * on they are locked, and a process that dies, however it does, lets go of its locks. So nothing
 * needs to be repaired by hand, and nothing has to become old before it may go. */
#ifndef WEB_TIDY_H
#define WEB_TIDY_H

#include "web/request.h"

void tidy_open(struct host *host);
void tidy_close(void);

/* One look at the whole directory; *left is how many leftovers there were. remove: they go. */
enum err tidy_directory(
	struct db *db, struct arena *a, const char *directory, bool remove, int64_t *left);
/* How much content there is, and of how much the bytes are missing or of another length. */
enum err tidy_missing(
	struct db *db, struct arena *a, const char *directory, int64_t *n, int64_t *missing);

#endif
