#include "core/tape.h"

#include "core/seal.h"
#include "core/shared.h"

#include <stdatomic.h>
#include <sys/mman.h>

enum { WORD = 8, DATA_WORDS = TAPE_DATA_MAX / WORD, HEAD_WORDS = 5, LAYOUT_NUMBER = 2 };

#define LAYOUT ((uint64_t)0x74617065 << 32 | LAYOUT_NUMBER)

/* Words, since a reader may look while they are written: epoch, id, chat, moment, length, data. */
struct place {
	_Atomic uint64_t seal; /* 0: none */
	_Atomic uint64_t words[HEAD_WORDS + DATA_WORDS];
};

struct tape {
	struct shared_head shared;
	struct place places[TAPE_EVENTS];
};

struct tape *tape_open(const char *run_dir)
{
	return shared_open(run_dir, "tape", LAYOUT, sizeof(struct tape), NULL);
}

void tape_close(struct tape *t)
{
	munmap(t, sizeof *t);
}

static struct place *place_of(struct tape *t, int64_t id)
{
	return &t->places[(uint64_t)id % TAPE_EVENTS];
}

static size_t words_of(size_t bytes)
{
	return (bytes + WORD - 1) / WORD;
}

static uint64_t seal_of(const uint64_t *words, size_t n)
{
	uint64_t h = SEAL_BEGIN;

	for (size_t i = 0; i < n; i++)
		h = seal_mix(h, words[i]);
	return seal_end(h);
}

void tape_put(struct tape *t, const struct taped *e)
{
	struct place *p = place_of(t, e->id);
	uint64_t words[HEAD_WORDS + DATA_WORDS] = { (uint64_t)e->epoch, (uint64_t)e->id,
		(uint64_t)e->chat_id, (uint64_t)e->at_ms, e->data.n };
	size_t n = HEAD_WORDS + words_of(e->data.n);

	atomic_store(&p->seal, 0);
	if (e->data.n > TAPE_DATA_MAX)
		return;
	memcpy(words + HEAD_WORDS, e->data.p, e->data.n);
	for (size_t i = 0; i < n; i++)
		atomic_store_explicit(&p->words[i], words[i], memory_order_relaxed);
	atomic_store_explicit(&p->seal, seal_of(words, n), memory_order_release);
}

bool tape_get(struct tape *t, struct arena *a, int64_t epoch, int64_t id, struct taped *e)
{
	struct place *p = place_of(t, id);
	uint64_t words[HEAD_WORDS + DATA_WORDS], seal;
	size_t n;

	seal = atomic_load_explicit(&p->seal, memory_order_acquire);
	for (size_t i = 0; i < HEAD_WORDS; i++)
		words[i] = atomic_load_explicit(&p->words[i], memory_order_relaxed);
	if (!seal || words[0] != (uint64_t)epoch || words[1] != (uint64_t)id ||
		words[4] > TAPE_DATA_MAX)
		return false;
	n = HEAD_WORDS + words_of(words[4]);
	for (size_t i = HEAD_WORDS; i < n; i++)
		words[i] = atomic_load_explicit(&p->words[i], memory_order_relaxed);
	if (seal_of(words, n) != seal)
		return false;
	*e = (struct taped){ .epoch = epoch,
		.id = id,
		.chat_id = (int64_t)words[2],
		.at_ms = (int64_t)words[3],
		.data = arena_copy(a, (struct str){ (char *)(words + HEAD_WORDS), words[4] }) };
	return true;
}

/* Words and all. A writer of another round may be at the same place: then it is torn, and no seal
 * fits. */
void tape_wipe(struct tape *t, int64_t id)
{
	struct place *p = place_of(t, id);

	if (atomic_load(&p->words[1]) != (uint64_t)id)
		return;
	atomic_store(&p->seal, 0);
	for (size_t i = HEAD_WORDS; i < HEAD_WORDS + DATA_WORDS; i++)
		atomic_store_explicit(&p->words[i], 0, memory_order_relaxed);
}
