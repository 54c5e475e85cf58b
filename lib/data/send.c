#include "data/send.h"

#include "core/clock.h"
#include "core/turn.h"
#include "data/batch.h"
#include "data/guess.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { TRIES_MAX = 5, GAP_US = 250, GATHER_US = 10 * GAP_US };

struct sender {
	struct page *page;
	struct guesses *guesses; /* of who writes */
	struct db *db;           /* NULL: it has no thread; used by who writes */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct outgoing *first, **end; /* what waits */
	size_t waiting, last;          /* how many, and how many there were in the last batch */
	int64_t ended_us;              /* when that had been written */
	bool writing, gathering, ending;
};

static void join(struct sender *s, struct outgoing *o)
{
	o->next = NULL;
	*s->end = o;
	s->end = &o->next;
	s->waiting++;
}

static size_t take(struct sender *s, struct outgoing *all[BATCH_MAX])
{
	size_t n = 0;

	while (n < BATCH_MAX && s->first) {
		all[n++] = s->first;
		s->first = s->first->next;
	}
	if (!s->first)
		s->end = &s->first;
	s->waiting -= n;
	s->last = n;
	return n;
}

/* Contention is not the sender's fault: it is tried again, together with what has come meanwhile.
 */
static bool once_more(struct outgoing *o)
{
	return o->outcome == ERR_CONTENTION && ++o->tries < TRIES_MAX;
}

/* Takes what waits and writes it; the lock is held, but not meanwhile. Who sent is answered first,
 * and then the bell is rung for all others: whoever hears it may be busy for long, on the very
 * processor that would have answered, while those who sent could be sending again. */
static void write_once(struct sender *s)
{
	struct outgoing *all[BATCH_MAX];
	size_t n = take(s, all), again = 0;
	int64_t ended_us;

	s->writing = true;
	pthread_mutex_unlock(&s->lock);
	batch_write(s->page, s->db, s->guesses, all, n);
	ended_us = clock_us();
	for (size_t i = 0; i < n; i++)
		if (once_more(all[i]))
			all[again++] = all[i];
		else
			all[i]->done(all[i]);
	page_ring(s->page);
	pthread_mutex_lock(&s->lock);
	s->writing = false;
	s->ended_us = ended_us;
	for (size_t i = 0; i < again; i++)
		join(s, all[i]);
}

static bool is_enough(const struct sender *s)
{
	return s->waiting >= s->last || s->ending;
}

/* Whose messages went together get their answers together, and those who go on at once are as many
 * again within a moment. To write what the first of them sends would part them for good: half of
 * them would wait for the other half, each time, at the cost of two batches instead of one. So they
 * are waited for, as long as they keep coming. Who is alone does not wait. */
static void gather(struct sender *s)
{
	int64_t end_us = s->ended_us + GATHER_US;
	size_t before = 0;

	s->gathering = true;
	while (!is_enough(s) && s->waiting > before && clock_us() < end_us) {
		struct timespec gap;

		before = s->waiting;
		clock_gettime(CLOCK_MONOTONIC, &gap);
		gap.tv_nsec += GAP_US * 1000;
		gap.tv_sec += gap.tv_nsec / 1000000000;
		gap.tv_nsec %= 1000000000;
		while (!is_enough(s) &&
			pthread_cond_clockwait(&s->more, &s->lock, CLOCK_MONOTONIC, &gap) == 0)
			;
	}
	s->gathering = false;
}

static void *write_on(void *sender)
{
	struct sender *s = sender;

	pthread_mutex_lock(&s->lock);
	while (s->first || s->writing || !s->ending) {
		if (!s->first || s->writing) {
			pthread_cond_wait(&s->more, &s->lock);
			continue;
		}
		gather(s);
		/* Somebody else may have been faster meanwhile. */
		if (s->first && !s->writing)
			write_once(s);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct sender *sender_new(struct page *page, const struct conf *c, bool alone)
{
	struct sender *s = must_alloc(sizeof *s);

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->more, NULL);
	s->end = &s->first;
	s->page = page;
	if (alone)
		return s;
	s->db = db_new_writer(c);
	s->guesses = guesses_new();
	if (pthread_create(&s->thread, NULL, write_on, s))
		abort();
	return s;
}

void sender_free(struct sender *s)
{
	pthread_mutex_lock(&s->lock);
	s->ending = true;
	pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
	if (s->db)
		pthread_join(s->thread, NULL);
	db_free(s->db);
	guesses_free(s->guesses);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void message_post(struct sender *s, struct outgoing *o)
{
	pthread_mutex_lock(&s->lock);
	join(s, o);
	if (!s->writing && (!s->gathering || is_enough(s)))
		pthread_cond_signal(&s->more);
	pthread_mutex_unlock(&s->lock);
}

struct waiting {
	pthread_mutex_t lock;
	pthread_cond_t told;
	bool done;
};

static void tell(struct outgoing *o)
{
	struct waiting *w = o->context;

	pthread_mutex_lock(&w->lock);
	w->done = true;
	pthread_cond_signal(&w->told);
	pthread_mutex_unlock(&w->lock);
}

enum err message_send(struct sender *s, struct db *db, struct outgoing *o)
{
	struct waiting w = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

	if (!s->db) {
		do
			batch_write(s->page, db, NULL, &o, 1);
		while (once_more(o));
		page_ring(s->page);
		return o->outcome;
	}
	o->done = tell;
	o->context = &w;
	turn_pass();
	pthread_mutex_lock(&s->lock);
	join(s, o);
	/* Whoever finds nobody writing does it: a lone message need not wake a thread, nor be told
	 * by one. What has come meanwhile is the thread's. */
	if (!s->writing) {
		write_once(s);
		if (s->first || s->ending)
			pthread_cond_signal(&s->more);
	}
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_lock(&w.lock);
	while (!w.done)
		pthread_cond_wait(&w.told, &w.lock);
	pthread_mutex_unlock(&w.lock);
	return o->outcome;
}
