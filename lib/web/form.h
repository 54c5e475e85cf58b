/* form.h - percent-encoded names and values: query strings, form bodies, path segments. */
#ifndef WEB_FORM_H
#define WEB_FORM_H

#include "core/arena.h"

enum { PAIRS_MAX = 100 };

struct pair {
	struct str name, value;
};

/* One part. plus: '+' is a space. False: a broken escape, a NUL, or not UTF-8. */
bool form_decode(struct arena *a, struct str raw, bool plus, struct str *out);
/* "a=1&b=2". False: a part is broken, or there are more than PAIRS_MAX. */
bool form_parse(struct arena *a, struct str raw, struct pair **pairs, size_t *n);

#endif
