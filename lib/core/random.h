/* random.h - bytes nobody can guess, and their text form. */
#ifndef CORE_RANDOM_H
#define CORE_RANDOM_H

#include "core/arena.h"

void random_bytes(void *to, size_t n);
/* n bytes as base64url without padding: 4 characters for 3 bytes. */
struct str random_text(struct arena *a, size_t n);
/* 16 characters that nothing else has. Not for secrets: the bytes of the next ones lie in memory
 * already, since each question to the kernel costs more than the bytes it answers. */
struct str random_id(struct arena *a);
/* The same for given bytes, and back. Decoding takes the canonical form only. */
struct str base64url(struct arena *a, const void *bytes, size_t n);
bool base64url_decode(struct arena *a, struct str text, struct str *bytes);
/* The caller's id of a request if it is fit for a log line, else one of ours. */
struct str random_id_unless(struct arena *a, struct str given);

#endif
