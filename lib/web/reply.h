/* reply.h - how a request ends: the one table from enum err to what the outside sees, and the log
 * line. */
#ifndef WEB_REPLY_H
#define WEB_REPLY_H

#include "web/request.h"

/* Sends the answer; returns its status. */
int reply(struct request *rq, enum err e);
void reply_log(const struct request *rq, enum err e, int status);

#endif
