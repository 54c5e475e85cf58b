/* types.h - which files are taken, by what libmagic says of their bytes.
 *
 * One table: the word that stands in the settings, the media types that libmagic knows it by, and
 * the one it is served under. SVG and HTML are not in it and cannot be configured: they are
 * programs that run in whoever looks at them. */
#ifndef MEDIA_TYPES_H
#define MEDIA_TYPES_H

#include "core/conf.h"

enum family { FAMILY_IMAGE, FAMILY_AUDIO, FAMILY_VIDEO, FAMILY_DOCUMENT };

struct media {
	const char *word;
	enum family family;
	const char *found; /* media types, separated by spaces */
	const char *mime;  /* as it is served */
};

/* The kind of a media type; NULL where it is none of those that these settings take. */
const struct media *media_find(const struct conf *c, struct str found);
/* What a file of this family may have, in bytes; and the largest of all. */
int64_t media_max(const struct conf *c, enum family family);
int64_t media_max_of_all(const struct conf *c);
/* Whether browsers may show it in place. */
bool media_is_inline(struct str mime);
/* The first word of the settings that is no kind; absent where there is none. */
struct str media_unknown(const struct conf *c);

#endif
