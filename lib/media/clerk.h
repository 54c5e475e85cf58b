/* clerk.h - a process of its own that looks into files from outside.
 *
 * Decoders of pictures are where messengers are broken into. So no byte of an upload is looked at
 * in the process that has the database and the keys: a clerk does, that can open nothing and talk
 * to nobody. For each job it splits off a child that has limits on memory, time and the size of
 * what it writes, and a list of system calls that ends with reading and writing the files it was
 * handed; one that hangs or dies takes its job with it and nothing else.
 *
 * The clerk itself is split off before there are threads, and waits on a socket. Not for: deciding
 * what is taken (lib/media/types.h). */
#ifndef MEDIA_CLERK_H
#define MEDIA_CLERK_H

#include "core/err.h"
#include "core/str.h"

enum { CLERK_MIME = 100, CLERK_PLACEHOLDER = 800 };

enum clerk_job { CLERK_SNIFF, CLERK_PICTURE };

struct clerk_order {
	enum clerk_job job;
	int in, clean, thumb; /* files; `clean` and `thumb` of a picture alone, else -1 */
	char mime[CLERK_MIME];
	int64_t pixels_max;
};

struct clerk_answer {
	enum err outcome;
	char mime[CLERK_MIME]; /* of CLERK_SNIFF */
	int64_t width, height;
	bool cleaned; /* `clean` is to be served instead of `in`: that had more than a picture */
	bool thumbed;
	char placeholder[CLERK_PLACEHOLDER]; /* "" where there is none */
};

/* Before any thread is started. ahead: at once, not only when first asked. */
void clerk_open(bool ahead);
void clerk_close(void);
/* Does one job and waits for it. answer->outcome: OK; ERR_TOO_LARGE: more pixels than may be;
 * ERR_INVALID: it is not what it begins as, or took more than its limits. ERR_INTERNAL when there
 * is no clerk to be had. */
enum err clerk_ask(const struct clerk_order *order, struct clerk_answer *answer);

#endif
