/* message.h - what was said: a page of it, one of it, changing it, and its one JSON form. Sending
 * is in send.h. */
#ifndef DATA_MESSAGE_H
#define DATA_MESSAGE_H

#include "core/writer.h"
#include "data/chat.h"
#include "data/event.h"
#include "data/file.h"

struct reaction {
	struct str emoji;
	int64_t count;
	int64_t user_ids[10]; /* of the first ones */
	int n;
};

struct message {
	int64_t id, chat_id, seq, reply_to; /* reply_to 0: none */
	int64_t author_id;
	struct str author_name, author_image, body;
	struct reaction *reactions;
	size_t reactions_n;
	struct file *files; /* in the order they were sent */
	size_t files_n;
	int64_t created_ms, edited_ms, deleted_ms;
	bool read; /* by another member */
};

/* A page of at most limit + 1 messages, ascending: before a seq, after a seq, or (both 0) the
 * latest. With one more than asked for there is a further page; it stands at the far end. */
struct message_page {
	int64_t before, after, limit; /* `after` counts when `up`, else `before`; 0: the latest */
};
/* ERR_NOT_FOUND for who is no member. */
enum err message_list(struct db *db, struct page *page, struct arena *a, int64_t chat_id,
	int64_t user_id, const struct message_page *wanted, bool up, struct message **messages,
	size_t *n);
/* Single messages, by chat and seq, in any order; those that are not there are left out. */
struct message_place {
	int64_t chat_id, seq;
};
enum err message_find(struct db *db, struct arena *a, const struct message_place *places, size_t n,
	struct message **messages, size_t *found);
/* Of those only what stands in a chat that this person is in. */
enum err message_find_seen(struct db *db, struct arena *a, int64_t user_id,
	const struct message_place *places, size_t n, struct message **messages, size_t *found);

/* The author changes the words; ERR_FORBIDDEN for others, ERR_NOT_FOUND where it was deleted,
 * ERR_INVALID for no words where there are no files either. */
enum err message_edit(struct db *db, struct arena *a, int64_t chat_id, int64_t seq, int64_t user_id,
	struct str body, struct message *m, int64_t *last);
/* By the author, the owner or an admin. The seq stays, the words go, from the log as well. */
enum err message_delete(struct db *db, struct arena *a, int64_t chat_id, int64_t seq,
	int64_t user_id, int64_t *last);
/* Puts a reaction (on) or takes it back; *last is 0 where nothing changed. */
enum err message_react(struct db *db, struct arena *a, int64_t chat_id, int64_t seq,
	int64_t user_id, struct str emoji, bool on, int64_t *last);

void message_json(struct writer *w, const char *key, const struct message *m);
/* Its members alone; and those behind the id. */
void message_members_with_id(struct writer *w, const struct message *m);
void message_members(struct writer *w, const struct message *m);

#endif
