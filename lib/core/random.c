#include "core/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { ID_BYTES = 12, IDS_DRAWN = 16, GIVEN_MAX = 64 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void random_bytes(void *to, size_t n)
{
	char *p = to;

	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		/* Only EINTR can happen here; anything else means no randomness, and then no
		 * service. */
		if (got < 0 && errno != EINTR)
			abort();
		if (got > 0) {
			p += got;
			n -= (size_t)got;
		}
	}
}

struct str base64url(struct arena *a, const void *bytes, size_t n)
{
	const unsigned char *in = bytes;
	char *out = arena_alloc(a, n / 3 * 4 + 5);
	size_t length = 0;
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | in[i];
		for (have += 8; have >= 6; have -= 6)
			out[length++] = digits[bits >> (have - 6) & 63];
	}
	if (have)
		out[length++] = digits[bits << (6 - have) & 63];
	return (struct str){ out, length };
}

bool base64url_decode(struct arena *a, struct str text, struct str *bytes)
{
	char *out = arena_alloc(a, text.n + 1);
	size_t length = 0;
	uint32_t bits = 0;
	int have = 0;

	for (size_t i = 0; i < text.n; i++) {
		const char *at = text.p[i] ? strchr(digits, text.p[i]) : NULL;

		if (!at)
			return false;
		bits = bits << 6 | (uint32_t)(at - digits);
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[length++] = (char)(bits >> have & 255);
		}
	}
	/* Six left-over bits belong to no byte; others must be zero, or one value had several
	 * texts. */
	if (have >= 6 || (bits & ((1u << have) - 1)))
		return false;
	*bytes = (struct str){ out, length };
	return true;
}

struct str random_text(struct arena *a, size_t n)
{
	char *bytes = arena_alloc(a, n);

	random_bytes(bytes, n);
	return base64url(a, bytes, n);
}

struct str random_id(struct arena *a)
{
	static _Thread_local unsigned char drawn[IDS_DRAWN][ID_BYTES];
	static _Thread_local int left;

	if (left == 0) {
		random_bytes(drawn, sizeof drawn);
		left = IDS_DRAWN;
	}
	return base64url(a, drawn[--left], ID_BYTES);
}

struct str random_id_unless(struct arena *a, struct str given)
{
	bool sane = given.n >= 1 && given.n <= GIVEN_MAX;

	for (size_t i = 0; i < given.n && sane; i++)
		sane = given.p[i] &&
		       strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-",
			       given.p[i]);
	return sane ? given : random_id(a);
}
