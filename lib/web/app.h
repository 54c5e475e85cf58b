/* app.h - what a test or the hub may use of the way of a request. */
#ifndef WEB_APP_H
#define WEB_APP_H

#include "web/request.h"

/* What one thread needs to serve one request after the other. */
struct worker {
	struct host *host;
	struct arena arena;
	struct buf body;
	struct db *db;
};

void worker_init(struct worker *w, struct host *host);
/* One of a thread that must never wait: without a database. */
void worker_init_bare(struct worker *w, struct host *host);
/* It is idle: gives back what it can have anew, its connection to the database above all. */
void worker_rest(struct worker *w);
void worker_free(struct worker *w);
/* Serves the request that stands at the gate; returns the status it answered. It is the following
 * in one: a request as it stands at the gate, all its steps up to the handler's outcome, the answer
 * with log line and counters, and the end. */
int serve(struct worker *w, struct gate *gate);
struct request worker_request(struct worker *w, struct gate *gate);
enum err walk(struct request *rq);
int finish(struct request *rq, enum err e);
void worker_clear(struct worker *w, struct request *rq);

#endif
