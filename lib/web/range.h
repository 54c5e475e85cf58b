/* range.h - which part of a file is asked for (RFC 9110, section 14). */
#ifndef WEB_RANGE_H
#define WEB_RANGE_H

#include "core/str.h"

enum { RANGES_MAX = 16 };

struct range {
	int64_t first, last; /* both included */
};

enum range_outcome {
	RANGE_WHOLE, /* none is asked for, or what is asked makes no sense: then all of it is due */
	RANGE_SOME,
	RANGE_NONE_SUCH, /* it makes sense, but lies outside of the file */
};

/* *n of at most RANGES_MAX, in the order they are asked for. Who asks for more of them, or for more
 * bytes than there are, is given the whole. */
enum range_outcome range_read(struct str header, int64_t size, struct range *ranges, int *n);

#endif
