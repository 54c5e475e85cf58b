#include "data/batch.h"

#include "core/clock.h"
#include "data/attach.h"
#include "data/author.h"

enum { MOVE_VALUES = 8, MESSAGE_VALUES = 8, KEY_VALUES = 4 };

/* Chats first, and in the order they are asked in: every transaction of the site locks them
 * ascending. */
static struct sql lock_chats =
	SQL_ROWS("SELECT STRAIGHT_JOIN c.id, m.user_id, c.last_seq, c.reader_id, c.reader_seq, "
		 "c.others_seq, "
		 "UTC_TIMESTAMP(3), c.hour FROM (",
		"SELECT ? AS chat_id, ? AS user_id", " UNION ALL ",
		") v JOIN chat c ON c.id = v.chat_id AND c.deleted_at IS NULL "
		"JOIN member m ON m.chat_id = v.chat_id AND m.user_id = v.user_id FOR UPDATE");
/* A message alone is the usual case, and the database finds its rows without a list to go through.
 */
static struct sql lock_one =
	SQL("SELECT STRAIGHT_JOIN c.id, m.user_id, c.last_seq, c.reader_id, c.reader_seq, "
	    "c.others_seq, UTC_TIMESTAMP(3), c.hour FROM chat c JOIN member m ON m.chat_id = c.id "
	    "WHERE c.id = ? AND m.user_id = ? AND c.deleted_at IS NULL FOR UPDATE");
static struct sql known_keys = SQL_ROWS(
	"SELECT author_id, client_key, chat_id, seq FROM sent WHERE (author_id, client_key) IN (",
	"(?, ?)", ", ", ")");
static struct sql add_keys = SQL_ROWS(
	"INSERT INTO sent (author_id, client_key, chat_id, seq) VALUES ", "(?, ?, ?, ?)", ", ", "");
/* A row per chat and author: what the chat becomes, and that the author has read what they wrote.
 */
static struct sql move_on = SQL_ROWS("UPDATE (",
	"SELECT ? AS chat_id, ? AS user_id, ? AS last_seq, ? AS read_seq, ? AS reader_id, "
	"? AS reader_seq, ? AS others_seq, ? AS active",
	" UNION ALL ",
	") v JOIN chat c ON c.id = v.chat_id "
	"JOIN member m ON m.chat_id = v.chat_id AND m.user_id = v.user_id "
	"SET c.last_seq = v.last_seq, c.reader_id = v.reader_id, c.reader_seq = v.reader_seq, "
	"c.others_seq = v.others_seq, c.active = v.active, "
	"m.read_seq = GREATEST(m.read_seq, v.read_seq)");
static struct sql move_one =
	SQL("UPDATE chat c JOIN member m ON m.chat_id = c.id SET c.last_seq = ?, c.reader_id = ?, "
	    "c.reader_seq = ?, c.others_seq = ?, c.active = ?, "
	    "m.read_seq = GREATEST(m.read_seq, ?) WHERE c.id = ? AND m.user_id = ?");
/* The first message of an hour: see schema/0004_recent.sql. */
static struct sql tell_hour = SQL_ROWS("UPDATE chat c JOIN member m ON m.chat_id = c.id "
				       "SET m.hour = c.hour WHERE m.hour <> c.hour AND c.id IN (",
	"?", ", ", ")");
static struct sql add_messages = SQL_ROWS(
	"INSERT INTO message (chat_id, seq, id, author_id, reply_to, body, created_at, files) "
	"VALUES ",
	"(?, ?, ?, ?, ?, ?, ?, ?)", ", ", "");
static struct sql is_there = SQL("SELECT 1 FROM message WHERE chat_id = ? AND seq = ? AND id = ? "
				 "AND author_id = ? AND created_at = ? LOCK IN SHARE MODE");

/* A chat as one of the batch's authors finds it; the rows of one chat stand together. */
struct place {
	int64_t chat_id, author_id;
	int64_t last_seq, reader_id, reader_seq, others_seq, author_read, hour;
};

struct batch {
	struct arena *arena;
	struct page *page;
	struct outgoing **all;
	size_t n;
	struct place *places;
	struct author *authors; /* of the places */
	size_t places_n, to_write;
	int64_t at_ms, last_id;
	struct str at; /* the same as SQL takes it */
};

static struct str moment(struct arena *a, int64_t ms)
{
	char text[CLOCK_TEXT_BYTES];

	clock_text(ms, text);
	text[10] = ' ';
	text[23] = 0;
	return arena_copy(a, str_of(text));
}

