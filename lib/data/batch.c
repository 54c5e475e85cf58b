#include "data/batch.h"

#include "core/clock.h"
#include "data/attach.h"
#include "data/block.h"
#include "data/guess.h"

enum {
	MESSAGE_VALUES = 8,
	KEY_VALUES = 4,
	VALUES_MAX = PLACE_MOVE_VALUES + GUESS_ONE_VALUES + EVENT_TAKE_VALUES + 1 +
		     (GUESS_VALUES + KEY_VALUES + MESSAGE_VALUES + EVENT_PUT_VALUES) * BATCH_MAX,
};

static struct sql known_keys = SQL_ROWS(
	"SELECT author_id, client_key, chat_id, seq FROM sent WHERE (author_id, client_key) IN (",
	"(?, ?)", ", ", ")");
static struct sql add_keys = SQL_ROWS(
	"INSERT INTO sent (author_id, client_key, chat_id, seq) VALUES ", "(?, ?, ?, ?)", ", ", "");
static struct sql add_messages = SQL_ROWS(
	"INSERT INTO message (chat_id, seq, id, author_id, reply_to, body, created_at, files) "
	"VALUES ",
	"(?, ?, LAST_INSERT_ID() - ?, ?, ?, ?, ?, ?)", ", ", "");
/* The chat first: whoever still holds it may write the message yet. */
static struct sql is_there = SQL("SELECT STRAIGHT_JOIN m.id FROM chat c JOIN message m "
				 "ON m.chat_id = c.id AND m.seq = ? AND m.author_id = ? "
				 "AND m.created_at = ? WHERE c.id = ? LOCK IN SHARE MODE");
/* The log's head is locked as late as can be: behind it every writer of the site stands in line.
 * What moves a single chat on goes along, and so do the keys if all messages have one; and where
 * the places are guessed there is nothing before it. The messages come last and tell their numbers:
 * no program but `poll` and `bridge` reads the whole log, which it would have to for that. */
static struct block tail = BLOCK(&event_take_step, &event_put_step, &add_messages);
static struct block one_chat =
	BLOCK(&place_move_step, &place_read_step, &event_take_step, &event_put_step, &add_messages);
static struct block one_chat_keyed = BLOCK(&place_move_step, &place_read_step, &add_keys,
	&event_take_step, &event_put_step, &add_messages);

#define GUESSED(...)                                                                               \
	{                                                                                          \
		.steps = { __VA_ARGS__, &event_take_step, &event_put_step, &add_messages },        \
		.undivided = true                                                                  \
	}

/* By whether there are several places, and whether there are keys. */
static struct block guessed[2][2] = {
	{ GUESSED(&guess_one_step), GUESSED(&guess_one_step, &add_keys) },
	{ GUESSED(&guess_step), GUESSED(&guess_step, &add_keys) },
};

struct batch {
	struct arena *arena;
	struct page *page;
	struct guesses *guesses; /* NULL: it has had its guess */
	struct outgoing **all;
	size_t n, to_write;
	struct places places;
	struct str at; /* now, as SQL takes it */
	bool settles;  /* the log's epoch, first */
	int64_t last_id;
	struct event events[BATCH_MAX]; /* of those that are written */
};

static struct str moment(struct arena *a, int64_t ms)
{
	char text[CLOCK_TEXT_BYTES];

	clock_text(ms, text);
	text[10] = ' ';
	text[23] = 0;
	return arena_copy(a, str_of(text));
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

/* Only what one block can write is. */
static bool can_guess(const struct batch *b)
{
	bool keyed = b->all[0]->client_key.p != NULL;

	for (size_t i = 0; i < b->n; i++)
		if (b->all[i]->files_n || (b->all[i]->client_key.p != NULL) != keyed)
			return false;
	return b->guesses && !b->settles && block_may_be_taken();
}

/* What would be refused by a guess may be right. */
static bool replies_to_known(const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->all[i]->reply_to &&
			b->all[i]->reply_to >
				places_find(&b->places, b->all[i]->chat_id, b->all[i]->author_id)
					->last_seq)
			return false;
	return true;
}

