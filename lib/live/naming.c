#include "live/naming.h"

#include "data/chat.h"
#include "live/firstname.h"
#include "live/guest.h"
#include "live/threads.h"

#include <stdlib.h>

struct naming {
	uv_work_t work;
	struct arena arena;
	int64_t chat_id, author_id;
	unsigned changes; /* of names, when it was asked for */
	enum err err;
	enum chat_kind kind;
	struct str name;
	naming_done *done; /* NULL: nobody waits for it */
	void *context;
};

/* A chat that is gone was a group: direct ones stay. */
static enum err find_kind(struct naming *n, struct db *db)
{
	struct str kind = { NULL, 0 };
	enum err e = chat_kind_by_id(db, &n->arena, n->chat_id, &kind);

	n->kind = str_is(kind, "direct") ? CHAT_DIRECT : CHAT_OTHER;
	return e == ERR_NOT_FOUND ? OK : e;
}

static enum err find_name(struct naming *n, struct db *db)
{
	struct user user;
	enum err e = user_by_id(db, &n->arena, n->author_id, &user);

	n->name = e == OK ? user.first_name : STR(USER_DELETED);
	return e == ERR_NOT_FOUND ? OK : e;
}

static void in_thread(uv_work_t *work)
{
	struct naming *n = work->data;
	struct worker *w = thread_take(live_threads(guest_live()));

	n->err = find_kind(n, w->db);
	if (n->err == OK)
		n->err = find_name(n, w->db);
	thread_give(live_threads(guest_live()), w);
}

/* A name that was changed meanwhile may have been read before. */
static void on_loop(uv_work_t *work, int status)
{
	struct naming *n = work->data;
	bool learnt = n->err == OK && n->changes == firstname_changes();

	(void)status;
	if (learnt) {
		chatkind_learn(n->chat_id, n->kind);
		firstname_learn(n->author_id, n->name);
	}
	if (n->done)
		n->done(n->context, learnt);
	arena_free(&n->arena);
	free(n);
}

struct naming *naming_begin(int64_t chat_id, int64_t author_id, naming_done *done, void *context)
{
	struct naming *n = must_alloc(sizeof *n);

	arena_init(&n->arena);
	n->work.data = n;
	n->chat_id = chat_id;
	n->author_id = author_id;
	n->changes = firstname_changes();
	n->done = done;
	n->context = context;
	uv_queue_work(live_loop(guest_live()), &n->work, in_thread, on_loop);
	return n;
}

void naming_forget(struct naming *n)
{
	n->done = NULL;
}
