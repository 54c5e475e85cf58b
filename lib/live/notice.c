#include "live/notice.h"

#include "core/arena.h"
#include "core/writer.h"
#include "live/tree.h"

enum { NOTICE_MAX = 16384, BODY_POINTS = 200 };

static struct buf text = BUF_INIT(NOTICE_MAX);

static struct str words(struct json_object *v)
{
	struct str s = tree_words(v);

	return s.p ? s : STR("");
}

/* Its beginning, not cut within a character. */
static struct str beginning(struct str s)
{
	size_t points = 0;

	for (size_t i = 0; i < s.n; i++)
		if (((unsigned char)s.p[i] & 0xc0) != 0x80 && points++ == BODY_POINTS)
			return (struct str){ s.p, i };
	return s;
}

static struct str write(
	const char *kind, const struct hub_event *e, struct str title, struct str body)
{
	struct writer w = { .to = &text };

	buf_clear(&text);
	put_object(&w, NULL);
	put_z(&w, "kind", kind);
	put_int(&w, "chatId", e->chat_id);
	put_str(&w, "title", title);
	put_str(&w, "body", beginning(body));
	put_time(&w, "at", e->at_ms);
	put_object_end(&w);
	return buf_as_str(&text);
}

struct str notice_of_message(const struct hub_event *e, int64_t *author_id)
{
	struct json_object *o = tree_parse(e->json), *message = tree_member(o, "message");
	struct json_object *author = tree_member(message, "author");
	struct str notice = write("message", e, words(tree_member(author, "fullName")),
		words(tree_member(message, "body")));

	*author_id = json_object_get_int64(tree_member(author, "id"));
	json_object_put(o);
	return notice;
}

/* A direct chat has no name of its own: it is the other one's. */
struct str notice_of_chat(const struct hub_event *e, int64_t user_id)
{
	struct json_object *o = tree_parse(e->json), *chat = tree_member(o, "chat");
	struct json_object *members = tree_member(chat, "members");
	struct str title = words(tree_member(chat, "name")), notice;
	size_t n = json_object_is_type(members, json_type_array) ? json_object_array_length(members)
								 : 0;

	for (size_t i = 0; i < n && !title.n; i++) {
		struct json_object *one = json_object_array_get_idx(members, i);

		if (json_object_get_int64(tree_member(one, "id")) != user_id)
			title = words(tree_member(one, "fullName"));
	}
	notice = write("invite", e, title, STR(""));
	json_object_put(o);
	return notice;
}
