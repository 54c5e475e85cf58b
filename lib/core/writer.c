#include "core/writer.h"

#include "core/clock.h"

static void quoted(struct buf *to, struct str s)
{
	static const char hex[] = "0123456789abcdef";
	size_t from = 0;

	buf_byte(to, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		char escape[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
		size_t length = 6;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		if (c == '"' || c == '\\')
			escape[1] = (char)c, length = 2;
		else if (c == '\n')
			escape[1] = 'n', length = 2;
		else if (c == '\t')
			escape[1] = 't', length = 2;
		else if (c == '\r')
			escape[1] = 'r', length = 2;
		buf_add(to, s.p + from, i - from);
		buf_add(to, escape, length);
		from = i + 1;
	}
	buf_add(to, s.p + from, s.n - from);
	buf_byte(to, '"');
}

static void lead(struct writer *j, const char *key)
{
	if (j->comma)
		buf_byte(j->to, ',');
	j->comma = true;
	if (!key)
		return;
	buf_byte(j->to, '"');
	buf_z(j->to, key);
	buf_add(j->to, "\":", 2);
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
