#include "data/reaction.h"

#include "core/emoji.h"

static struct sql reactions_of =
	SQL_ROWS("SELECT chat_id, seq, emoji, user_id FROM reaction WHERE (chat_id, seq) IN (",
		"(?, ?)", ", ", ") ORDER BY chat_id, seq, emoji, user_id");
static struct sql kinds_of =
	SQL("SELECT DISTINCT emoji FROM reaction WHERE chat_id = ? AND seq = ?");

static struct message *find(struct message *messages, size_t n, int64_t chat_id, int64_t seq)
{
	for (size_t i = 0; i < n; i++)
		if (messages[i].seq == seq && messages[i].chat_id == chat_id)
			return &messages[i];
	return NULL;
}

static void count_one(struct arena *a, struct message *m, struct str emoji, int64_t user_id)
{
	struct reaction *r = m->reactions_n ? &m->reactions[m->reactions_n - 1] : NULL;

	if (!m->reactions)
		m->reactions = arena_alloc(a, sizeof *m->reactions * REACTION_KINDS_MAX);
	if (!r || !str_eq(r->emoji, emoji)) {
		if (m->reactions_n == REACTION_KINDS_MAX)
			return;
		r = &m->reactions[m->reactions_n++];
		r->emoji = emoji;
	}
	r->count++;
	if (r->n < (int)(sizeof r->user_ids / sizeof *r->user_ids))
		r->user_ids[r->n++] = user_id;
}

/* One question for all of a page that have any; most pages have none and cost nothing. */
enum err reaction_load(struct db *db, struct arena *a, struct message *messages, size_t n)
{
	struct arg places[2 * DB_ROWS_MAX];
	size_t wanted = 0, i = 0;
	enum err e = OK;

	while (i < n && e == OK) {
		struct rows r;

		for (wanted = 0; i < n && wanted < DB_ROWS_MAX; i++) {
			if (messages[i].reactions_n == 0)
				continue;
			messages[i].reactions_n = 0;
			places[2 * wanted] = as_int(messages[i].chat_id);
			places[2 * wanted++ + 1] = as_int(messages[i].seq);
		}
		if (wanted == 0)
			break;
		e = db_select_rows(db, a, &reactions_of, wanted, &r, places, 2 * wanted);
		for (size_t k = 0; e == OK && k < r.n; k++)
			count_one(a, find(messages, n, row_int(&r, k, 0), row_int(&r, k, 1)),
				row_str(&r, k, 2), row_int(&r, k, 3));
	}
	return e;
}

enum err reaction_kind(
	struct db *db, struct arena *a, int64_t chat_id, int64_t seq, struct str *emoji)
{
	char mine[EMOJI_BYTES_MAX], theirs[EMOJI_BYTES_MAX];
	size_t n = emoji_form(*emoji, mine);
	struct rows r;
	enum err e = db_select(db, a, &kinds_of, &r, as_int(chat_id), as_int(seq));

	for (size_t i = 0; e == OK && i < r.n; i++)
		if (emoji_form(row_str(&r, i, 0), theirs) == n && memcmp(mine, theirs, n) == 0) {
			*emoji = row_str(&r, i, 0);
			return OK;
		}
	return e == OK && r.n >= REACTION_KINDS_MAX ? ERR_CONFLICT : e;
}
