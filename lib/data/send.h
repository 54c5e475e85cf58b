/* send.h - sending messages: the hot command, and the one way to do it.
 *
 * Group commit. One at a time writes, with a connection that is for that alone: it takes all that
 * waits in this process, writes it in one transaction, tells everybody whose message was in it, and
 * what has come meanwhile is written next, with those who have just been answered and come again.
 * So the cost of a commit, of the round trips and of the log's lock is shared by as many as there
 * are. Who comes alone writes by themselves; behind them, and for who does not wait, there is a
 * thread.
 *
 * Within the transaction each message stands for itself: one whose author is no member fails alone.
 */
#ifndef DATA_SEND_H
#define DATA_SEND_H

#include "core/page.h"
#include "data/message.h"

struct sender;

struct outgoing {
	int64_t chat_id, author_id, reply_to; /* reply_to 0: none */
	struct str body, client_key;          /* client_key absent: none */
	const int64_t *file_ids;
	size_t files_n;
	struct arena *arena; /* of who sends; nobody else uses it meanwhile */
	/* For message_post: called by the sender's thread, once, when the outcome is known. */
	void (*done)(struct outgoing *o);
	void *context;
	/* the outcome */
	enum err outcome;
	struct message message; /* strings in `arena` */
	bool no_such_file;      /* ERR_INVALID: it is that */
	bool again;             /* the client key was known: this is the message it made */
	/* the sender's own */
	struct file *files;
	struct outgoing *next;
	int tries;
};

/* `alone`: without a thread, for a process that serves one request; messages are written by who
 * sends, with their connection. */
struct sender *sender_new(struct page *page, const struct conf *c, bool alone);
/* Everything that waits is written first. */
void sender_free(struct sender *s);

/* Sends one message, together with what others send at this moment, and does not wait. Outcomes:
 * ERR_NOT_FOUND: no such chat, or not theirs. ERR_INVALID: there is no message reply_to, or
 * no such file of theirs. */
void message_post(struct sender *s, struct outgoing *o);
/* The same, and waits for the outcome. */
enum err message_send(struct sender *s, struct db *db, struct outgoing *o);

#endif
