#include "live/errand.h"

#include "core/arena.h"
#include "core/writer.h"
#include "data/user.h"
#include "live/asking.h"
#include "live/firstname.h"
#include "live/guest.h"
#include "live/posting.h"
#include "live/said.h"
#include "live/tree.h"
#include "web/kinds.h"

#include <json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LIMIT_STANDARD = 10,
	LIMIT_MAX = 200,
	PAGE_MAX = 100000,
	CHATS_AT_ONCE = 200,
	TYPE_MAX = 32,
	NEXT_MAX = 128,
	PATH_BYTES = 256,
	WHY_MAX = 4096,
	WORDS_MAX = 128,
};

enum step { LISTING_CHATS, FINDING_DIALOG, LOOKING_AT_GROUP, LISTING, NAMING, OPENING, DOING };

struct errand {
	char type[TYPE_MAX];
	enum step step;
	int64_t id;      /* of the group, or of the other person */
	int64_t user_id; /* who is to be added to it */
	int64_t limit, skip;
	struct json_object *chat;   /* that is looked at */
	struct json_object *rows;   /* to be said: messages, or chats with their last one */
	struct json_object *params; /* of the command */
	char next[NEXT_MAX];
	int64_t named;       /* whose name is being asked */
	char why[WORDS_MAX]; /* its params make no sense */
};

/* --- what is said --- */

void errand_error(struct buf *to, struct str type, struct str message)
{
	struct writer w = { .to = to };

	put_object(&w, NULL);
	put_bool(&w, "error", true);
	put_str(&w, "type", type);
	put_str(&w, "message", message);
	put_object_end(&w);
}

static void success_begins(struct writer *w, const char *type)
{
	put_object(w, NULL);
	put_z(w, "type", type);
	put_bool(w, "success", true);
	put_object(w, "params");
}

static void success_ends(struct writer *w, struct str message, struct str sender)
{
	put_str(w, "message", message);
	put_str(w, "senderName", sender);
	put_object_end(w);
	put_object_end(w);
}

void errand_success(struct buf *to, const char *type, struct str message, struct str sender)
{
	struct writer w = { .to = to };

	success_begins(&w, type);
	put_null(&w, "data");
	success_ends(&w, message, sender);
}

#define NO_MEMBER "User is not a member of this group"

/* What a program refused, in its words; but of a group that one is not in, in those of the
 * protocol's own example. */
static void say_refusal(const struct errand *e, int status, struct str body, struct buf *to)
{
	struct json_object *o = tree_parse(body);
	struct buf why = BUF_INIT(WHY_MAX);

	if (status == 404 && (strstr(e->type, "Group")))
		buf_z(&why, NO_MEMBER);
	else
		said_why(&why, o);
	errand_error(to, str_of(e->type), buf_as_str(&why));
	json_object_put(o);
	buf_free(&why);
}

/* Messages come in the order of their numbers, and the latest is said first. */
static void say_rows(const struct errand *e, struct buf *to)
{
	struct writer w = { .to = to };
	size_t n = tree_length(e->rows);
	bool chats = strcmp(e->type, "listLastMessage") == 0;

	success_begins(&w, e->type);
	put_array(&w, "data");
	for (size_t i = 0; i < n; i++) {
		struct json_object *row = json_object_array_get_idx(e->rows, chats ? i : n - 1 - i);

		if (chats)
			said_put_last(&w, row);
		else if (said_in_direct(e->chat))
			said_put_dialog(&w, e->chat, row);
		else
			said_put_group(&w, e->chat, row);
	}
	put_array_end(&w);
	success_ends(&w, (struct str){ NULL, 0 }, (struct str){ NULL, 0 });
}

/* --- asking --- */

static void ask(struct errand *e, struct guest *g, const char *method, struct str path,
	struct str body, enum step step, bool first)
{
	e->step = step;
	asking_say(g, str_of(method), path, body, e, !first);
}

