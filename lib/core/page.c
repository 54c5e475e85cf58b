/* The shared page: token buckets, counters, futex.
 *
 * How a bucket fits into one word
 *
 * A token bucket need not count tokens. It is enough to know the moment at which it will be full
 * again: each taking moves that moment on by the time one token takes to come back (the "generic
 * cell rate algorithm"). A taking is refused when it would move the moment further ahead than a
 * whole burst takes. So a bucket is one number, and taking is one compare-and-swap: of N processes
 * that race for the last token exactly one wins, and one that is killed on the way leaves nothing
 * behind.
 *
 * Which bucket is whose? A keyed hash of (what, who) picks a set of eight words and a 20-bit tag;
 * the word holds the tag above 44 bits of time in sixteenths of a millisecond. Word and tag change
 * together, so taking over the word of a bucket that is full again (a moment in the past: nothing
 * to remember) is the same single compare-and-swap. If a set has eight buckets in use, the one
 * nearest to full makes room: the least is forgotten. A moment too far ahead to be true comes from
 * before the machine restarted and counts as full. */
#include "core/page.h"

#include "core/clock.h"

#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Raised with every change of struct page; its size is mixed in, should one forget. */
#define LAYOUT ((uint64_t)0x62656c6c00000000 + 5 + ((uint64_t)sizeof(struct page) << 4))

enum { TICKS_PER_MS = 16, TIME_BITS = 44 };

const int64_t metric_bin_us[METRIC_BINS] = { 250, 500, 1000, 2500, 5000, 10000, 25000, 50000,
	100000, 250000, 1000000, 5000000 };

/* --- mapping --- */

static bool init(void *page)
{
	struct page *p = page;

	ephemera_init(&p->ephemera);
	return getrandom(p->key, sizeof p->key, 0) == (ssize_t)sizeof p->key;
}

struct page *page_open(const char *run_dir)
{
	return shared_open(run_dir, "page", LAYOUT, sizeof(struct page), init);
}

void page_close(struct page *p)
{
	munmap(p, sizeof *p);
}

/* --- rates --- */

static uint64_t rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

/* SipHash-1-3 over what, a zero byte, and who. */
struct sip {
	uint64_t v0, v1, v2, v3, word;
	size_t n;
};

static void sip_round(struct sip *s)
{
	s->v0 += s->v1, s->v1 = rotl(s->v1, 13) ^ s->v0, s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3, s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3, s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1, s->v1 = rotl(s->v1, 17) ^ s->v2, s->v2 = rotl(s->v2, 32);
}

static void sip_byte(struct sip *s, unsigned char c)
{
	s->word |= (uint64_t)c << (8 * (s->n % 8));
	if (++s->n % 8)
		return;
	s->v3 ^= s->word;
	sip_round(s);
	s->v0 ^= s->word;
	s->word = 0;
}

