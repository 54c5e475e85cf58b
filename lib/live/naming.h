/* naming.h - where something was said and what its author is called, as far as live/firstname.h
 * does not know it: asked of the database by a thread, so that it hangs on nobody's token. */
#ifndef LIVE_NAMING_H
#define LIVE_NAMING_H

#include <stdbool.h>
#include <stdint.h>

struct naming;

/* learnt: live/firstname.h knows both now; else the database did not say, and nothing is
 * remembered. */
typedef void naming_done(void *context, bool learnt);

/* `done` is called once and never from within, unless it is forgotten. */
struct naming *naming_begin(int64_t chat_id, int64_t author_id, naming_done *done, void *context);
void naming_forget(struct naming *n);

#endif
