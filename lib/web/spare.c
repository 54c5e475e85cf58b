#include "web/spare.h"

#include "core/clock.h"
#include "core/log.h"
#include "web/gate.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
	DELAY_US = 1000000,
	IDLE_US = 60000000, /* time alone makes the log old */
	BUSY = 200,         /* log numbers in a second */
	REST_SHARE = 9,
	NICE = 10,
	STACK_BYTES = 512 * 1024,
};

static struct {
	struct host *host;
	chore *chore;
	bool threaded;
	pthread_t thread;
	_Atomic uint32_t stopping;
} spare;

/* One piece; whether another one is due. Failures are not worth a line each: what is due stays due,
 * and who needs the database says so. */
static bool do_piece(struct db *db, struct arena *a)
{
	bool more = false;

	spare.chore(db, a, spare.host, &more);
	arena_clear(a);
	return more;
}

static void rest(int64_t us)
{
	if (!atomic_load(&spare.stopping))
		page_wait(&spare.stopping, 0, us);
}

/* While the site is busy, upkeep takes a tenth of the time of one thread, whatever is left to do.
 */
static void catch_up(struct db *db, struct arena *a)
{
	_Atomic uint64_t *head = &spare.host->page->head;
	uint64_t before = atomic_load(head);
	int64_t began_us = clock_us();

	while (!atomic_load(&spare.stopping) && do_piece(db, a)) {
		int64_t took_us = clock_us() - began_us;

		if ((atomic_load(head) - before) * 1000000 >= (uint64_t)took_us * BUSY)
			rest(took_us < DELAY_US / REST_SHARE ? took_us * REST_SHARE : DELAY_US);
		before = atomic_load(head);
		began_us = clock_us();
	}
}

static void *work(void *arg)
{
	struct page *page = spare.host->page;
	struct db *db = db_new(&spare.host->conf);
	struct arena arena;

	(void)arg;
	setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
	arena_init(&arena);
	while (!atomic_load(&spare.stopping)) {
		uint32_t bell = atomic_load(&page->bell);

		catch_up(db, &arena);
		if (!atomic_load(&spare.stopping))
			page_wait(&page->bell, bell, IDLE_US);
		rest(DELAY_US);
	}
	db_free(db);
	arena_free(&arena);
	return NULL;
}

/* With every signal blocked: they are the main thread's. */
static void start_thread(void)
{
	pthread_attr_t small;
	sigset_t all, before;

	sigfillset(&all);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	spare.threaded = pthread_create(&spare.thread, &small, work, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&small);
	if (!spare.threaded)
		log_say("warning", "no thread for upkeep: what nobody waits for is not done");
}

void spare_open(struct host *host, chore *what)
{
	spare.host = host;
	spare.chore = what;
	if (gate_is_fastcgi())
		start_thread();
}

static void stop_thread(void)
{
	struct page *page = spare.host->page;

	/* Moving the words, not only waking: the thread may be about to fall asleep. */
	atomic_store(&spare.stopping, 1);
	page_wake(&spare.stopping, 1);
	atomic_fetch_add(&page->bell, 1);
	page_wake(&page->bell, INT_MAX);
	pthread_join(spare.thread, NULL);
}

/* Who gets the answer must not wait for what comes after it: web servers read both streams to their
 * ends. */
static void let_go(void)
{
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t term;

	for (int fd = STDIN_FILENO; nowhere >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(nowhere, fd);
	/* They may also end a process whose client has gone; one piece takes no longer than that.
	 */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &term, NULL);
}

static bool take_turn(struct page *page)
{
	int64_t now_us = clock_us(), due_us = atomic_load(&page->upkeep_us);

	return due_us <= now_us &&
	       atomic_compare_exchange_strong(&page->upkeep_us, &due_us, now_us + DELAY_US);
}

void spare_close(void)
{
	struct arena arena;
	struct db *db;

	if (spare.threaded)
		stop_thread();
	if (gate_is_fastcgi() || !take_turn(spare.host->page))
		return;
	let_go();
	db = db_new(&spare.host->conf);
	arena_init(&arena);
	do_piece(db, &arena);
	arena_free(&arena);
	db_free(db);
}