__attribute__((format(printf, 5, 6))) static void get(
	struct errand *e, struct guest *g, enum step step, bool first, const char *format, ...)
{
	char path[PATH_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof path, format, args);
	va_end(args);
	ask(e, g, "GET", str_of(path), (struct str){ NULL, 0 }, step, first);
}

static void ask_chats(struct errand *e, struct guest *g, enum step step, bool first)
{
	get(e, g, step, first, "/chats?limit=%d%s%s", CHATS_AT_ONCE, e->next[0] ? "&before=" : "",
		e->next);
}

/* The numbers of a chat have no gap, so a page is a range of them. false: there is no such page. */
static bool ask_messages(struct errand *e, struct guest *g)
{
	int64_t last = tree_number(tree_member(e->chat, "lastSeq")) - e->skip;

	if (last < 1)
		return false;
	get(e, g, LISTING, false, "/messages/%lld?before=%lld&limit=%lld",
		(long long)tree_number(tree_member(e->chat, "id")), (long long)last + 1,
		(long long)e->limit);
	return true;
}

static int64_t nameless_in(const struct errand *e)
{
	int64_t id = 0;

	for (size_t i = 0; i < tree_length(e->rows) && !id; i++) {
		struct json_object *row = json_object_array_get_idx(e->rows, i);
		struct json_object *m = tree_member(row, "lastMessage");

		id = said_nameless(tree_member(m ? m : row, "author"));
	}
	return id;
}

/* Says the rows, once everybody in them has a name. */
static bool say_or_ask_names(struct errand *e, struct guest *g, struct buf *to)
{
	e->named = nameless_in(e);
	if (e->named) {
		get(e, g, NAMING, false, "/users/%lld", (long long)e->named);
		return false;
	}
	say_rows(e, to);
	return true;
}

/* --- the commands --- */

/* A number of the params, as one or as text. */
static bool number_of(
	struct json_object *params, const char *name, int64_t least, int64_t most, int64_t *n)
{
	struct json_object *v = tree_member(params, name);
	struct str text = tree_words(v);

	if (json_object_is_type(v, json_type_int))
		*n = json_object_get_int64(v);
	else if (v && (!text.p || !str_int(text, n)))
		return false;
	return *n >= least && *n <= most;
}

static const struct deed {
	const char *type;
	const char *id, *text; /* the members it needs; NULL: none */
	bool pages;
	enum step step;
	const char *method, *path; /* of DOING and OPENING; '@' is the id */
	const char *as;            /* what the member is called there */
} deeds[] = {
	{ "listLastMessage", NULL, NULL, true, LISTING_CHATS, NULL, NULL, NULL },
	{ "getlatestMessageDialog", "receiverId", NULL, true, FINDING_DIALOG, NULL, NULL, NULL },
	{ "getlatestMessageGroup", "groupId", NULL, true, LOOKING_AT_GROUP, NULL, NULL, NULL },
	{ "newGroup", NULL, "groupName", false, DOING, "POST", "/chats", "name" },
	{ "addUserInGroup", "groupId", NULL, false, DOING, "POST", "/chats/@/members", NULL },
	{ "leaveGroup", "groupId", NULL, false, DOING, "POST", "/chats/@/leave", NULL },
	{ "messageInGroup", "groupId", "content", false, DOING, "POST", "/messages/@", "body" },
	{ "privateMessage", "receiverId", "content", false, OPENING, "POST", "/chats/direct",
		NULL },
};

static const struct deed *find(struct str type)
{
	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
		if (str_is(type, deeds[i].type))
			return &deeds[i];
	return NULL;
}

static void ask_to_do(const struct deed *k, struct errand *e, struct guest *g, bool first)
{
	struct json_object *body = json_object_new_object(), *ids = NULL;
	struct buf path = BUF_INIT(128);

	for (const char *p = k->path; *p; p++)
		if (*p == '@')
			buf_int(&path, e->id);
		else
			buf_byte(&path, *p);
	if (k->as)
		json_object_object_add(
			body, k->as, json_object_get(tree_member(e->params, k->text)));
	if (strcmp(e->type, "addUserInGroup") == 0) {
		ids = json_object_new_array();
		json_object_array_add(ids, json_object_new_int64(e->user_id));
		json_object_object_add(body, "userIds", ids);
	}
	if (k->step == OPENING)
		json_object_object_add(body, "userId", json_object_new_int64(e->id));
	ask(e, g, k->method, buf_as_str(&path), tree_json(body), k->step, first);
	json_object_put(body);
	buf_free(&path);
}

