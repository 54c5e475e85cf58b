#include "live/notice.h"

#include "core/arena.h"
#include "core/writer.h"
#include "live/tree.h"

enum { NOTICE_MAX = 16384, BODY_POINTS = 200 };

static struct buf text = BUF_INIT(NOTICE_MAX);

/* --- a message: as message_members() has written it ---
 *
 * Every message comes through here, so its JSON is not parsed but looked into: its author stands
 * before all words of people, and no quote in those is without a backslash. */

/* Of a string in JSON, without its quotes: how far it goes, and at most so many characters of it.
 * What core/writer.h escapes is one character each. */
static struct str string_at(struct str json, size_t points_max)
{
	size_t points = 0, n = 0;

	for (size_t i = 0; i < json.n && json.p[i] != '"'; i = n) {
		if (points++ == points_max)
			break;
		n = i + (json.p[i] != '\\' ? 1 : json.p[i + 1] == 'u' ? 6 : 2);
		while (n < json.n && ((unsigned char)json.p[n] & 0xc0) == 0x80)
			n++;
	}
	return (struct str){ json.p, n < json.n ? n : json.n };
}

/* What stands behind these bytes. */
static struct str behind(struct str json, const char *mark)
{
	size_t n = strlen(mark);
	const char *at = memmem(json.p, json.n, mark, n);

	return at ? (struct str){ at + n, json.n - (size_t)(at + n - json.p) } : STR("");
}

static struct writer begin(const char *kind, const struct hub_event *e)
{
	struct writer w = { .to = &text };

	buf_clear(&text);
	put_object(&w, NULL);
	put_z(&w, "kind", kind);
	put_int(&w, "chatId", e->chat_id);
	return w;
}

static struct str end(struct writer *w, const struct hub_event *e)
{
	put_time(w, "at", e->at_ms);
	put_object_end(w);
	return buf_as_str(&text);
}

/* A string whose inside is JSON already. */
static void put_json(struct writer *w, const char *key, struct str inside)
{
	put_raw(w, key, STR("\""));
	buf_str(w->to, inside);
	buf_byte(w->to, '"');
}

static struct str author_of(const struct hub_event *e)
{
	return behind(e->json, "\"author\":{\"id\":");
}

int64_t notice_author(const struct hub_event *e)
{
	struct str rest = author_of(e);
	int64_t id = 0;

	str_int(str_cut(&rest, ','), &id);
	return id;
}

struct str notice_of_message(const struct hub_event *e)
{
	struct str name = behind(author_of(e), "\"fullName\":\"");
	struct str body = behind(name, ",\"body\":\"");
	struct writer w = begin("message", e);

	/* Where nothing is said there are files, and the first one's name says most. */
	if (body.n && *body.p == '"')
		body = behind(behind(body, "\"files\":["), "\"name\":\"");
	put_json(&w, "title", string_at(name, SIZE_MAX));
	put_json(&w, "body", string_at(body, BODY_POINTS));
	return end(&w, e);
}

/* --- a chat --- */

static struct str words(struct json_object *v)
{
	struct str s = tree_words(v);

	return s.p ? s : STR("");
}

/* A direct chat has no name of its own: it is the other one's. */
struct str notice_of_chat(const struct hub_event *e, int64_t user_id)
{
	struct json_object *o = tree_parse(e->json), *chat = tree_member(o, "chat");
	struct json_object *members = tree_member(chat, "members");
	struct str title = words(tree_member(chat, "name"));
	struct writer w = begin("invite", e);
	size_t n = json_object_is_type(members, json_type_array) ? json_object_array_length(members)
								 : 0;

	for (size_t i = 0; i < n && !title.n; i++) {
		struct json_object *one = json_object_array_get_idx(members, i);

		if (json_object_get_int64(tree_member(one, "id")) != user_id)
			title = words(tree_member(one, "fullName"));
	}
	put_str(&w, "title", title);
	put_z(&w, "body", "");
	json_object_put(o);
	return end(&w, e);
}
