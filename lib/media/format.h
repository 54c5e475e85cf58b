/* format.h - what lib/media can do with a picture, whatever its format.
 *
 * A format reads its own container by hand, byte by byte within the bytes it has, to find what is
 * to go; the pixels are decoded by the library that the world uses for it. */
#ifndef MEDIA_FORMAT_H
#define MEDIA_FORMAT_H

#include "core/buf.h"
#include "core/err.h"

struct shape {
	int width, height; /* as stored: not turned yet */
	int orientation;   /* of EXIF; 1: upright */
};

/* Takes the rows of pixels of a picture, from the top. */
struct easel {
	void (*begin)(struct easel *e, int width, int height);
	void (*row)(struct easel *e, const unsigned char *pixels);
	int least; /* a decoder may make it smaller, but not below so many pixels on both sides */
};

struct format {
	const char *mime;
	/* Before any decoding. */
	bool (*look)(struct str bytes, struct shape *shape);
	/* The same picture without anything that is not needed to see it. false: it is broken. */
	bool (*clean)(struct str bytes, struct buf *to);
	/* Its first picture; false: it is broken. */
	bool (*draw)(struct str bytes, struct easel *easel);
	/* Clean and upright; NULL: the format has no orientation. */
	bool (*turn)(struct str bytes, const struct shape *shape, struct buf *to);
};

extern const struct format format_jpeg, format_png, format_webp, format_gif;

/* The whole picture of a format, turned: for those that have to be encoded anew. NULL pixels: it is
 * broken. */
struct raster;
bool format_upright(
	const struct format *f, struct str bytes, int orientation, struct raster *upright);

static inline unsigned get_be(const char *p, int n)
{
	unsigned value = 0;

	for (int i = 0; i < n; i++)
		value = value << 8 | (unsigned char)p[i];
	return value;
}

static inline unsigned get_le(const char *p, int n)
{
	unsigned value = 0;

	while (n-- > 0)
		value = value << 8 | (unsigned char)p[n];
	return value;
}

#endif
