/* asking.h - what a guest asks for: commands, forwarded to the programs that own them, one after
 * the other, so that they take effect, and are answered, in the order they were said in. */
#ifndef LIVE_ASKING_H
#define LIVE_ASKING_H

#include "core/str.h"

struct guest;

#define ASKING_FULL "Too many commands of this socket wait for their answers."

/* Whether one more command may be said: so many may wait, and so many bytes of them. */
bool asking_has_room(const struct guest *g);
/* `tag` comes back with the answer (struct guest_kind). body absent: none. at_once: before all that
 * wait, for what goes on with an answer. */
void asking_say(struct guest *g, struct str method, struct str path, struct str body, void *tag,
	bool at_once);
/* One whose answer is known already: it is given when those before it have been. */
void asking_settle(struct guest *g, void *tag, int status, struct str body);
/* The same with a problem document of ours. */
void asking_refuse(struct guest *g, void *tag, int status, const char *code, const char *detail);
/* Who they are was asked, and all had to wait for that. */
void asking_go_on(struct guest *g);
/* They have gone: what is being asked is done all the same, the rest is not. */
void asking_end(struct guest *g);

#endif
