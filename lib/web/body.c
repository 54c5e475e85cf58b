#include "web/body.h"

#include "core/arena.h"

#include <math.h>
#include <stdlib.h>

#define BEYOND "1e308"

enum { NUMBER_TEXT_MAX = 64 };

struct scan {
	const char *p, *end, *why;
	size_t members;
	int depth;
	bool unfit;
};

static bool refuse(struct scan *s, const char *why)
{
	if (!s->why)
		s->why = why;
	return false;
}

/* It is JSON, but more than is taken here. */
static bool refuse_unfit(struct scan *s, const char *why)
{
	s->unfit = true;
	return refuse(s, why);
}

static void skip_space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
		s->p++;
}

static bool literal(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return refuse(s, "there is a word that is not JSON");
	s->p += n;
	return true;
}

static size_t digits(struct scan *s)
{
	const char *from = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return (size_t)(s->p - from);
}

/* Integers must be exact in every language that reads them: below 2^53. Others must be finite. */
static bool fits(struct str number, bool whole)
{
	char text[NUMBER_TEXT_MAX];
	int64_t value;

	if (whole && str_is(number, "-0"))
		return true;
	if (whole)
		return str_int(number, &value) && value <= 9007199254740991 &&
		       value >= -9007199254740991;
	if (number.n >= sizeof text)
		return false;
	memcpy(text, number.p, number.n);
	text[number.n] = 0;
	return isfinite(strtod(text, NULL));
}

static bool number(struct scan *s, bool *is_fit)
{
	const char *from = s->p;
	bool whole = true;
	size_t n;

	if (*s->p == '-')
		s->p++;
	n = (size_t)(s->p < s->end && *s->p == '0');
	if (n)
		s->p++;
	else
		n = digits(s);
	if (n == 0)
		return refuse(s, "there is a number without digits");
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		whole = false;
		if (digits(s) == 0)
			return refuse(s, "there is a number without digits after its point");
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		whole = false;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (digits(s) == 0)
			return refuse(s, "there is a number without digits in its exponent");
	}
	*is_fit = fits((struct str){ from, (size_t)(s->p - from) }, whole);
	return true;
}

static bool four_hex(struct scan *s, unsigned *out)
{
	*out = 0;
	for (int i = 0; i < 4; i++) {
		char c = s->p < s->end ? *s->p++ : 0;
		int digit = str_hex(c);

		if (digit < 0)
			return refuse(s, "there is a broken \\u escape");
		*out = *out << 4 | (unsigned)digit;
	}
	return true;
}

