/* words.h - what of a text can be searched for, and whether a text holds what is sought.
 *
 * Text is folded (lib/core/fold.h) and cut into runs:
 *   words   letters, digits and their marks, up to anything else; apostrophes part words as well,
 * so that it does not matter which of the many is typed; dense   the same in scripts that put no
 * spaces between words (Han, Kana, Hangul, Thai, Lao, Khmer, Myanmar and their like): of these
 * every part can be found; signs   emoji and other symbols, each for itself, without tone and
 * variant; a flag is one sign.
 *
 * words_found() decides; the index only narrows down what it has to look at. What it holds of a
 * text is words_of(): of words and signs themselves, of dense runs each character and each pair of
 * neighbours. A text in which something is found has all of its keys there. */
#ifndef CORE_WORDS_H
#define CORE_WORDS_H

#include "core/arena.h"

/* Of a longer word the index holds as many characters as fit. */
enum { WORD_BYTES_MAX = 48 };

struct words {
	struct str *all;
	size_t n;
};

/* Each once, ordered by their bytes. Input is valid UTF-8. */
void words_of(struct arena *a, struct str text, struct words *out);

struct sought_key {
	struct str word;
	bool prefix; /* any word that begins like this */
};

struct sought {
	struct sought_run {
		struct str text;
		int kind;
		bool prefix, seen;
	} * runs;
	size_t runs_n;
	struct sought_key *keys; /* each once; a prefix is the last one */
	size_t keys_n;
};

/* All of the words are sought, the last one also as the beginning of a longer one. False: there is
 * none. */
bool words_seek(struct arena *a, struct str query, struct sought *out);
/* From now on the last word is sought as a whole one. */
void words_seek_whole(struct sought *s);
bool words_found(struct arena *a, struct sought *s, struct str text);

#endif
