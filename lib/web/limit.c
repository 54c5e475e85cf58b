#include "web/limit.h"

#include "core/clock.h"
#include "web/route.h"

#include <stdio.h>

enum err limit_try(struct request *rq, const struct rate *rate, struct str who)
{
	int64_t wait_s = page_take(rq->host->page, rate, who, clock_us());

	if (wait_s == 0)
		return OK;
	rq->retry_after_s = wait_s;
	return ERR_RATE_LIMITED;
}

void limit_undo(struct request *rq, const struct rate *rate, struct str who)
{
	page_give(rq->host->page, rate, who, clock_us());
}

enum err limit_request(struct request *rq)
{
	const struct conf *c = &rq->host->conf;
	bool reads = str_is(str_of(rq->route->method), "GET");
	struct rate rate = { reads ? "reads" : "writes", reads ? c->reads : c->writes, 1,
		reads ? c->reads_burst : c->writes_burst };

	if (rq->route->is_message)
		rate = (struct rate){ "messages", c->messages, 1, c->messages_burst };
	if (!rq->user_id || rq->counted)
		return OK;
	rq->counted = true;
	return limit_try(rq, &rate, (struct str){ (const char *)&rq->user_id, sizeof rq->user_id });
}

static struct metric *counter(struct host *host, const char *method, const char *path)
{
	char name[METRIC_NAME];

	snprintf(name, sizeof name, "program=\"%s\",method=\"%s\",route=\"%s\"",
		host->program->name, method, path);
	return page_metric(host->page, name);
}

struct metric **limit_counters(struct host *host)
{
	int n = route_count(host->program);
	struct metric **counters = must_alloc(sizeof *counters * ((size_t)n + 1));

	for (int i = 0; host->page && i < n; i++)
		counters[i] = counter(
			host, host->program->routes[i].method, host->program->routes[i].path);
	if (host->page)
		counters[n] = counter(host, "-", "-");
	return counters;
}

void limit_count(const struct request *rq, int status)
{
	long i = rq->route ? rq->route - rq->host->program->routes : route_count(rq->host->program);

	if (rq->host->metrics[i])
		metric_count(rq->host->metrics[i], status, clock_us() - rq->began_us);
}
