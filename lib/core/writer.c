#include "core/writer.h"

#include "core/clock.h"

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

static void escaped(struct buf *to, char c)
{
	static const char hex[] = "0123456789abcdef";
	char escape[6] = { '\\', 'u', '0', '0', hex[(unsigned char)c >> 4], hex[c & 15] };

	switch (c) {
	case '"':
	case '\\': escape[1] = c; break;
	case '\n': escape[1] = 'n'; break;
	case '\t': escape[1] = 't'; break;
	case '\r': escape[1] = 'r'; break;
	default: buf_add(to, escape, 6); return;
	}
	buf_add(to, escape, 2);
}

static void quoted(struct buf *to, struct str s)
{
	const char *p = s.p, *end = s.p + s.n;

	buf_byte(to, '"');
	while (p < end) {
		const char *from = p;

		while (p < end && is_plain(*p))
			p++;
		buf_add(to, from, (size_t)(p - from));
		if (p < end)
			escaped(to, *p++);
	}
	buf_byte(to, '"');
}

/* ,"key": */
static void lead(struct writer *j, const char *key)
{
	size_t n = key ? strlen(key) : 0;
	char *to = buf_room(j->to, n + 4), *begun = to;

	if (!to)
		return;
	if (j->comma)
		*to++ = ',';
	j->comma = true;
	if (key) {
		*to++ = '"';
		memcpy(to, key, n);
		to += n;
		*to++ = '"';
		*to++ = ':';
	}
	j->to->n += (size_t)(to - begun);
}

static void open_with(struct writer *j, const char *key, char bracket)
{
	lead(j, key);
	buf_byte(j->to, bracket);
	j->comma = false;
}

static void close_with(struct writer *j, char bracket)
{
	buf_byte(j->to, bracket);
	j->comma = true;
}

void put_object(struct writer *j, const char *key)
{
	open_with(j, key, '{');
}

void put_object_end(struct writer *j)
{
	close_with(j, '}');
}

void put_array(struct writer *j, const char *key)
{
	open_with(j, key, '[');
}

void put_array_end(struct writer *j)
{
	close_with(j, ']');
}

void put_raw(struct writer *j, const char *key, struct str value)
{
	lead(j, key);
	buf_str(j->to, value);
}

void put_null(struct writer *j, const char *key)
{
	put_raw(j, key, STR("null"));
}

void put_str(struct writer *j, const char *key, struct str value)
{
	if (!value.p) {
		put_null(j, key);
		return;
	}
	lead(j, key);
	quoted(j->to, value);
}

void put_z(struct writer *j, const char *key, const char *value)
{
	put_str(j, key, str_of(value));
}

void put_int(struct writer *j, const char *key, int64_t value)
{
	lead(j, key);
	buf_int(j->to, value);
}

void put_bool(struct writer *j, const char *key, bool value)
{
	put_raw(j, key, value ? STR("true") : STR("false"));
}

void put_time(struct writer *j, const char *key, int64_t wall_ms)
{
	char text[CLOCK_TEXT_BYTES];

	if (!wall_ms) {
		put_null(j, key);
		return;
	}
	clock_text(wall_ms, text);
	put_z(j, key, text);
}

void put_members(struct writer *j, struct str members)
{
	if (members.n)
		put_raw(j, NULL, members);
}
