/* How a place is written without a lock
 *
 * A writer draws a number, and with it a place. Two may still write the same place at once: one was
 * held up for so long that the ring came round. So a place is closed with a seal, a hash over the
 * number and all it holds, and a reader takes only what fits the seal and the number it looks for.
 * What two have mixed, or one has left half-written, fits neither and is lost.
 *
 * A place that is drawn but not sealed: its writer is just writing, or was killed. The reader waits
 * as long as nothing that was sealed behind it is older than a moment, then steps over it. So what
 * a slow writer says is not lost, and a dead one holds nobody up. */
#include "core/ephemera.h"

#include "core/clock.h"
#include "core/page.h"
#include "core/seal.h"

enum { PATIENCE_US = 500000 };

static uint64_t seal_of(const struct ephemeral *e, int64_t put_us)
{
	const int64_t words[] = { e->number, e->kind, e->user_id, e->chat_id, e->at_ms, e->seen_ms,
		put_us };
	uint64_t h = SEAL_BEGIN;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		h = seal_mix(h, (uint64_t)words[i]);
	return seal_end(h);
}

static struct ephemera_slot *slot_of(struct page *p, int64_t number)
{
	return &p->ephemera.slots[(uint64_t)number % EPHEMERA_MAX];
}

void ephemera_init(struct ephemera *e)
{
	e->first = clock_wall_ms();
	atomic_store(&e->end, e->first);
}

void ephemera_put(struct page *p, const struct ephemeral *what)
{
	struct ephemeral e = *what;
	struct ephemera_slot *s;
	int64_t put_us = clock_us();

	e.number = atomic_fetch_add(&p->ephemera.end, 1) + 1;
	e.at_ms = clock_wall_ms();
	s = slot_of(p, e.number);
	atomic_store(&s->seal, 0);
	atomic_store(&s->kind, e.kind);
	atomic_store(&s->user_id, e.user_id);
	atomic_store(&s->chat_id, e.chat_id);
	atomic_store(&s->at_ms, e.at_ms);
	atomic_store(&s->seen_ms, e.seen_ms);
	atomic_store(&s->put_us, put_us);
	atomic_store(&s->seal, seal_of(&e, put_us));
}

/* Whether the place holds that number, whole. */
static bool read_slot(struct page *p, int64_t number, struct ephemeral *out, int64_t *put_us)
{
	struct ephemera_slot *s = slot_of(p, number);
	uint64_t seal = atomic_load(&s->seal);

	*out = (struct ephemeral){ .number = number,
		.kind = (enum ephemeral_kind)atomic_load(&s->kind),
		.user_id = atomic_load(&s->user_id),
		.chat_id = atomic_load(&s->chat_id),
		.at_ms = atomic_load(&s->at_ms),
		.seen_ms = atomic_load(&s->seen_ms) };
	*put_us = atomic_load(&s->put_us);
	return seal == seal_of(out, *put_us);
}

/* Whether whoever drew that number will not write any more: somebody behind them has long done so.
 */
static bool is_given_up(struct page *p, int64_t number, int64_t end)
{
	int64_t now_us = clock_us(), put_us;
	struct ephemeral behind;

	while (++number <= end)
		if (read_slot(p, number, &behind, &put_us))
			return put_us > now_us || now_us - put_us > PATIENCE_US;
	return false;
}

int64_t ephemera_end(struct page *p)
{
	return atomic_load(&p->ephemera.end);
}

int64_t ephemera_from(struct page *p, int64_t number)
{
	int64_t end = ephemera_end(p);

	return number > end || number < p->ephemera.first || end - number > EPHEMERA_MAX ? end
											 : number;
}

bool ephemera_next(struct page *p, int64_t *number, struct ephemeral *out)
{
	int64_t end = ephemera_end(p), put_us;

	*number = ephemera_from(p, *number);
	while (*number < end) {
		if (read_slot(p, *number + 1, out, &put_us)) {
			++*number;
			return true;
		}
		if (!is_given_up(p, *number + 1, end))
			return false;
		++*number;
	}
	return false;
}
