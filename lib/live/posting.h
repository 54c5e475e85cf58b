/* posting.h - POST /messages/{chatId}: the hot command, and the one handler there is for it.
 *
 * Two programs have its row in their table of routes: `messages`, and the bridge, whose sockets
 * would else pay for a request of FastCGI with each message. What holds for a message holds in
 * both.
 *
 * All that comes to one process goes through one sender (data/send.h), which writes together what
 * comes together. */
#ifndef LIVE_POSTING_H
#define LIVE_POSTING_H

#include "web/route.h"

enum {
	POSTING_TEXT_MAX = 8000,
	POSTING_BODY_MAX = 131072, /* so many pairs of \uXXXX, and the rest */
};

extern const struct field posting_fields[];

/* 201 Message; 200 with the message that is there when the client key made one before. */
enum err posting_run(struct request *rq);

#define POSTING                                                                                    \
	{                                                                                          \
		"POST", "/{chatId}", AUTH_USER, POSTING_BODY_MAX, posting_fields, posting_run,     \
			.is_message = true, .is_quick = true                                       \
	}

/* `alone`: the process serves one request. */
void posting_open(struct host *host, bool alone);
/* Everything that waits is written first. */
void posting_close(void);

#endif
