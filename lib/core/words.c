#include "core/words.h"

#include "core/fold.h"

#include <stdlib.h>
#include <utf8proc.h>

enum kind { NOTHING, MARK, WORD, DENSE, SIGN, FLAG };

static bool is_dense(utf8proc_int32_t c)
{
	static const struct {
		utf8proc_int32_t from, to;
	} ranges[] = {
		{ 0x0e00, 0x0eff },   /* Thai, Lao */
		{ 0x1000, 0x109f },   /* Myanmar */
		{ 0x1100, 0x11ff },   /* Hangul, in parts */
		{ 0x1780, 0x17ff },   /* Khmer */
		{ 0x1950, 0x19ff },   /* Tai Le, New Tai Lue, Khmer symbols */
		{ 0x1a20, 0x1aaf },   /* Tai Tham */
		{ 0x1b00, 0x1b7f },   /* Balinese */
		{ 0x2e80, 0x2fdf },   /* Han, in parts */
		{ 0x3005, 0x3007 },   /* Han */
		{ 0x3021, 0x303c },   /* Han */
		{ 0x3040, 0x312f },   /* Kana, Bopomofo */
		{ 0x3130, 0x318f },   /* Hangul, in parts */
		{ 0x31a0, 0x31ff },   /* Bopomofo, Kana */
		{ 0x3400, 0x4dbf },   /* Han */
		{ 0x4e00, 0xa4cf },   /* Han, Yi */
		{ 0xa960, 0xa9ff },   /* Hangul, in parts; Javanese, Myanmar */
		{ 0xaa60, 0xaadf },   /* Myanmar, Tai Viet */
		{ 0xac00, 0xd7ff },   /* Hangul */
		{ 0xf900, 0xfaff },   /* Han */
		{ 0x16fe0, 0x18d8f }, /* Tangut, Khitan, Nushu */
		{ 0x1aff0, 0x1b2ff }, /* Kana, Nushu */
		{ 0x20000, 0x3ffff }, /* Han */
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges && c >= ranges[i].from; i++)
		if (c <= ranges[i].to)
			return true;
	return false;
}

static enum kind kind_of(utf8proc_int32_t c)
{
	utf8proc_category_t k;

	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? WORD : NOTHING;
	if (c >= 0x1f1e6 && c <= 0x1f1ff)
		return FLAG;
	if (c == 0x02bb || c == 0x02bc)
		return NOTHING; /* apostrophes that count as letters */
	k = utf8proc_category(c);
	if (k >= UTF8PROC_CATEGORY_MN && k <= UTF8PROC_CATEGORY_ME)
		return MARK;
	if ((k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO) ||
		(k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO))
		return is_dense(c) ? DENSE : WORD;
	/* What Unicode keeps free for pictures is one by now for somebody's telephone. */
	if (k == UTF8PROC_CATEGORY_SO || k == UTF8PROC_CATEGORY_SM ||
		(k == UTF8PROC_CATEGORY_CN && c >= 0x1f000 && c <= 0x1faff))
		return SIGN;
	return NOTHING;
}

static size_t next(struct str s, utf8proc_int32_t *c)
{
	utf8proc_ssize_t n =
		utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, c);

	if (n > 0)
		return (size_t)n;
	*c = 0;
	return 1;
}

static struct str behind(struct str s, size_t n)
{
	return (struct str){ s.p + n, s.n - n };
}

struct run {
	struct str text;
	enum kind kind;
};

/* The next run of *rest, which is cut behind it. A mark belongs to what it stands on. */
static bool next_run(struct str *rest, struct run *out)
{
	*out = (struct run){ { NULL, 0 }, NOTHING };
	while (rest->n) {
		utf8proc_int32_t c;
		size_t n = next(*rest, &c);
		enum kind k = kind_of(c);
		bool pair = k == FLAG && out->kind == FLAG && out->text.n == n;
		bool goes_on = out->kind == WORD || out->kind == DENSE;

		if (!out->text.p && (k == NOTHING || k == MARK)) {
			*rest = behind(*rest, n);
			continue;
		}
		if (out->text.p && !pair && !(goes_on && (k == out->kind || k == MARK)))
			return true;
		if (!out->text.p)
			*out = (struct run){ { rest->p, 0 }, k };
		out->text.n += n;
		*rest = behind(*rest, n);
	}
	return out->text.p != NULL;
}

/* As much of a word as the index holds. */
static struct str cut(struct str word)
{
	size_t n = word.n < WORD_BYTES_MAX ? word.n : WORD_BYTES_MAX;

	while (n < word.n && ((unsigned char)word.p[n] & 0xc0) == 0x80)
		n--;
	return (struct str){ word.p, n };
}

