/* errand.h - what a client of the classic protocol asks for: one command there is often several
 * calls here, one leading to the next.
 *
 * Lists are asked by pages there, and by cursors here; people are named by their first name there.
 * An errand asks until it has what it needs, and then says its answer. */
#ifndef LIVE_ERRAND_H
#define LIVE_ERRAND_H

#include "core/buf.h"

struct errand;
struct guest;
struct json_object;

/* Begins one; or there is no such type, or its params make no sense, and `error` becomes the frame
 * that says so. */
void errand_begin(struct guest *g, struct str type, struct json_object *params, struct buf *error);
/* An answer has come for it. true: it is done, `frame` is what to say, and it is freed. */
bool errand_go_on(
	struct errand *e, struct guest *g, int status, struct str body, struct buf *frame);
void errand_free(struct errand *e);

/* {"error":true,"type":…,"message":…} */
void errand_error(struct buf *to, struct str type, struct str message);
/* {"type":…,"success":true,"params":{"data":null,"message":…,"senderName":…}} */
void errand_success(struct buf *to, const char *type, struct str message, struct str sender);

#endif
