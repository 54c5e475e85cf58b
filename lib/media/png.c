/* PNG, also animated. What is kept of its chunks: the picture, its colours and its animation. Text,
 * EXIF, times and chunks that nobody knows go, and what stands behind the end. */
#include "media/exif.h"
#include "media/format.h"
#include "media/raster.h"

#include <png.h>
#include <stdlib.h>

enum { SIGNATURE = 8, CHUNK_FRAME = 12, HEADER = 13, ANCILLARY_MAX = 4 << 20 };

struct chunk {
	struct str all, body;
	const char *name;
};

static bool next_chunk(struct str bytes, size_t *at, struct chunk *c)
{
	size_t n;

	if (bytes.n - *at < CHUNK_FRAME)
		return false;
	n = get_be(bytes.p + *at, 4);
	if (n > bytes.n - *at - CHUNK_FRAME)
		return false;
	c->name = bytes.p + *at + 4;
	c->body = (struct str){ bytes.p + *at + 8, n };
	c->all = (struct str){ bytes.p + *at, n + CHUNK_FRAME };
	*at += c->all.n;
	return true;
}

static bool is(const struct chunk *c, const char *name)
{
	return memcmp(c->name, name, 4) == 0;
}

static bool begins(struct str bytes)
{
	return bytes.n > SIGNATURE && png_sig_cmp((png_const_bytep)bytes.p, 0, SIGNATURE) == 0;
}

static bool look(struct str bytes, struct shape *shape)
{
	size_t at = SIGNATURE;
	struct chunk c;
	unsigned width, height;

	*shape = (struct shape){ .orientation = 1 };
	if (!begins(bytes) || !next_chunk(bytes, &at, &c) || !is(&c, "IHDR") || c.body.n != HEADER)
		return false;
	width = get_be(c.body.p, 4);
	height = get_be(c.body.p + 4, 4);
	if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX)
		return false;
	shape->width = (int)width;
	shape->height = (int)height;
	while (next_chunk(bytes, &at, &c) && !is(&c, "IEND"))
		if (is(&c, "eXIf"))
			shape->orientation = exif_orientation(c.body);
	return true;
}

static bool is_kept(const struct chunk *c)
{
	static const char kept[] = "IHDRPLTEIDATIENDtRNSgAMAcHRMsRGBiCCPcICPsBITbKGDpHYs"
				   "acTLfcTLfdAT";

	for (const char *name = kept; *name; name += 4)
		if (is(c, name))
			return true;
	return false;
}

static bool clean(struct str bytes, struct buf *to)
{
	size_t at = SIGNATURE;
	struct chunk c;

	if (!begins(bytes))
		return false;
	buf_add(to, bytes.p, SIGNATURE);
	while (next_chunk(bytes, &at, &c)) {
		if (is_kept(&c))
			buf_str(to, c.all);
		if (is(&c, "IEND"))
			return !to->over;
	}
	return false;
}

/* --- pixels --- */

static void read_more(png_structp png, png_bytep to, size_t n)
{
	struct str *rest = png_get_io_ptr(png);

	if (n > rest->n)
		png_error(png, "it ends too early");
	memcpy(to, rest->p, n);
	rest->p += n;
	rest->n -= n;
}

static void give_up(png_structp png, png_const_charp words)
{
	(void)words;
	png_longjmp(png, 1);
}

static void be_quiet(png_structp png, png_const_charp words)
{
	(void)png;
	(void)words;
}

/* Whatever is stored, rows of PIXEL bytes come out. */
static void ask_for_pixels(png_structp png, png_infop info)
{
	png_set_expand(png);
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
	png_set_add_alpha(png, 0xff, PNG_FILLER_AFTER);
	png_set_interlace_handling(png);
	png_read_update_info(png, info);
}

/* A picture that is stored coarse to fine can only be drawn when all of it is there. */
static void read_rows(png_structp png, int width, int height, bool interlaced, struct easel *e)
{
	struct raster r = raster_new(width, interlaced ? height : 1);

	if (!r.pixels)
		png_error(png, "it is too large");
	e->begin(e, width, height);
	for (int pass = interlaced ? 6 : 0; pass > 0; pass--)
		for (int y = 0; y < height; y++)
			png_read_row(png, r.pixels + (size_t)y * (size_t)width * PIXEL, NULL);
	for (int y = 0; y < height; y++) {
		unsigned char *row =
			r.pixels + (interlaced ? (size_t)y * (size_t)width * PIXEL : 0);

		png_read_row(png, row, NULL);
		e->row(e, row);
	}
	png_read_end(png, NULL);
}

static bool draw(struct str bytes, struct easel *e)
{
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, give_up, be_quiet);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	if (!info || setjmp(png_jmpbuf(png)))
		return false;
	png_set_read_fn(png, &bytes, read_more);
	png_set_chunk_malloc_max(png, ANCILLARY_MAX);
	png_set_user_limits(png, INT32_MAX, INT32_MAX); /* the pixels were counted before */
	png_read_info(png, info);
	ask_for_pixels(png, info);
	read_rows(png, (int)png_get_image_width(png, info), (int)png_get_image_height(png, info),
		png_get_interlace_type(png, info) != PNG_INTERLACE_NONE, e);
	return true;
}

static void write_more(png_structp png, png_bytep from, size_t n)
{
	buf_add(png_get_io_ptr(png), from, n);
}

static void flush(png_structp png)
{
	(void)png;
}

/* Animations are left as they lie: their frames are no pictures of their own. */
static bool turn(struct str bytes, const struct shape *shape, struct buf *to)
{
	png_structp png;
	png_infop info;
	struct raster r;

	if (memmem(bytes.p, bytes.n < 65536 ? bytes.n : 65536, "acTL", 4))
		return clean(bytes, to);
	if (!format_upright(&format_png, bytes, shape->orientation, &r))
		return false;
	png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, give_up, be_quiet);
	info = png ? png_create_info_struct(png) : NULL;
	if (!info || setjmp(png_jmpbuf(png)))
		return false;
	png_set_write_fn(png, to, write_more, flush);
	png_set_IHDR(png, info, (png_uint_32)r.width, (png_uint_32)r.height, 8,
		PNG_COLOR_TYPE_RGB_ALPHA, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
		PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (int y = 0; y < r.height; y++)
		png_write_row(png, r.pixels + (size_t)y * (size_t)r.width * PIXEL);
	png_write_end(png, info);
	return !to->over;
}

const struct format format_png = { "image/png", look, clean, draw, turn };
