/* A futex cannot be in an epoll set, so a thread sleeps in it and tells the loop.
 *
 * Nothing is lost: the thread reads the word, tells the loop, and sleeps only if the word is still
 * what it read. What moved in between ends that sleep before it begins.
 *
 * Nothing is done for nothing: having told the loop, the thread first waits until the loop has
 * heard. While the loop is busy, ringing finds no sleeper here: it costs the ringer one system call
 * and this process nothing, and what was rung a hundred times is heard once. By the same
 * turn-taking what `ask` has found is the thread's until the loop is told, and the loop's until it
 * has heard. */
#include "live/wake.h"

#include "core/arena.h"
#include "core/page.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum { TICK_US = 1000000, STACK_BYTES = 512 * 1024 };

struct wake {
	uv_async_t async;
	pthread_t thread;
	_Atomic uint32_t *word;
	_Atomic uint32_t told;    /* 1: the loop was told and has not heard yet */
	_Atomic uint32_t resting; /* 1: the word may move */
	_Atomic bool stopping;
	bool (*ask)(void *context);
	void (*rung)(void *context);
	void *context;
};

static void *listen_to_word(void *arg)
{
	struct wake *w = arg;

	while (!atomic_load(&w->stopping)) {
		uint32_t seen = atomic_load(w->word);
		bool more = w->ask && w->ask(w->context);

		atomic_store(&w->told, 1);
		uv_async_send(&w->async);
		while (atomic_load(&w->told) && !atomic_load(&w->stopping))
			page_wait(&w->told, 1, TICK_US);
		if (more || atomic_load(&w->stopping))
			continue;
		if (atomic_load(&w->resting))
			page_wait(&w->resting, 1, TICK_US);
		else
			page_wait(w->word, seen, TICK_US);
	}
	return NULL;
}

static void on_async(uv_async_t *async)
{
	struct wake *w = async->data;

	w->rung(w->context);
	atomic_store(&w->told, 0);
	page_wake(&w->told, 1);
}

static void on_closed(uv_handle_t *h)
{
	free(h->data);
}

/* With every signal blocked: they are the loop's. */
static int start_thread(struct wake *w)
{
	pthread_attr_t small;
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&w->thread, &small, listen_to_word, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&small);
	return error;
}

struct wake *wake_start(uv_loop_t *loop, _Atomic uint32_t *word, bool (*ask)(void *context),
	void (*rung)(void *context), void *context)
{
	struct wake *w = must_alloc(sizeof *w);
	int error;

	w->word = word;
	w->ask = ask;
	w->rung = rung;
	w->context = context;
	errno = -uv_async_init(loop, &w->async, on_async);
	if (errno) {
		free(w);
		return NULL;
	}
	w->async.data = w;
	error = start_thread(w);
	if (!error)
		return w;
	uv_close((uv_handle_t *)&w->async, on_closed);
	errno = error;
	return NULL;
}

void wake_rest(struct wake *w)
{
	atomic_store(&w->resting, 1);
}

void wake_up(struct wake *w)
{
	atomic_store(&w->resting, 0);
	page_wake(&w->resting, 1);
}

void wake_stop(struct wake *w)
{
	atomic_store(&w->stopping, true);
	/* Moving the words, not only waking: the thread may be about to fall asleep. */
	atomic_store(&w->told, 0);
	page_wake(&w->told, 1);
	wake_up(w);
	atomic_fetch_add(w->word, 1);
	page_wake(w->word, INT_MAX);
	pthread_join(w->thread, NULL);
	uv_close((uv_handle_t *)&w->async, on_closed);
}
