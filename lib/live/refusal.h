/* refusal.h - an answer over HTTP that is a problem document of ours. */
#ifndef LIVE_REFUSAL_H
#define LIVE_REFUSAL_H

#include "live/wire.h"

/* As wire_answer(); 426 says besides what to upgrade to. */
void refusal_send(struct wire *w, int status, const char *code, const char *detail);
/* To what is no request that could be taken; 500: to one that nobody has answered. */
void refusal_of_bytes(struct wire *w, int status);

#endif
