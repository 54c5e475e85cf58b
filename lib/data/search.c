/* How the newest places of a word are found without reading all of them
 *
 * A list is a word in a chat: one range of the index, ordered by message. A word that is sought in
 * all of one's chats is as many lists, and so is a beginning of words. First each list says its
 * newest place (one dive into the index per list). The newest places of all stand in the lists that
 * begin with the newest, so some of these are read on; what they yield is complete down to the
 * place where the next list begins or one of them was not read to its end. Then the same again from
 * there. Nothing is read that is not among the newest, but for one share per list. */
#include "data/search.h"

#include "data/indexing.h"
#include "data/sight.h"

#include <stdlib.h>

enum {
	LIMIT_MAX = 200,
	LISTS_MAX = 16384,
	PROBED_MAX = 8,
	FEW = 1000, /* a word with fewer places than this is rare enough to lead */
	PLACES_MAX = 24576,
	SHARE_MIN = 256,
	SHARE_MAX = 4096,
	NUMBERS_MAX = 8192, /* of the log behind the index */
	WINDOW = 1024,
	BYTES_MAX = 16 << 20, /* of messages that are read */
	ARM_VALUES = 6,
};

static struct sql count_places = SQL_ROWS("SELECT COUNT(*) FROM (SELECT 1 FROM word "
					  "WHERE word BETWEEN ? AND ? AND chat_id IN (",
	"?", ", ", ") LIMIT 1000) x");
static struct sql newest_of_each =
	SQL_ROWS("SELECT chat_id, word, MAX(id) FROM word "
		 "WHERE word BETWEEN ? AND ? AND id < ? AND chat_id IN (",
		"?", ", ", ") GROUP BY chat_id, word LIMIT 16385");
/* The same for one whole word. Grouping would read every place of it. */
static struct sql newest_of_word = SQL_ROWS("",
	"(SELECT chat_id, word, id FROM word WHERE chat_id = ? AND word = ? AND id < ? "
	"ORDER BY id DESC LIMIT 1)",
	" UNION ALL ", "");
static struct sql read_lists = SQL_ROWS("",
	"(SELECT ?, w.id, w.seq, EXISTS (SELECT 1 FROM word f WHERE f.chat_id = w.chat_id AND "
	"f.word = ? AND f.id = w.id) FROM word w WHERE w.chat_id = ? AND w.word = ? AND w.id <= ? "
	"ORDER BY w.id DESC LIMIT ?)",
	" UNION ALL ", "");
static struct sql behind_index =
	SQL("SELECT e.id, e.chat_id, e.seq FROM event e WHERE e.id > ? AND e.id <= ? "
	    "AND e.type = 'message' AND (? = 0 OR e.chat_id = ?) AND EXISTS "
	    "(SELECT 1 FROM member m WHERE m.chat_id = e.chat_id AND m.user_id = ?) "
	    "ORDER BY e.id DESC");
static struct sql bodies =
	SQL_ROWS("SELECT chat_id, seq, id, body FROM message WHERE (chat_id, seq) IN (", "(?, ?)",
		", ", ")");

/* A message that may be one. */
struct place {
	int64_t id, chat_id, seq;
};

struct list {
	int64_t chat_id, newest;
	struct str word;
};

struct hunt {
	struct db *db;
	struct arena *arena, *scratch; /* the scratch lasts for one share */
	struct search *search;
	int64_t *chat_ids;
	size_t chats_n;
	struct place hits[LIMIT_MAX + 1];
	size_t n;
	size_t bytes, places;
	int64_t position; /* every message with this id or a greater one was looked at */
	struct list *lists;
	size_t lists_n;
};

static bool is_over(const struct hunt *h)
{
	return h->n > (size_t)h->search->limit || h->bytes > BYTES_MAX;
}

/* --- whether a message is one --- */

static const struct str *body_of(const struct place *p, const struct rows *r, struct str *body)
{
	for (size_t i = 0; i < r->n; i++)
		if (row_int(r, i, 2) == p->id && row_int(r, i, 0) == p->chat_id) {
			*body = row_str(r, i, 3);
			return body;
		}
	return NULL;
}

/* Places in the order of answering; stops when the page is full. */
static enum err verify(struct hunt *h, const struct place *places, size_t count)
{
	struct arg args[2 * DB_ROWS_MAX];
	enum err e = OK;

