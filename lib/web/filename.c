#include "web/filename.h"

#include "core/buf.h"
#include "core/fold.h"

#include <ctype.h>

static void skip_blanks(struct str *s)
{
	while (s->n && (*s->p == ' ' || *s->p == '\t')) {
		s->p++;
		s->n--;
	}
}

/* Takes a value off the front: quoted text without its quotes, or up to a semicolon. */
static struct str take_value(struct str *rest)
{
	struct str value;
	size_t i = 0;

	if (rest->n && *rest->p == '"') {
		for (i = 1; i < rest->n && rest->p[i] != '"'; i++)
			i += rest->p[i] == '\\' && i + 1 < rest->n;
		value = (struct str){ rest->p + 1, i - 1 };
		i += i < rest->n;
	} else {
		while (i < rest->n && rest->p[i] != ';')
			i++;
		value = str_trim((struct str){ rest->p, i });
	}
	rest->p += i;
	rest->n -= i;
	return value;
}

struct str header_parameter(struct str header, const char *name)
{
	struct str rest = header;

	while (rest.n) {
		struct str key = rest, value;
		size_t i = 0;

		while (i < rest.n && rest.p[i] != '=' && rest.p[i] != ';')
			i++;
		key.n = i;
		rest.p += i;
		rest.n -= i;
		if (rest.n && *rest.p == '=') {
			rest.p++;
			rest.n--;
			skip_blanks(&rest);
			value = take_value(&rest);
			if (str_is_nocase(str_trim(key), name))
				return value;
		}
		while (rest.n && *rest.p != ';') {
			rest.p++;
			rest.n--;
		}
		if (rest.n) {
			rest.p++;
			rest.n--;
		}
	}
	return (struct str){ NULL, 0 };
}

/* RFC 8187: UTF-8'language'percent-encoded. */
static bool decode_extended(struct str value, struct buf *to)
{
	struct str rest = value, charset = str_cut(&rest, '\'');

	if (!str_is_nocase(charset, "utf-8") || !str_cut(&rest, '\'').p || !rest.p)
		return false;
	while (rest.n) {
		int high = rest.n >= 3 ? str_hex(rest.p[1]) : -1,
		    low = rest.n >= 3 ? str_hex(rest.p[2]) : -1;

		if (*rest.p == '%' && high >= 0 && low >= 0) {
			buf_byte(to, (char)(high << 4 | low));
			rest.p += 3;
			rest.n -= 3;
		} else {
			buf_byte(to, *rest.p++);
			rest.n--;
		}
	}
	return true;
}

/* Browsers write a quote as %22, older clients as \". Other backslashes are a path of Windows. */
static void decode_plain(struct str value, struct buf *to)
{
	for (size_t i = 0; i < value.n; i++) {
		struct str rest = { value.p + i, value.n - i };

		if (str_starts(rest, "\\\""))
			continue;
		if (str_starts(rest, "%22")) {
			buf_byte(to, '"');
			i += 2;
		} else {
			buf_byte(to, value.p[i]);
		}
	}
}

bool filename_sent(struct str disposition, char *to, size_t max, size_t *n)
{
	struct str extended = header_parameter(disposition, "filename*"),
		   plain = header_parameter(disposition, "filename");
	struct buf name = BUF_INIT(max);

	if (!extended.p || !decode_extended(extended, &name)) {
		buf_clear(&name);
		if (plain.p)
			decode_plain(plain, &name);
	}
	*n = name.n;
	if (name.n)
		memcpy(to, name.p, name.n);
	buf_free(&name);
	return *n > 0;
}

/* The bytes of the code point at p; 0: it is none. */
static size_t point_bytes(struct str s)
{
	for (size_t n = 1; n <= 4 && n <= s.n; n++)
		if (str_utf8((struct str){ s.p, n }, NULL))
			return n;
	return 0;
}

static struct str last_part(struct str name)
{
	for (size_t i = name.n; i > 0; i--)
		if (name.p[i - 1] == '/' || name.p[i - 1] == '\\')
			return (struct str){ name.p + i, name.n - i };
	return name;
}

/* Cut in the middle, at whole characters, so that the ending stays. */
static struct str shorten(struct arena *a, struct str name)
{
	struct str ending = { name.p + name.n, 0 };
	size_t head;

	if (name.n <= FILENAME_MAX_BYTES)
		return name;
	for (size_t i = 1; i < 24; i++)
		if (name.p[name.n - i] == '.') {
			ending = (struct str){ name.p + name.n - i, i };
			break;
		}
	head = FILENAME_MAX_BYTES - ending.n;
	while (head > 0 && (name.p[head] & 0xc0) == 0x80)
		head--;
	return arena_printf(a, "%.*s%.*s", (int)head, name.p, STR_ARG(ending));
}

struct str filename_clean(struct arena *a, struct str name, const char *otherwise)
{
	struct str rest = last_part(name);
	struct buf to = BUF_INIT(4 * 4096);
	struct str clean;

	while (rest.n) {
		size_t n = point_bytes(rest);
		struct str point = { rest.p, n };

		/* Bytes that are no text, and what cannot be seen, are left out. */
		if (n && !fold_unprintable(point))
			buf_str(&to, point);
		rest.p += n ? n : 1;
		rest.n -= n ? n : 1;
	}
	clean = str_trim(arena_copy(a, buf_as_str(&to)));
	buf_free(&to);
	while (clean.n && *clean.p == '.') {
		clean.p++;
		clean.n--;
	}
	return clean.n && !fold_blank(clean) ? shorten(a, clean) : arena_copy(a, str_of(otherwise));
}

struct str filename_disposition(struct arena *a, struct str name, bool inline_)
{
	struct buf to = BUF_INIT(8 * 1024);
	struct str out;

	buf_z(&to, inline_ ? "inline; filename=\"" : "attachment; filename=\"");
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '%')
			c = (c & 0xc0) == 0x80 ? 0 : '_';
		if (c)
			buf_byte(&to, (char)c);
	}
	buf_z(&to, "\"; filename*=UTF-8''");
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (isalnum(c) || (c && strchr("!#$&+-.^_`|~", c)))
			buf_byte(&to, (char)c);
		else
			buf_printf(&to, "%%%02X", c);
	}
	out = arena_copy(a, buf_as_str(&to));
	buf_free(&to);
	return out;
}
