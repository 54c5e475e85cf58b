#include "core/emoji.h"

#include <utf8proc.h>

typedef utf8proc_int32_t point;

enum {
	JOINER = 0x200d,
	AS_PICTURE = 0xfe0f, /* VARIATION SELECTOR-16 */
	KEYCAP = 0x20e3,
	BLACK_FLAG = 0x1f3f4,
	TAG_END = 0xe007f
};

struct range {
	point from, to;
};

/* Emoji that are drawn as text unless VARIATION SELECTOR-16 follows: Emoji without
 * Emoji_Presentation in emoji-data.txt of Unicode. New ones are pictures from the start. */
static const struct range text_first[] = { { 0xa9, 0xa9 }, { 0xae, 0xae }, { 0x203c, 0x203c },
	{ 0x2049, 0x2049 }, { 0x2122, 0x2122 }, { 0x2139, 0x2139 }, { 0x2194, 0x2199 },
	{ 0x21a9, 0x21aa }, { 0x2328, 0x2328 }, { 0x23cf, 0x23cf }, { 0x23ed, 0x23ef },
	{ 0x23f1, 0x23f2 }, { 0x23f8, 0x23fa }, { 0x24c2, 0x24c2 }, { 0x25aa, 0x25ab },
	{ 0x25b6, 0x25b6 }, { 0x25c0, 0x25c0 }, { 0x25fb, 0x25fc }, { 0x2600, 0x2604 },
	{ 0x260e, 0x260e }, { 0x2611, 0x2611 }, { 0x2618, 0x2618 }, { 0x261d, 0x261d },
	{ 0x2620, 0x2620 }, { 0x2622, 0x2623 }, { 0x2626, 0x2626 }, { 0x262a, 0x262a },
	{ 0x262e, 0x262f }, { 0x2638, 0x263a }, { 0x2640, 0x2640 }, { 0x2642, 0x2642 },
	{ 0x265f, 0x2660 }, { 0x2663, 0x2663 }, { 0x2665, 0x2666 }, { 0x2668, 0x2668 },
	{ 0x267b, 0x267b }, { 0x267e, 0x267e }, { 0x2692, 0x2692 }, { 0x2694, 0x2697 },
	{ 0x2699, 0x2699 }, { 0x269b, 0x269c }, { 0x26a0, 0x26a0 }, { 0x26a7, 0x26a7 },
	{ 0x26b0, 0x26b1 }, { 0x26c8, 0x26c8 }, { 0x26cf, 0x26cf }, { 0x26d1, 0x26d1 },
	{ 0x26d3, 0x26d3 }, { 0x26e9, 0x26e9 }, { 0x26f0, 0x26f1 }, { 0x26f4, 0x26f4 },
	{ 0x26f7, 0x26f9 }, { 0x2702, 0x2702 }, { 0x2708, 0x2709 }, { 0x270c, 0x270d },
	{ 0x270f, 0x270f }, { 0x2712, 0x2712 }, { 0x2714, 0x2714 }, { 0x2716, 0x2716 },
	{ 0x271d, 0x271d }, { 0x2721, 0x2721 }, { 0x2733, 0x2734 }, { 0x2744, 0x2744 },
	{ 0x2747, 0x2747 }, { 0x2763, 0x2764 }, { 0x27a1, 0x27a1 }, { 0x2934, 0x2935 },
	{ 0x2b05, 0x2b07 }, { 0x3030, 0x3030 }, { 0x303d, 0x303d }, { 0x3297, 0x3297 },
	{ 0x3299, 0x3299 }, { 0x1f170, 0x1f171 }, { 0x1f17e, 0x1f17f }, { 0x1f202, 0x1f202 },
	{ 0x1f237, 0x1f237 }, { 0x1f321, 0x1f321 }, { 0x1f324, 0x1f32c }, { 0x1f336, 0x1f336 },
	{ 0x1f37d, 0x1f37d }, { 0x1f396, 0x1f397 }, { 0x1f399, 0x1f39b }, { 0x1f39e, 0x1f39f },
	{ 0x1f3cb, 0x1f3ce }, { 0x1f3d4, 0x1f3df }, { 0x1f3f3, 0x1f3f3 }, { 0x1f3f5, 0x1f3f5 },
	{ 0x1f3f7, 0x1f3f7 }, { 0x1f43f, 0x1f43f }, { 0x1f441, 0x1f441 }, { 0x1f4fd, 0x1f4fd },
	{ 0x1f549, 0x1f54a }, { 0x1f56f, 0x1f570 }, { 0x1f573, 0x1f579 }, { 0x1f587, 0x1f587 },
	{ 0x1f58a, 0x1f58d }, { 0x1f590, 0x1f590 }, { 0x1f5a5, 0x1f5a5 }, { 0x1f5a8, 0x1f5a8 },
	{ 0x1f5b1, 0x1f5b2 }, { 0x1f5bc, 0x1f5bc }, { 0x1f5c2, 0x1f5c4 }, { 0x1f5d1, 0x1f5d3 },
	{ 0x1f5dc, 0x1f5de }, { 0x1f5e1, 0x1f5e1 }, { 0x1f5e3, 0x1f5e3 }, { 0x1f5e8, 0x1f5e8 },
	{ 0x1f5ef, 0x1f5ef }, { 0x1f5f3, 0x1f5f3 }, { 0x1f5fa, 0x1f5fa }, { 0x1f6cb, 0x1f6cb },
	{ 0x1f6cd, 0x1f6cf }, { 0x1f6e0, 0x1f6e5 }, { 0x1f6e9, 0x1f6e9 }, { 0x1f6f0, 0x1f6f0 },
	{ 0x1f6f3, 0x1f6f3 } };