	for (size_t i = 0, n; i < count && e == OK && !is_over(h); i += n) {
		struct rows r;
		struct str body;

		n = db_rows_of(count - i);
		for (size_t k = 0; k < n; k++) {
			args[2 * k] = as_int(places[i + k].chat_id);
			args[2 * k + 1] = as_int(places[i + k].seq);
		}
		e = db_select_rows(h->db, h->scratch, &bodies, n, &r, args, 2 * n);
		for (size_t k = 0; e == OK && k < n && !is_over(h); k++) {
			h->position = places[i + k].id;
			if (!body_of(&places[i + k], &r, &body))
				continue;
			h->bytes += body.n;
			if (words_found(h->scratch, &h->search->sought, body))
				h->hits[h->n++] = places[i + k];
		}
	}
	return e;
}

/* --- behind the index --- */

/* Back through the log, a window at a time. */
static enum err look_behind_index(struct hunt *h, int64_t indexed)
{
	const struct search *s = h->search;
	struct log_state log;
	int64_t last, least;
	enum err e = event_state(h->db, h->arena, &log);

	if (e != OK)
		return e;
	last = s->before - 1 < log.head ? s->before - 1 : log.head;
	least = last - NUMBERS_MAX > indexed ? last - NUMBERS_MAX : indexed;
	h->position = last + 1;
	while (e == OK && !is_over(h) && h->position - 1 > least) {
		int64_t until = h->position - 1,
			after = until - WINDOW > least ? until - WINDOW : least;
		struct place *places;
		struct rows r;

		arena_clear(h->scratch);
		e = db_select(h->db, h->scratch, &behind_index, &r, as_int(after), as_int(until),
			as_int(s->chat_id), as_int(s->chat_id), as_int(s->user_id));
		if (e != OK)
			break;
		places = arena_alloc(h->scratch, sizeof *places * (r.n + 1));
		for (size_t i = 0; i < r.n; i++)
			places[i] = (struct place){ row_int(&r, i, 0), row_int(&r, i, 1),
				row_int(&r, i, 2) };
		e = verify(h, places, r.n);
		if (e == OK && !is_over(h))
			h->position = after + 1;
	}
	return e;
}

/* --- lists --- */

/* The words that a key stands for, as a range: behind every word that begins with it is the byte
 * that no text has. */
static struct str end_of(struct arena *a, const struct sought_key *key)
{
	return key->prefix ? arena_printf(a, "%.*s\xf4\x8f\xbf\xbf", STR_ARG(key->word))
			   : key->word;
}

static enum err count_key(struct hunt *h, const struct sought_key *key, int64_t *count)
{
	struct arg args[2 + DB_ROWS_MAX] = { as_bytes(key->word), as_bytes(end_of(h->arena, key)) };
	enum err e = OK;

	*count = 0;
	for (size_t i = 0, n; i < h->chats_n && e == OK && *count < FEW; i += n) {
		struct rows r;

		n = db_rows_of(h->chats_n - i);
		for (size_t k = 0; k < n; k++)
			args[2 + k] = as_int(h->chat_ids[i + k]);
		e = db_select_rows(h->db, h->arena, &count_places, n, &r, args, 2 + n);
		*count += e == OK ? row_int(&r, 0, 0) : 0;
	}
	return e;
}

/* One chat alone would be a constant, and the server then reads the whole range instead of diving
 * from word to word: nobody's chat keeps it company. */
static enum err newest_places(struct hunt *h, const struct sought_key *key, const int64_t *chat_ids,
	size_t n, struct rows *r)
{
	struct arg args[3 + 3 * DB_ROWS_MAX], *to = args;

	if (!key->prefix) {
		for (size_t i = 0; i < n; i++) {
			*to++ = as_int(chat_ids[i]);
			*to++ = as_bytes(key->word);
			*to++ = as_int(h->position);
		}
		return db_select_rows(h->db, h->arena, &newest_of_word, n, r, args, 3 * n);
	}
	*to++ = as_text(key->word);
	*to++ = as_text(end_of(h->arena, key));
	*to++ = as_int(h->position);
	for (size_t i = 0; i < n; i++)
		*to++ = as_int(chat_ids[i]);
	if (n == 1)
		*to++ = as_int(0);
	return db_select_rows(
		h->db, h->arena, &newest_of_each, n == 1 ? 2 : n, r, args, (size_t)(to - args));
}

/* ERR_TOO_LARGE: more than can be kept. */
static enum err find_lists(struct hunt *h, const struct sought_key *key)
{
	enum err e = OK;

