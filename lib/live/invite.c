#include "live/invite.h"

#include "live/tree.h"

static bool is_coming(const struct hub_event *e, int64_t chat_id)
{
	return str_is(e->type, "member.joined") && e->chat_id == chat_id;
}

/* The same event says that a role has changed, so an owner or admin is none who has just come; no
 * chat follows where one has become a plain member. */
static void come(struct invite *in, const struct hub *h, const struct hub_event *e)
{
	const struct hub_event *before = hub_at(h, e->id - 1);
	struct json_object *o = tree_parse(e->json);
	struct str role = tree_text(o, "role");

	*in = (struct invite){ .chat_id = str_is(role, "member") ? e->chat_id : 0,
		.id = e->id,
		.before = before && is_coming(before, e->chat_id) };
	json_object_put(o);
}

static bool was_brought(const struct invite *in, const struct hub_event *e)
{
	struct json_object *o = tree_parse(e->json), *chat = tree_member(o, "chat");
	struct str kind = tree_text(chat, "kind");
	bool is_public = json_object_get_boolean(tree_member(chat, "public"));
	bool brought =
		str_is(kind, "direct") ? !in->behind : !is_public || in->before || in->behind;

	json_object_put(o);
	return brought;
}

bool invite_is(struct invite *in, const struct hub *h, int64_t user_id, const struct hub_event *e)
{
	bool next = e->id && e->id == in->id + 1;

	if (str_is(e->type, "member.joined") && e->user_id == user_id) {
		come(in, h, e);
	} else if (next && in->chat_id && is_coming(e, in->chat_id)) {
		in->behind = true;
		in->id++;
	} else if (str_is(e->type, "chat") && in->chat_id && e->chat_id == in->chat_id) {
		in->chat_id = 0;
		return next && was_brought(in, e);
	}
	return false;
}