static struct place *place_of(struct batch *b, int64_t chat_id, int64_t author_id)
{
	for (size_t i = 0; i < b->places_n; i++)
		if (b->places[i].chat_id == chat_id && b->places[i].author_id == author_id)
			return &b->places[i];
	return NULL;
}

/* By chat, and of one chat in the order they came. */
static void sort_by_chat(struct batch *b)
{
	for (size_t i = 1; i < b->n; i++) {
		struct outgoing *o = b->all[i];
		size_t k = i;

		for (; k > 0 && b->all[k - 1]->chat_id > o->chat_id; k--)
			b->all[k] = b->all[k - 1];
		b->all[k] = o;
	}
}

/* Locks the chats and looks up the authors' membership under that lock: from here on nobody can
 * leave or be removed. A pair that is not there is a stranger's. */
static enum err lock_places(struct db *db, struct batch *b)
{
	struct arg pairs[2 * BATCH_MAX];
	struct rows r;
	enum err e;

	for (size_t i = 0; i < b->n; i++) {
		pairs[2 * i] = as_int(b->all[i]->chat_id);
		pairs[2 * i + 1] = as_int(b->all[i]->author_id);
	}
	e = db_select_rows(
		db, b->arena, b->n == 1 ? &lock_one : &lock_chats, b->n, &r, pairs, 2 * b->n);
	if (e != OK)
		return e;
	b->places = arena_alloc(b->arena, sizeof *b->places * r.n);
	b->authors = arena_alloc(b->arena, sizeof *b->authors * r.n);
	b->places_n = r.n;
	for (size_t i = 0; i < r.n; i++)
		b->places[i] = (struct place){ .chat_id = row_int(&r, i, 0),
			.author_id = row_int(&r, i, 1),
			.last_seq = row_int(&r, i, 2),
			.reader_id = row_int(&r, i, 3),
			.reader_seq = row_int(&r, i, 4),
			.others_seq = row_int(&r, i, 5),
			.hour = row_int(&r, i, 7) };
	for (size_t i = 0; i < r.n; i++)
		b->authors[i].id = b->places[i].author_id;
	b->at_ms = r.n ? row_ms(&r, 0, 6) : 0;
	b->at = moment(b->arena, b->at_ms);
	return author_load(db, b->page, b->arena, b->authors, r.n);
}

/* Those whose key made a message before get that one. Two with one key in one batch: the second
 * waits for the next. */
static enum err settle_known(struct db *db, struct batch *b)
{
	struct arg keys[2 * BATCH_MAX];
	size_t n = 0;
	struct rows r = { 0 };
	enum err e = OK;

	for (size_t i = 0; i < b->n; i++) {
		struct outgoing *o = b->all[i];

		if (!o->client_key.p)
			continue;
		keys[n++] = as_int(o->author_id);
		keys[n++] = as_text(o->client_key);
	}
	if (n)
		e = db_select_rows(db, b->arena, &known_keys, n / 2, &r, keys, n);
	for (size_t i = 0; e == OK && i < b->n; i++) {
		struct outgoing *o = b->all[i];

		for (size_t k = 0; o->client_key.p && k < r.n; k++)
			if (row_int(&r, k, 0) == o->author_id &&
				str_eq(row_str(&r, k, 1), o->client_key)) {
				o->again = true;
				o->message.chat_id = row_int(&r, k, 2);
				o->message.seq = row_int(&r, k, 3);
			}
		for (size_t k = 0; o->client_key.p && k < i && !o->again; k++) {
			struct outgoing *other = b->all[k];

			if (other->author_id == o->author_id &&
				str_eq(other->client_key, o->client_key))
				b->all[i]->outcome = ERR_CONTENTION;
		}
	}
	return e;
}

/* Those that were there before. */
static enum err find_again(struct db *db, struct batch *b)
{
	enum err e = OK;

	for (size_t i = 0; i < b->n && e == OK; i++) {
		struct outgoing *o = b->all[i];
		struct message_place place = { o->message.chat_id, o->message.seq };
		struct message *found;
		size_t n = 0;

		if (!o->again)
			continue;
		e = message_find(db, o->arena, &place, 1, &found, &n);
		if (e == OK && n == 0)
			o->outcome = ERR_NOT_FOUND;
		else if (e == OK)
			o->message = found[0];
	}
	return e;
}

/* Those of each message; most have none. Whose are not all there, or not all theirs, fails alone.
 */
