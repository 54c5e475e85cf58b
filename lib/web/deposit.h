/* deposit.h - bytes on their way into the directory of files.
 *
 * Each deposit is a new file under a name that nobody can guess and that is never used again, and
 * is locked (flock) for as long as its process is at it. It becomes part of the site when a row of
 * `content` names it; until then it is a leftover as soon as the lock is gone, however that came
 * about (lib/web/tidy.h). So there is no second place to be moved from: a directory to work in and
 * a rename would add nothing, and Landlock forbids to rename across directories.
 *
 * The hash is taken while the bytes come in, and the kernel is told to begin writing early, so that
 * little is left to wait for at the end. */
#ifndef WEB_DEPOSIT_H
#define WEB_DEPOSIT_H

#include "core/conf.h"
#include "core/err.h"

enum { PLACE_BYTES = 25, HASH_BYTES = 32 };

struct deposit {
	char place[PLACE_BYTES]; /* its name in the directory; "" when there is none */
	int fd;
	int64_t n, begun; /* bytes, and how many of them the kernel was told to write */
	void *hash;       /* NULL: none is taken */
	unsigned char digest[HASH_BYTES];
};

/* ERR_STORAGE: the disk takes no more; ERR_INTERNAL, errno set: the directory is not as it should
 * be. */
enum err deposit_open(struct deposit *d, const char *directory, bool hashed);
enum err deposit_add(struct deposit *d, const void *bytes, size_t n);
/* Everything is on the disk, its name too; d->digest is the hash. */
enum err deposit_keep(struct deposit *d, const char *directory);
/* The hash of what somebody else has written into it, and its length. */
enum err deposit_measure(struct deposit *d);
/* Ends it: without a row of its own it is removed, now or soon. */
void deposit_drop(struct deposit *d, const char *directory);
/* Ends it and leaves it where it is. */
void deposit_leave(struct deposit *d);

#endif