static uint64_t hash(const uint64_t key[2], const char *what, struct str who)
{
	struct sip s = { .v0 = key[0] ^ 0x736f6d6570736575,
		.v1 = key[1] ^ 0x646f72616e646f6d,
		.v2 = key[0] ^ 0x6c7967656e657261,
		.v3 = key[1] ^ 0x7465646279746573 };

	for (; *what; what++)
		sip_byte(&s, (unsigned char)*what);
	sip_byte(&s, 0);
	for (size_t i = 0; i < who.n; i++)
		sip_byte(&s, (unsigned char)who.p[i]);
	s.word |= (uint64_t)s.n << 56;
	s.v3 ^= s.word;
	sip_round(&s);
	s.v0 ^= s.word;
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

static int64_t ticks(int64_t us)
{
	return us * TICKS_PER_MS / 1000;
}

struct bucket {
	_Atomic uint64_t *ways;
	uint64_t tag;
	int64_t now, step, burst; /* ticks: this moment, one token, all tokens */
};

static struct bucket bucket_of(struct page *p, const struct rate *r, struct str who, int64_t now_us)
{
	uint64_t h = hash(p->key, r->what, who);
	struct bucket b = { p->buckets[h % BUCKET_SETS], h >> TIME_BITS, ticks(now_us),
		ticks(r->span_s * 1000000 / r->count), 0 };

	if (b.step < 1)
		b.step = 1;
	b.burst = b.step * (r->burst ? r->burst : r->count);
	return b;
}

static int64_t full_at(const struct bucket *b, uint64_t word)
{
	int64_t at = (int64_t)(word & (((uint64_t)1 << TIME_BITS) - 1));

	/* A minute of grace: a process may have been asleep since it looked at the clock. */
	return at > b->now + b->burst + b->step + ticks(60000000) ? 0 : at;
}

/* The way that holds this bucket, or else the one that is nearest to full. */
static int way_of(const struct bucket *b, uint64_t *word)
{
	int best = 0;
	uint64_t best_word = 0;

	for (int i = 0; i < BUCKET_WAYS; i++) {
		uint64_t w = atomic_load_explicit(&b->ways[i], memory_order_relaxed);
		uint64_t time_mask = ((uint64_t)1 << TIME_BITS) - 1;

		if (w && w >> TIME_BITS == b->tag) {
			*word = w;
			return i;
		}
		if (i == 0 || (w & time_mask) < (best_word & time_mask)) {
			best = i;
			best_word = w;
		}
	}
	*word = best_word;
	return best;
}

int64_t page_take(struct page *p, const struct rate *rate, struct str who, int64_t now_us)
{
	if (rate->count == 0)
		return 0;
	for (struct bucket b = bucket_of(p, rate, who, now_us);;) {
		uint64_t word, next;
		int way = way_of(&b, &word);
		bool mine = word && word >> TIME_BITS == b.tag;
		int64_t at = mine ? full_at(&b, word) : 0;

		at = (at > b.now ? at : b.now) + b.step;
		if (at > b.now + b.burst)
			return (at - b.now - b.burst) / (TICKS_PER_MS * 1000) + 1;
		next = b.tag << TIME_BITS | (uint64_t)at;
		if (atomic_compare_exchange_strong(&b.ways[way], &word, next))
			return 0;
	}
}

void page_give(struct page *p, const struct rate *rate, struct str who, int64_t now_us)
{
	if (rate->count == 0)
		return;
	for (struct bucket b = bucket_of(p, rate, who, now_us);;) {
		uint64_t word, next;
		int way = way_of(&b, &word);

		if (!word || word >> TIME_BITS != b.tag || full_at(&b, word) <= b.now)
			return;
		next = b.tag << TIME_BITS | (uint64_t)(full_at(&b, word) - b.step);
		if (atomic_compare_exchange_strong(&b.ways[way], &word, next))
			return;
	}
}

/* --- counters --- */

struct metric *page_metric(struct page *p, const char *name)
{
	for (int i = 0; i < METRICS_MAX; i++) {
		struct metric *m = &p->metrics[i];
		uint32_t state = atomic_load(&m->state);

		if (state == 0 && atomic_compare_exchange_strong(&m->state, &state, 1)) {
			snprintf(m->name, sizeof m->name, "%s", name);
			atomic_store(&m->state, 2);
			return m;
		}
		/* Being named by another at this moment (or by one that was killed just then): it
		 * is not worth a wait. Should both name it alike, two lines are added up by who
		 * reads them. */
		if (state == 2 && strncmp(m->name, name, sizeof m->name - 1) == 0)
			return m;
	}
	return NULL;
}

void metric_count(struct metric *m, int status, int64_t us)
{
	int bin = 0;

	while (bin < METRIC_BINS && us > metric_bin_us[bin])
		bin++;
	if (status >= 100 && status < 600)
		atomic_fetch_add_explicit(&m->by_class[status / 100 - 1], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->bins[bin], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->sum_us, (uint64_t)us, memory_order_relaxed);
}

/* --- waiting --- */

void page_wait(_Atomic uint32_t *word, uint32_t seen, int64_t max_us)
{
	struct timespec span = { max_us / 1000000, max_us % 1000000 * 1000 };

	syscall(SYS_futex, word, FUTEX_WAIT, seen, &span, NULL, 0);
}

void page_wake(_Atomic uint32_t *word, int n)
{
	syscall(SYS_futex, word, FUTEX_WAKE, n, NULL, NULL, 0);
}

void page_raise(_Atomic uint64_t *value, uint64_t to)
{
	uint64_t seen = atomic_load(value);

	while (seen < to && !atomic_compare_exchange_weak(value, &seen, to))
		continue;
}

void page_ring(struct page *p)
{
	atomic_fetch_add(&p->bell, 1);
	page_wake(&p->bell, INT_MAX);
}
