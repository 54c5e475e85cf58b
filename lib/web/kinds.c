#include "web/kinds.h"

#include "core/clock.h"
#include "core/emoji.h"
#include "core/fold.h"
#include "web/password.h"

enum {
	EMAIL_FOLDED_MAX = 700,
	USERNAME_FOLDED_MAX = 255,
	EMAIL_LOCAL_MAX = 64,
	DOMAIN_LABEL_MAX = 63,
	YEAR_MIN = 1900
};

static const char *check_length(const struct field *f, struct str s)
{
	size_t points = 0;

	if (!s.p)
		return "is missing";
	if (!str_utf8(s, &points))
		return "must be valid UTF-8 without NUL";
	if ((int64_t)points < f->min)
		return points == 0 ? "must not be empty" : "is too short";
	return (int64_t)points > f->max ? "is too long" : NULL;
}

static const char *check_line(const struct field *f, struct value *v)
{
	const char *why;

	v->s = str_trim(v->s);
	why = check_length(f, v->s);
	if (why)
		return why;
	if (fold_unprintable(v->s))
		return "must be one line of printable characters";
	return v->s.n && fold_blank(v->s) ? "must not be blank" : NULL;
}

static bool domain(struct str s)
{
	int labels = 0;

	while (s.p) {
		struct str label = str_cut(&s, '.');

		if (label.n == 0 || label.n > DOMAIN_LABEL_MAX || label.p[0] == '-' ||
			label.p[label.n - 1] == '-' || !fold_wordlike(label, "-"))
			return false;
		labels++;
	}
	return labels >= 1;
}

/* Not every address that RFC 5321 permits; every address that people have. */
static const char *check_email(const struct field *f, struct value *v)
{
	struct str rest, local;
	const char *why;

	v->s = str_trim(v->s);
	rest = v->s;
	why = check_length(f, v->s);
	if (why)
		return why;
	local = str_cut(&rest, '@');
	if (v->s.n > (size_t)f->max || fold_length(v->s) > EMAIL_FOLDED_MAX)
		return "is too long";
	if (!local.p || local.n == 0 || local.n > EMAIL_LOCAL_MAX || !rest.p || local.p[0] == '.' ||
		local.p[local.n - 1] == '.' || memmem(local.p, local.n, "..", 2) || !domain(rest))
		return "is not an e-mail address";
	for (size_t i = 0; i < local.n; i++)
		if ((unsigned char)local.p[i] <= ' ' || strchr("\"(),:;<>[\\]@\x7f", local.p[i]))
			return "is not an e-mail address";
	if (fold_unprintable(v->s))
		return "is not an e-mail address";
	return fold_mixed(v->s) ? "mixes letters of alphabets that look alike" : NULL;
}

static const char *check_username(const struct field *f, struct value *v)
{
	const char *why = check_length(f, v->s);

	if (why)
		return why;
	if (fold_length(v->s) > USERNAME_FOLDED_MAX)
		return "is too long";
	if (!fold_wordlike(v->s, "._-"))
		return "may have letters, digits, dots, hyphens and underscores";
	if (fold_blank(v->s))
		return "must not be blank";
	return fold_mixed(v->s) ? "mixes letters of alphabets that look alike" : NULL;
}

static bool two_digits(const char *p, int *n)
{
	*n = (p[0] - '0') * 10 + p[1] - '0';
	return p[0] >= '0' && p[0] <= '9' && p[1] >= '0' && p[1] <= '9';
}

static const char *check_date(struct value *v)
{
	int century, year, month, day;
	int32_t days;

	if (v->s.n != 10 || v->s.p[4] != '-' || v->s.p[7] != '-' || !two_digits(v->s.p, &century) ||
		!two_digits(v->s.p + 2, &year) || !two_digits(v->s.p + 5, &month) ||
		!two_digits(v->s.p + 8, &day))
		return "must be a date like 1990-12-31";
	year += century * 100;
	days = clock_days(year, month, day);
	if (days == INT32_MIN)
		return "is not a day of the calendar";
	/* Where it is already tomorrow, tomorrow is today. */
	if (year < YEAR_MIN || days > clock_wall_ms() / 86400000 + 1)
		return "must be a day from 1900 until today, anywhere on earth";
	return NULL;
}

static const char *check_locale(const struct field *f, struct value *v)
{
	struct str rest = v->s;
	bool first = true;

	if (v->s.n < (size_t)f->min || v->s.n > (size_t)f->max)
		return "must be a language like en or uk-UA";
	for (; rest.p; first = false) {
		struct str part = str_cut(&rest, '-');

		if (part.n < (first ? 2u : 1u) || part.n > (first ? 3u : 8u))
			return "must be a language like en or uk-UA";
		for (size_t i = 0; i < part.n; i++) {
			char c = part.p[i] | 0x20;

			if (!((c >= 'a' && c <= 'z') ||
				    (!first && part.p[i] >= '0' && part.p[i] <= '9')))
				return "must be a language like en or uk-UA";
		}
	}
	return NULL;
}

/* Goes into pages of other people: nothing that a browser would run, or that leads to a third party
 * unencrypted. */
static const char *check_link(const struct field *f, struct value *v)
{
	const char *why = check_length(f, v->s), *colon;
	struct str before;

	if (why)
		return why;
	for (size_t i = 0; i < v->s.n; i++)
		if ((unsigned char)v->s.p[i] <= ' ' || strchr("\"'<>\\`\x7f", v->s.p[i]))
			return "must be a path on this site or an https address";
	colon = v->s.p == NULL ? NULL : memchr(v->s.p, ':', v->s.n);
	before = (struct str){ v->s.p, colon ? (size_t)(colon - v->s.p) : 0 };
	if (str_starts(v->s, "//") ||
		(colon && !memchr(before.p, '/', before.n) &&
			(!str_starts(v->s, "https://") || v->s.n <= strlen("https://"))))
		return "must be a path on this site or an https address";
	return NULL;
}

static const char *check_emoji(const struct field *f, struct value *v)
{
	char form[EMOJI_BYTES_MAX];

	return !check_length(f, v->s) && emoji_form(v->s, form) ? NULL : "must be one emoji";
}

const char *kind_refuses(const struct field *f, const struct conf *c, struct value *v)
{
	switch (f->kind) {
	case F_TEXT: return check_length(f, v->s);
	case F_LINE: return check_line(f, v);
	case F_PASSWORD: return password_refusal(c, v->s, f->min, f->max);
	case F_EMAIL: return check_email(f, v);
	case F_USERNAME: return check_username(f, v);
	case F_DATE: return check_date(v);
	case F_LOCALE: return check_locale(f, v);
	case F_LINK: return check_link(f, v);
	case F_EMOJI: return check_emoji(f, v);
	case F_IDS: return NULL;
	case F_ID:
	case F_INT:
		if (!str_int(v->s, &v->n))
			return "must be a whole number";
		return NULL;
	case F_BOOL:
		v->n = str_is(v->s, "true") || str_is(v->s, "1");
		if (!v->n && !str_is(v->s, "false") && !str_is(v->s, "0"))
			return "must be true or false";
		return NULL;
	}
	return NULL;
}

const char *kind_refuses_number(const struct field *f, const struct value *v)
{
	if (f->kind == F_ID && (v->n < 1 || v->n > ID_MAX))
		return "must be an id";
	if (f->kind == F_INT && (v->n < f->min || v->n > f->max))
		return "is out of range";
	return NULL;
}
