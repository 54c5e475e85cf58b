#include "web/form.h"

bool form_decode(struct arena *a, struct str raw, bool plus, struct str *out)
{
	char *to = arena_alloc(a, raw.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];

		if (c == '%') {
			int high = i + 1 < raw.n ? str_hex(raw.p[i + 1]) : -1;
			int low = i + 2 < raw.n ? str_hex(raw.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		to[n++] = c;
	}
	*out = (struct str){ to, n };
	return str_utf8(*out, NULL);
}

bool form_parse(struct arena *a, struct str raw, struct pair **pairs, size_t *n)
{
	*n = 0;
	*pairs = arena_alloc(a, sizeof **pairs * PAIRS_MAX);
	while (raw.p) {
		struct str value = str_cut(&raw, '&'), name = str_cut(&value, '=');
		struct pair *pair = &(*pairs)[*n];

		if (name.n == 0 && value.n == 0)
			continue;
		if (*n == PAIRS_MAX || !form_decode(a, name, true, &pair->name) ||
			!form_decode(a, value.p ? value : STR(""), true, &pair->value))
			return false;
		(*n)++;
	}
	return true;
}
