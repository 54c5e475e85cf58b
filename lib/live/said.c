#include "live/said.h"

#include "live/firstname.h"
#include "live/tree.h"

/* Whose first name has to be asked; 0: nobody's. */
int64_t said_nameless(struct json_object *person)
{
	int64_t id = tree_number(tree_member(person, "id"));

	if (!person || tree_text(person, "firstName").p ||
		firstname_of(id, tree_text(person, "fullName")).p)
		return 0;
	return id;
}

/* Of who is deleted the first name is empty, and the full one says so. */
static struct str first_name(struct json_object *person)
{
	struct str name = tree_text(person, "firstName");

	return name.n ? name
		      : firstname_of(tree_number(tree_member(person, "id")),
				tree_text(person, "fullName"));
}

/* The one of a direct chat who is not that one. */
struct json_object *said_other_of(struct json_object *chat, int64_t user_id)
{
	struct json_object *members = tree_member(chat, "members");

	for (size_t i = 0; i < tree_length(members); i++)
		if (tree_number(tree_member(json_object_array_get_idx(members, i), "id")) !=
			user_id)
			return json_object_array_get_idx(members, i);
	return NULL;
}

bool said_in_direct(struct json_object *chat)
{
	struct str kind = tree_text(chat, "kind");

	return str_is(kind, "direct");
}

void said_put_last(struct writer *w, struct json_object *chat)
{
	struct json_object *m = tree_member(chat, "lastMessage"),
			   *author = tree_member(m, "author");
	struct json_object *to =
		said_in_direct(chat) ? said_other_of(chat, tree_number(tree_member(author, "id")))
				     : NULL;
	struct str edited = tree_text(m, "editedAt");

	put_object(w, NULL);
	put_int(w, "id", tree_number(tree_member(m, "id")));
	put_int(w, "senderId", tree_number(tree_member(author, "id")));
	put_str(w, "senderName", first_name(author));
	if (to)
		put_int(w, "receiverId", tree_number(tree_member(to, "id")));
	else
		put_null(w, "receiverId");
	put_str(w, "receiverName", to ? first_name(to) : (struct str){ NULL, 0 });
	if (said_in_direct(chat))
		put_null(w, "groupId");
	else
		put_int(w, "groupId", tree_number(tree_member(chat, "id")));
	put_str(w, "groupName",
		said_in_direct(chat) ? (struct str){ NULL, 0 } : tree_text(chat, "name"));
	put_str(w, "content", tree_text(m, "body"));
	put_str(w, "createdAt", tree_text(m, "createdAt"));
	put_str(w, "updatedAt", edited.p ? edited : tree_text(m, "createdAt"));
	put_str(w, "deletedAt", tree_text(m, "deletedAt"));
	put_object_end(w);
}

void said_put_dialog(struct writer *w, struct json_object *chat, struct json_object *m)
{
	int64_t sender = tree_number(tree_member(tree_member(m, "author"), "id"));
	struct json_object *to = said_other_of(chat, sender);

	put_object(w, NULL);
	put_int(w, "sender_id", sender);
	put_int(w, "receiver_id", tree_number(tree_member(to, "id")));
	put_str(w, "receverName", first_name(to));
	put_str(w, "content", tree_text(m, "body"));
	put_str(w, "created_at", tree_text(m, "createdAt"));
	put_object_end(w);
}

void said_put_group(struct writer *w, struct json_object *chat, struct json_object *m)
{
	struct json_object *author = tree_member(m, "author");

	put_object(w, NULL);
	put_int(w, "sender_id", tree_number(tree_member(author, "id")));
	put_str(w, "senderName", first_name(author));
	put_int(w, "group_id", tree_number(tree_member(chat, "id")));
	put_str(w, "created_at", tree_text(m, "createdAt"));
	put_str(w, "content", tree_text(m, "body"));
	put_object_end(w);
}

/* A member of a body as the params that it came from. */
static const char *param_name(const char *field)
{
	static const char *const names[][2] = { { "body", "content" }, { "name", "groupName" },
		{ "userId", "receiverId" }, { "userIds", "userId" }, { "chatId", "groupId" } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(field, names[i][0]) == 0)
			return names[i][1];
	return field;
}

void said_why(struct buf *to, struct json_object *problem)
{
	struct json_object *fields = tree_member(problem, "fields");
	struct str detail = tree_text(problem, "detail");

	if (!json_object_is_type(fields, json_type_object)) {
		buf_str(to, detail.p ? detail : STR("It could not be done"));
		return;
	}
	json_object_object_foreach(fields, name, why)
	{
		buf_z(to, to->n ? "; " : "");
		buf_z(to, param_name(name));
		buf_byte(to, ' ');
		buf_str(to, tree_words(why));
	}
}
