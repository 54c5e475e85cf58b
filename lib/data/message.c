#include "data/message.h"

#include "data/attach.h"
#include "data/author.h"
#include "data/indexing.h"
#include "data/reaction.h"

#define MESSAGE_COLUMNS                                                                            \
	"x.chat_id, x.seq, x.id, x.author_id, u.first_name, u.last_name, u.image_path, "           \
	"u.deleted_at IS NOT NULL, x.reply_to, x.reactions, x.created_at, x.edited_at, "           \
	"x.deleted_at, "                                                                           \
	"x.body, x.files "
#define MESSAGE_TABLES "FROM message x JOIN user u ON u.id = x.author_id "
/* A page of history for who is in the chat; names are remembered (data/author.h). */
#define HISTORY                                                                                    \
	"SELECT x.chat_id, x.seq, x.id, x.author_id, x.reply_to, x.reactions, x.created_at, "      \
	"x.edited_at, x.deleted_at, x.body, x.files, c.reader_id, c.reader_seq, c.others_seq "     \
	"FROM member m JOIN chat c ON c.id = m.chat_id JOIN message x ON x.chat_id = m.chat_id "   \
	"WHERE m.chat_id = ? AND m.user_id = ? AND c.deleted_at IS NULL "
static struct sql before_seq = SQL(HISTORY "AND x.seq < ? ORDER BY x.seq DESC LIMIT ?");
static struct sql after_seq = SQL(HISTORY "AND x.seq > ? ORDER BY x.seq LIMIT ?");
#define SINGLE                                                                                     \
	MESSAGE_COLUMNS ", c.reader_id, c.reader_seq, c.others_seq " MESSAGE_TABLES                \
			"JOIN chat c ON c.id = x.chat_id "
static struct sql single = SQL_ROWS(
	"SELECT STRAIGHT_JOIN " SINGLE "WHERE (x.chat_id, x.seq) IN (", "(?, ?)", ", ", ")");
/* Messages first: seen from a chat or its member, all that was ever said there would be looked
 * through. */
static struct sql single_seen = SQL_ROWS("SELECT STRAIGHT_JOIN " SINGLE
					 "JOIN member m ON m.chat_id = x.chat_id AND m.user_id = ? "
					 "WHERE (x.chat_id, x.seq) IN (",
	"(?, ?)", ", ", ")");
static struct sql for_change =
	SQL("SELECT author_id, id, edit_id, deleted_at IS NOT NULL, body, files, reactions "
	    "FROM message WHERE chat_id = ? AND seq = ? FOR UPDATE");
static struct sql set_body = SQL("UPDATE message SET body = ?, edited_at = UTC_TIMESTAMP(3), "
				 "edit_id = ? WHERE chat_id = ? AND seq = ?");
static struct sql empty_body = SQL("UPDATE message SET body = '', deleted_at = UTC_TIMESTAMP(3), "
				   "reactions = 0, files = 0, reply_to = NULL "
				   "WHERE chat_id = ? AND seq = ?");
static struct sql forget_reactions = SQL("DELETE FROM reaction WHERE chat_id = ? AND seq = ?");
static struct sql add_reaction =
	SQL("INSERT IGNORE INTO reaction (chat_id, seq, emoji, user_id) VALUES (?, ?, ?, ?)");
static struct sql take_reaction =
	SQL("DELETE FROM reaction WHERE chat_id = ? AND seq = ? AND emoji = ? AND user_id = ?");
static struct sql count_reactions = SQL("UPDATE message SET reactions = (SELECT COUNT(*) FROM "
					"reaction r WHERE r.chat_id = ? AND r.seq = ?) "
					"WHERE chat_id = ? AND seq = ?");

static void from_row(struct arena *a, const struct rows *r, size_t i, struct message *m)
{
	*m = (struct message){ .chat_id = row_int(r, i, 0),
		.seq = row_int(r, i, 1),
		.id = row_int(r, i, 2),
		.author_id = row_int(r, i, 3),
		.author_name = user_full_name(
			a, row_str(r, i, 4), row_str(r, i, 5), row_int(r, i, 7) != 0),
		.author_image = row_str(r, i, 6),
		.reply_to = row_int(r, i, 8),
		.reactions_n = (size_t)row_int(r, i, 9),
		.created_ms = row_ms(r, i, 10),
		.edited_ms = row_ms(r, i, 11),
		.deleted_ms = row_ms(r, i, 12),
		.body = row_str(r, i, 13),
		.files_n = (size_t)row_int(r, i, 14) };
}