static bool escape(struct scan *s)
{
	char c = s->p < s->end ? *s->p++ : 0;
	unsigned unit, low;

	if (c && strchr("\"\\/bfnrt", c))
		return true;
	if (c != 'u')
		return refuse(s, "there is an unknown escape");
	if (!four_hex(s, &unit))
		return false;
	if (unit == 0)
		return refuse_unfit(s, "there is a NUL character");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return refuse_unfit(s, "there is half a surrogate pair");
	if (unit < 0xd800 || unit > 0xdbff)
		return true;
	if (s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
		return refuse_unfit(s, "there is half a surrogate pair");
	s->p += 2;
	if (!four_hex(s, &low))
		return false;
	return (low >= 0xdc00 && low <= 0xdfff) ||
	       refuse_unfit(s, "there is half a surrogate pair");
}

static bool string(struct scan *s)
{
	s->p++;
	while (s->p < s->end) {
		unsigned char c = (unsigned char)*s->p++;

		if (c == '"')
			return true;
		if (c < 0x20)
			return refuse(s, "there is a raw control character in a string");
		if (c == '\\' && !escape(s))
			return false;
	}
	return refuse(s, "a string does not end");
}

static bool value(struct scan *s);

/* The members of an object or the elements of an array, up to the closing bracket. */
static bool contents(struct scan *s, char closing)
{
	s->p++;
	skip_space(s);
	if (s->p < s->end && *s->p == closing) {
		s->p++;
		return true;
	}
	for (;;) {
		skip_space(s);
		if (closing == '}') {
			if (s->p == s->end || *s->p != '"')
				return refuse(s, "a name in quotes is missing");
			if (!string(s))
				return false;
			s->members++;
			skip_space(s);
			if (s->p == s->end || *s->p++ != ':')
				return refuse(s, "a colon is missing");
		}
		if (!value(s))
			return false;
		skip_space(s);
		if (s->p == s->end)
			return refuse(s, "it ends too early");
		if (*s->p == closing) {
			s->p++;
			return true;
		}
		if (*s->p++ != ',')
			return refuse(s, "a comma is missing");
	}
}

static bool begins_number(char c)
{
	return c == '-' || (c >= '0' && c <= '9');
}

static bool value(struct scan *s)
{
	bool good;

	skip_space(s);
	if (s->p == s->end)
		return refuse(s, "it ends too early");
	switch (*s->p) {
	case '{':
	case '[':
		if (s->depth == JSON_DEPTH_MAX)
			return refuse_unfit(s, "it is nested too deeply");
		s->depth++;
		good = contents(s, *s->p == '{' ? '}' : ']');
		s->depth--;
		return good;
	case '"': return string(s);
	case 't': return literal(s, "true");
	case 'f': return literal(s, "false");
	case 'n': return literal(s, "null");
	default: break;
	}
	if (begins_number(*s->p))
		return number(s, &good);
	return refuse(s, "there is something that is not JSON");
}

enum json_verdict body_scan(struct str text, size_t *members, const char **why)
{
	struct scan s = { .p = text.p, .end = text.p + text.n };
	bool good;

	if (!str_utf8(text, NULL)) {
		*why = "it is not valid UTF-8";
		return JSON_NONE;
	}
	good = value(&s);
	if (good) {
		skip_space(&s);
		if (s.p != s.end)
			good = refuse(&s, "something follows its end");
	}
	*members = s.members;
	*why = s.why;
	return good ? JSON_FIT : s.unfit ? JSON_UNFIT : JSON_NONE;
}

static size_t count_members(struct json_object *o)
{
	size_t n = 0;

	if (json_object_is_type(o, json_type_object)) {
		json_object_object_foreach(o, key, member)
		{
			(void)key;
			n += 1 + count_members(member);
		}
	} else if (json_object_is_type(o, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(o); i++)
			n += count_members(json_object_array_get_idx(o, i));
	}
	return n;
}

static size_t put_point(char *to, unsigned point)
{
	to[0] = (char)(0xf0 | point >> 18);
	to[1] = (char)(0x80 | (point >> 12 & 63));
	to[2] = (char)(0x80 | (point >> 6 & 63));
	to[3] = (char)(0x80 | (point & 63));
	return 4;
}

/* Steps over one character of a string, or its escape; an escaped pair is the character it means.
 */
static size_t step(struct scan *s, char *to)
{
	unsigned high = 0, low = 0;

	if (*s->p++ != '\\' || *s->p++ != 'u' || !four_hex(s, &high) || high < 0xd800 ||
		high > 0xdbff)
		return 0;
	s->p += 2;
	four_hex(s, &low);
	return put_point(to, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
}

/* json-c 0.16 reads an escaped pair as U+FFFD where the last sixteen bits of the character look
 * like half a pair (U+1D800, U+2D800 …), and bends numbers that do not fit. So pairs are resolved
 * before it sees them, and BEYOND stands in for such a number: no integer, and beyond all of them.
 * `to` has room for as much as the text is long: both are shorter than what they stand for. */
static size_t plain_text(char *to, struct str text)
{
	struct scan s = { .p = text.p, .end = text.p + text.n };
	bool in_string = false;
	size_t n = 0;

	while (s.p < s.end) {
		const char *from = s.p;
		bool is_fit = true;
		size_t put = 0;

		if (in_string && *from != '"') {
			put = step(&s, to + n);
		} else if (!in_string && begins_number(*from)) {
			number(&s, &is_fit);
		} else {
			in_string ^= *from == '"';
			s.p++;
		}
		if (!is_fit) {
			struct str huge = str_of(*from == '-' ? "-" BEYOND : BEYOND);

			memcpy(to + n, huge.p, huge.n);
			put = huge.n;
		} else if (!put) {
			put = (size_t)(s.p - from);
			memcpy(to + n, from, put);
		}
		n += put;
	}
	return n;
}

struct json_object *body_tree(struct json_tokener *tokener, struct str text)
{
	char *plain = must_alloc(text.n + 1);
	struct json_object *tree =
		json_tokener_parse_ex(tokener, plain, (int)plain_text(plain, text));

	free(plain);
	return tree;
}

enum err body_parse(struct str text, struct json_object **tree, const char **why)
{
	struct json_tokener *tokener;
	size_t members;

	*tree = NULL;
	if (body_scan(text, &members, why) != JSON_FIT)
		return ERR_MALFORMED_JSON;
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	if (!tokener)
		return ERR_INTERNAL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	*tree = body_tree(tokener, text);
	json_tokener_free(tokener);
	if (!json_object_is_type(*tree, json_type_object))
		*why = "it is not an object";
	else if (count_members(*tree) != members)
		*why = "a name stands twice in one object";
	else
		return OK;
	json_object_put(*tree);
	*tree = NULL;
	return ERR_MALFORMED_JSON;
}
