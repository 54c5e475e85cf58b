#include "live/threads.h"

void threads_init(struct threads *t, struct host *host)
{
	uv_mutex_init(&t->lock);
	for (int i = 0; i < THREADS; i++)
		worker_init(&t->all[i], host);
}

void threads_free(struct threads *t)
{
	for (int i = 0; i < THREADS; i++)
		worker_free(&t->all[i]);
	uv_mutex_destroy(&t->lock);
}

struct worker *thread_take(struct threads *t)
{
	struct worker *w = NULL;

	uv_mutex_lock(&t->lock);
	for (int i = 0; i < THREADS && !w; i++)
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
	uv_mutex_unlock(&t->lock);
}