/* Of up to DB_ROWS_MAX messages, each author once. */
static enum err name_some(
	struct db *db, struct page *page, struct arena *a, struct message *messages, size_t n)
{
	struct author authors[DB_ROWS_MAX];
	size_t of[DB_ROWS_MAX], known = 0;
	enum err e;

	for (size_t i = 0; i < n; i++) {
		for (of[i] = 0; of[i] < known; of[i]++)
			if (authors[of[i]].id == messages[i].author_id)
				break;
		if (of[i] == known)
			authors[known++] = (struct author){ .id = messages[i].author_id };
	}
	e = author_load(db, page, a, authors, known);
	for (size_t i = 0; e == OK && i < n; i++) {
		messages[i].author_name = authors[of[i]].name;
		messages[i].author_image = authors[of[i]].image_path;
	}
	return e;
}

static void from_history(const struct rows *r, size_t i, struct message *m)
{
	struct chat_access c = { .reader_id = row_int(r, i, 11),
		.reader_seq = row_int(r, i, 12),
		.others_seq = row_int(r, i, 13) };

	*m = (struct message){ .chat_id = row_int(r, i, 0),
		.seq = row_int(r, i, 1),
		.id = row_int(r, i, 2),
		.author_id = row_int(r, i, 3),
		.reply_to = row_int(r, i, 4),
		.reactions_n = (size_t)row_int(r, i, 5),
		.created_ms = row_ms(r, i, 6),
		.edited_ms = row_ms(r, i, 7),
		.deleted_ms = row_ms(r, i, 8),
		.body = row_str(r, i, 9),
		.files_n = (size_t)row_int(r, i, 10) };
	m->read = chat_is_read(&c, m->author_id, m->seq);
}

enum err message_list(struct db *db, struct page *page, struct arena *a, int64_t chat_id,
	int64_t user_id, const struct message_page *wanted, bool up, struct message **messages,
	size_t *n)
{
	int64_t from = up ? wanted->after : wanted->before ? wanted->before : INT64_MAX;
	struct chat_access access;
	struct rows r;
	enum err e = db_select(db, a, up ? &after_seq : &before_seq, &r, as_int(chat_id),
		as_int(user_id), as_int(from), as_int(wanted->limit + 1));

	if (e != OK)
		return e;
	*n = r.n;
	if (r.n == 0)
		return chat_access(db, a, chat_id, user_id, &access);
	*messages = arena_alloc(a, sizeof **messages * r.n);
	for (size_t i = 0; i < r.n; i++)
		from_history(&r, i, &(*messages)[up ? i : r.n - 1 - i]);
	for (size_t i = 0; i < *n && e == OK; i += DB_ROWS_MAX)
		e = name_some(
			db, page, a, *messages + i, *n - i < DB_ROWS_MAX ? *n - i : DB_ROWS_MAX);
	if (e == OK)
		e = attach_load(db, a, *messages, *n);
	return e == OK ? reaction_load(db, a, *messages, *n) : e;
}

/* user_id 0: whoever asks. */
enum err message_find_seen(struct db *db, struct arena *a, int64_t user_id,
	const struct message_place *places, size_t n, struct message **messages, size_t *found)
{
	struct arg args[1 + 2 * DB_ROWS_MAX], *to = args;
	struct rows r;
	enum err e;

	if (user_id)
		*to++ = as_int(user_id);
	for (size_t i = 0; i < n; i++) {
		*to++ = as_int(places[i].chat_id);
		*to++ = as_int(places[i].seq);
	}
	e = db_select_rows(
		db, a, user_id ? &single_seen : &single, n, &r, args, (size_t)(to - args));
	if (e != OK)
		return e;
	*found = r.n;
	*messages = arena_alloc(a, sizeof **messages * r.n);
	for (size_t i = 0; i < r.n; i++) {
		struct message *m = &(*messages)[i];
		struct chat_access c = { .reader_id = row_int(&r, i, 15),
			.reader_seq = row_int(&r, i, 16),
			.others_seq = row_int(&r, i, 17) };

		from_row(a, &r, i, m);
		m->read = chat_is_read(&c, m->author_id, m->seq);
	}
	e = attach_load(db, a, *messages, *found);
	return e == OK ? reaction_load(db, a, *messages, *found) : e;
}

enum err message_find(struct db *db, struct arena *a, const struct message_place *places, size_t n,
	struct message **messages, size_t *found)
{
	return message_find_seen(db, a, 0, places, n, messages, found);
}

/* --- changing --- */

struct changing {
	struct arena *arena;
	int64_t chat_id, seq, user_id, last;
	struct str text; /* the new body, or the emoji */
	bool on;
	struct message *out;
};

