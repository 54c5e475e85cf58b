#include "live/posting.h"

#include "data/attach.h"
#include "data/send.h"
#include "live/visit.h"

enum { KEY_MAX = 64 };

static struct sender *sender;

struct send_in {
	struct value chat, body, files, reply_to, client_key;
};

const struct field posting_fields[] = {
	FIELD(struct send_in, chat, "chatId", FROM_PATH, F_ID, 0, 0, REQUIRED),
	FIELD(struct send_in, body, "body", FROM_BODY, F_TEXT, 0, POSTING_TEXT_MAX, 0),
	FIELD(struct send_in, files, "fileIds", FROM_BODY, F_IDS, 0, ATTACH_MAX, 0),
	FIELD(struct send_in, reply_to, "replyTo", FROM_BODY, F_ID, 0, 0, NULLABLE),
	FIELD(struct send_in, client_key, "clientKey", FROM_BODY, F_TEXT, 1, KEY_MAX, NULLABLE),
	{ 0 },
};

static enum err reply_sent(struct request *rq, void *outgoing)
{
	const struct outgoing *o = outgoing;

	if (o->outcome == ERR_INVALID && o->no_such_file)
		return field_wrong(rq, "fileIds", "there is no such file of yours");
	if (o->outcome == ERR_INVALID)
		return field_wrong(rq, "replyTo", "is no message of this chat");
	if (o->outcome != OK)
		return o->outcome;
	rq->made = !o->again;
	message_members_with_id(reply_json(rq), &o->message);
	return OK;
}

static void is_sent(struct outgoing *o)
{
	visit_resume(o->context, reply_sent, o);
}

enum err posting_run(struct request *rq)
{
	const struct send_in *in = rq->in;
	struct outgoing *o = arena_alloc(rq->arena, sizeof *o);

	if (!in->body.s.n && !in->files.n)
		return field_wrong(rq, "body", "must not be empty");
	*o = (struct outgoing){ .chat_id = in->chat.n,
		.author_id = rq->user_id,
		.reply_to = in->reply_to.n,
		.file_ids = in->files.ids,
		.files_n = (size_t)in->files.n,
		.body = in->body.s.p ? in->body.s : STR(""),
		.client_key = in->client_key.s,
		.arena = rq->arena,
		.done = is_sent,
		.context = rq->visit };
	if (rq->visit) {
		message_post(sender, o);
		return ERR_PARKED;
	}
	message_send(sender, rq->db, o);
	return reply_sent(rq, o);
}

void posting_open(struct host *host, bool alone)
{
	sender = sender_new(host->page, &host->conf, alone);
}

void posting_close(void)
{
	sender_free(sender);
}
