/* raster.h - pictures as rows of pixels: made smaller while they come in, turned upright, encoded.
 *
 * Pixels are red, green, blue, alpha, a byte each. Like all of lib/media but clerk.h and kind.h it
 * is for the clerk's children, whose memory goes with them: what is allocated here is never freed.
 */
#ifndef MEDIA_RASTER_H
#define MEDIA_RASTER_H

#include "core/buf.h"

enum { PIXEL = 4 };

struct raster {
	int width, height;
	unsigned char *pixels;
};

/* Takes the rows of a picture, from its top, and keeps what fits into so many pixels each way: each
 * pixel of the result is the mean of those it stands for. It needs memory for the result alone. */
struct shrink {
	struct raster to;
	int width, height; /* of what comes in */
	int y;
	uint64_t *sums; /* of the row that is being made: colours times alpha, alpha, count */
	int out_y;
};

void shrink_begin(struct shrink *s, int width, int height, int most);
void shrink_row(struct shrink *s, const unsigned char *row);
/* All rows came: s->to is complete. */
bool shrink_end(struct shrink *s);

/* Room for a picture of this size; NULL pixels: there is none. */
struct raster raster_new(int width, int height);
/* As it is to be seen by its EXIF orientation, 1 to 8. */
struct raster raster_turn(struct raster r, int orientation);
/* A smaller copy. */
struct raster raster_shrink(struct raster r, int most);
bool raster_webp(struct raster r, int quality, struct buf *to);

#endif
