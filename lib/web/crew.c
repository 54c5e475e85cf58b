#include "web/crew.h"

#include "core/log.h"
#include "web/app.h"
#include "web/gate.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { STACK_BYTES = 512 * 1024, ASIDE_MAX = 1000 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t fewer;
	pthread_attr_t small;
	struct host *host;
	pthread_t gone; /* the thread that ended last, if `any_gone`: the next one joins it */
	bool any_gone;
	int wanted; /* so many serve at most, or wait for somebody to serve */
	int all, aside;
} crew = { .lock = PTHREAD_MUTEX_INITIALIZER, .fewer = PTHREAD_COND_INITIALIZER };

static _Thread_local bool stands_aside;

/* Whether the thread goes on: who has stood aside comes back to a place that is taken. */
static bool is_wanted(void)
{
	bool wanted;

	pthread_mutex_lock(&crew.lock);
	wanted = crew.all - crew.aside <= crew.wanted;
	if (!wanted)
		crew.all--;
	pthread_mutex_unlock(&crew.lock);
	return wanted;
}

/* The last thing a thread does. Nobody waits for it but the one that leaves next. */
static void leave(bool counts)
{
	pthread_t before;
	bool any;

	pthread_mutex_lock(&crew.lock);
	any = crew.any_gone;
	before = crew.gone;
	crew.gone = pthread_self();
	crew.any_gone = true;
	crew.all -= counts;
	pthread_cond_signal(&crew.fewer);
	pthread_mutex_unlock(&crew.lock);
	if (any)
		pthread_join(before, NULL);
}

static void rest(void *worker)
{
	worker_rest(worker);
}

static void *work(void *host)
{
	struct worker w;
	struct gate_fastcgi *f = gate_fastcgi_new(rest, &w);
	bool wanted = true;
	struct gate gate;

	worker_init(&w, host);
	while (wanted && gate_fastcgi_next(f, &gate)) {
		serve(&w, &gate);
		gate_fastcgi_done(f);
		crew_return();
		wanted = is_wanted();
	}
	worker_free(&w);
	gate_fastcgi_free(f);
	leave(wanted);
	return NULL;
}

/* Under the lock. */
static bool add_one(void)
{
	pthread_t thread;

	if (pthread_create(&thread, &crew.small, work, crew.host))
		return false;
	crew.all++;
	return true;
}

bool crew_stand_aside(void)
{
	bool may;

	if (stands_aside || !crew.host)
		return true;
	pthread_mutex_lock(&crew.lock);
	may = crew.aside < ASIDE_MAX && (crew.all - crew.aside > crew.wanted || add_one());
	crew.aside += may;
	pthread_mutex_unlock(&crew.lock);
	stands_aside = may;
	return may;
}

void crew_return(void)
{
	if (!stands_aside)
		return;
	pthread_mutex_lock(&crew.lock);
	crew.aside--;
	pthread_mutex_unlock(&crew.lock);
	stands_aside = false;
}

/* Should none be had now, the next who has done its request looks for work. */
static void all_busy(void)
{
	pthread_mutex_lock(&crew.lock);
	if (crew.all - crew.aside < crew.wanted)
		add_one();
	pthread_mutex_unlock(&crew.lock);
}

static void start(struct host *host)
{
	crew.host = host;
	crew.wanted = (int)host->conf.threads;
	gate_init((int)host->conf.db_idle_s, all_busy);
	pthread_attr_init(&crew.small);
	pthread_attr_setstacksize(&crew.small, STACK_BYTES);
	pthread_mutex_lock(&crew.lock);
	if (!add_one()) {
		log_say("error", "no thread can be started");
		exit(1);
	}
	pthread_mutex_unlock(&crew.lock);
}

/* Waits for the signal to end, then lets every thread finish the request it is in. */
void crew_serve(struct host *host)
{
	sigset_t signals;
	int got;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	start(host);
	while (sigwait(&signals, &got) == 0 && got == SIGHUP)
		log_reopen();
	gate_close();
	pthread_mutex_lock(&crew.lock);
	while (crew.all)
		pthread_cond_wait(&crew.fewer, &crew.lock);
	pthread_mutex_unlock(&crew.lock);
	pthread_join(crew.gone, NULL);
	pthread_attr_destroy(&crew.small);
}