/* --- what the index holds --- */

struct collection {
	struct arena *arena;
	struct str *all;
	size_t n, size;
};

static void collect(struct collection *to, struct str word)
{
	if (to->n == to->size) {
		size_t size = to->size ? 2 * to->size : 32;
		struct str *all = arena_alloc(to->arena, sizeof *all * size);

		if (to->n)
			memcpy(all, to->all, sizeof *all * to->n);
		to->all = all;
		to->size = size;
	}
	to->all[to->n++] = word;
}

/* Pairs of neighbours; and the characters alone, where one of them would be a word. */
static void collect_dense(struct collection *to, struct str run, bool alone)
{
	struct str before = { run.p, 0 };

	while (run.n) {
		utf8proc_int32_t c;
		size_t n = next(run, &c);

		if (before.n)
			collect(to, (struct str){ before.p, before.n + n });
		if (alone && kind_of(c) != MARK)
			collect(to, (struct str){ run.p, n });
		before = (struct str){ run.p, n };
		run = behind(run, n);
	}
}

static int by_bytes(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

	return order ? order : (x->n > y->n) - (x->n < y->n);
}

static void make_unique(struct collection *c)
{
	size_t kept = 0;

	if (c->n)
		qsort(c->all, c->n, sizeof *c->all, by_bytes);
	for (size_t i = 0; i < c->n; i++)
		if (kept == 0 || !str_eq(c->all[kept - 1], c->all[i]))
			c->all[kept++] = c->all[i];
	c->n = kept;
}

void words_of(struct arena *a, struct str text, struct words *out)
{
	struct collection c = { .arena = a };
	struct str rest = fold(a, text);
	struct run run;

	while (next_run(&rest, &run))
		if (run.kind == DENSE)
			collect_dense(&c, run.text, true);
		else
			collect(&c, cut(run.text));
	make_unique(&c);
	*out = (struct words){ c.all, c.n };
}

/* --- what is sought --- */

static bool is_one_character(struct str s)
{
	utf8proc_int32_t c;

	return next(s, &c) == s.n;
}

static void make_keys(struct arena *a, struct sought *s)
{
	struct collection c = { .arena = a };
	const struct sought_run *last = &s->runs[s->runs_n - 1];

	for (size_t i = 0; i < s->runs_n; i++) {
		const struct sought_run *r = &s->runs[i];

		if (r->kind == DENSE && !is_one_character(r->text))
			collect_dense(&c, r->text, false);
		else if (!r->prefix)
			collect(&c, cut(r->text));
	}
	make_unique(&c);
	s->keys = arena_alloc(a, sizeof *s->keys * (c.n + 1));
	s->keys_n = 0;
	for (size_t i = 0; i < c.n; i++)
		s->keys[s->keys_n++] = (struct sought_key){ c.all[i], false };
	if (last->prefix)
		s->keys[s->keys_n++] = (struct sought_key){ cut(last->text), true };
}

bool words_seek(struct arena *a, struct str query, struct sought *out)
{
	struct str folded = fold(a, query), rest = folded;
	struct run run;

	*out = (struct sought){ .runs = arena_alloc(a, sizeof *out->runs * (folded.n + 1)) };
	while (next_run(&rest, &run))
		out->runs[out->runs_n++] =
			(struct sought_run){ .text = run.text, .kind = (int)run.kind };
	if (out->runs_n == 0)
		return false;
	out->runs[out->runs_n - 1].prefix = out->runs[out->runs_n - 1].kind == WORD;
	make_keys(a, out);
	return true;
}

void words_seek_whole(struct sought *s)
{
	s->runs[s->runs_n - 1].prefix = false;
	s->keys[s->keys_n - 1].prefix = false;
}

static bool fits(const struct sought_run *s, const struct run *run)
{
	if (s->kind != (int)run->kind || run->text.n < s->text.n)
		return false;
	if (s->kind == DENSE)
		return memmem(run->text.p, run->text.n, s->text.p, s->text.n) != NULL;
	return (s->prefix || run->text.n == s->text.n) &&
	       memcmp(run->text.p, s->text.p, s->text.n) == 0;
}

bool words_found(struct arena *a, struct sought *s, struct str text)
{
	struct str rest = fold(a, text);
	size_t missing = s->runs_n;
	struct run run;

	for (size_t i = 0; i < s->runs_n; i++)
		s->runs[i].seen = false;
	while (missing && next_run(&rest, &run))
		for (size_t i = 0; i < s->runs_n; i++)
			if (!s->runs[i].seen && fits(&s->runs[i], &run)) {
				s->runs[i].seen = true;
				missing--;
			}
	return missing == 0;
}
