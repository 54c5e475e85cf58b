/* messages - sending (lib/live/posting.h), reading, changing and finding what was said.
 *
 * What nobody waits for is done here too, in spare moments (lib/web/spare.h). */
#include "core/emoji.h"
#include "data/message.h"
#include "data/search.h"
#include "data/upkeep.h"
#include "live/desk.h"
#include "live/posting.h"
#include "web/cursor.h"
#include "web/gate.h"
#include "web/spare.h"

enum {
	QUERY_CHARS_MAX = 200,
};

static enum err do_upkeep(struct db *db, struct arena *a, struct host *host, bool *more)
{
	return upkeep_step(db, a, host->page, host->conf.log_days, more);
}

static void open_all(struct host *host)
{
	posting_open(host, !gate_is_fastcgi());
	spare_open(host, do_upkeep);
}

static void close_all(void)
{
	spare_close();
	posting_close();
}

/* --- GET /messages/{chatId} --- */

struct list_in {
	struct value chat, before, after, limit;
};

static const struct field list_fields[] = {
	FIELD(struct list_in, chat, "chatId", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct list_in, before, "before", FROM_QUERY, F_ID, 0, 0, 0),
	FIELD(struct list_in, after, "after", FROM_QUERY, F_INT, 0, ID_MAX, 0),
	FIELD_LIMIT(struct list_in),
	{ 0 },
};

static struct str seq_text(struct request *rq, int64_t seq)
{
	return arena_printf(rq->arena, "%lld", (long long)seq);
}

/* A page, ascending by seq: before a seq, after one, or the latest. `next` goes on in the same
 * direction. */
static enum err list_messages(struct request *rq)
{
	const struct list_in *in = rq->in;
	struct message_page page = { in->before.n, in->after.n, list_limit(&in->limit) };
	bool up = in->after.set, more;
	struct message *messages;
	struct writer *w;
	size_t n, from;
	enum err e;

	if (in->before.set && in->after.set)
		return field_wrong(rq, "after", "cannot go with before");
	e = message_list(rq->db, rq->host->page, rq->arena, in->chat.n, rq->user_id, &page, up,
		&messages, &n);
	if (e != OK)
		return e;
	more = n > (size_t)page.limit;
	from = more && !up ? 1 : 0;
	n -= more && up ? 1 : 0;
	w = reply_json(rq);
	put_array(w, "items");
	for (size_t i = from; i < n; i++)
		message_json(w, NULL, &messages[i]);
	put_array_end(w);
	put_str(w, "next",
		more ? seq_text(rq, messages[up ? n - 1 : from].seq) : (struct str){ NULL, 0 });
	return OK;
}

/* --- GET /messages/search --- */

struct search_in {
	struct value q, chat, before, limit;
};

static const struct field search_fields[] = {
	FIELD(struct search_in, q, "q", FROM_QUERY, F_TEXT, 1, QUERY_CHARS_MAX, REQUIRED),
	FIELD(struct search_in, chat, "chatId", FROM_QUERY, F_ID, 0, 0, 0),
	FIELD(struct search_in, before, "before", FROM_QUERY, F_TEXT, 1, CURSOR_MAX, 0),
	FIELD_LIMIT(struct search_in),
	{ 0 },
};

static enum err read_search(struct request *rq, struct search *s)
{
	const struct search_in *in = rq->in;
	struct str rest;

	*s = (struct search){ .user_id = rq->user_id,
		.chat_id = in->chat.n,
		.before = ID_MAX,
		.limit = list_limit(&in->limit) };
	if (in->before.set && (!cursor_read(rq->arena, in->before.s, &s->before, &rest) ||
				      s->before < 1 || s->before > ID_MAX))
		return field_wrong(rq, "before", "is not what `next` said");
	if (!words_seek(rq->arena, in->q.s, &s->sought))
		return field_wrong(rq, "q", "holds no word");
	return OK;
}

/* Newest first. There may be more where the page is not full: `next` says. */
static enum err find_messages(struct request *rq)
{
	struct chat_access access;
	struct message *found;
	struct writer *w;
	struct search s;
	int64_t next;
	size_t n;
	enum err e = read_search(rq, &s);

