#include "live/threads.h"

#include "core/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { A_FEW = 4 };

/* libuv takes the size of its pool from the environment. */
void threads_init_many(struct threads *t, struct host *host, int n)
{
	char text[16];

	snprintf(text, sizeof text, "%d", n);
	setenv("UV_THREADPOOL_SIZE", text, 1);
	uv_mutex_init(&t->lock);
	t->n = n;
	t->all = must_alloc(sizeof *t->all * (size_t)n);
	t->taken = must_alloc(sizeof *t->taken * (size_t)n);
	t->used_us = must_alloc(sizeof *t->used_us * (size_t)n);
	for (int i = 0; i < n; i++)
		worker_init(&t->all[i], host);
}

void threads_init(struct threads *t, struct host *host)
{
	threads_init_many(t, host, A_FEW);
}

void threads_free(struct threads *t)
{
	for (int i = 0; i < t->n; i++)
		worker_free(&t->all[i]);
	free(t->all);
	free(t->taken);
	free(t->used_us);
	uv_mutex_destroy(&t->lock);
}

struct worker *thread_take(struct threads *t)
{
	struct worker *w = NULL;

	uv_mutex_lock(&t->lock);
	for (int i = 0; i < t->n && !w; i++)
		if (!t->taken[i]) {
			t->taken[i] = true;
			w = &t->all[i];
		}
	uv_mutex_unlock(&t->lock);
	return w;
}

void thread_give(struct threads *t, struct worker *w)
{
	uv_mutex_lock(&t->lock);
	t->taken[w - t->all] = false;
	t->used_us[w - t->all] = clock_us();
	uv_mutex_unlock(&t->lock);
}

void threads_rest(struct threads *t)
{
	uv_mutex_lock(&t->lock);
	for (int i = 0; i < t->n; i++) {
		struct worker *w = &t->all[i];
		int64_t idle_us = w->host->conf.db_idle_s * 1000000;

		if (t->taken[i] || !t->used_us[i] || clock_us() - t->used_us[i] < idle_us)
			continue;
		worker_rest(w);
		t->used_us[i] = 0;
	}
	uv_mutex_unlock(&t->lock);
}
