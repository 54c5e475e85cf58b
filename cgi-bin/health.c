/* health - whether the site works, and how it fares. Also answers for addresses under /api/v1/ that
 * no program has. */
#include "core/clock.h"
#include "web/address.h"
#include "web/route.h"
#include "web/version.h"

#include <openssl/crypto.h>
#include <stdio.h>

/* GET /health: 200 when requests can be served, else 503. */
static enum err show_health(struct request *rq)
{
	enum err e = db_ping(rq->db);
	struct writer *j;

	if (e != OK)
		return e;
	j = reply_json(rq);
	put_z(j, "status", "ok");
	put_z(j, "version", BELLHOP_VERSION);
	put_z(j, "database", "ok");
	return OK;
}

static bool may_read_metrics(struct request *rq)
{
	struct str token = str_of(rq->host->conf.metrics_token);
	struct str given = request_param(rq, "HTTP_AUTHORIZATION");

	if (address_is_loopback(rq->address))
		return true;
	if (!token.n || !str_starts_nocase(given, "bearer "))
		return false;
	given.p += 7;
	given.n -= 7;
	return given.n == token.n && CRYPTO_memcmp(given.p, token.p, token.n) == 0;
}

static void requests_of(struct buf *to, struct metric *m)
{
	for (int class = 0; class < 5; class ++) {
		uint64_t n = atomic_load(&m->by_class[class]);

		if (n)
			buf_printf(to, "bellhop_requests_total{%s,class=\"%dxx\"} %llu\n", m->name,
				class + 1, (unsigned long long)n);
	}
}

static void durations_of(struct buf *to, struct metric *m)
{
	uint64_t below = 0;

	for (int i = 0; i <= METRIC_BINS; i++) {
		char end[24] = "+Inf";

		if (i < METRIC_BINS)
			snprintf(end, sizeof end, "%g", (double)metric_bin_us[i] / 1e6);
		below += atomic_load(&m->bins[i]);
		buf_printf(to, "bellhop_request_seconds_bucket{%s,le=\"%s\"} %llu\n", m->name, end,
			(unsigned long long)below);
	}
	buf_printf(to, "bellhop_request_seconds_sum{%s} %.6f\n", m->name,
		(double)atomic_load(&m->sum_us) / 1e6);
	buf_printf(
		to, "bellhop_request_seconds_count{%s} %llu\n", m->name, (unsigned long long)below);
}

static void each(struct page *p, struct buf *to, void (*one)(struct buf *, struct metric *))
{
	for (int i = 0; i < METRICS_MAX; i++)
		if (atomic_load(&p->metrics[i].state) == 2 &&
			atomic_load(&p->metrics[i].bins[METRIC_BINS]) +
				atomic_load(&p->metrics[i].sum_us))
			one(to, &p->metrics[i]);
}

/* GET /health/metrics: Prometheus text, to this machine or to who has the configured token; to
 * others there is none. */
static enum err show_metrics(struct request *rq)
{
	if (!may_read_metrics(rq))
		return ERR_NOT_FOUND;
	rq->text_type = STR("text/plain; version=0.0.4; charset=utf-8");
	buf_z(rq->body, "# HELP bellhop_requests_total Requests answered, by class of status.\n"
			"# TYPE bellhop_requests_total counter\n");
	each(rq->host->page, rq->body, requests_of);
	buf_z(rq->body, "# HELP bellhop_request_seconds Time from accepted to answered.\n"
			"# TYPE bellhop_request_seconds histogram\n");
	each(rq->host->page, rq->body, durations_of);
	buf_z(rq->body, "# HELP bellhop_revocations_total Sessions ended early.\n"
			"# TYPE bellhop_revocations_total counter\n");
	buf_printf(rq->body, "bellhop_revocations_total %llu\n",
		(unsigned long long)atomic_load(&rq->host->page->sessions_ended));
	return OK;
}

static const struct route routes[] = {
	{ "GET", "/", AUTH_NONE, 0, NULL, show_health },
	{ "GET", "/metrics", AUTH_NONE, 0, NULL, show_metrics },
	{ 0 },
};

const struct program program = { .name = "health", .routes = routes };