static enum err find_files(struct db *db, struct batch *b)
{
	enum err e = OK;

	for (size_t i = 0; i < b->n && e == OK; i++) {
		struct outgoing *o = b->all[i];

		if (!o->files_n || o->again || o->outcome != OK ||
			!place_of(b, o->chat_id, o->author_id))
			continue;
		e = attach_find(db, o->arena, o->author_id, o->file_ids, o->files_n, &o->files);
		o->no_such_file = e == ERR_INVALID;
		if (o->no_such_file) {
			o->outcome = ERR_INVALID;
			e = OK;
		}
	}
	return e;
}

/* The chat moves on by one: for all of its rows, since each may be the one that is written. */
static void number(struct batch *b, struct place *mine, struct outgoing *o)
{
	int64_t seq = mine->last_seq + 1;

	mine->author_read = seq;
	for (size_t i = 0; i < b->places_n; i++) {
		struct place *p = &b->places[i];

		if (p->chat_id != mine->chat_id)
			continue;
		p->last_seq = seq;
		if (p->reader_id != o->author_id) {
			p->others_seq = p->reader_seq;
			p->reader_id = o->author_id;
		}
		p->reader_seq = seq;
	}
	o->message = (struct message){ .chat_id = o->chat_id,
		.seq = seq,
		.reply_to = o->reply_to,
		.author_id = o->author_id,
		.author_name = b->authors[mine - b->places].name,
		.author_image = b->authors[mine - b->places].image_path,
		.body = o->body,
		.files = o->files,
		.files_n = o->files_n,
		.created_ms = b->at_ms };
}

static void number_all(struct batch *b)
{
	b->to_write = 0;
	for (size_t i = 0; i < b->n; i++) {
		struct outgoing *o = b->all[i];
		struct place *p = place_of(b, o->chat_id, o->author_id);

		if (o->again || b->all[i]->outcome != OK)
			continue;
		if (!p) {
			b->all[i]->outcome = ERR_NOT_FOUND;
		} else if (o->reply_to > p->last_seq) {
			b->all[i]->outcome = ERR_INVALID;
		} else {
			number(b, p, o);
			b->to_write++;
		}
	}
}

static bool is_written(const struct batch *b, size_t i)
{
	return b->all[i]->outcome == OK && !b->all[i]->again;
}

static enum err write_chats(struct db *db, struct batch *b)
{
	struct arg rows[MOVE_VALUES * BATCH_MAX], *to = rows;
	const struct place *one = b->places;
	size_t n = 0;

	if (b->places_n == 1)
		return db_run(db, &move_one, as_int(one->last_seq), as_int(one->reader_id),
			as_int(one->reader_seq), as_int(one->others_seq), as_int(b->at_ms),
			as_int(one->author_read), as_int(one->chat_id), as_int(one->author_id));

	for (size_t i = 0; i < b->places_n; i++) {
		const struct place *p = &b->places[i];

		if (!p->author_read)
			continue;
		*to++ = as_int(p->chat_id);
		*to++ = as_int(p->author_id);
		*to++ = as_int(p->last_seq);
		*to++ = as_int(p->author_read);
		*to++ = as_int(p->reader_id);
		*to++ = as_int(p->reader_seq);
		*to++ = as_int(p->others_seq);
		*to++ = as_int(b->at_ms);
		n++;
	}
	return db_run_rows(db, &move_on, n, rows, n * MOVE_VALUES);
}

static enum err tell_hours(struct db *db, struct batch *b)
{
	struct arg chats[BATCH_MAX];
	size_t n = 0;

	for (size_t i = 0; i < b->places_n; i++) {
		const struct place *p = &b->places[i];

		if (p->author_read && p->hour != NO_HOUR && p->hour != b->at_ms / HOUR_MS)
			chats[n++] = as_int(p->chat_id);
	}
	return n ? db_run_rows(db, &tell_hour, n, chats, n) : OK;
}

static enum err write_keys(struct db *db, struct batch *b)
{
	struct arg rows[KEY_VALUES * BATCH_MAX], *to = rows;
	size_t n = 0;
	enum err e;

	for (size_t i = 0; i < b->n; i++) {
		const struct outgoing *o = b->all[i];

		if (!is_written(b, i) || !o->client_key.p)
			continue;
		*to++ = as_int(o->author_id);
		*to++ = as_text(o->client_key);
		*to++ = as_int(o->chat_id);
		*to++ = as_int(o->message.seq);
		n++;
	}
	e = n ? db_run_rows(db, &add_keys, n, rows, n * KEY_VALUES) : OK;
	/* Another process has just used one of them: look again. */
	return e == ERR_CONFLICT ? ERR_CONTENTION : e;
}

