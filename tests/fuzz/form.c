/* Percent-encoded text: what is decoded is UTF-8 without NUL, no longer than it was, and the same
 * again when it is encoded and decoded once more. */
#include "web/form.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str encoded(struct arena *a, struct str s)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	char *to = arena_alloc(a, 3 * s.n + 1);

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		to[3 * i] = '%';
		to[3 * i + 1] = hex[c >> 4];
		to[3 * i + 2] = hex[(c & 15) + ((c & 15) > 9 ? 6 : 0)];
	}
	return (struct str){ to, 3 * s.n };
}

static void check(struct arena *a, struct str text, size_t longest)
{
	struct str again;

	if (text.n > longest || !str_utf8(text, NULL))
		abort();
	if (!form_decode(a, encoded(a, text), true, &again) || !str_eq(text, again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena a;
	struct str raw = { (const char *)data, size }, out, rest = raw;
	struct pair *pairs;
	size_t n, ampersands = 0;

	if (!a.first)
		arena_init(&a);
	for (int plus = 0; plus < 2; plus++)
		if (form_decode(&a, raw, plus, &out))
			check(&a, out, size);
	while (rest.p && rest.n) {
		str_cut(&rest, '&');
		ampersands++;
	}
	if (form_parse(&a, raw, &pairs, &n)) {
		if (n > PAIRS_MAX || n > ampersands)
			abort();
		for (size_t i = 0; i < n; i++) {
			check(&a, pairs[i].name, size);
			check(&a, pairs[i].value, size);
		}
	}
	arena_clear(&a);
	return 0;
}
