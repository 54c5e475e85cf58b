/* reply.h - how a request ends: the one table from enum err to what the outside sees, and the log
 * line. */
#ifndef WEB_REPLY_H
#define WEB_REPLY_H

#include "web/request.h"

/* Sends the answer; returns its status. */
int reply(struct request *rq, enum err e);
/* For who writes an answer by hand: one header, left out where it could break the answer; and those
 * that a configured foreign origin needs. */
void reply_header(struct buf *to, const char *name, struct str value);
void reply_origin(struct request *rq, struct buf *to);
void reply_log(const struct request *rq, enum err e, int status);

#endif
