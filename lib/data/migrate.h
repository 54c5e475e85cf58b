/* migrate.h - from any earlier schema, or none, to this one: the steps of schema/ in order, then
 * the grants. */
#ifndef DATA_MIGRATE_H
#define DATA_MIGRATE_H

#include "core/conf.h"
#include "core/err.h"

/* Says each step as it is done, by `say`. Applied steps are remembered with a digest: one that was
 * changed afterwards is refused. Two at once: the second waits and finds nothing to do. On failure
 * `problem` says why. */
enum err migrate(const struct conf *c, void (*say)(const char *words), struct buf *problem);
/* How many steps are still to be applied; -1 where the database cannot say. */
int migrate_missing(const struct conf *c, struct buf *problem);

#endif
