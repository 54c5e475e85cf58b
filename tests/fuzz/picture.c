/* The containers of pictures: what is kept of one stands in it in that order, is no longer, is kept
 * again as it is, and has the same shape. The pixels are the libraries' business. */
#include "media/exif.h"
#include "media/format.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct format *f, struct str bytes)
{
	struct buf once = BUF_INIT(1 << 22), twice = BUF_INIT(1 << 22);
	struct shape before, after;

	if (f->look(bytes, &before) && f->clean(bytes, &once)) {
		struct str kept = buf_as_str(&once);

		if (kept.n > bytes.n + 1 || before.orientation < 1 || before.orientation > 8)
			abort();
		if (!f->look(kept, &after) || after.width != before.width ||
			after.height != before.height || after.orientation != 1)
			abort();
		if (!f->clean(kept, &twice) || !str_eq(buf_as_str(&twice), kept))
			abort();
	}
	buf_free(&once);
	buf_free(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct format *const all[] = { &format_jpeg, &format_png, &format_webp,
		&format_gif };
	char *copy = malloc(size + !size);
	struct str bytes = { copy, size };

	memcpy(copy, data, size);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		check(all[i], bytes);
	exif_orientation(bytes);
	free(copy);
	return 0;
}
