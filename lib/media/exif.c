#include "media/exif.h"

#include "media/format.h"

enum { TAG_ORIENTATION = 0x112, TYPE_SHORT = 3, TIFF_HEAD = 8, ENTRY = 12 };

int exif_orientation(struct str b)
{
	unsigned (*get)(const char *, int);
	size_t at, entries;

	if (str_starts(b, "Exif") && b.n >= 6) {
		b.p += 6;
		b.n -= 6;
	}
	if (b.n < TIFF_HEAD)
		return 1;
	if (memcmp(b.p, "II*\0", 4) == 0)
		get = get_le;
	else if (memcmp(b.p, "MM\0*", 4) == 0)
		get = get_be;
	else
		return 1;
	at = get(b.p + 4, 4);
	if (at > b.n || b.n - at < 2)
		return 1;
	entries = get(b.p + at, 2);
	for (at += 2; entries-- > 0 && b.n - at >= ENTRY; at += ENTRY) {
		unsigned value = get(b.p + at + 8, 2);

		if (get(b.p + at, 2) == TAG_ORIENTATION && get(b.p + at + 2, 2) == TYPE_SHORT)
			return value >= 1 && value <= 8 ? (int)value : 1;
	}
	return 1;
}