/* --- one step after the other --- */

/* Whether there are more chats to be asked for. */
static bool take_next(struct errand *e, struct json_object *answer)
{
	struct str next = tree_text(answer, "next");

	snprintf(e->next, sizeof e->next, "%.*s", STR_ARG(next));
	return next.n > 0 && next.n < sizeof e->next;
}

/* Chats in which something was said, without those of earlier pages. */
static bool took_chats(
	struct errand *e, struct guest *g, struct json_object *answer, struct buf *to)
{
	struct json_object *items = tree_member(answer, "items");
	bool more = take_next(e, answer);

	for (size_t i = 0; i < tree_length(items) && tree_length(e->rows) < (size_t)e->limit; i++) {
		struct json_object *chat = json_object_array_get_idx(items, i);

		if (!tree_member(chat, "lastMessage"))
			continue;
		if (e->skip)
			e->skip--;
		else
			json_object_array_add(e->rows, json_object_get(chat));
	}
	if (more && tree_length(e->rows) < (size_t)e->limit) {
		ask_chats(e, g, LISTING_CHATS, false);
		return false;
	}
	return say_or_ask_names(e, g, to);
}

/* Reading makes no chat: with whom there is none, nothing was said. */
static bool found_dialog(
	struct errand *e, struct guest *g, struct json_object *answer, struct buf *to)
{
	struct json_object *items = tree_member(answer, "items");
	bool more = take_next(e, answer);

	for (size_t i = 0; i < tree_length(items) && !e->chat; i++) {
		struct json_object *chat = json_object_array_get_idx(items, i);
		struct json_object *other =
			said_in_direct(chat) ? said_other_of(chat, g->user_id) : NULL;

		if (other && tree_number(tree_member(other, "id")) == e->id)
			e->chat = json_object_get(chat);
	}
	if (!e->chat && more) {
		ask_chats(e, g, FINDING_DIALOG, false);
		return false;
	}
	if (e->chat && ask_messages(e, g))
		return false;
	say_rows(e, to);
	return true;
}

static bool opened_dialog(struct errand *e, struct guest *g, struct json_object *answer)
{
	struct json_object *body = json_object_new_object();
	struct json_object *content = tree_member(e->params, "content");
	struct arena a;

	arena_init(&a);
	json_object_object_add(body, "body", json_object_get(content));
	ask(e, g, "POST",
		arena_printf(&a, "/messages/%lld",
			(long long)tree_number(tree_member(tree_member(answer, "chat"), "id"))),
		tree_json(body), DOING, false);
	json_object_put(body);
	arena_free(&a);
	return false;
}

/* A direct chat is no group, whatever one may do in it elsewhere. */
static bool looked_at_group(
	struct errand *e, struct guest *g, struct json_object *answer, struct buf *to)
{
	const struct deed *k = find(str_of(e->type));

	chatkind_learn(e->id, said_in_direct(answer) ? CHAT_DIRECT : CHAT_OTHER);
	if (said_in_direct(answer)) {
		errand_error(to, str_of(e->type), STR(NO_MEMBER));
		return true;
	}
	if (k->method) {
		ask_to_do(k, e, g, false);
		return false;
	}
	e->chat = json_object_get(answer);
	if (ask_messages(e, g))
		return false;
	say_rows(e, to);
	return true;
}