/* Below U+1F000 pictures stand among signs that are none, and Extended_Pictographic does not tell
 * them apart: these are Emoji_Presentation. */
static const struct range pictures_first[] = { { 0x231a, 0x231b }, { 0x23e9, 0x23ec },
	{ 0x23f0, 0x23f0 }, { 0x23f3, 0x23f3 }, { 0x25fd, 0x25fe }, { 0x2614, 0x2615 },
	{ 0x2648, 0x2653 }, { 0x267f, 0x267f }, { 0x2693, 0x2693 }, { 0x26a1, 0x26a1 },
	{ 0x26aa, 0x26ab }, { 0x26bd, 0x26be }, { 0x26c4, 0x26c5 }, { 0x26ce, 0x26ce },
	{ 0x26d4, 0x26d4 }, { 0x26ea, 0x26ea }, { 0x26f2, 0x26f3 }, { 0x26f5, 0x26f5 },
	{ 0x26fa, 0x26fa }, { 0x26fd, 0x26fd }, { 0x2705, 0x2705 }, { 0x270a, 0x270b },
	{ 0x2728, 0x2728 }, { 0x274c, 0x274c }, { 0x274e, 0x274e }, { 0x2753, 0x2755 },
	{ 0x2757, 0x2757 }, { 0x2795, 0x2797 }, { 0x27b0, 0x27b0 }, { 0x27bf, 0x27bf },
	{ 0x2b1b, 0x2b1c }, { 0x2b50, 0x2b50 }, { 0x2b55, 0x2b55 } };

static bool among(const struct range *ranges, size_t n, point c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

static bool is_text_first(point c)
{
	return among(text_first, sizeof text_first / sizeof *text_first, c);
}

static bool is_picture(point c)
{
	if (c < 0x1f000)
		return is_text_first(c) ||
		       among(pictures_first, sizeof pictures_first / sizeof *pictures_first, c);
	/* What Unicode keeps free for pictures is one by now for somebody's telephone. */
	return utf8proc_get_property(c)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC ||
	       (c <= 0x1faff && utf8proc_category(c) == UTF8PROC_CATEGORY_CN);
}

static bool is_tone(point c)
{
	return c >= 0x1f3fb && c <= 0x1f3ff;
}

static bool is_regional(point c)
{
	return c >= 0x1f1e6 && c <= 0x1f1ff;
}

/* Of a region's name, as flags spell it: a digit or a small letter. */
static bool is_tag(point c)
{
	return (c >= 0xe0030 && c <= 0xe0039) || (c >= 0xe0061 && c <= 0xe007a);
}

struct reading {
	point in[EMOJI_POINTS_MAX + 1]; /* ends with 0 */
	size_t at;
	char *out;
	size_t points, bytes;
};

static void put(struct reading *r, point c)
{
	if (r->points++ < EMOJI_POINTS_MAX)
		r->bytes += (size_t)utf8proc_encode_char(c, (utf8proc_uint8_t *)r->out + r->bytes);
}

static bool skip(struct reading *r, point c)
{
	if (r->in[r->at] != c)
		return false;
	r->at++;
	return true;
}

static bool keep(struct reading *r, point c)
{
	bool there = skip(r, c);

	if (there)
		put(r, c);
	return there;
}

/* [0-9#*], and the cap. */
static bool keycap(struct reading *r)
{
	put(r, r->in[r->at++]);
	skip(r, AS_PICTURE);
	put(r, AS_PICTURE);
	return keep(r, KEYCAP);
}

static bool country(struct reading *r)
{
	put(r, r->in[r->at++]);
	return is_regional(r->in[r->at]) && keep(r, r->in[r->at]);
}

/* England, Scotland, Wales; the flag stands before. */
static bool region(struct reading *r)
{
	while (is_tag(r->in[r->at]))
		keep(r, r->in[r->at]);
	return keep(r, TAG_END);
}

static bool picture(struct reading *r)
{
	point c = r->in[r->at];

	if (!is_picture(c))
		return false;
	keep(r, c);
	skip(r, AS_PICTURE);
	if (is_tone(r->in[r->at])) {
		keep(r, r->in[r->at]);
		skip(r, AS_PICTURE);
	} else if (is_text_first(c)) {
		put(r, AS_PICTURE);
	}
	return true;
}

static bool joined(struct reading *r)
{
	bool good = picture(r);

	if (good && r->in[0] == BLACK_FLAG && is_tag(r->in[r->at]))
		return region(r);
	while (good && keep(r, JOINER))
		good = picture(r);
	return good;
}

size_t emoji_form(struct str s, char out[EMOJI_BYTES_MAX])
{
	struct reading r = { .out = out };
	size_t n = 0;
	bool good;

	for (size_t at = 0; at < s.n; n++) {
		utf8proc_ssize_t bytes;

		if (n == EMOJI_POINTS_MAX)
			return 0;
		bytes = utf8proc_iterate(
			(const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at), &r.in[n]);
		if (bytes <= 0)
			return 0;
		at += (size_t)bytes;
	}
	r.in[n] = 0;
	if ((r.in[0] >= '0' && r.in[0] <= '9') || r.in[0] == '#' || r.in[0] == '*')
		good = keycap(&r);
	else if (is_regional(r.in[0]))
		good = country(&r);
	else
		good = joined(&r);
	return good && r.at == n && r.points <= EMOJI_POINTS_MAX ? r.bytes : 0;
}
