/* How a person fits into one word
 *
 * An id has up to 53 bits. Multiplied by an odd number modulo 2^53 it is another number, from which
 * the id can be had back. The upper 12 bits of that choose a set of eight words; the other 41 stand
 * in the word, above two bits of state and 21 of the second at which the person was last here. So
 * every step is one compare-and-swap, and who is killed before or after it leaves the table whole.
 *
 *     mark:   nobody, SAVED, GONE → FRESH; TOLD whose time was up unseen → FRESH; the second moves
 *             on
 *     tell:   FRESH → TOLD          "is online"
 *             TOLD → GONE           "is offline", when the time is up
 *             FRESH → GONE          nobody was told of them
 *     leave:  FRESH, TOLD → GONE
 *     saved:  GONE → SAVED          the database knows when they were last seen
 *
 * SAVED stays: what others remember of the database may be older. If a set is full, the one that
 * matters least makes room: SAVED before GONE before who is here, the longest away first.
 *
 * The seconds come round every 24 days; a word is dropped long before, if anybody looks.
 *
 * Two may put the same person into different words of a set, if a third makes room meanwhile. Then
 * the newest counts, and the older one is dropped without a word when its time is up. */
#include "core/presence.h"

#include "core/clock.h"
#include "core/page.h"

#define ID_BITS     53
#define REST_BITS   41
#define STATE_SHIFT 21
#define REST_SHIFT  23
#define SECONDS     ((int64_t)1 << STATE_SHIFT)
#define SPREAD      0x1779b97f4a7c15u /* odd */
#define GATHER      0x1e83e19937733du /* SPREAD · GATHER = 1 modulo 2^53 */

enum state { SAVED, GONE, FRESH, TOLD };

enum {
	LEFT_OVER_S = 15,  /* who was to be written down by now was not */
	FORGET_S = 864000, /* ten days */
	SLACK_S = 60,      /* one process may have looked at the clock before another */
};

static uint64_t low_bits(uint64_t x, int n)
{
	return x & (((uint64_t)1 << n) - 1);
}

static _Atomic uint64_t *set_of(struct page *p, int64_t user_id, uint64_t *rest)
{
	uint64_t spread = low_bits((uint64_t)user_id * SPREAD, ID_BITS);

	*rest = low_bits(spread, REST_BITS);
	return p->presence.words[spread >> REST_BITS];
}

static int64_t id_of(size_t set, uint64_t word)
{
	uint64_t spread = (uint64_t)set << REST_BITS | word >> REST_SHIFT;

	return (int64_t)low_bits(spread * GATHER, ID_BITS);
}

static uint64_t word_of(uint64_t rest, enum state s, int64_t now_us)
{
	return rest << REST_SHIFT | (uint64_t)s << STATE_SHIFT |
	       low_bits((uint64_t)(now_us / 1000000), STATE_SHIFT);
}

static enum state state_of(uint64_t word)
{
	return (enum state)(word >> STATE_SHIFT & 3);
}

static int64_t ago_s(uint64_t word, int64_t now_us)
{
	int64_t ago = (int64_t)low_bits(
		(uint64_t)(now_us / 1000000) - low_bits(word, STATE_SHIFT), STATE_SHIFT);

	return ago > SECONDS - SLACK_S ? 0 : ago;
}

static int64_t seen_ms(uint64_t word, int64_t now_us)
{
	int64_t began_ms = clock_wall_ms() - now_us / 1000;
	int64_t then_s = now_us / 1000000 - ago_s(word, now_us);

	return (began_ms + then_s * 1000 + 500) / 1000 * 1000;
}

static bool is_here(uint64_t word)
{
	return state_of(word) >= FRESH;
}

/* The way that holds that person, the newest if there are two; -1: none does. */
static int way_of(_Atomic uint64_t *ways, uint64_t rest, int64_t now_us, uint64_t *word)
{
	int found = -1;

	for (int i = 0; i < PRESENCE_WAYS; i++) {
		uint64_t w = atomic_load_explicit(&ways[i], memory_order_relaxed);

		if (!w || w >> REST_SHIFT != rest)
			continue;
		if (found < 0 || ago_s(w, now_us) < ago_s(*word, now_us)) {
			found = i;
			*word = w;
		}
	}
	return found;
}

/* A free way, or the one that matters least. */
static int room_in(_Atomic uint64_t *ways, int64_t now_us, uint64_t *word)
{
	int best = -1;

	for (int i = 0; i < PRESENCE_WAYS; i++) {
		uint64_t w = atomic_load_explicit(&ways[i], memory_order_relaxed);
		int rank = is_here(w) ? FRESH : (int)state_of(w);
		int best_rank = is_here(*word) ? FRESH : (int)state_of(*word);

		if (best < 0 || !w || rank < best_rank ||
			(rank == best_rank && ago_s(w, now_us) > ago_s(*word, now_us))) {
			best = i;
			*word = w;
		}
		if (!w)
			break;
	}
	return best;
}