static bool take_step(struct errand *e, struct guest *g, struct json_object *answer, struct buf *to)
{
	switch (e->step) {
	case LISTING_CHATS: return took_chats(e, g, answer, to);
	case FINDING_DIALOG: return found_dialog(e, g, answer, to);
	case LOOKING_AT_GROUP: return looked_at_group(e, g, answer, to);
	case LISTING:
		json_object_put(e->rows);
		e->rows = json_object_get(tree_member(answer, "items"));
		return say_or_ask_names(e, g, to);
	case NAMING:
		firstname_learn(e->named, tree_text(answer, "firstName"));
		return say_or_ask_names(e, g, to);
	case OPENING: return opened_dialog(e, g, answer);
	default: errand_success(to, e->type, (struct str){ NULL, 0 }, (struct str){ NULL, 0 });
	}
	return true;
}

bool errand_go_on(struct errand *e, struct guest *g, int status, struct str body, struct buf *frame)
{
	struct json_object *answer;
	bool done;

	if (status == 404 && e->step == NAMING) {
		firstname_learn(e->named, STR(USER_DELETED));
		done = say_or_ask_names(e, g, frame);
	} else if (status >= 400) {
		say_refusal(e, status, body, frame);
		done = true;
	} else {
		answer = tree_parse(body);
		done = take_step(e, g, answer, frame);
		json_object_put(answer);
	}
	if (done)
		errand_free(e);
	return done;
}

/* --- the first step --- */

/* No chat is made for what cannot be said in it. */
static const char *cannot_be_said(struct str content)
{
	struct value v = { .set = true, .s = content };
	const struct field *f = posting_fields;
	const char *why;

	while (strcmp(f->name, "body") != 0)
		f++;
	why = kind_refuses(f, &live_host(guest_live())->conf, &v);
	return why ? why : content.n ? NULL : "must not be empty";
}

/* What is wrong with the params; NULL: nothing. */
static const char *read_params(const struct deed *k, struct json_object *params, struct errand *e)
{
	const char *why;
	int64_t page = 1;

	e->limit = LIMIT_STANDARD;
	if (k->id && !number_of(params, k->id, 1, ID_MAX, &e->id))
		return strcmp(k->id, "groupId") == 0 ? "groupId must be the id of a group"
						     : "receiverId must be the id of a user";
	if (strcmp(k->type, "addUserInGroup") == 0 &&
		!number_of(params, "userId", 1, ID_MAX, &e->user_id))
		return "userId must be the id of a user";
	if (k->text && !tree_words(tree_member(params, k->text)).p)
		return strcmp(k->text, "content") == 0 ? "content must be text"
						       : "groupName must be text";
	if (k->step == OPENING) {
		why = cannot_be_said(tree_text(params, "content"));
		if (why) {
			snprintf(e->why, sizeof e->why, "content %s", why);
			return e->why;
		}
	}
	if (k->pages && (!number_of(params, "limit", 1, LIMIT_MAX, &e->limit) ||
				!number_of(params, "page", 1, PAGE_MAX, &page)))
		return "limit must be from 1 to 200, and page from 1 to 100000";
	e->skip = (page - 1) * e->limit;
	return NULL;
}

void errand_begin(struct guest *g, struct str type, struct json_object *params, struct buf *error)
{
	const struct deed *k = find(type);
	struct errand *e;
	const char *why;

	if (!k) {
		errand_error(error, type, STR("Unknown type"));
		return;
	}
	e = must_alloc(sizeof *e);
	snprintf(e->type, sizeof e->type, "%s", k->type);
	e->step = k->step;
	e->params = json_object_get(params);
	e->rows = json_object_new_array();
	why = read_params(k, params, e);
	if (why) {
		errand_error(error, type, str_of(why));
		errand_free(e);
		return;
	}
	if (strcmp(k->type, "messageInGroup") == 0 && chatkind_of(e->id) != CHAT_OTHER)
		e->step = LOOKING_AT_GROUP;
	if (e->step == LOOKING_AT_GROUP)
		get(e, g, e->step, true, "/chats/%lld", (long long)e->id);
	else if (k->method)
		ask_to_do(k, e, g, true);
	else
		ask_chats(e, g, k->step, true);
}

void errand_free(struct errand *e)
{
	json_object_put(e->chat);
	json_object_put(e->rows);
	json_object_put(e->params);
	free(e);
}
