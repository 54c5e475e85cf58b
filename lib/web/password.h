/* password.h - passwords: what is one, hashing, and the few places for it.
 *
 * Hashing is slow on purpose, so it is bounded: a machine has a number of places, and who finds
 * none waits a little or is told to come back. A place is a lock on one byte of a file, which the
 * kernel frees when its holder dies. Worker threads that wait are bounded too: some are always left
 * for other requests. */
#ifndef WEB_PASSWORD_H
#define WEB_PASSWORD_H

#include "core/arena.h"
#include "core/conf.h"
#include "core/err.h"
#include "core/page.h"

/* Why these bytes cannot be a new password; NULL: they can. `min` counts characters, `max` bytes.
 */
const char *password_refusal(const struct conf *c, struct str password, int64_t min, int64_t max);

/* The file that has the places; a descriptor, or -1 with errno set. */
int password_places(const struct conf *c);
/* A new hash in the format of crypt(5). ERR_BUSY: no place. */
enum err password_hash(const struct conf *c, struct page *page, struct arena *a,
	struct str password, struct str *hash);
/* Whether it is the one: OK, ERR_WRONG_PASSWORD or ERR_BUSY. An absent hash costs the same time and
 * is never right. `old`: right, but of a scheme or cost that is not ours any more; hash it anew. */
enum err password_check(const struct conf *c, struct page *page, struct arena *a,
	struct str password, struct str hash, bool *old);

#endif
