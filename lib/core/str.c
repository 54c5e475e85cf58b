#include "core/str.h"

#include <strings.h>

bool str_is_nocase(struct str a, const char *z)
{
	return a.n == strlen(z) && strncasecmp(a.p ? a.p : "", z, a.n) == 0;
}

bool str_starts(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

bool str_starts_nocase(struct str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && strncasecmp(s.p, prefix, n) == 0;
}

struct str str_trim(struct str s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

struct str str_cut(struct str *rest, char sep)
{
	struct str head = *rest;
	const char *at = rest->n ? memchr(rest->p, sep, rest->n) : NULL;

	if (!at) {
		*rest = (struct str){ NULL, 0 };
		return head;
	}
	head.n = (size_t)(at - rest->p);
	rest->p = at + 1;
	rest->n -= head.n + 1;
	return head;
}

bool str_int(struct str s, int64_t *out)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	size_t i = negative;
	int64_t value = 0;

	if (i == s.n || (s.p[i] == '0' && (s.n > i + 1 || negative)))
		return false;
	for (; i < s.n; i++) {
		int digit = s.p[i] - '0';

		if (digit < 0 || digit > 9 || value > (INT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = negative ? -value : value;
	return true;
}

/* The table of RFC 3629 §4: what the second byte may be depends on the first, the rest are plain
 * tails. */
bool str_utf8(struct str s, size_t *points)
{
	const unsigned char *p = (const unsigned char *)s.p, *end = p + s.n;
	size_t count = 0;

	for (; p < end; count++) {
		unsigned char c = *p++;
		int tails;
		unsigned char low = 0x80, high = 0xbf;

		if (c == 0)
			return false;
		if (c < 0x80)
			continue;
		if (c >= 0xc2 && c <= 0xdf) {
			tails = 1;
		} else if (c >= 0xe0 && c <= 0xef) {
			tails = 2;
			if (c == 0xe0)
				low = 0xa0;
			else if (c == 0xed)
				high = 0x9f;
		} else if (c >= 0xf0 && c <= 0xf4) {
			tails = 3;
			if (c == 0xf0)
				low = 0x90;
			else if (c == 0xf4)
				high = 0x8f;
		} else {
			return false;
		}
		if (end - p < tails)
			return false;
		for (; tails > 0; tails--, low = 0x80, high = 0xbf) {
			if (*p < low || *p > high)
				return false;
			p++;
		}
	}
	if (points)
		*points = count;
	return true;
}

void str_z(char *to, size_t size, struct str s)
{
	size_t n = s.n < size ? s.n : size - 1;

	if (n)
		memcpy(to, s.p, n);
	to[n] = 0;
}

int str_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

struct str str_keep(char **to, struct str s)
{
	struct str copy = { *to, s.n };

	if (!s.p)
		return (struct str){ NULL, 0 };
	memcpy(*to, s.p, s.n);
	*to += s.n;
	return copy;
}
