/* WebP, also animated. What is kept of its chunks: pictures, alpha, animation and colour profile.
 * EXIF, XMP and chunks that nobody knows go, and what stands behind the end. */
#include "media/exif.h"
#include "media/format.h"
#include "media/raster.h"

#include <webp/decode.h>
#include <webp/demux.h>

enum {
	RIFF_HEAD = 12,
	CHUNK_HEAD = 8,
	VP8X_BODY = 10,
	FLAG_ANIMATION = 0x02,
	FLAG_XMP = 0x04,
	FLAG_EXIF = 0x08,
	QUALITY = 92,
	WITHOUT_LOSS = 100,
};

struct chunk {
	struct str all, body; /* all: padded to an even length */
	const char *name;
};

static bool next_chunk(struct str bytes, size_t *at, struct chunk *c)
{
	size_t n, padded;

	if (bytes.n - *at < CHUNK_HEAD)
		return false;
	n = get_le(bytes.p + *at + 4, 4);
	padded = n + (n & 1);
	if (n > bytes.n || padded > bytes.n - *at - CHUNK_HEAD)
		return false;
	c->name = bytes.p + *at;
	c->body = (struct str){ c->name + CHUNK_HEAD, n };
	c->all = (struct str){ c->name, CHUNK_HEAD + padded };
	*at += c->all.n;
	return true;
}

static bool is(const struct chunk *c, const char *name)
{
	return memcmp(c->name, name, 4) == 0;
}

/* What the head says is the file; the rest is not. A picture that stands there bare, without the
 * name of a chunk, is taken by libwebp: what comes behind it could not be told from it. */
static bool begins(struct str *bytes)
{
	size_t n, at = RIFF_HEAD;
	struct chunk first;

	if (bytes->n < RIFF_HEAD || memcmp(bytes->p, "RIFF", 4) != 0 ||
		memcmp(bytes->p + 8, "WEBP", 4) != 0)
		return false;
	n = get_le(bytes->p + 4, 4);
	if (n < 4 || n > bytes->n - 8)
		return false;
	bytes->n = n + 8;
	return next_chunk(*bytes, &at, &first) &&
	       (is(&first, "VP8X") || is(&first, "VP8 ") || is(&first, "VP8L"));
}

static bool look(struct str bytes, struct shape *shape)
{
	size_t at = RIFF_HEAD;
	WebPBitstreamFeatures f;
	struct chunk c;

	*shape = (struct shape){ .orientation = 1 };
	if (!begins(&bytes) ||
		WebPGetFeatures((const uint8_t *)bytes.p, bytes.n, &f) != VP8_STATUS_OK)
		return false;
	shape->width = f.width;
	shape->height = f.height;
	while (next_chunk(bytes, &at, &c))
		if (is(&c, "EXIF") && !f.has_animation)
			shape->orientation = exif_orientation(c.body);
	return shape->width > 0 && shape->height > 0;
}

static void keep_extended(const struct chunk *c, struct buf *to)
{
	char flags = (char)(c->body.p[0] & ~(FLAG_XMP | FLAG_EXIF));

	buf_add(to, c->all.p, CHUNK_HEAD);
	buf_byte(to, flags);
	buf_add(to, c->body.p + 1, c->all.n - CHUNK_HEAD - 1);
}

static bool is_kept(const struct chunk *c)
{
	return is(c, "VP8 ") || is(c, "VP8L") || is(c, "ALPH") || is(c, "ANIM") || is(c, "ANMF") ||
	       is(c, "ICCP");
}

static bool clean(struct str bytes, struct buf *to)
{
	size_t at = RIFF_HEAD, whole;
	struct chunk c;

	if (!begins(&bytes))
		return false;
	buf_add(to, bytes.p, RIFF_HEAD);
	while (next_chunk(bytes, &at, &c))
		if (is(&c, "VP8X") && c.body.n >= VP8X_BODY)
			keep_extended(&c, to);
		else if (is_kept(&c))
			buf_str(to, c.all);
	if (to->over || at != bytes.n)
		return false;
	whole = to->n - 8;
	for (int i = 0; i < 4; i++)
		to->p[4 + i] = (char)(whole >> 8 * i & 0xff);
	return true;
}

static bool draw_first_frame(struct str bytes, struct easel *e)
{
	WebPData data = { (const uint8_t *)bytes.p, bytes.n };
	WebPAnimDecoder *d = WebPAnimDecoderNew(&data, NULL);
	WebPAnimInfo info;
	uint8_t *pixels;
	int at;

	if (!d || !WebPAnimDecoderGetInfo(d, &info) || !WebPAnimDecoderGetNext(d, &pixels, &at))
		return false;
	e->begin(e, (int)info.canvas_width, (int)info.canvas_height);
	for (uint32_t y = 0; y < info.canvas_height; y++)
		e->row(e, pixels + (size_t)y * info.canvas_width * PIXEL);
	return true;
}

static bool draw(struct str bytes, struct easel *e)
{
	WebPBitstreamFeatures f;
	int width, height;
	uint8_t *pixels;

	if (!begins(&bytes) ||
		WebPGetFeatures((const uint8_t *)bytes.p, bytes.n, &f) != VP8_STATUS_OK)
		return false;
	if (f.has_animation)
		return draw_first_frame(bytes, e);
	pixels = WebPDecodeRGBA((const uint8_t *)bytes.p, bytes.n, &width, &height);
	if (!pixels)
		return false;
	e->begin(e, width, height);
	for (int y = 0; y < height; y++)
		e->row(e, pixels + (size_t)y * (size_t)width * PIXEL);
	return true;
}

static bool turn(struct str bytes, const struct shape *shape, struct buf *to)
{
	WebPBitstreamFeatures f;
	struct raster r;

	if (!begins(&bytes) ||
		WebPGetFeatures((const uint8_t *)bytes.p, bytes.n, &f) != VP8_STATUS_OK)
		return false;
	return format_upright(&format_webp, bytes, shape->orientation, &r) &&
	       raster_webp(r, f.format == 2 ? WITHOUT_LOSS : QUALITY, to);
}

const struct format format_webp = { "image/webp", look, clean, draw, turn };
