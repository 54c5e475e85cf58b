/* GIF, also animated. What is kept of its blocks: pictures, what controls their showing, and the
 * loop of an animation. Comments, text, XMP and other applications' data go, and what stands behind
 * the end. */
#include "media/format.h"
#include "media/raster.h"

#include <gif_lib.h>
#include <stdlib.h>

enum {
	SCREEN = 13, /* signature and screen */
	HAS_TABLE = 0x80,
	BLOCK_IMAGE = 0x2c,
	BLOCK_EXTENSION = 0x21,
	BLOCK_END = 0x3b,
	LABEL_CONTROL = 0xf9,
	LABEL_APPLICATION = 0xff,
	IMAGE_HEAD = 10,
};

static size_t table_bytes(char packed)
{
	return packed & HAS_TABLE ? (size_t)3 << ((packed & 7) + 1) : 0;
}

static bool look(struct str bytes, struct shape *shape)
{
	*shape = (struct shape){ .orientation = 1 };
	if (bytes.n < SCREEN || (!str_starts(bytes, "GIF87a") && !str_starts(bytes, "GIF89a")))
		return false;
	shape->width = (int)get_le(bytes.p + 6, 2);
	shape->height = (int)get_le(bytes.p + 8, 2);
	return shape->width > 0 && shape->height > 0;
}

/* Behind a row of sub-blocks and its end; 0: there is no end. */
static size_t behind_blocks(struct str bytes, size_t at)
{
	while (at < bytes.n) {
		size_t n = (unsigned char)bytes.p[at];

		at += 1 + n;
		if (n == 0)
			return at;
	}
	return 0;
}

static bool is_loop(struct str block)
{
	return block.n >= 14 && (memcmp(block.p + 3, "NETSCAPE2.0", 11) == 0 ||
					memcmp(block.p + 3, "ANIMEXTS1.0", 11) == 0);
}

static bool is_kept(struct str block)
{
	unsigned label = (unsigned char)block.p[1];

	if ((unsigned char)block.p[0] == BLOCK_IMAGE)
		return true;
	return label == LABEL_CONTROL || (label == LABEL_APPLICATION && is_loop(block));
}

/* Behind the block that begins at `at`; 0: it is none. */
static size_t behind_block(struct str bytes, size_t at)
{
	size_t data;

	if ((unsigned char)bytes.p[at] == BLOCK_EXTENSION)
		return bytes.n - at > 2 ? behind_blocks(bytes, at + 2) : 0;
	if ((unsigned char)bytes.p[at] != BLOCK_IMAGE || bytes.n - at < IMAGE_HEAD)
		return 0;
	data = at + IMAGE_HEAD + table_bytes(bytes.p[at + 9]) + 1;
	return data < bytes.n ? behind_blocks(bytes, data) : 0;
}

static bool clean(struct str bytes, struct buf *to)
{
	size_t at = SCREEN, next;

	if (bytes.n < SCREEN)
		return false;
	at += table_bytes(bytes.p[10]);
	if (at > bytes.n)
		return false;
	buf_add(to, bytes.p, at);
	for (; at < bytes.n && (unsigned char)bytes.p[at] != BLOCK_END; at = next) {
		struct str block;

		next = behind_block(bytes, at);
		if (next == 0)
			return false;
		block = (struct str){ bytes.p + at, next - at };
		if (is_kept(block))
			buf_str(to, block);
	}
	/* Some are without their last byte. */
	buf_byte(to, BLOCK_END);
	return !to->over;
}

/* --- pixels --- */

static int read_more(GifFileType *g, GifByteType *to, int n)
{
	struct str *rest = g->UserData;
	size_t most = (size_t)n < rest->n ? (size_t)n : rest->n;

	memcpy(to, rest->p, most);
	rest->p += most;
	rest->n -= most;
	return (int)most;
}

/* Up to the first picture; *clear is the colour that is none, -1: all are. */
static bool find_picture(GifFileType *g, int *clear)
{
	GifRecordType type;

	while (DGifGetRecordType(g, &type) == GIF_OK) {
		GifByteType *block;
		GraphicsControlBlock control;
		int code;

		if (type == IMAGE_DESC_RECORD_TYPE)
			return DGifGetImageDesc(g) == GIF_OK;
		if (type != EXTENSION_RECORD_TYPE || DGifGetExtension(g, &code, &block) != GIF_OK)
			return false;
		if (code == LABEL_CONTROL && block &&
			DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK)
			*clear = control.TransparentColor;
		while (block)
			if (DGifGetExtensionNext(g, &block) != GIF_OK)
				return false;
	}
	return false;
}

static bool put_line(GifFileType *g, const ColorMapObject *colours, int clear, unsigned char *to)
{
	int n = g->Image.Width;
	GifPixelType *line = malloc((size_t)n);
	bool good = line && DGifGetLine(g, line, n) == GIF_OK;

	for (int x = 0; good && x < n; x++, to += PIXEL) {
		if (line[x] == clear || line[x] >= colours->ColorCount)
			continue;
		to[0] = colours->Colors[line[x]].Red;
		to[1] = colours->Colors[line[x]].Green;
		to[2] = colours->Colors[line[x]].Blue;
		to[3] = 255;
	}
	free(line);
	return good;
}

/* Lines that are stored in four passes, coarse to fine, or from top to bottom. */
static bool put_picture(GifFileType *g, struct raster *r, int clear)
{
	static const int first[] = { 0, 4, 2, 1 }, step[] = { 8, 8, 4, 2 };
	const GifImageDesc *i = &g->Image;
	const ColorMapObject *colours = i->ColorMap ? i->ColorMap : g->SColorMap;
	int passes = i->Interlace ? 4 : 1;

	if (!colours || i->Left < 0 || i->Top < 0 || i->Width <= 0 || i->Height <= 0 ||
		i->Left + i->Width > r->width || i->Top + i->Height > r->height)
		return false;
	for (int pass = 0; pass < passes; pass++)
		for (int y = i->Interlace ? first[pass] : 0; y < i->Height;
			y += i->Interlace ? step[pass] : 1)
			if (!put_line(g, colours, clear,
				    r->pixels + ((size_t)(i->Top + y) * (size_t)r->width +
							(size_t)i->Left) *
							PIXEL))
				return false;
	return true;
}

static bool draw(struct str bytes, struct easel *e)
{
	int why = 0, clear = -1;
	GifFileType *g = DGifOpen(&bytes, read_more, &why);
	struct raster r;

	if (!g || g->SWidth <= 0 || g->SHeight <= 0)
		return false;
	r = raster_new(g->SWidth, g->SHeight);
	if (!r.pixels)
		return false;
	memset(r.pixels, 0, (size_t)r.width * (size_t)r.height * PIXEL);
	if (!find_picture(g, &clear) || !put_picture(g, &r, clear))
		return false;
	e->begin(e, r.width, r.height);
	for (int y = 0; y < r.height; y++)
		e->row(e, r.pixels + (size_t)y * (size_t)r.width * PIXEL);
	return true;
}

const struct format format_gif = { "image/gif", look, clean, draw, NULL };
