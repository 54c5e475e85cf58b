/* spare.h - the moments in which a program does what nobody waits for: upkeep (lib/data/upkeep.h),
 * tidying (lib/web/tidy.h).
 *
 * As FastCGI a thread of low priority does it: it sleeps until the bell rings, waits for a while,
 * so that much is done at once, and does piece after piece while the site is quiet; while it is
 * busy it rests nine times as long as it works. As plain CGI a process whose answer is out does one
 * piece, if it is the first in this second on this machine. */
#ifndef WEB_SPARE_H
#define WEB_SPARE_H

#include "web/request.h"

/* One piece of it, short enough to be waited for. *more: another one is due. */
typedef enum err chore(struct db *db, struct arena *a, struct host *host, bool *more);

void spare_open(struct host *host, chore *what);
void spare_close(void);

#endif
