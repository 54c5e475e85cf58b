/* JPEG. What is kept of its segments: tables, frames, scans, the JFIF and Adobe markers, which say
 * how to read the colours, and a colour profile. EXIF, XMP, comments, previews, further pictures
 * behind the end and all else goes. */
#include "media/exif.h"
#include "media/format.h"
#include "media/raster.h"

#include <stdlib.h>
#include <turbojpeg.h>

enum {
	SOI = 0xd8,
	EOI = 0xd9,
	SOS = 0xda,
	TEM = 0x01,
	RST0 = 0xd0,
	RST7 = 0xd7,
	APP0 = 0xe0,
	APP1 = 0xe1,
	APP2 = 0xe2,
	APP14 = 0xee,
	COM = 0xfe,
	JFIF_BYTES = 18, /* marker, length and all, without a preview */
	PROFILE_HEAD = 12 + 2 + 40,
	QUALITY = 92,
};

/* One marker with what belongs to it: of SOS also the scan behind it. */
struct segment {
	unsigned marker;
	struct str all, body;
};

/* The end of the coded data of a scan: the next marker that is no restart. */
static size_t scan_end(struct str bytes, size_t at)
{
	for (; at + 1 < bytes.n; at++) {
		const char *found = memchr(bytes.p + at, 0xff, bytes.n - 1 - at);
		unsigned next;

		if (!found)
			break;
		at = (size_t)(found - bytes.p);
		next = (unsigned char)bytes.p[at + 1];
		if (next != 0 && next != 0xff && !(next >= RST0 && next <= RST7))
			return at;
	}
	return bytes.n;
}

/* The next one from *at; false: the bytes are none, or end. */
static bool next_segment(struct str bytes, size_t *at, struct segment *s)
{
	size_t from = *at, length;

	while (from + 1 < bytes.n && (unsigned char)bytes.p[from] == 0xff &&
		(unsigned char)bytes.p[from + 1] == 0xff)
		from++;
	if (from + 2 > bytes.n || (unsigned char)bytes.p[from] != 0xff)
		return false;
	s->marker = (unsigned char)bytes.p[from + 1];
	s->all = (struct str){ bytes.p + from, 2 };
	s->body = (struct str){ bytes.p + from + 2, 0 };
	if (s->marker != SOI && s->marker != EOI && s->marker != TEM) {
		if (from + 4 > bytes.n)
			return false;
		length = get_be(bytes.p + from + 2, 2);
		if (length < 2 || length > bytes.n - from - 2)
			return false;
		s->body = (struct str){ bytes.p + from + 4, length - 2 };
		s->all.n = 2 + length;
		if (s->marker == SOS)
			s->all.n = scan_end(bytes, from + s->all.n) - from;
	}
	*at = from + s->all.n;
	return true;
}

static bool is_frame(unsigned marker)
{
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 &&
	       marker != 0xcc;
}

static bool look(struct str bytes, struct shape *shape)
{
	struct segment s;
	size_t at = 0;

	*shape = (struct shape){ .orientation = 1 };
	while (next_segment(bytes, &at, &s) && s.marker != SOS && s.marker != EOI) {
		if (s.marker == APP1 && str_starts(s.body, "Exif"))
			shape->orientation = exif_orientation(s.body);
		if (is_frame(s.marker) && s.body.n >= 6) {
			shape->height = (int)get_be(s.body.p + 1, 2);
			shape->width = (int)get_be(s.body.p + 3, 2);
		}
	}
	return shape->width > 0 && shape->height > 0;
}

static bool is_profile(struct str body)
{
	return body.n >= PROFILE_HEAD && memcmp(body.p, "ICC_PROFILE\0", 12) == 0 &&
	       ((unsigned char)body.p[12] > 1 || memcmp(body.p + 14 + 36, "acsp", 4) == 0);
}

static void keep_jfif(const struct segment *s, struct buf *to)
{
	static const char length[] = { 0, JFIF_BYTES - 2 };

	if (s->body.n < JFIF_BYTES - 4 || memcmp(s->body.p, "JFIF\0", 5) != 0)
		return;
	if (s->body.n == JFIF_BYTES - 4) {
		buf_str(to, s->all);
		return;
	}
	buf_add(to, s->all.p, 2);
	buf_add(to, length, 2);
	buf_add(to, s->body.p, 12);
	buf_add(to, "\0", 2); /* a preview of no pixels */
}

static bool is_kept(const struct segment *s)
{
	switch (s->marker) {
	case APP2: return is_profile(s->body);
	case APP14: return str_starts(s->body, "Adobe");
	default: return s->marker != COM && (s->marker < APP0 || s->marker > APP0 + 15);
	}
}

