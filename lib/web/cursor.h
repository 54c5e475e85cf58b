/* cursor.h - where a page of a list ended: a number and a key, as one opaque word.
 *
 * Clients hand it back as they got it; what comes back is checked like all they send. */
#ifndef WEB_CURSOR_H
#define WEB_CURSOR_H

#include "core/arena.h"

enum { CURSOR_MAX = 4000 };

struct str cursor_write(struct arena *a, int64_t n, struct str key);
bool cursor_read(struct arena *a, struct str text, int64_t *n, struct str *key);

#endif
