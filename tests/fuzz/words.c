/* Query and text, parted by the first zero byte: what a text is cut into is bounded UTF-8, each
 * once and in order; and a text in which something is found has all of its keys. */
#include "core/words.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool holds(const struct words *w, const struct sought_key *key)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->all[i].n >= key->word.n &&
			memcmp(w->all[i].p, key->word.p, key->word.n) == 0 &&
			(key->prefix || w->all[i].n == key->word.n))
			return true;
	return false;
}

static void check(const struct words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct str before = i ? w->all[i - 1] : STR(""), now = w->all[i];
		int order = memcmp(before.p, now.p, before.n < now.n ? before.n : now.n);

		if (now.n == 0 || now.n > WORD_BYTES_MAX || !str_utf8(now, NULL))
			abort();
		if (order > 0 || (order == 0 && before.n >= now.n))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct arena a;
	struct str text = { (const char *)data, size }, query = str_cut(&text, 0);
	struct words words;
	struct sought s;

	if (!a.first)
		arena_init(&a);
	if (!text.p)
		text = query;
	if (!str_utf8(query, NULL) || !str_utf8(text, NULL))
		return 0;
	words_of(&a, text, &words);
	check(&words);
	if (words_seek(&a, query, &s) && words_found(&a, &s, text))
		for (size_t i = 0; i < s.keys_n; i++)
			if (!holds(&words, &s.keys[i]))
				abort();
	/* A text is found by itself. */
	if (words_seek(&a, text, &s) && !words_found(&a, &s, text))
		abort();
	arena_clear(&a);
	return 0;
}
