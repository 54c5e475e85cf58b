#include "media/picture.h"

#include "media/format.h"
#include "media/raster.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { THUMB_QUALITY = 75, PLACEHOLDER_QUALITY = 30, THUMB_MAX = 1 << 20, CLEAN_MAX = 200 << 20 };

static const struct format *format_of(const char *mime)
{
	static const struct format *const formats[] = { &format_jpeg, &format_png, &format_webp,
		&format_gif };

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(formats[i]->mime, mime) == 0)
			return formats[i];
	return NULL;
}

static bool read_file(int file, struct str *bytes)
{
	struct stat st;
	void *p;

	if (fstat(file, &st) || st.st_size == 0)
		return false;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	*bytes = (struct str){ p, (size_t)st.st_size };
	return p != MAP_FAILED;
}

static bool write_file(int file, const struct buf *b)
{
	for (size_t at = 0; at < b->n;) {
		ssize_t put = write(file, b->p + at, b->n - at);

		if (put <= 0)
			return false;
		at += (size_t)put;
	}
	return !b->over;
}

/* --- easels --- */

struct small {
	struct easel easel;
	struct shrink shrink;
};

static void begin_small(struct easel *e, int width, int height)
{
	shrink_begin(&((struct small *)(void *)e)->shrink, width, height, THUMB_PIXELS);
}

static void small_row(struct easel *e, const unsigned char *pixels)
{
	shrink_row(&((struct small *)(void *)e)->shrink, pixels);
}

struct whole {
	struct easel easel;
	struct raster raster;
	int y;
};

static void begin_whole(struct easel *e, int width, int height)
{
	((struct whole *)(void *)e)->raster = raster_new(width, height);
}

static void whole_row(struct easel *e, const unsigned char *pixels)
{
	struct whole *w = (struct whole *)(void *)e;
	size_t n = (size_t)w->raster.width * PIXEL;

	if (w->raster.pixels && w->y < w->raster.height)
		memcpy(w->raster.pixels + (size_t)w->y++ * n, pixels, n);
}

bool format_upright(
	const struct format *f, struct str bytes, int orientation, struct raster *upright)
{
	struct whole w = { .easel = { begin_whole, whole_row, INT32_MAX } };

	if (!f->draw(bytes, &w.easel))
		return false;
	*upright = raster_turn(w.raster, orientation);
	return upright->pixels != NULL;
}

/* --- what is made of it --- */

static bool make_small_ones(
	const struct format *f, struct str bytes, int orientation, int file, struct clerk_answer *a)
{
	struct small s = { .easel = { begin_small, small_row, THUMB_PIXELS } };
	struct buf thumb = BUF_INIT(THUMB_MAX), tiny = BUF_INIT(CLERK_PLACEHOLDER);
	static const char head[] = "data:image/webp;base64,";
	struct raster r;

	if (!f->draw(bytes, &s.easel) || !shrink_end(&s.shrink))
		return false;
	r = raster_turn(s.shrink.to, orientation);
	if (!raster_webp(r, THUMB_QUALITY, &thumb) || !write_file(file, &thumb))
		return false;
	a->thumbed = true;
	if (raster_webp(raster_shrink(r, PLACEHOLDER_PIXELS), PLACEHOLDER_QUALITY, &tiny) &&
		sizeof head + (tiny.n + 2) / 3 * 4 < CLERK_PLACEHOLDER) {
		memcpy(a->placeholder, head, sizeof head);
		EVP_EncodeBlock((unsigned char *)a->placeholder + sizeof head - 1,
			(const unsigned char *)tiny.p, (int)tiny.n);
	}
	return true;
}

static bool make_clean(const struct format *f, struct str bytes, const struct shape *shape,
	const struct clerk_order *o, struct clerk_answer *a)
{
	struct buf to = BUF_INIT(CLEAN_MAX);
	bool turned = shape->orientation != 1 && f->turn;
	bool good = turned ? f->turn(bytes, shape, &to) : f->clean(bytes, &to);

	if (!good)
		return false;
	a->cleaned = !str_eq(buf_as_str(&to), bytes);
	return !a->cleaned || write_file(o->clean, &to);
}

enum err picture_look(const struct clerk_order *o, struct clerk_answer *a)
{
	const struct format *f = format_of(o->mime);
	struct shape shape, clean;
	struct str bytes;

	if (!f || !read_file(o->in, &bytes))
		return ERR_INTERNAL;
	if (!f->look(bytes, &shape))
		return ERR_INVALID;
	if ((int64_t)shape.width * shape.height > o->pixels_max)
		return ERR_TOO_LARGE;
	if (!make_small_ones(f, bytes, shape.orientation, o->thumb, a) ||
		!make_clean(f, bytes, &shape, o, a))
		return ERR_INVALID;
	/* As it is served: an animation with an orientation lies as it lay. */
	if (a->cleaned && read_file(o->clean, &bytes) && f->look(bytes, &clean))
		shape = clean;
	a->width = shape.width;
	a->height = shape.height;
	return OK;
}
