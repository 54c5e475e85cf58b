/* fields.h - from what was sent to typed values, by the table of the route. */
#ifndef WEB_FIELDS_H
#define WEB_FIELDS_H

#include "web/route.h"

/* Reads the body (capped by the route), then every field from where it comes; makes rq->in. Wrong
 * fields are collected, so that a person hears of all at once. */
enum err fields_read(struct request *rq);
/* Why a text is no value of that kind, NULL if it is one; for who asks outside a request. `clean`:
 * what to store. */
const char *field_refusal(const struct conf *c, enum kind kind, int64_t min, int64_t max,
	struct str text, struct str *clean);

#endif
