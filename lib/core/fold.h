/* fold.h - when two names are the same name.
 *
 * Identities (e-mail addresses, usernames) are stored as typed and compared by a folded copy:
 * Unicode NFKC with case folding, so that case, width and composition do not make a second person.
 * Letters of different alphabets that look alike are met in two ways: a word that mixes alphabets
 * is refused, and usernames are compared by a copy in which Cyrillic and Greek letters with a Latin
 * twin are that twin. */
#ifndef CORE_FOLD_H
#define CORE_FOLD_H

#include "core/arena.h"

/* NFKC and case folding. Input is valid UTF-8. Absent where the library refuses it. */
struct str fold(struct arena *a, struct str s);
/* The same of a name that is searched, or of a part of one: blanks at its ends fall away, and
 * several are one. */
struct str fold_name(struct arena *a, struct str s);
/* How many characters that would be; a single one can become eighteen. */
size_t fold_length(struct str s);
/* Folded text with look-alike letters replaced by their Latin twins. */
struct str fold_twins(struct arena *a, struct str folded);
/* Whether a word (a run of letters and marks) mixes Latin with Cyrillic, Greek, Armenian or
 * Cherokee. */
bool fold_mixed(struct str s);
/* Whether the text has control, format, private or unassigned characters, or line and paragraph
 * breaks. */
bool fold_unprintable(struct str s);
/* Whether there is nothing to see: only spaces, marks without a base, joiners. */
bool fold_blank(struct str s);
/* Letters, digits, marks, and the ASCII characters of `also`; nothing else. */
bool fold_wordlike(struct str s, const char *also);

#endif
