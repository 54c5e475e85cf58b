/* pieces.h - frames as a wire brings them, in pieces of any size; for the unit test of frames and
 * for the fuzzer. */
#ifndef UNIT_PIECES_H
#define UNIT_PIECES_H

#include "live/frames.h"

/* false: the reader is done with them. *left: whether it holds something all the same. */
static inline bool eat_pieces(const struct frames_reader *reader, void *context, size_t message_max,
	struct str bytes, size_t piece, bool *left)
{
	struct frames *f = NULL;
	bool open = true;

	while (open && bytes.n) {
		size_t n = bytes.n < piece ? bytes.n : piece;

		open = frames_eat(&f, reader, context, message_max, (struct str){ bytes.p, n });
		bytes = (struct str){ bytes.p + n, bytes.n - n };
	}
	*left = f != NULL;
	frames_free(&f);
	return open;
}

#endif
