/* keys.h - the signing keys of access tokens: files in the keys directory.
 *
 *     keys/KID.pem          private, read by `account` alone
 *     keys/public/KID.pem   public, read by every program
 *
 * A KID begins with the time of its making, so the greatest is the newest, and that one signs. The
 * one before still verifies: tokens outlive a rotation. A change of the directory is noticed by its
 * time of modification. */
#ifndef WEB_KEYS_H
#define WEB_KEYS_H

#include "core/arena.h"

enum { KID_MAX = 40 };

struct keys;

/* `sign`: private keys are wanted too. NULL, with words in `why`: there are none, or they cannot be
 * read. */
struct keys *keys_open(const char *dir, bool sign, const char **why);
void keys_free(struct keys *k);
/* The newest private key with its kid. False: none. */
bool keys_signing(struct keys *k, struct arena *a, struct str *kid, struct str *pem);
/* The public key of that name. False: not one of ours. */
bool keys_verifying(struct keys *k, struct arena *a, struct str kid, struct str *pem);
/* Makes a new pair and removes all but the newest two. */
bool keys_rotate(const char *dir, char kid[KID_MAX], const char **why);

#endif
