/* emoji.h - what is one emoji, and which are the same.
 *
 * One picture, perhaps with a skin tone; several that are joined to one; a flag of two regional
 * letters or of a region's tags; a key cap. What one sees as the same arrives in several writings:
 * with VARIATION SELECTOR-16 or without. The one form is what Unicode calls fully qualified, the
 * one that keyboards and pickers send: the selector stands behind pictures that would be drawn as
 * text without it, and nowhere else. It is for telling them apart: what people sent is kept and
 * told as they sent it. */
#ifndef CORE_EMOJI_H
#define CORE_EMOJI_H

#include "core/str.h"

enum { EMOJI_POINTS_MAX = 32, EMOJI_BYTES_MAX = 4 * EMOJI_POINTS_MAX };

/* Writes the one form of the emoji and returns its bytes. 0: `s` is no emoji, or it has more
 * characters than EMOJI_POINTS_MAX. */
size_t emoji_form(struct str s, char out[EMOJI_BYTES_MAX]);

#endif