	h->lists = arena_alloc(h->arena, sizeof *h->lists * LISTS_MAX);
	h->lists_n = 0;
	for (size_t i = 0, n; i < h->chats_n && e == OK; i += n) {
		struct rows r;

		n = db_rows_of(h->chats_n - i);
		e = newest_places(h, key, h->chat_ids + i, n, &r);
		if (e == OK && h->lists_n + r.n > LISTS_MAX)
			return ERR_TOO_LARGE;
		for (size_t k = 0; e == OK && k < r.n; k++)
			h->lists[h->lists_n++] = (struct list){ row_int(&r, k, 0),
				row_int(&r, k, 2), row_str(&r, k, 1) };
	}
	return e;
}

static int newest_list_first(const void *a, const void *b)
{
	const struct list *x = a, *y = b;

	return (x->newest < y->newest) - (x->newest > y->newest);
}

static int newest_first(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->id < y->id) - (x->id > y->id);
}

/* What a share of the first k lists has brought. */
struct share {
	size_t k, per_list;
	struct rows rows;
	int64_t complete; /* behind this place it holds everything */
};

static enum err read_share(struct hunt *h, struct str filter, struct share *s)
{
	struct arg args[DB_ROWS_MAX * ARM_VALUES], *to = args;
	size_t counts[DB_ROWS_MAX] = { 0 };
	enum err e;

	for (size_t i = 0; i < s->k; i++) {
		const struct list *l = &h->lists[i];

		*to++ = as_int((int64_t)i);
		*to++ = as_bytes(filter.p ? filter : l->word);
		*to++ = as_int(l->chat_id);
		*to++ = as_bytes(l->word);
		*to++ = as_int(l->newest);
		*to++ = as_int((int64_t)s->per_list);
	}
	e = db_select_rows(h->db, h->scratch, &read_lists, s->k, &s->rows, args, s->k * ARM_VALUES);
	s->complete = s->k < h->lists_n ? h->lists[s->k].newest : 0;
	for (size_t i = 0; e == OK && i < s->rows.n; i++) {
		int64_t id = row_int(&s->rows, i, 1);

		if (++counts[row_int(&s->rows, i, 0)] == s->per_list && id > s->complete)
			s->complete = id;
	}
	return e;
}

/* Each list begins behind what was complete; those that are read to their end go. */
static void move_lists(struct hunt *h, const struct share *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->k; i++)
		h->lists[i].newest = 0;
	for (size_t i = 0; i < s->rows.n; i++) {
		struct list *l = &h->lists[row_int(&s->rows, i, 0)];
		int64_t id = row_int(&s->rows, i, 1);

		if (id <= s->complete && id > l->newest)
			l->newest = id;
	}
	for (size_t i = 0; i < h->lists_n; i++)
		if (h->lists[i].newest)
			h->lists[kept++] = h->lists[i];
	h->lists_n = kept;
}

static enum err look_through_share(struct hunt *h, const struct share *s)
{
	struct place *places = arena_alloc(h->scratch, sizeof *places * (s->rows.n + 1));
	size_t n = 0;
	enum err e;

	for (size_t i = 0; i < s->rows.n; i++)
		if (row_int(&s->rows, i, 1) > s->complete && row_int(&s->rows, i, 3))
			places[n++] = (struct place){ row_int(&s->rows, i, 1),
				h->lists[row_int(&s->rows, i, 0)].chat_id,
				row_int(&s->rows, i, 2) };
	if (n)
		qsort(places, n, sizeof *places, newest_first);
	/* One message may hold several of the words that begin alike. */
	for (size_t i = 1, kept = 1, all = n; i < all; i++) {
		if (places[i].id != places[kept - 1].id)
			places[kept++] = places[i];
		n = kept;
	}
	e = verify(h, places, n);
	if (e == OK && !is_over(h))
		h->position = s->complete + 1;
	return e;
}

static enum err look_through_lists(struct hunt *h, struct str filter)
{
	size_t share = SHARE_MIN;
	enum err e = OK;

	while (e == OK && h->lists_n && !is_over(h) && h->places < PLACES_MAX) {
		struct share s = { .k = db_rows_of(h->lists_n) };

		arena_clear(h->scratch);
		qsort(h->lists, h->lists_n, sizeof *h->lists, newest_list_first);
		s.per_list = share / s.k < 8 ? 8 : share / s.k;
		e = read_share(h, filter, &s);
		if (e == OK)
			e = look_through_share(h, &s);
		if (e == OK)
			move_lists(h, &s);
		h->places += s.rows.n;
		if (share < SHARE_MAX)
			share *= 2;
	}
	if (e == OK && h->lists_n == 0 && !is_over(h))
		h->position = 0;
	return e;
}

