/* str.h - borrowed text: a pointer and a length.
 *
 * A struct str never owns its bytes and need not end in NUL; it lives as long as what it points
 * into (a literal, an arena, a buf). p == NULL means "absent", which differs from "" (p != NULL, n
 * == 0). */
#ifndef CORE_STR_H
#define CORE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(literal) ((struct str){ "" literal "", sizeof(literal) - 1 })
/* For printf: "%.*s", STR_ARG(s). */
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct str str_of(const char *z)
{
	return (struct str){ z, z ? strlen(z) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || (a.p && b.p && memcmp(a.p, b.p, a.n) == 0));
}

static inline bool str_is(struct str a, const char *z)
{
	return str_eq(a, str_of(z));
}

/* Like str_is, for ASCII text in any case: header names and values, schemes, media types. */
bool str_is_nocase(struct str a, const char *z);
bool str_starts(struct str s, const char *prefix);
bool str_starts_nocase(struct str s, const char *prefix);
/* Without spaces and tabs at both ends. */
struct str str_trim(struct str s);
/* Cuts *rest at the first sep: returns what stands before it and leaves what follows; at the end
 * *rest is absent. */
struct str str_cut(struct str *rest, char sep);
/* The value of a hexadecimal digit; -1: it is none. */
int str_hex(char c);
/* A copy at *to, which moves on behind it; what is absent stays so. */
struct str str_keep(char **to, struct str s);
/* Copies into `to`, cut to its size, and ends it with NUL. */
void str_z(char *to, size_t size, struct str s);
/* A decimal integer and nothing else: no sign but '-', no spaces, no leading zeros, no overflow. */
bool str_int(struct str s, int64_t *out);
/* Whether the bytes are UTF-8 by RFC 3629 (no overlong forms, no surrogates) without NUL; counts
 * code points. */
bool str_utf8(struct str s, size_t *points);

#endif
