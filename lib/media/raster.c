#include "media/raster.h"

#include <stdlib.h>
#include <webp/encode.h>

enum { SUMS = 5 };

struct raster raster_new(int width, int height)
{
	struct raster r = { width, height, malloc((size_t)width * (size_t)height * PIXEL) };

	return r;
}

/* The longer side is `most` then, the other at least 1; never larger than it was. */
static void fit(int width, int height, int most, int *w, int *h)
{
	int longer = width > height ? width : height;

	*w = width;
	*h = height;
	if (longer <= most)
		return;
	*w = (int)(((int64_t)width * most + longer / 2) / longer);
	*h = (int)(((int64_t)height * most + longer / 2) / longer);
	*w = *w ? *w : 1;
	*h = *h ? *h : 1;
}

void shrink_begin(struct shrink *s, int width, int height, int most)
{
	int w, h;

	fit(width, height, most, &w, &h);
	*s = (struct shrink){ .to = raster_new(w, h), .width = width, .height = height };
	s->sums = calloc((size_t)w * SUMS, sizeof *s->sums);
}

static void end_row(struct shrink *s)
{
	unsigned char *out = s->to.pixels + (size_t)s->out_y * (size_t)s->to.width * PIXEL;

	for (int x = 0; x < s->to.width; x++, out += PIXEL) {
		uint64_t *sum = s->sums + (size_t)x * SUMS, alpha = sum[3], n = sum[4];

		for (int c = 0; c < 3; c++)
			out[c] = alpha ? (unsigned char)((sum[c] + alpha / 2) / alpha) : 0;
		out[3] = n ? (unsigned char)((alpha + n / 2) / n) : 0;
	}
	memset(s->sums, 0, (size_t)s->to.width * SUMS * sizeof *s->sums);
}

void shrink_row(struct shrink *s, const unsigned char *row)
{
	int out_y;

	if (!s->sums || !s->to.pixels || s->y >= s->height)
		return;
	out_y = (int)((int64_t)s->y * s->to.height / s->height);
	if (out_y != s->out_y) {
		end_row(s);
		s->out_y = out_y;
	}
	for (int x = 0; x < s->width; x++, row += PIXEL) {
		uint64_t *sum = s->sums + (size_t)((int64_t)x * s->to.width / s->width) * SUMS;

		for (int c = 0; c < 3; c++)
			sum[c] += (uint64_t)row[c] * row[3];
		sum[3] += row[3];
		sum[4]++;
	}
	s->y++;
}

bool shrink_end(struct shrink *s)
{
	if (!s->sums || !s->to.pixels || s->y != s->height)
		return false;
	end_row(s);
	return true;
}

struct raster raster_shrink(struct raster r, int most)
{
	struct shrink s;

	shrink_begin(&s, r.width, r.height, most);
	for (int y = 0; y < r.height; y++)
		shrink_row(&s, r.pixels + (size_t)y * (size_t)r.width * PIXEL);
	if (!shrink_end(&s))
		s.to.pixels = NULL;
	return s.to;
}

/* Where the pixel that is to be seen at x, y stands in the picture as it was stored. */
static void from_where(const struct raster *r, int orientation, int x, int y, int *fx, int *fy)
{
	int right = r->width - 1, bottom = r->height - 1;

	switch (orientation) {
	case 2: *fx = right - x, *fy = y; break;
	case 3: *fx = right - x, *fy = bottom - y; break;
	case 4: *fx = x, *fy = bottom - y; break;
	case 5: *fx = y, *fy = x; break;
	case 6: *fx = y, *fy = bottom - x; break;
	case 7: *fx = right - y, *fy = bottom - x; break;
	case 8: *fx = right - y, *fy = x; break;
	default: *fx = x, *fy = y; break;
	}
}

struct raster raster_turn(struct raster r, int orientation)
{
	bool lies = orientation >= 5;
	struct raster to;

	if (orientation <= 1 || !r.pixels)
		return r;
	to = raster_new(lies ? r.height : r.width, lies ? r.width : r.height);
	for (int y = 0; to.pixels && y < to.height; y++)
		for (int x = 0; x < to.width; x++) {
			int fx, fy;

			from_where(&r, orientation, x, y, &fx, &fy);
			memcpy(to.pixels + ((size_t)y * (size_t)to.width + (size_t)x) * PIXEL,
				r.pixels + ((size_t)fy * (size_t)r.width + (size_t)fx) * PIXEL,
				PIXEL);
		}
	return to;
}

/* quality 100: without loss. */
bool raster_webp(struct raster r, int quality, struct buf *to)
{
	uint8_t *bytes = NULL;
	size_t n;

	if (!r.pixels)
		return false;
	n = quality == 100
		    ? WebPEncodeLosslessRGBA(r.pixels, r.width, r.height, r.width * PIXEL, &bytes)
		    : WebPEncodeRGBA(
			      r.pixels, r.width, r.height, r.width * PIXEL, (float)quality, &bytes);
	buf_add(to, bytes, n);
	return n > 0 && !to->over;
}
