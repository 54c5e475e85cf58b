/* doctor.h - looks at a whole installation and says what it finds, one line each. */
#ifndef WEB_DOCTOR_H
#define WEB_DOCTOR_H

#include "core/conf.h"

/* "ok", "note" (works, but a wall is missing) or "TROUBLE" begins each line. Returns how many
 * troubles there are. */
int doctor(const struct conf *c, struct buf *report);

#endif