void presence_mark(struct page *p, int64_t user_id, int64_t away_s, int64_t now_us)
{
	uint64_t rest, word = 0, next;
	_Atomic uint64_t *ways = set_of(p, user_id, &rest);

	do {
		int way = way_of(ways, rest, now_us, &word);
		bool told = way >= 0 && state_of(word) == TOLD && ago_s(word, now_us) <= away_s;

		if (way < 0)
			way = room_in(ways, now_us, &word);
		next = word_of(rest, told ? TOLD : FRESH, now_us);
		if (word == next || atomic_compare_exchange_strong(&ways[way], &word, next))
			return;
	} while (true);
}

static void say(struct page *p, enum ephemeral_kind kind, int64_t user_id, int64_t seen_ms)
{
	struct ephemeral e = { .kind = kind, .user_id = user_id, .seen_ms = seen_ms };

	ephemera_put(p, &e);
}

void presence_leave(struct page *p, int64_t user_id, int64_t now_us, bool forget)
{
	uint64_t rest, word;
	_Atomic uint64_t *ways = set_of(p, user_id, &rest);

	for (int way; (way = way_of(ways, rest, now_us, &word)) >= 0;) {
		if (!forget && !is_here(word))
			return;
		if (!atomic_compare_exchange_strong(
			    &ways[way], &word, forget ? 0 : word_of(rest, GONE, now_us)))
			continue;
		if (state_of(word) != TOLD)
			continue;
		say(p, EPHEMERAL_OFFLINE, user_id,
			forget ? 0 : seen_ms(word_of(rest, GONE, now_us), now_us));
		page_ring(p);
	}
}

int64_t presence_seen_ms(
	struct page *p, int64_t user_id, int64_t away_s, int64_t now_us, bool *online)
{
	uint64_t rest, word;
	_Atomic uint64_t *ways = set_of(p, user_id, &rest);

	*online = false;
	if (way_of(ways, rest, now_us, &word) < 0)
		return 0;
	*online = is_here(word) && ago_s(word, now_us) <= away_s;
	return seen_ms(word, now_us);
}

/* --- telling --- */

struct telling {
	struct page *page;
	int64_t away_s, now_us;
	struct presence_gone *gone;
	size_t n, max;
	bool told;
};

static void write_down(struct telling *t, int64_t user_id, uint64_t word)
{
	if (t->n < t->max)
		t->gone[t->n++] = (struct presence_gone){ user_id, seen_ms(word, t->now_us), word };
}

/* One word in the state that asks for something to be done. */
static void look_at(struct telling *t, _Atomic uint64_t *ways, int way, size_t set, uint64_t word)
{
	int64_t ago = ago_s(word, t->now_us), id = id_of(set, word);
	enum state s = state_of(word);
	uint64_t rest = word >> REST_SHIFT, newest = word, next;
	bool over = ago > t->away_s;

	if (s == TOLD && !over)
		return;
	if (s == SAVED || s == GONE) {
		if (s == SAVED && ago > FORGET_S)
			atomic_compare_exchange_strong(&ways[way], &word, 0);
		if (s == GONE && ago > t->away_s + LEFT_OVER_S)
			write_down(t, id, word);
		return;
	}
	next = word ^ (uint64_t)(s ^ (over ? GONE : TOLD)) << STATE_SHIFT;
	if (way_of(ways, rest, t->now_us, &newest) != way && newest != word)
		next = 0;
	if (!atomic_compare_exchange_strong(&ways[way], &word, next) || !next)
		return;
	if (over)
		write_down(t, id, next);
	if (over && s == FRESH)
		return;
	say(t->page, over ? EPHEMERAL_OFFLINE : EPHEMERAL_ONLINE, id, seen_ms(next, t->now_us));
	t->told = true;
}

size_t presence_tell(
	struct page *p, int64_t away_s, int64_t now_us, struct presence_gone *gone, size_t max)
{
	struct telling t = { p, away_s, now_us, gone, 0, max, false };

	for (size_t set = 0; set < PRESENCE_SETS; set++)
		for (int way = 0; way < PRESENCE_WAYS; way++) {
			_Atomic uint64_t *ways = p->presence.words[set];
			uint64_t word = atomic_load_explicit(&ways[way], memory_order_relaxed);

			if (word)
				look_at(&t, ways, way, set, word);
		}
	if (t.told)
		page_ring(p);
	return t.n;
}

void presence_saved(struct page *p, const struct presence_gone *g)
{
	uint64_t rest, word = g->word;
	_Atomic uint64_t *ways = set_of(p, g->user_id, &rest);

	for (int i = 0; i < PRESENCE_WAYS; i++)
		if (atomic_compare_exchange_strong(
			    &ways[i], &word, g->word ^ (uint64_t)(GONE ^ SAVED) << STATE_SHIFT))
			return;
		else
			word = g->word;
}
