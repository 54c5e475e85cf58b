#include "data/guess.h"

#include "core/clock.h"
#include "data/chat.h"

#include <stdlib.h>

enum {
	CHATS = 512,
	MEMBERS = 2048,
	FAILURES_MAX = 6,
	CLOCK_US = 60000000, /* so long ours tells the time of the database */
};

struct guesses {
	struct known_chat {
		int64_t chat_id, last_seq, hour;
		int failures, doubts; /* so often it is not guessed now */
	} chats[CHATS];
	struct known_member {
		int64_t chat_id, author_id;
	} members[MEMBERS];   /* who has written there: a stranger makes nobody guess */
	int64_t at_ms, at_us; /* when a database said last what time it was */
};

/* A place alone is the usual case: two updates of a row each, which the database does in three
 * quarters of the time that it takes for one of both. */
struct sql guess_one_step =
	SQL("UPDATE chat SET others_seq = IF(reader_id = ?, others_seq, reader_seq), "
	    "reader_id = ?, reader_seq = ?, last_seq = ?, active = ? "
	    "WHERE id = ? AND last_seq = ? AND hour = ? AND deleted_at IS NULL; "
	    "IF ROW_COUNT() <> 1 THEN SIGNAL SQLSTATE '45000'; END IF; "
	    "UPDATE member SET read_seq = GREATEST(read_seq, ?) WHERE chat_id = ? AND user_id = ?; "
	    "IF ROW_COUNT() <> 1 THEN SIGNAL SQLSTATE '45000'; END IF");
/* Rows that fill up find nothing. */
struct sql guess_step = SQL_ROWS("UPDATE (",
	"SELECT ? AS chat_id, ? AS user_id, ? AS was, ? AS last_seq, ? AS hour, ? AS active",
	" UNION ALL ",
	") v STRAIGHT_JOIN chat c ON c.id = v.chat_id AND c.last_seq = v.was "
	"AND c.deleted_at IS NULL AND c.hour = v.hour "
	"STRAIGHT_JOIN member m ON m.chat_id = v.chat_id AND m.user_id = v.user_id "
	"SET c.others_seq = IF(c.reader_id = v.user_id, c.others_seq, c.reader_seq), "
	"c.reader_id = v.user_id, c.reader_seq = v.last_seq, c.last_seq = v.last_seq, "
	"c.active = v.active, m.read_seq = GREATEST(m.read_seq, v.last_seq); "
	"IF ROW_COUNT() <> ? THEN SIGNAL SQLSTATE '45000'; END IF");

struct guesses *guesses_new(void)
{
	return must_alloc(sizeof(struct guesses));
}

void guesses_free(struct guesses *g)
{
	free(g);
}

static struct known_chat *chat_slot(struct guesses *g, int64_t chat_id)
{
	return &g->chats[(uint64_t)chat_id % CHATS];
}

static struct known_member *member_slot(struct guesses *g, int64_t chat_id, int64_t author_id)
{
	uint64_t h = (uint64_t)chat_id * 0x9e3779b97f4a7c15 + (uint64_t)author_id;

	return &g->members[(h ^ h >> 32) % MEMBERS];
}

static const struct known_chat *recall(
	struct guesses *g, int64_t chat_id, int64_t author_id, int64_t at_ms)
{
	const struct known_chat *c = chat_slot(g, chat_id);
	const struct known_member *m = member_slot(g, chat_id, author_id);
	bool is_known = c->chat_id == chat_id && m->chat_id == chat_id && m->author_id == author_id;
	bool is_same_hour = c->hour == NO_HOUR || c->hour == at_ms / HOUR_MS;

	return is_known && is_same_hour && !c->doubts ? c : NULL;
}

bool guess_places(struct guesses *g, struct arena *a, const int64_t *chat_ids,
	const int64_t *author_ids, size_t n, struct places *places)
{
	int64_t now_us = clock_us();

	if (now_us - g->at_us > CLOCK_US)
		return false;
	*places = (struct places){ .all = arena_alloc(a, sizeof *places->all * n),
		.at_ms = g->at_ms + (now_us - g->at_us) / 1000,
		.at_us = now_us,
		.guessed = true };
	for (size_t i = 0; i < n; i++) {
		struct place *last = places->n ? &places->all[places->n - 1] : NULL;
		const struct known_chat *c;

		if (last && last->chat_id == chat_ids[i] && last->author_id == author_ids[i])
			continue;
		c = recall(g, chat_ids[i], author_ids[i], places->at_ms);
		if (!c || (last && last->chat_id == chat_ids[i]))
			return false;
		places->all[places->n++] = (struct place){ .chat_id = c->chat_id,
			.author_id = author_ids[i],
			.last_seq = c->last_seq,
			.was = c->last_seq,
			.hour = c->hour,
			.author.id = author_ids[i] };
	}
	return true;
}

void guess_learn(struct guesses *g, const struct places *places)
{
	for (size_t i = 0; i < places->n; i++) {
		const struct place *p = &places->all[i];
		struct known_chat *c = chat_slot(g, p->chat_id);

		if (!p->author_read)
			continue;
		if (c->chat_id != p->chat_id)
			*c = (struct known_chat){ .chat_id = p->chat_id };
		c->last_seq = p->last_seq;
		c->hour = p->hour == NO_HOUR ? NO_HOUR : places->at_ms / HOUR_MS;
		if (places->guessed)
			c->failures = 0;
		else if (c->doubts)
			c->doubts--;
		*member_slot(g, p->chat_id, p->author_id) =
			(struct known_member){ p->chat_id, p->author_id };
	}
	if (places->guessed)
		return;
	g->at_ms = places->at_ms;
	g->at_us = places->at_us;
}

void guess_doubt(struct guesses *g, const struct places *places)
{
	for (size_t i = 0; i < places->n; i++) {
		const struct place *p = &places->all[i];
		struct known_chat *c = chat_slot(g, p->chat_id);

		c->failures += c->failures < FAILURES_MAX;
		c->doubts = 1 << c->failures;
		*member_slot(g, p->chat_id, p->author_id) = (struct known_member){ 0 };
	}
}

static struct arg *one_values(struct arg *to, const struct places *one)
{
	const struct place *p = one->all;

	*to++ = as_int(p->author_id);
	*to++ = as_int(p->author_id);
	*to++ = as_int(p->last_seq);
	*to++ = as_int(p->last_seq);
	*to++ = as_int(one->at_ms);
	*to++ = as_int(p->chat_id);
	*to++ = as_int(p->was);
	*to++ = as_int(p->hour);
	*to++ = as_int(p->last_seq);
	*to++ = as_int(p->chat_id);
	*to++ = as_int(p->author_id);
	return to;
}

struct arg *guess_values(struct arg *to, const struct places *places, size_t rows)
{
	if (places->n == 1)
		return one_values(to, places);
	for (size_t i = 0; i < rows; i++) {
		struct place none = { 0 };
		const struct place *p = i < places->n ? &places->all[i] : &none;

		*to++ = as_int(p->chat_id);
		*to++ = as_int(p->author_id);
		*to++ = as_int(p->was);
		*to++ = as_int(p->last_seq);
		*to++ = as_int(p->hour);
		*to++ = as_int(places->at_ms);
	}
	/* Of each a chat and a member. */
	*to++ = as_int(2 * (int64_t)places->n);
	return to;
}