/* --- which word leads --- */

struct lead {
	const struct sought_key *key, *second;
	int64_t places, second_places;
};

/* The rarest leads, the next whole one filters. Of many words some are asked: reading decides. */
static enum err choose(struct hunt *h, struct lead *lead)
{
	const struct sought *s = &h->search->sought;
	size_t first = s->keys_n > PROBED_MAX ? s->keys_n - PROBED_MAX : 0;
	enum err e = OK;

	*lead = (struct lead){ 0 };
	for (size_t i = first; i < s->keys_n && e == OK; i++) {
		const struct sought_key *key = &s->keys[i];
		int64_t places;

		e = count_key(h, key, &places);
		if (e != OK)
			return e;
		if (!lead->key || places < lead->places) {
			if (lead->key && !lead->key->prefix) {
				lead->second = lead->key;
				lead->second_places = lead->places;
			}
			lead->key = key;
			lead->places = places;
		} else if (!key->prefix && (!lead->second || places < lead->second_places)) {
			lead->second = key;
			lead->second_places = places;
		}
	}
	return e;
}

static enum err look_through_index(struct hunt *h)
{
	struct sought *s = &h->search->sought;
	struct lead lead;
	enum err e = choose(h, &lead);

	if (e == OK && lead.places == 0) {
		h->position = 0;
		return OK;
	}
	if (e == OK)
		e = find_lists(h, lead.key);
	/* Too many words begin like this: another one leads, or it stands for itself alone. */
	if (e == ERR_TOO_LARGE) {
		if (!lead.second)
			words_seek_whole(s);
		e = find_lists(h, lead.second ? lead.second : &s->keys[s->keys_n - 1]);
		lead.second = NULL;
	}
	return e == OK ? look_through_lists(
				 h, lead.second ? lead.second->word : (struct str){ NULL, 0 })
		       : e;
}

/* --- the answer --- */

/* As they are now, and only what is theirs to read now. */
static enum err load(struct hunt *h, size_t shown, struct message **found, size_t *n)
{
	struct message_place places[DB_ROWS_MAX];
	enum err e = OK;

	*found = arena_alloc(h->arena, sizeof **found * (shown + 1));
	*n = 0;
	for (size_t i = 0, some; i < shown && e == OK; i += some) {
		struct message *messages;
		size_t got = 0;

		some = db_rows_of(shown - i);
		for (size_t k = 0; k < some; k++)
			places[k] = (struct message_place){ h->hits[i + k].chat_id,
				h->hits[i + k].seq };
		e = message_find_seen(
			h->db, h->arena, h->search->user_id, places, some, &messages, &got);
		for (size_t k = 0; k < some && e == OK; k++)
			for (size_t m = 0; m < got; m++)
				if (messages[m].id == h->hits[i + k].id &&
					!messages[m].deleted_ms &&
					words_found(
						h->scratch, &h->search->sought, messages[m].body))
					(*found)[(*n)++] = messages[m];
	}
	return e;
}

static enum err hunt(struct hunt *h)
{
	const struct search *s = h->search;
	int64_t indexed = 0;
	enum err e = OK;

	if (s->chat_id) {
		h->chat_ids = arena_alloc(h->arena, sizeof *h->chat_ids);
		h->chat_ids[h->chats_n++] = s->chat_id;
	} else {
		e = sight_chats_of(h->db, h->arena, s->user_id, &h->chat_ids, &h->chats_n);
	}
	if (e == OK)
		e = indexed_up_to(h->db, h->arena, &indexed);
	if (e == OK)
		e = look_behind_index(h, indexed);
	/* Where the share ended before the index begins, the next call goes on. */
	if (e == OK && !is_over(h) && h->position <= indexed + 1)
		e = look_through_index(h);
	return e;
}

enum err search_messages(struct db *db, struct arena *a, struct search *s, struct message **found,
	size_t *n, int64_t *next)
{
	struct arena scratch;
	struct hunt h = { .db = db, .arena = a, .scratch = &scratch, .search = s };
	size_t shown;
	enum err e;

	arena_init(&scratch);
	e = hunt(&h);
	shown = h.n > (size_t)s->limit ? (size_t)s->limit : h.n;
	*next = 0;
	if (h.n > (size_t)s->limit)
		*next = h.hits[shown - 1].id;
	else if (h.position > 1)
		*next = h.position;
	if (e == OK)
		e = load(&h, shown, found, n);
	arena_free(&scratch);
	return e;
}