static bool clean(struct str bytes, struct buf *to)
{
	struct segment s;
	size_t at = 0;

	while (next_segment(bytes, &at, &s)) {
		if (s.marker == APP0)
			keep_jfif(&s, to);
		else if (is_kept(&s))
			buf_str(to, s.all);
		if (s.marker == EOI)
			return !to->over;
	}
	return false;
}

/* Photographs with harmless faults are many; one that ends too early is half a picture. */
static bool is_whole(tjhandle h, int result)
{
	return result == 0 ||
	       (tjGetErrorCode(h) == TJERR_WARNING && !strstr(tjGetErrorStr2(h), "Premature end"));
}

/* Printers' colours, as Adobe writes them: inverted. */
static void from_cmyk(unsigned char *row, int width)
{
	for (int x = 0; x < width; x++, row += PIXEL) {
		for (int c = 0; c < 3; c++)
			row[c] = (unsigned char)(row[c] * row[3] / 255);
		row[3] = 255;
	}
}

/* The smallest scale that is still large enough; the decoder then does a fraction of the work. */
static tjscalingfactor scale_for(int width, int height, int least)
{
	tjscalingfactor *all, best = { 1, 1 };
	int n = 0;

	all = tjGetScalingFactors(&n);
	for (int i = 0; all && i < n; i++) {
		int w = TJSCALED(width, all[i]), h = TJSCALED(height, all[i]);

		if (all[i].num <= all[i].denom && (w > h ? w : h) >= least &&
			all[i].num * best.denom < best.num * all[i].denom)
			best = all[i];
	}
	return best;
}

static bool draw(struct str bytes, struct easel *e)
{
	const unsigned char *from = (const unsigned char *)bytes.p;
	tjhandle h = tjInitDecompress();
	int width, height, sampling, space, result;
	tjscalingfactor scale;
	struct raster r;
	bool cmyk;

	if (!h || tjDecompressHeader3(h, from, bytes.n, &width, &height, &sampling, &space))
		return false;
	cmyk = space == TJCS_CMYK || space == TJCS_YCCK;
	scale = scale_for(width, height, e->least);
	r = raster_new(TJSCALED(width, scale), TJSCALED(height, scale));
	if (!r.pixels)
		return false;
	result = tjDecompress2(h, from, bytes.n, r.pixels, r.width, 0, r.height,
		cmyk ? TJPF_CMYK : TJPF_RGBA, TJFLAG_LIMITSCANS);
	if (!is_whole(h, result))
		return false;
	e->begin(e, r.width, r.height);
	for (int y = 0; y < r.height; y++) {
		unsigned char *row = r.pixels + (size_t)y * (size_t)r.width * PIXEL;

		if (cmyk)
			from_cmyk(row, r.width);
		e->row(e, row);
	}
	return true;
}

/* Without loss where its size allows that: blocks are moved, not decoded. */
static bool turn_blocks(struct str bytes, int orientation, struct buf *to)
{
	static const int how[] = { TJXOP_NONE, TJXOP_NONE, TJXOP_HFLIP, TJXOP_ROT180, TJXOP_VFLIP,
		TJXOP_TRANSPOSE, TJXOP_ROT90, TJXOP_TRANSVERSE, TJXOP_ROT270 };
	tjtransform t = { .op = how[orientation], .options = TJXOPT_PERFECT };
	unsigned char *turned = NULL;
	unsigned long n = 0;
	tjhandle h = tjInitTransform();

	return h &&
	       is_whole(h, tjTransform(h, (const unsigned char *)bytes.p, bytes.n, 1, &turned, &n,
				   &t, TJFLAG_LIMITSCANS)) &&
	       n > 0 && clean((struct str){ (const char *)turned, n }, to);
}

static bool turn_pixels(struct str bytes, int orientation, struct buf *to)
{
	unsigned char *encoded = NULL;
	unsigned long n = 0;
	tjhandle h = tjInitCompress();
	struct raster r;

	if (!h || !format_upright(&format_jpeg, bytes, orientation, &r) ||
		tjCompress2(h, r.pixels, r.width, 0, r.height, TJPF_RGBA, &encoded, &n, TJSAMP_444,
			QUALITY, 0))
		return false;
	buf_add(to, encoded, n);
	return !to->over;
}

static bool turn(struct str bytes, const struct shape *shape, struct buf *to)
{
	if (turn_blocks(bytes, shape->orientation, to))
		return true;
	buf_clear(to);
	return turn_pixels(bytes, shape->orientation, to);
}

const struct format format_jpeg = { "image/jpeg", look, clean, draw, turn };
