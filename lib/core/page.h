/* page.h - the page of memory that all programs of a site on one machine share.
 *
 * A file in the run directory, mapped by every process: worker threads, FastCGI programs, plain CGI
 * processes that live for one request. It holds only what may be lost: rates, counters, hints.
 * Nothing in it is a lock: every change is one atomic operation, so a process may be killed between
 * any two instructions and harm nobody.
 *
 * Goals: cheap enough for every request; exact across processes; self-healing.
 * Not for: anything that must survive (that is in the database), or anything secret. */
#ifndef CORE_PAGE_H
#define CORE_PAGE_H

#include "core/ephemera.h"
#include "core/presence.h"
#include "core/shared.h"
#include "core/str.h"

#include <stdatomic.h>

enum {
	BUCKET_WAYS = 8,
	BUCKET_SETS = 8192,
	METRICS_MAX = 192,
	METRIC_NAME = 112,
	METRIC_BINS = 12,
};

/* What is counted for one route of one program. Name: `program="users",method="GET",route="/{id}"`.
 */
struct metric {
	_Atomic uint32_t state; /* 0 free, 1 being named, 2 in use */
	char name[METRIC_NAME];
	_Atomic uint64_t by_class[5]; /* answers 1xx … 5xx */
	_Atomic uint64_t bins[METRIC_BINS + 1];
	_Atomic uint64_t sum_us;
};

struct page {
	struct shared_head shared;
	uint64_t key[2]; /* of the hash that finds a bucket: nobody outside can aim at another's */
	/* How often sessions ended early, and people changed, on this site, as far as this machine
	 * has heard (lib/data/news.h). */
	_Atomic uint64_t sessions_ended, people_changed;
	_Atomic int64_t news_asked_us;
	/* The bell: rung by who has just committed to the log, or has put something in the ring of
	 * ephemeral events. `head` is the highest log number
	 * that is on disk for certain. Both are hints: a slow tick looks at the log itself. */
	_Atomic uint32_t bell;
	_Atomic uint64_t head;
	/* Where the log ended when somebody last looked, and when that was (event_tick). */
	_Atomic uint64_t seen_head;
	_Atomic int64_t seen_us;
	/* The epoch of the log that `head` belongs to; 0: nobody has looked yet. */
	_Atomic uint64_t log_epoch;
	/* When somebody is to look again whether upkeep is due (lib/web/spare.h). */
	_Atomic int64_t upkeep_us;
	_Atomic uint32_t
		places_bell; /* rung when a password has been hashed (lib/web/password.c) */
	struct metric metrics[METRICS_MAX];
	_Atomic uint64_t buckets[BUCKET_SETS][BUCKET_WAYS];
	struct presence presence;
	struct ephemera ephemera;
};

/* Maps the page in `run_dir`, making it if it is not there or of another layout. NULL, errno set:
 * it cannot be had. */
struct page *page_open(const char *run_dir);
void page_close(struct page *p);

/* --- rates --- */

/* May `who` do `what` once more? `burst` at once, then `count` per `span_s`. 0: yes, and it is
 * counted; else the seconds to wait. count 0: always yes. */
struct rate {
	const char *what;
	int64_t count, span_s, burst;
};
int64_t page_take(struct page *p, const struct rate *rate, struct str who, int64_t now_us);
/* Gives one back: what was counted turned out harmless. */
void page_give(struct page *p, const struct rate *rate, struct str who, int64_t now_us);

/* --- counters --- */

/* The counter of that name, made if need be; NULL when the table is full. */
struct metric *page_metric(struct page *p, const char *name);
void metric_count(struct metric *m, int status, int64_t us);
/* Upper ends of the latency bins, in microseconds; one more bin counts what is beyond. */
extern const int64_t metric_bin_us[METRIC_BINS];

/* --- waiting --- */

/* Sleeps while *word == seen, at most max_us; wakes up to n sleepers of any process. */
void page_wait(_Atomic uint32_t *word, uint32_t seen, int64_t max_us);
void page_wake(_Atomic uint32_t *word, int n);
/* Rings the bell: whoever waits for news looks for them. */
void page_ring(struct page *p);
/* Of several who say how far it is, the furthest is right. */
void page_raise(_Atomic uint64_t *value, uint64_t to);

#endif