static enum err write_messages(struct db *db, struct batch *b, int64_t first)
{
	struct arg rows[MESSAGE_VALUES * BATCH_MAX], *to = rows;
	struct event events[BATCH_MAX];
	struct buf text = BUF_INIT(2 << 20);
	size_t n = 0;
	enum err e;

	for (size_t i = 0; i < b->n; i++) {
		struct message *m = &b->all[i]->message;
		struct writer w = { .to = &text };

		if (!is_written(b, i))
			continue;
		m->id = first + (int64_t)n;
		*to++ = as_int(m->chat_id);
		*to++ = as_int(m->seq);
		*to++ = as_int(m->id);
		*to++ = as_int(m->author_id);
		*to++ = m->reply_to ? as_int(m->reply_to) : as_text((struct str){ NULL, 0 });
		*to++ = as_text(m->body);
		*to++ = as_text(b->at);
		*to++ = as_int((int64_t)m->files_n);
		buf_clear(&text);
		message_members(&w, m);
		events[n++] = (struct event){ .type = STR("message"),
			.chat_id = m->chat_id,
			.data = arena_copy(b->arena, buf_as_str(&text)) };
	}
	buf_free(&text);
	e = db_run_rows(db, &add_messages, n, rows, n * MESSAGE_VALUES);
	for (size_t i = 0; i < b->n && e == OK; i++)
		if (is_written(b, i))
			e = attach_put(db, &b->all[i]->message);
	return e == OK ? event_put(db, first, events, n) : e;
}

/* The log's head is locked as late as can be: behind it every writer of the site stands in line. */
static enum err write_batch(struct db *db, void *context)
{
	struct batch *b = context;
	int64_t first = 0;
	enum err e;

	for (size_t i = 0; i < b->n; i++) {
		b->all[i]->outcome = OK;
		b->all[i]->again = b->all[i]->no_such_file = false;
	}
	b->last_id = 0;
	sort_by_chat(b);
	e = lock_places(db, b);
	if (e == OK)
		e = settle_known(db, b);
	if (e == OK)
		e = find_again(db, b);
	if (e == OK)
		e = find_files(db, b);
	if (e != OK)
		return e;
	number_all(b);
	if (b->to_write == 0)
		return OK;
	e = write_chats(db, b);
	if (e == OK)
		e = tell_hours(db, b);
	if (e == OK)
		e = write_keys(db, b);
	if (e == OK)
		e = event_take(db, (int64_t)b->to_write, &first);
	if (e == OK)
		e = write_messages(db, b, first);
	b->last_id = first + (int64_t)b->to_write - 1;
	return e;
}

/* The answer to COMMIT was lost. All of the batch is there or nothing; one message tells. It is
 * read with a lock, since the COMMIT may still be on its way. */
static enum err batch_happened(struct db *db, void *context)
{
	struct batch *b = context;
	struct rows r;

	for (size_t i = 0; i < b->n; i++) {
		const struct message *m = &b->all[i]->message;
		enum err e;

		if (!is_written(b, i))
			continue;
		e = db_select(db, b->arena, &is_there, &r, as_int(m->chat_id), as_int(m->seq),
			as_int(m->id), as_int(m->author_id), as_text(b->at));
		return e == OK && r.n == 0 ? ERR_NOT_FOUND : e;
	}
	return OK;
}

/* Names and pictures were read into the batch's arena; each sender keeps their own. */
static void hand_over(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct outgoing *o = b->all[i];

		if (!is_written(b, i))
			continue;
		o->message.author_name = arena_copy(o->arena, o->message.author_name);
		o->message.author_image = arena_copy(o->arena, o->message.author_image);
	}
}

void batch_write(struct page *page, struct db *db, struct outgoing **all, size_t n)
{
	struct arena arena;
	struct batch b = { .arena = &arena, .page = page, .all = all, .n = n };
	enum err e;

	arena_init(&arena);
	e = db_transaction(db, write_batch, batch_happened, &b);
	if (e == OK && b.last_id)
		event_ring(page, b.last_id);
	for (size_t i = 0; i < n; i++)
		all[i]->outcome = e == OK ? all[i]->outcome : e;
	if (e == OK)
		hand_over(&b);
	arena_free(&arena);
}
