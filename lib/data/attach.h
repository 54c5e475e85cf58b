/* attach.h - the files of messages. All of it but attach_load() runs inside the transaction that
 * makes or changes the message, under the lock of its chat. */
#ifndef DATA_ATTACH_H
#define DATA_ATTACH_H

#include "data/file.h"
#include "data/message.h"

enum { ATTACH_MAX = 10 }; /* files of one message */

/* The uploads of this person with these ids, in that order, locked so that nobody takes them away
 * before commit. ERR_INVALID: one of them is not there, or another's. */
enum err attach_find(struct db *db, struct arena *a, int64_t owner_id, const int64_t *ids, size_t n,
	struct file **files);
/* They stand in the message from now on. */
enum err attach_put(struct db *db, const struct message *m);
/* They do no more. A file that stands nowhere else is forgotten with it. */
enum err attach_remove(struct db *db, struct arena *a, int64_t chat_id, int64_t seq);
/* Fills in the files of those messages that have any (m->files_n). */
enum err attach_load(struct db *db, struct arena *a, struct message *messages, size_t n);

#endif