static enum err find_places(struct db *db, struct batch *b)
{
	int64_t chats[BATCH_MAX], authors[BATCH_MAX];
	enum err e;

	for (size_t i = 0; i < b->n; i++) {
		chats[i] = b->all[i]->chat_id;
		authors[i] = b->all[i]->author_id;
	}
	if (can_guess(b) && guess_places(b->guesses, b->arena, chats, authors, b->n, &b->places) &&
		replies_to_known(b)) {
		e = places_name(db, b->page, b->arena, &b->places);
	} else {
		e = places_lock(db, b->page, b->arena, chats, authors, b->n, &b->places);
	}
	b->at = moment(b->arena, b->places.at_ms);
	return e;
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
			!places_find(&b->places, o->chat_id, o->author_id))
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

static void number(struct batch *b, struct place *p, struct outgoing *o)
{
	places_move(&b->places, p);
	o->message = (struct message){ .chat_id = o->chat_id,
		.seq = p->last_seq,
		.reply_to = o->reply_to,
		.author_id = o->author_id,
		.author_name = p->author.name,
		.author_image = p->author.image_path,
		.body = o->body,
		.files = o->files,
		.files_n = o->files_n,
		.created_ms = b->places.at_ms };
}

static void number_all(struct batch *b)
{
	b->to_write = 0;
	for (size_t i = 0; i < b->n; i++) {
		struct outgoing *o = b->all[i];
		struct place *p = places_find(&b->places, o->chat_id, o->author_id);

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

static struct arg *key_values(struct arg *to, const struct batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct outgoing *o = b->all[i];

		if (!is_written(b, i) || !o->client_key.p)
			continue;
		*to++ = as_int(o->author_id);
		*to++ = as_text(o->client_key);
		*to++ = as_int(o->chat_id);
		*to++ = as_int(o->message.seq);
	}
	return to;
}

/* Their numbers are not known before the block has run: each says how far it is from the last. */
static struct arg *message_values(struct arg *to, const struct batch *b)
{
	int64_t behind = (int64_t)b->to_write;

	for (size_t i = 0; i < b->n; i++) {
		const struct message *m = &b->all[i]->message;

		if (!is_written(b, i))
			continue;
		*to++ = as_int(m->chat_id);
		*to++ = as_int(m->seq);
		*to++ = as_int(--behind);
		*to++ = as_int(m->author_id);
		*to++ = m->reply_to ? as_int(m->reply_to) : as_text((struct str){ NULL, 0 });
		*to++ = as_text(m->body);
		*to++ = as_text(b->at);
		*to++ = as_int((int64_t)m->files_n);
	}
	return to;
}

static struct arg *event_values(struct arg *to, struct batch *b)
{
	int64_t behind = (int64_t)b->to_write;
	struct event *e = b->events;
	struct buf text = BUF_INIT(2 << 20);

	for (size_t i = 0; i < b->n; i++) {
		const struct message *m = &b->all[i]->message;
		struct writer w = { .to = &text };

		if (!is_written(b, i))
			continue;
		buf_clear(&text);
		message_members(&w, m);
		*e = (struct event){ .type = STR("message"),
			.chat_id = m->chat_id,
			.at_ms = m->created_ms,
			.data = arena_copy(b->arena, buf_as_str(&text)) };
		to = event_put_values(to, --behind, e++, b->at);
	}
	buf_free(&text);
	return to;
}

static void number_messages(struct batch *b, int64_t last)
{
	int64_t id = last - (int64_t)b->to_write;

	b->last_id = last;
	for (size_t i = 0; i < b->n; i++)
		if (is_written(b, i))
			b->all[i]->message.id = ++id;
}

static enum err write_files(struct db *db, struct batch *b)
{
	enum err e = OK;

	for (size_t i = 0; i < b->n && e == OK; i++)
		if (is_written(b, i))
			e = attach_put(db, &b->all[i]->message);
	return e;
}

static enum err write_all(struct db *db, struct batch *b)
{
	struct arg keys[KEY_VALUES * BATCH_MAX], values[VALUES_MAX], *to = values;
	size_t keys_n = (size_t)(key_values(keys, b) - keys) / KEY_VALUES;
	bool keyed = keys_n == b->to_write, is_guess = b->places.guessed,
	     at_once = is_guess ||
		       (b->places.n == 1 && !places_tell(&b->places) && (keys_n == 0 || keyed));
	int64_t last = 0;
	enum err e = write_files(db, b);

	if (e == OK && !at_once)
		e = places_write(db, &b->places);
	if (e == OK && !at_once && keys_n)
		e = db_run_rows(db, &add_keys, keys_n, keys, keys_n * KEY_VALUES);
	if (e == OK && b->settles)
		e = event_settle(db);
	if (e != OK)
		return e;
	if (is_guess)
		to = guess_values(to, &b->places, b->to_write);
	else if (at_once)
		to = place_move_values(to, &b->places);
	if (at_once && keyed)
		to = key_values(to, b);
	to = event_take_values(to, (int64_t)b->to_write, b->settles);
	to = event_values(to, b);
	to = message_values(to, b);
	e = block_commit(db, b->arena,
		is_guess  ? &guessed[b->places.n > 1][keyed]
		: at_once ? (keyed ? &one_chat_keyed : &one_chat)
			  : &tail,
		b->to_write, values, (size_t)(to - values), &last);
	if (e == OK)
		number_messages(b, last);
	return e;
}

static enum err write_batch(struct db *db, void *context)
{
	struct batch *b = context;
	bool wrong_guess;
	enum err e;

	for (size_t i = 0; i < b->n; i++) {
		b->all[i]->outcome = OK;
		b->all[i]->again = b->all[i]->no_such_file = false;
	}
	b->last_id = 0;
	sort_by_chat(b);
	e = find_places(db, b);
	if (e == OK && !b->places.guessed)
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
	e = write_all(db, b);
	b->settles = event_doubts(db, e);
	wrong_guess = e == ERR_INTERNAL && db_signalled(db);
	if (wrong_guess)
		guess_doubt(b->guesses, &b->places);
	b->guesses = NULL;
	/* Look again; ERR_CONFLICT: one of the keys was used before. */
	return e == ERR_CONFLICT || wrong_guess || b->settles ? ERR_CONTENTION : e;
}

/* The answer to COMMIT was lost. All of the batch is there or nothing; one message tells. It is
 * read with a lock, since the COMMIT, and all that goes with it, may still be on its way. */
static enum err batch_happened(struct db *db, void *context)
{
	struct batch *b = context;
	struct rows r;

	for (size_t i = 0; i < b->n; i++) {
		const struct message *m = &b->all[i]->message;
		enum err e;

		if (!is_written(b, i))
			continue;
		e = db_select(db, b->arena, &is_there, &r, as_int(m->seq), as_int(m->author_id),
			as_text(b->at), as_int(m->chat_id));
		if (e == OK && r.n)
			number_messages(b, row_int(&r, 0, 0) + (int64_t)b->to_write - 1);
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

void batch_write(
	struct page *page, struct db *db, struct guesses *guesses, struct outgoing **all, size_t n)
{
	struct arena arena;
	struct batch b = { .arena = &arena, .page = page, .guesses = guesses, .all = all, .n = n };
	enum err e;

	arena_init(&arena);
	e = db_transaction(db, write_batch, batch_happened, &b);
	if (e == OK && b.last_id) {
		event_tape(page, b.events, b.to_write, b.last_id);
		event_written(page, b.last_id);
		if (guesses)
			guess_learn(guesses, &b.places);
	}
	for (size_t i = 0; i < n; i++)
		all[i]->outcome = e == OK ? all[i]->outcome : e;
	if (e == OK)
		hand_over(&b);
	arena_free(&arena);
}
