/* receive.h - an upload on its way in: from the request's body to the disk.
 *
 * A raw body is the file; of a multipart one it is the part named `file`. Nothing is kept in memory
 * but one piece. What can be refused is refused before the bytes come: by Content-Length, and by
 * what the first bytes are; and at the limit where the length was a lie.
 *
 * Bodies are streamed through the web server, not collected there first (lighttpd.conf says so):
 * collected, every byte would be written to the disk twice and read once more before the program
 * saw the first one, strangers without a token could fill the disk, and each would be refused only
 * after all of it had come. The price is that a slow sender holds a connection of the program: a
 * thread that is kept waiting stands aside (lib/web/crew.h). */
#ifndef WEB_RECEIVE_H
#define WEB_RECEIVE_H

#include "media/types.h"
#include "web/deposit.h"
#include "web/request.h"

struct upload {
	struct deposit deposit;
	const struct media *kind;
	struct str name; /* clean; of the raw body's header or query, or of the part */
};

/* `named`: a name that stands elsewhere than in the body; absent: none. The deposit is the caller's
 * to drop, also on failure. */
enum err receive(struct request *rq, struct str named, struct upload *u);

#endif
