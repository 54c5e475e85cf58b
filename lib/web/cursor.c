#include "web/cursor.h"

#include "core/random.h"

struct str cursor_write(struct arena *a, int64_t n, struct str key)
{
	struct str text = arena_printf(a, "%lld %.*s", (long long)n, STR_ARG(key));

	return base64url(a, text.p, text.n);
}

bool cursor_read(struct arena *a, struct str text, int64_t *n, struct str *key)
{
	if (!base64url_decode(a, text, key) || !str_utf8(*key, NULL))
		return false;
	return str_int(str_cut(key, ' '), n) && *n >= 0 && key->p;
}