	if (e == OK && s.chat_id)
		e = chat_access(rq->db, rq->arena, s.chat_id, rq->user_id, &access);
	if (e == OK)
		e = search_messages(rq->db, rq->arena, &s, &found, &n, &next);
	if (e != OK)
		return e;
	w = reply_json(rq);
	put_array(w, "items");
	for (size_t i = 0; i < n; i++)
		message_json(w, NULL, &found[i]);
	put_array_end(w);
	put_str(w, "next", next ? cursor_write(rq->arena, next, STR("")) : (struct str){ NULL, 0 });
	return OK;
}

/* --- PATCH, DELETE /messages/{chatId}/{seq} --- */

struct change_in {
	struct value chat, seq, body;
};

static const struct field change_fields[] = {
	FIELD(struct change_in, chat, "chatId", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct change_in, seq, "seq", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct change_in, body, "body", FROM_BODY, F_TEXT, 0, POSTING_TEXT_MAX, REQUIRED),
	{ 0 },
};

static const struct field place_fields[] = {
	FIELD(struct change_in, chat, "chatId", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct change_in, seq, "seq", FROM_PATH, F_ID, 0, 0, REQUIRED),
	{ 0 },
};

/* 200 Message; the author alone. */
static enum err edit_message(struct request *rq)
{
	const struct change_in *in = rq->in;
	struct message m;
	int64_t last;
	enum err e = message_edit(
		rq->db, rq->arena, in->chat.n, in->seq.n, rq->user_id, in->body.s, &m, &last);

	if (e == ERR_INVALID)
		return field_wrong(rq, "body", "must not be empty");
	if (e != OK)
		return e;
	event_ring(rq->host->page, last);
	message_members_with_id(reply_json(rq), &m);
	return OK;
}

/* 204; by the author, the owner or an admin. */
static enum err delete_message(struct request *rq)
{
	const struct change_in *in = rq->in;
	int64_t last;
	enum err e = message_delete(rq->db, rq->arena, in->chat.n, in->seq.n, rq->user_id, &last);

	if (e == OK)
		event_ring(rq->host->page, last);
	return e;
}

/* --- PUT, DELETE /messages/{chatId}/{seq}/reactions/{emoji} --- */

struct react_in {
	struct value chat, seq, emoji;
};

static const struct field react_fields[] = {
	FIELD(struct react_in, chat, "chatId", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct react_in, seq, "seq", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct react_in, emoji, "emoji", FROM_PATH, F_EMOJI, 1, EMOJI_POINTS_MAX, REQUIRED),
	{ 0 },
};

static enum err react(struct request *rq, bool on)
{
	const struct react_in *in = rq->in;
	int64_t last;
	enum err e = message_react(
		rq->db, rq->arena, in->chat.n, in->seq.n, rq->user_id, in->emoji.s, on, &last);

	if (e == ERR_CONFLICT)
		field_wrong(rq, "emoji", "is one kind too many: a message takes 64");
	if (e == OK && last)
		event_ring(rq->host->page, last);
	return e;
}

static enum err put_reaction(struct request *rq)
{
	return react(rq, true);
}

static enum err take_reaction(struct request *rq)
{
	return react(rq, false);
}

static const struct route routes[] = {
	{ "GET", "/search", AUTH_USER, 0, search_fields, find_messages },
	{ "GET", "/{chatId}", AUTH_USER, 0, list_fields, list_messages },
	POSTING,
	{ "PATCH", "/{chatId}/{seq}", AUTH_USER, POSTING_BODY_MAX, change_fields, edit_message },
	{ "DELETE", "/{chatId}/{seq}", AUTH_USER, 0, place_fields, delete_message },
	{ "PUT", "/{chatId}/{seq}/reactions/{emoji}", AUTH_USER, 0, react_fields, put_reaction },
	{ "DELETE", "/{chatId}/{seq}/reactions/{emoji}", AUTH_USER, 0, react_fields,
		take_reaction },
	{ 0 },
};

const struct program program = { .name = "messages",
	.routes = routes,
	.tapes = true,
	.serve = desk_serve,
	.open = open_all,
	.close = close_all };
