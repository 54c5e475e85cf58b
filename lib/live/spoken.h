/* spoken.h - the commands that have a name of their own over Socket.IO, as what they ask of the
 * programs; and answers as acknowledgements. Knows no sockets. */
#ifndef LIVE_SPOKEN_H
#define LIVE_SPOKEN_H

#include "core/arena.h"
#include "core/buf.h"

struct json_object;

struct spoken {
	struct str method, path, body; /* body absent: none */
};

/* `message` {"chatId":5,"body":"…"} is POST /messages/5, and so on. NULL: *out says what to ask;
 * else what is wrong: a field that "must …", or "" for a name that no command has. */
const char *spoken_read(
	struct arena *a, const char *name, struct json_object *arg, struct spoken *out);
/* That as an answer, as programs give them; the status is returned. */
int spoken_problem(struct buf *to, const char *why);
/* [{"ok":true,"data":…}] or [{"ok":false,"error":{"status","code","detail"}}]. */
void spoken_ack(struct buf *to, int status, struct str body);
/* {"message":CODE,"data":{"status","code","detail"}} for who is not let in. */
void spoken_refusal(struct buf *to, int status, struct str body);

#endif