struct standing {
	struct chat_access access;
	int64_t author_id, id, edit_id;
	struct str body;
	size_t files_n;
	int64_t reactions;
};

/* Locks the chat and the message, and says who wrote the message; ERR_NOT_FOUND also where it was
 * deleted. */
static enum err stand(struct db *db, struct changing *c, struct standing *s)
{
	struct rows r;
	enum err e = chat_lock(db, c->arena, c->chat_id, c->user_id, false, &s->access);

	if (e == OK)
		e = db_select(db, c->arena, &for_change, &r, as_int(c->chat_id), as_int(c->seq));
	if (e != OK)
		return e;
	if (r.n == 0 || row_int(&r, 0, 3))
		return ERR_NOT_FOUND;
	s->author_id = row_int(&r, 0, 0);
	s->id = row_int(&r, 0, 1);
	s->edit_id = row_int(&r, 0, 2);
	s->body = row_str(&r, 0, 4);
	s->files_n = (size_t)row_int(&r, 0, 5);
	s->reactions = row_int(&r, 0, 6);
	return OK;
}

/* The words that search finds it by. */
static enum err reword(struct db *db, const struct changing *c, const struct standing *s)
{
	struct rewording r = { c->chat_id, c->seq, s->id, s->body, c->text };

	return index_reword(db, c->arena, &r);
}

/* The words of a message stand in the event that told of it, and again in the last one that changed
 * it. When they go, they go there too: who catches up later must not read what was taken back. An
 * edit that is not the last one any more is left without words: a later one follows. */
static enum err rewrite_events(struct db *db, const struct standing *s, const struct message *m)
{
	struct message wordless = *m;
	struct buf text = BUF_INIT(1 << 20);
	struct writer w = { .to = &text };
	enum err e;

	message_members(&w, m);
	e = event_rewrite(db, s->id, buf_as_str(&text));
	if (e == OK && s->edit_id) {
		buf_clear(&text);
		w.comma = false;
		wordless.body = STR("");
		wordless.files_n = 0;
		message_json(&w, "message", &wordless);
		e = event_rewrite(db, s->edit_id, buf_as_str(&text));
	}
	buf_free(&text);
	return e;
}

static struct str as_event(struct arena *a, const struct message *m)
{
	struct buf text = BUF_INIT(1 << 20);
	struct writer w = { .to = &text };
	struct str out;

	message_json(&w, "message", m);
	out = arena_copy(a, buf_as_str(&text));
	buf_free(&text);
	return out;
}

static enum err read_back(struct db *db, struct changing *c, struct message *m)
{
	struct message_place place = { c->chat_id, c->seq };
	struct message *found;
	size_t n = 0;
	enum err e = message_find(db, c->arena, &place, 1, &found, &n);

	if (e == OK && n == 0)
		return ERR_NOT_FOUND;
	if (e == OK)
		*m = found[0];
	return e;
}

static enum err edit(struct db *db, void *context)
{
	struct changing *c = context;
	struct event event = { .type = STR("message.edited"), .chat_id = c->chat_id };
	struct standing s;
	enum err e = stand(db, c, &s);

	if (e == OK && s.author_id != c->user_id)
		return ERR_FORBIDDEN;
	if (e == OK && !c->text.n && !s.files_n)
		return ERR_INVALID;
	if (e == OK)
		e = reword(db, c, &s);
	if (e == OK)
		e = event_take(db, 1, &c->last);
	if (e == OK)
		e = db_run(db, &set_body, as_text(c->text), as_int(c->last), as_int(c->chat_id),
			as_int(c->seq));
	if (e == OK)
		e = read_back(db, c, c->out);
	if (e == OK)
		e = rewrite_events(db, &s, c->out);
	event.data = e == OK ? as_event(c->arena, c->out) : STR("");
	return e == OK ? event_put(db, c->last, &event, 1) : e;
}

enum err message_edit(struct db *db, struct arena *a, int64_t chat_id, int64_t seq, int64_t user_id,
	struct str body, struct message *m, int64_t *last)
{
	struct changing c = { .arena = a,
		.chat_id = chat_id,
		.seq = seq,
		.user_id = user_id,
		.text = body,
		.out = m };
	enum err e = db_transaction(db, edit, NULL, &c);

	*last = c.last;
	return e;
}

static enum err take_back(struct db *db, void *context)
{
	struct changing *c = context;
	struct event event = { .type = STR("message.deleted"),
		.chat_id = c->chat_id,
		.data = arena_printf(c->arena, "\"seq\":%lld", (long long)c->seq) };
	struct message emptied;
	struct standing s;
	enum err e = stand(db, c, &s);

