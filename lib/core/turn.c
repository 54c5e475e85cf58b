#include "core/turn.h"

#include <pthread.h>
#include <time.h>

/* Who waits, the last to come first: its memory is still warm, and its connection to the database
 * open. So a site with little to do uses few of its threads, and the others end. */
struct waiting {
	struct waiting *next;
	pthread_cond_t call;
	bool called;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct waiting *first;
static int turns, patience_s;
static void (*nobody_waits)(void);
static bool closed;
static _Thread_local bool mine;

void turn_open(int n, int idle_s, void (*nobody)(void))
{
	pthread_mutex_lock(&lock);
	turns = n;
	patience_s = idle_s;
	nobody_waits = nobody;
	closed = false;
	pthread_mutex_unlock(&lock);
}

static void leave(struct waiting *me)
{
	struct waiting **link = &first;

	while (*link != me)
		link = &(*link)->next;
	*link = me->next;
}

/* Under the lock. Whoever was called may come too late: somebody who need not be woken was faster.
 */
static void wait_for_turn(void)
{
	struct waiting me = { first, PTHREAD_COND_INITIALIZER, false };
	struct timespec until;
	bool idle = false;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += patience_s;
	first = &me;
	while (turns == 0 && !closed && !idle) {
		me.called = false;
		idle = pthread_cond_clockwait(&me.call, &lock, CLOCK_MONOTONIC, &until) != 0;
	}
	leave(&me);
	pthread_cond_destroy(&me.call);
}

bool turn_take(void)
{
	if (mine)
		return true;
	pthread_mutex_lock(&lock);
	if (turns == 0 && !closed)
		wait_for_turn();
	mine = turns > 0;
	turns -= mine;
	pthread_mutex_unlock(&lock);
	return mine;
}

void turn_pass(void)
{
	struct waiting *w;
	bool nobody;

	if (!mine)
		return;
	mine = false;
	pthread_mutex_lock(&lock);
	turns++;
	nobody = !first && !closed;
	for (w = first; w && w->called; w = w->next)
		;
	if (w) {
		w->called = true;
		pthread_cond_signal(&w->call);
	}
	pthread_mutex_unlock(&lock);
	if (nobody)
		nobody_waits();
}

void turn_close(void)
{
	pthread_mutex_lock(&lock);
	closed = true;
	for (struct waiting *w = first; w; w = w->next)
		pthread_cond_signal(&w->call);
	pthread_mutex_unlock(&lock);
}
