/* multipart.h - one file out of a multipart/form-data body (RFC 7578), as it comes in.
 *
 * Bytes go in, cut anywhere; those of the part named `file` come out at once, so that nothing of
 * the body is kept but the few bytes that may be the beginning of a boundary, and the head of one
 * part. Other parts are passed over.
 *
 * Not for: parts within parts, encodings of transfer, several files. */
#ifndef WEB_MULTIPART_H
#define WEB_MULTIPART_H

#include "core/buf.h"
#include "core/err.h"

enum {
	MULTIPART_BOUNDARY = 70, /* RFC 2046 */
	MULTIPART_HEAD = 8192,   /* of one part */
	MULTIPART_PARTS = 64,
	MULTIPART_NAME = 2048, /* of a file, as it was sent */
};

struct multipart {
	/* Takes the bytes of the file; anything but OK ends it all. */
	enum err (*take)(void *context, struct str bytes);
	void *context;
	/* what came out so far */
	char name[MULTIPART_NAME]; /* of the file, without NUL behind it */
	size_t name_n;
	bool named, found, ended;
	const char *why; /* when it is broken */
	/* its own */
	char boundary[MULTIPART_BOUNDARY + 4]; /* CR LF and two hyphens before it */
	size_t boundary_n, held_n, head_n;
	char held[MULTIPART_BOUNDARY + 4]; /* the beginning of what may be a boundary */
	char head[MULTIPART_HEAD];
	int parts;
	enum { MULTIPART_BODY, MULTIPART_BEHIND, MULTIPART_IN_HEAD, MULTIPART_DONE } stage;
	char behind[2];
	size_t behind_n;
	bool is_file; /* the part that comes in */
};

/* Whether it is a Content-Type of such a body, with a boundary that can be. */
bool multipart_begin(struct multipart *m, struct str content_type);
/* ERR_BAD_REQUEST: it is broken, m->why says how. Else what take() says. */
enum err multipart_feed(struct multipart *m, struct str bytes);

#endif
