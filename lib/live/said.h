/* said.h - messages as the classic protocol lists them: the rows of its three lists, with the names
 * that they have there. */
#ifndef LIVE_SAID_H
#define LIVE_SAID_H

#include "core/writer.h"

struct json_object;

/* Whose first name has to be asked before a row can be written; 0: nobody's. */
int64_t said_nameless(struct json_object *person);
bool said_in_direct(struct json_object *chat);
/* The one of a direct chat who is not that one; NULL: there is none any more. */
struct json_object *said_other_of(struct json_object *chat, int64_t user_id);

/* A chat with its last message; a message of a direct chat; one of a group. */
void said_put_last(struct writer *w, struct json_object *chat);
void said_put_dialog(struct writer *w, struct json_object *chat, struct json_object *m);
void said_put_group(struct writer *w, struct json_object *chat, struct json_object *m);

/* Why a program has refused something, by its problem document: in the names of this protocol,
 * which field it was. */
void said_why(struct buf *to, struct json_object *problem);

#endif
