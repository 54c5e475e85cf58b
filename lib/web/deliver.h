/* deliver.h - the answer that is a file: its head, and its bytes or parts of them.
 *
 * The bytes are the web server's to send where it can (X-Sendfile): it moves them without anybody
 * reading them. The site's configuration says so in BELLHOP_SENDFILE, which no client can set:
 * "ranges" for lighttpd, which also sends parts (X-Sendfile2), "whole" for Apache's mod_xsendfile.
 * What the server cannot send, the program sends itself, and all of it where nothing is said. */
#ifndef WEB_DELIVER_H
#define WEB_DELIVER_H

#include "web/request.h"

struct delivery {
	struct str place; /* in the directory of files */
	struct str mime, name, etag;
	int64_t size;
	bool inline_;
};

enum err deliver(struct request *rq, const struct delivery *d);

#endif