	if (e == OK && s.author_id != c->user_id && s.access.role < ROLE_ADMIN)
		return ERR_FORBIDDEN;
	if (e == OK)
		e = reword(db, c, &s);
	if (e == OK)
		e = db_run(db, &forget_reactions, as_int(c->chat_id), as_int(c->seq));
	if (e == OK && s.files_n)
		e = attach_remove(db, c->arena, c->chat_id, c->seq);
	if (e == OK)
		e = db_run(db, &empty_body, as_int(c->chat_id), as_int(c->seq));
	if (e == OK)
		e = read_back(db, c, &emptied);
	if (e == OK)
		e = rewrite_events(db, &s, &emptied);
	if (e == OK)
		e = event_take(db, 1, &c->last);
	return e == OK ? event_put(db, c->last, &event, 1) : e;
}

enum err message_delete(struct db *db, struct arena *a, int64_t chat_id, int64_t seq,
	int64_t user_id, int64_t *last)
{
	struct changing c = {
		.arena = a, .chat_id = chat_id, .seq = seq, .user_id = user_id, .text = STR("")
	};
	enum err e = db_transaction(db, take_back, NULL, &c);

	*last = c.last;
	return e;
}

static enum err react(struct db *db, void *context)
{
	struct changing *c = context;
	struct event event = { .type = STR("reaction"), .chat_id = c->chat_id };
	struct buf text = BUF_INIT(4096);
	struct writer w = { .to = &text };
	struct str emoji = c->text;
	struct standing s;
	enum err e = stand(db, c, &s);

	c->last = 0;
	if (e == OK && s.reactions)
		e = reaction_kind(db, c->arena, c->chat_id, c->seq, &emoji);
	if (e != OK)
		return e;
	e = db_run(db, c->on ? &add_reaction : &take_reaction, as_int(c->chat_id), as_int(c->seq),
		as_text(emoji), as_int(c->user_id));
	if (e != OK || db_changed(db) == 0)
		return e;
	e = db_run(db, &count_reactions, as_int(c->chat_id), as_int(c->seq), as_int(c->chat_id),
		as_int(c->seq));
	if (e == OK)
		e = event_take(db, 1, &c->last);
	if (e != OK)
		return e;
	put_int(&w, "seq", c->seq);
	put_str(&w, "emoji", emoji);
	put_int(&w, "userId", c->user_id);
	put_bool(&w, "on", c->on);
	event.data = buf_as_str(&text);
	e = event_put(db, c->last, &event, 1);
	buf_free(&text);
	return e;
}

enum err message_react(struct db *db, struct arena *a, int64_t chat_id, int64_t seq,
	int64_t user_id, struct str emoji, bool on, int64_t *last)
{
	struct changing c = { .arena = a,
		.chat_id = chat_id,
		.seq = seq,
		.user_id = user_id,
		.text = emoji,
		.on = on };
	enum err e = db_transaction(db, react, NULL, &c);

	*last = c.last;
	return e;
}

/* --- the one JSON form --- */

static void reaction_json(struct writer *w, const struct reaction *r)
{
	put_object(w, NULL);
	put_str(w, "emoji", r->emoji);
	put_int(w, "count", r->count);
	put_array(w, "userIds");
	for (int i = 0; i < r->n; i++)
		put_int(w, NULL, r->user_ids[i]);
	put_array_end(w);
	put_object_end(w);
}

void message_members(struct writer *w, const struct message *m)
{
	put_int(w, "chatId", m->chat_id);
	put_int(w, "seq", m->seq);
	put_object(w, "author");
	put_int(w, "id", m->author_id);
	put_str(w, "fullName", m->author_name);
	put_str(w, "imagePath", m->author_image);
	put_object_end(w);
	put_str(w, "body", m->body);
	put_array(w, "files");
	for (size_t i = 0; i < m->files_n; i++)
		file_json(w, NULL, &m->files[i]);
	put_array_end(w);
	if (m->reply_to)
		put_int(w, "replyTo", m->reply_to);
	else
		put_null(w, "replyTo");
	put_array(w, "reactions");
	for (size_t i = 0; i < m->reactions_n; i++)
		reaction_json(w, &m->reactions[i]);
	put_array_end(w);
	put_bool(w, "status", m->read);
	put_time(w, "createdAt", m->created_ms);
	put_time(w, "editedAt", m->edited_ms);
	put_time(w, "deletedAt", m->deleted_ms);
}

void message_members_with_id(struct writer *w, const struct message *m)
{
	put_int(w, "id", m->id);
	message_members(w, m);
}

void message_json(struct writer *w, const char *key, const struct message *m)
{
	put_object(w, key);
	message_members_with_id(w, m);
	put_object_end(w);
}
