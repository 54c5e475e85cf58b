/* kinds.h - what each kind of field takes, and what it makes of it. */
#ifndef WEB_KINDS_H
#define WEB_KINDS_H

#include "web/route.h"

/* Why the text v->s is no value of the field's kind; NULL: it is one, trimmed where the kind says
 * so, with v->n for numbers. */
const char *kind_refuses(const struct field *f, const struct conf *c, struct value *v);
/* Why the number v->n is none. */
const char *kind_refuses_number(const struct field *f, const struct value *v);

#endif
