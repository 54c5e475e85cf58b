/* seal.h - how a reader of shared memory knows that what it took is whole: a hash over all its
 * words stands beside them, and what two writers have mixed, or one has left half-written, does not
 * fit it.
 *
 *     h = SEAL_BEGIN; h = seal_mix(h, word) …; seal = seal_end(h)
 *
 * Not for: what strangers could choose the words of. */
#ifndef CORE_SEAL_H
#define CORE_SEAL_H

#include <stdint.h>

#define SEAL_BEGIN UINT64_C(0x62656c6c686f7001)

static inline uint64_t seal_mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

/* Never 0, which is what an empty place has. */
static inline uint64_t seal_end(uint64_t h)
{
	return h | 1;
}

#endif
