#include "web/range.h"

enum { DIGITS_MAX = 18 };

/* A run of digits; one that no file reaches counts as the largest there is. */
static bool take_number(struct str *s, int64_t *out)
{
	size_t n = 0;

	*out = 0;
	while (n < s->n && s->p[n] >= '0' && s->p[n] <= '9') {
		*out = n < DIGITS_MAX ? *out * 10 + (s->p[n] - '0') : INT64_MAX;
		n++;
	}
	s->p += n;
	s->n -= n;
	return n > 0;
}

/* first-last, first-, or -length of the end. false: it is no range. An empty one says first > last.
 */
static bool read_one(struct str s, int64_t size, struct range *r)
{
	bool from_end = s.n && *s.p == '-', open;

	if (!from_end && !take_number(&s, &r->first))
		return false;
	if (!s.n || *s.p != '-')
		return false;
	s.p++;
	s.n--;
	open = !take_number(&s, &r->last);
	if (s.n || (from_end && open))
		return false;
	if (from_end) {
		r->first = r->last < size ? size - r->last : 0;
		r->last = r->last ? size - 1 : -1;
		return true;
	}
	if (!open && r->last < r->first)
		return false;
	if (open || r->last >= size)
		r->last = size - 1;
	return true;
}

static enum range_outcome read_list(struct str header, int64_t size, struct range *ranges, int *n)
{
	struct str rest = header, unit = str_cut(&rest, '=');
	int64_t sum = 0;
	bool asked = false;

	*n = 0;
	if (!rest.p || !str_is_nocase(str_trim(unit), "bytes"))
		return RANGE_WHOLE;
	while (rest.p) {
		struct str one = str_trim(str_cut(&rest, ','));
		struct range r;

		if (!one.n)
			continue;
		if (!read_one(one, size, &r))
			return RANGE_WHOLE;
		asked = true;
		if (r.first > r.last || r.first >= size)
			continue;
		sum += r.last - r.first + 1;
		if (*n == RANGES_MAX || sum > size)
			return RANGE_WHOLE;
		ranges[(*n)++] = r;
	}
	if (!asked)
		return RANGE_WHOLE;
	return *n ? RANGE_SOME : RANGE_NONE_SUCH;
}

enum range_outcome range_read(struct str header, int64_t size, struct range *ranges, int *n)
{
	enum range_outcome outcome = read_list(header, size, ranges, n);

	if (outcome != RANGE_SOME)
		*n = 0;
	return outcome;
}
