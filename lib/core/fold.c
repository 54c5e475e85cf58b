#include "core/fold.h"

#include <stdlib.h>
#include <utf8proc.h>

static const utf8proc_option_t folding =
	UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;

size_t fold_length(struct str s)
{
	utf8proc_ssize_t n = utf8proc_decompose(
		(const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, NULL, 0, folding);

	return n < 0 ? SIZE_MAX : (size_t)n;
}

struct str fold(struct arena *a, struct str s)
{
	utf8proc_uint8_t *folded = NULL;
	utf8proc_ssize_t n = utf8proc_map(
		(const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &folded, folding);
	struct str out = { NULL, 0 };

	if (n >= 0)
		out = arena_copy(a, (struct str){ (const char *)folded, (size_t)n });
	free(folded);
	return out;
}

struct str fold_name(struct arena *a, struct str s)
{
	struct str folded = fold(a, s);
	char *to = arena_alloc(a, folded.n + 1);
	size_t n = 0;

	if (!folded.p)
		return folded;
	for (size_t i = 0; i < folded.n; i++) {
		char c = folded.p[i];

		if (c != ' ' && (c < '\t' || c > '\r'))
			to[n++] = c;
		else if (n && to[n - 1] != ' ')
			to[n++] = ' ';
	}
	return (struct str){ to, n && to[n - 1] == ' ' ? n - 1 : n };
}

static size_t next(struct str s, size_t at, utf8proc_int32_t *point)
{
	utf8proc_ssize_t n = utf8proc_iterate(
		(const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at), point);

	if (n > 0)
		return (size_t)n;
	*point = 0xfffd;
	return 1;
}

/* After case folding, by the confusables of Unicode TR 39: only letters, only those one mistakes at
 * a glance. */
static const struct {
	utf8proc_int32_t from;
	char to;
} twins[] = {
	{ 0x0430, 'a' },
	{ 0x0441, 'c' },
	{ 0x0435, 'e' },
	{ 0x04bb, 'h' },
	{ 0x0456, 'i' },
	{ 0x0458, 'j' },
	{ 0x043a, 'k' },
	{ 0x04cf, 'l' },
	{ 0x043c, 'm' },
	{ 0x043e, 'o' },
	{ 0x0440, 'p' },
	{ 0x051b, 'q' },
	{ 0x0455, 's' },
	{ 0x0442, 't' },
	{ 0x0443, 'y' },
	{ 0x0445, 'x' },
	{ 0x051d, 'w' },
	{ 0x0432, 'b' },
	{ 0x043d, 'h' },
	{ 0x0501, 'd' },
	{ 0x04af, 'y' },
	{ 0x03b1, 'a' },
	{ 0x03b5, 'e' },
	{ 0x03b9, 'i' },
	{ 0x03ba, 'k' },
	{ 0x03bd, 'v' },
	{ 0x03bf, 'o' },
	{ 0x03c1, 'p' },
	{ 0x03c4, 't' },
	{ 0x03c5, 'u' },
	{ 0x03c7, 'x' },
	{ 0x03b3, 'y' },
	{ 0x0131, 'i' },
	{ 0x0585, 'o' },
	{ 0x057d, 'u' },
};

struct str fold_twins(struct arena *a, struct str folded)
{
	char *out = arena_alloc(a, folded.n + 1);
	size_t length = 0;

	for (size_t at = 0, n; at < folded.n; at += n) {
		utf8proc_int32_t point;
		char twin = 0;

		n = next(folded, at, &point);
		for (size_t i = 0; i < sizeof twins / sizeof *twins && !twin; i++)
			if (twins[i].from == point)
				twin = twins[i].to;
		if (twin) {
			out[length++] = twin;
		} else {
			memcpy(out + length, folded.p + at, n);
			length += n;
		}
	}
	return (struct str){ out, length };
}

enum { LATIN = 1, CYRILLIC = 2, GREEK = 4, ARMENIAN = 8, CHEROKEE = 16 };

static unsigned alphabet(utf8proc_int32_t c)
{
	static const struct {
		utf8proc_int32_t from, to;
		unsigned of;
	} ranges[] = {
		{ 'A', 'Z', LATIN },
		{ 'a', 'z', LATIN },
		{ 0xc0, 0x24f, LATIN },
		{ 0x250, 0x2af, LATIN },
		{ 0x370, 0x3ff, GREEK },
		{ 0x400, 0x52f, CYRILLIC },
		{ 0x531, 0x58f, ARMENIAN },
		{ 0x13a0, 0x13fd, CHEROKEE },
		{ 0x1c80, 0x1c8f, CYRILLIC },
		{ 0x1e00, 0x1eff, LATIN },
		{ 0x1f00, 0x1fff, GREEK },
		{ 0x2de0, 0x2dff, CYRILLIC },
		{ 0x2c60, 0x2c7f, LATIN },
		{ 0xa640, 0xa69f, CYRILLIC },
		{ 0xa720, 0xa7ff, LATIN },
		{ 0xab70, 0xabbf, CHEROKEE },
		{ 0xff21, 0xff3a, LATIN },
		{ 0xff41, 0xff5a, LATIN },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return ranges[i].of;
	return 0;
}

static bool is_letter(utf8proc_int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);

	return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_ME;
}

bool fold_mixed(struct str s)
{
	unsigned seen = 0;

	for (size_t at = 0, n; at < s.n; at += n) {
		utf8proc_int32_t point;

		n = next(s, at, &point);
		seen = is_letter(point) ? seen | alphabet(point) : 0;
		if (seen & (seen - 1))
			return true;
	}
	return false;
}

bool fold_unprintable(struct str s)
{
	for (size_t at = 0, n; at < s.n; at += n) {
		utf8proc_int32_t point;
		utf8proc_category_t k;

		n = next(s, at, &point);
		k = utf8proc_category(point);
		/* Joiners are format characters that names and emoji need. */
		if (point == 0x200c || point == 0x200d)
			continue;
		if (k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF ||
			k == UTF8PROC_CATEGORY_CS || k == UTF8PROC_CATEGORY_CO ||
			k == UTF8PROC_CATEGORY_CN || k == UTF8PROC_CATEGORY_ZL ||
			k == UTF8PROC_CATEGORY_ZP)
			return true;
	}
	return false;
}

bool fold_blank(struct str s)
{
	for (size_t at = 0, n; at < s.n; at += n) {
		utf8proc_int32_t point;
		utf8proc_category_t k;

		n = next(s, at, &point);
		k = utf8proc_category(point);
		if (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO && point != 0x115f &&
			point != 0x1160 && point != 0x3164 && point != 0xffa0)
			return false;
		if (k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_SO && point != 0x2800)
			return false;
	}
	return true;
}

bool fold_wordlike(struct str s, const char *also)
{
	for (size_t at = 0, n; at < s.n; at += n) {
		utf8proc_int32_t point;

		n = next(s, at, &point);
		if (point < 0x80 && point > 0 && strchr(also, (int)point))
			continue;
		if (!is_letter(point) && utf8proc_category(point) != UTF8PROC_CATEGORY_ND)
			return false;
	}
	return true;
}
