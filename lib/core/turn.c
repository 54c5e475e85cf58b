#include "core/turn.h"

#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t one_more = PTHREAD_COND_INITIALIZER;
static int turns;
static bool closed;
static _Thread_local bool mine;

void turn_open(int n)
{
	pthread_mutex_lock(&lock);
	turns = n;
	closed = false;
	pthread_mutex_unlock(&lock);
}

void turn_take(void)
{
	if (mine)
		return;
	pthread_mutex_lock(&lock);
	while (turns == 0 && !closed)
		pthread_cond_wait(&one_more, &lock);
	if (turns > 0) {
		turns--;
		mine = true;
	}
	pthread_mutex_unlock(&lock);
}

void turn_pass(void)
{
	if (!mine)
		return;
	mine = false;
	pthread_mutex_lock(&lock);
	turns++;
	pthread_mutex_unlock(&lock);
	pthread_cond_signal(&one_more);
}

void turn_close(void)
{
	pthread_mutex_lock(&lock);
	closed = true;
	pthread_mutex_unlock(&lock);
	pthread_cond_broadcast(&one_more);
}
