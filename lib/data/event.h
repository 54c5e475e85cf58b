/* event.h - the one log of changes: numbering, writing, reading.
 *
 * A change and its events are one transaction. Its last steps are event_take(), which locks the
 * head of the log until commit and hands out numbers, and event_put(), which writes the rows. So
 * numbers come in the order of commits, without holes. After the commit, and not before,
 * event_ring() tells who waits. */
#ifndef DATA_EVENT_H
#define DATA_EVENT_H

#include "core/page.h"
#include "core/tape.h"
#include "core/writer.h"
#include "data/db.h"

struct log_state {
	int64_t epoch, head, floor;
};

struct event {
	int64_t id, chat_id, user_id, at_ms; /* 0: none */
	struct str type;
	/* The members of the JSON object behind the common ones: `"seq":5,"emoji":"…"`. Of a
	 * `message` it is what follows the id within the message, which is the event's own id. */
	struct str data;
};

/* The epoch of the log
 *
 * A restored backup ends the log at an earlier number than clients have seen. Were it to go on from
 * there in the same epoch, their cursors would step over what comes next. So the epoch moves on:
 * `bellhop restored` does it, and the programs do it by themselves, from what the shared page knows
 * to be on disk. Whoever takes a number that is on disk already has the proof in hand: they hold
 * the head's lock, and what was known before they did cannot have come after. That writer moves the
 * epoch on in its own transaction, so not one event is told in the old one. */

/* The page that this process goes by, and the tape if it has one; before anything is written. */
void event_watch(struct page *page, struct tape *tape);
/* Inside a transaction, after everything else was locked: the next n numbers, beginning with
 * *first. */
enum err event_take(struct db *db, int64_t n, int64_t *first);
/* The two as steps of a block (data/block.h), for who sends messages: each event's number is how
 * far it stands before the last one. The values are written at `to`, and what is behind them
 * returned. An error that event_doubts(): everything is to be begun anew, with event_settle()
 * before the block and `settled` in it. */
extern struct sql event_take_step, event_put_step;
enum { EVENT_TAKE_VALUES = 2, EVENT_PUT_VALUES = 6 };
struct arg *event_take_values(struct arg *to, int64_t n, bool settled);
struct arg *event_put_values(struct arg *to, int64_t behind, const struct event *e, struct str at);
bool event_doubts(struct db *db, enum err e);
enum err event_settle(struct db *db);

/* Moves the epoch on; or does so if the log ends before what is known to be on disk. */
enum err event_new_epoch(struct db *db);
enum err event_check(struct db *db, struct arena *a, struct page *page);
/* Writes n events with the numbers first, first + 1, …; their ids are filled in. */
enum err event_put(struct db *db, int64_t first, struct event *events, size_t n);
/* After commit, and before it is told: n messages of which the last has that number, for who hears
 * the bell on this machine. */
void event_tape(struct page *page, const struct event *events, size_t n, int64_t last);
/* After commit: everything up to `last` is on disk. Once that is said, who asks is told of it
 * (live_has_heard); who waits is woken by the bell. */
void event_written(struct page *page, int64_t last);
/* Both. */
void event_ring(struct page *page, int64_t last);
/* What was read of the log: the page goes by its epoch from now on. */
void event_follow(struct page *page, const struct log_state *s);
/* Whether the page knows of a later epoch than this one. */
bool event_is_over(const struct page *page, int64_t epoch);

enum err event_state(struct db *db, struct arena *a, struct log_state *s);
/* With what was just read, as often as one likes. What can be read of a log need not be on disk
 * yet; what was its head a second ago is, whoever died before ringing, unless the database has
 * fallen behind that meanwhile. */
void event_tick(struct page *page, const struct log_state *now);
/* The same for who has just begun: the page may be new, or of another epoch. */
void event_begin(struct page *page, const struct log_state *now);
/* Up to where the log is on disk for certain; but a page that is further behind than `most` has not
 * heard of it for long, and does not hold anybody up. */
int64_t event_durable(const struct page *page, const struct log_state *now, int64_t most);
/* The events after `after`, at most up to `until` and `limit` of them, ending before the first
 * number that is missing: an InnoDB snapshot is not atomic, so n + 1 may be seen before n, and n
 * must not be stepped over. */
enum err event_read(struct db *db, struct arena *a, int64_t after, int64_t until, int64_t limit,
	struct event **events, size_t *n);
/* The same for who follows the log as it grows: without the database, where the tape has all of
 * them; else false. */
bool event_overhear(struct arena *a, int64_t epoch, int64_t after, int64_t until,
	struct event **events, size_t *n);
/* What was said in an earlier event is unsaid: a message that was edited or deleted. */
enum err event_rewrite(struct db *db, int64_t id, struct str data);

void event_json(struct writer *w, const char *key, const struct event *e);

#endif
