/* limit.h - how often one may ask, and how often was asked. */
#ifndef WEB_LIMIT_H
#define WEB_LIMIT_H

#include "web/request.h"

/* The general limits of a person: reads and changes. */
enum err limit_request(struct request *rq);
/* One more try of `rate` by `who`; ERR_RATE_LIMITED sets Retry-After. limit_undo takes a try back.
 */
enum err limit_try(struct request *rq, const struct rate *rate, struct str who);
void limit_undo(struct request *rq, const struct rate *rate, struct str who);
/* The counters of each route of the program, for /health/metrics. */
struct metric **limit_counters(struct host *host);
void limit_count(const struct request *rq, int status);

#endif
