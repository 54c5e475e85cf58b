/* shared.h - memory that programs of one machine share: a file of the run directory that each maps.
 *
 * It is of one run of the machine and of one layout; what is not, is made anew by who opens it
 * first. Goals: two programs that start at once agree on one file; a full disk is an error here and
 * not a signal at some later write. Not for: anything that must survive. */
#ifndef CORE_SHARED_H
#define CORE_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What it begins with. */
struct shared_head {
	uint64_t layout;
	uint64_t boot; /* of which run of the machine; 0 where that cannot be known */
};

/* Maps the file of that name, making it if it is not there or not of use: then `init` fills in what
 * is not zero. NULL, errno set: it cannot be had. */
void *shared_open(const char *run_dir, const char *name, uint64_t layout, size_t size,
	bool (*init)(void *shared));

#endif
