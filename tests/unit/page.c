#include "ground.h"

#include "core/clock.h"
#include "core/page.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

/* A moment of the made-up clock of these tests; buckets know no other. */
static const int64_t now_us = 5000000000;
static const int64_t second = 1000000;

static char dir[DIR_BYTES];
static struct page *page;

static int make_page(void **state)
{
	(void)state;
	ground_dir(dir);
	page = page_open(dir);
	return page ? 0 : -1;
}

static int leave_page(void **state)
{
	(void)state;
	page_close(page);
	ground_remove(dir);
	return 0;
}

static struct str name_of(char text[32], const char *what, long long number)
{
	return (struct str){ text, (size_t)snprintf(text, 32, "%s %lld", what, number) };
}

/* --- one bucket
 * -----------------------------------------------------------------------------------------------
 */

static void a_burst_is_let_through_and_then_a_token_at_a_time(void **state)
{
	static const struct rate rate = { "test", 1, 10, 5 }; /* one every 10 s, 5 at once */
	int64_t t = now_us;

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_int_equal(page_take(page, &rate, STR("me"), t), 0);
	assert_int_equal(page_take(page, &rate, STR("me"), t), 11);
	assert_int_equal(page_take(page, &rate, STR("me"), t + 4 * second), 7);
	assert_true(page_take(page, &rate, STR("me"), t + 10 * second - 1000) > 0);
	t += 10 * second;
	assert_int_equal(page_take(page, &rate, STR("me"), t), 0);
	assert_true(page_take(page, &rate, STR("me"), t) > 0);
	t += 1000 * second; /* full again, and no fuller */
	for (int i = 0; i < 5; i++)
		assert_int_equal(page_take(page, &rate, STR("me"), t), 0);
	assert_true(page_take(page, &rate, STR("me"), t) > 0);
}

static void a_burst_that_is_not_said_is_the_count(void **state)
{
	static const struct rate rate = { "test", 7, 900, 0 };
	int through = 0;

	(void)state;
	while (page_take(page, &rate, STR("me"), now_us) == 0)
		through++;
	assert_int_equal(through, 7);
}

static void what_and_who_have_buckets_of_their_own(void **state)
{
	static const struct rate one = { "one", 1, 900, 0 }, other = { "other", 1, 900, 0 };
	static const struct rate joined = { "on", 1, 900, 0 };

	(void)state;
	assert_int_equal(page_take(page, &one, STR("me"), now_us), 0);
	assert_true(page_take(page, &one, STR("me"), now_us) > 0);
	assert_int_equal(page_take(page, &one, STR("you"), now_us), 0);
	assert_int_equal(page_take(page, &one, STR("me\0"), now_us), 0);
	assert_int_equal(page_take(page, &one, STR(""), now_us), 0);
	assert_int_equal(page_take(page, &other, STR("me"), now_us), 0);
	assert_int_equal(page_take(page, &joined, STR("eme"), now_us), 0);
}

static void a_limit_of_zero_is_none(void **state)
{
	static const struct rate none = { "test", 0, 900, 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(page_take(page, &none, STR("me"), now_us), 0);
	page_give(page, &none, STR("me"), now_us);
}

static void giving_back_gives_exactly_one(void **state)
{
	static const struct rate rate = { "test", 10, 900, 0 };

	(void)state;
	/* To who took nothing nothing can be given. */
	page_give(page, &rate, STR("me"), now_us);
	page_give(page, &rate, STR("me"), now_us);
	for (int i = 0; i < 10; i++)
		assert_int_equal(page_take(page, &rate, STR("me"), now_us), 0);
	assert_true(page_take(page, &rate, STR("me"), now_us) > 0);
	for (int i = 0; i < 5; i++) {
		page_give(page, &rate, STR("me"), now_us);
		assert_int_equal(page_take(page, &rate, STR("me"), now_us), 0);
		assert_true(page_take(page, &rate, STR("me"), now_us) > 0);
	}
	for (int i = 0; i < 30; i++)
		page_give(page, &rate, STR("me"), now_us);
	for (int i = 0; i < 10; i++)
		assert_int_equal(page_take(page, &rate, STR("me"), now_us), 0);
	assert_true(page_take(page, &rate, STR("me"), now_us) > 0);
}

static void the_wait_that_is_named_is_long_enough_and_not_a_second_longer(void **state)
{
	uint64_t random = 0x5eed0003;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		uint64_t r = ground_random(&random);
		struct rate rate = { "test", 1 + (int64_t)(r % 1000), 1 + (int64_t)(r >> 16 & 1023),
			(int64_t)(r >> 32 & 63) };
		int64_t t = now_us + (int64_t)(r >> 40 & 0xffff), wait;
		char text[32];
		struct str who = name_of(text, "who", i);

		while ((wait = page_take(page, &rate, who, t)) == 0)
			t += (int64_t)(ground_random(&random) %
				       (uint64_t)(rate.span_s * second / rate.count / 2 + 1));
		EXPECT(wait >= 1, "row %d", i);
		if (wait > 1)
			EXPECT(page_take(page, &rate, who, t + (wait - 1) * second - 1000) > 0,
				"row %d, wait %lld", i, (long long)wait);
		EXPECT(page_take(page, &rate, who, t + wait * second) == 0, "row %d, wait %lld", i,
			(long long)wait);
	}
}

static void rates_hold_over_a_long_time(void **state)
{
	static const struct rate rate = { "test", 30, 1, 100 };
	int64_t t = now_us;
	int through = 0;

	(void)state;
	for (; t < now_us + 100 * second; t += 3000)
		through += page_take(page, &rate, STR("me"), t) == 0;
	assert_in_range(through, 3098, 3110);
}

/* --- many processes
 * --------------------------------------------------------------------------------------------- */

enum { PROCESSES = 32, THREADS = 8, TOKENS = 1000, FILLERS = 2, KILLED = 12 };

struct shared {
	_Atomic int go, through, stop;
	_Atomic long long filled;
};

static const struct rate hammered = { "hammered", TOKENS, 3600, 0 };
static const struct rate passing = { "passing", 1000, 1, 1 };

static void *hammer(void *context)
{
	struct shared *s = context;

	while (!s->go)
		sched_yield();
	while (page_take(page, &hammered, STR("one bucket"), now_us) == 0)
		atomic_fetch_add(&s->through, 1);
	return NULL;
}

static int hammer_by_threads(int number, void *context)
{
	pthread_t threads[THREADS];
	pthread_attr_t small;

	(void)number;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 256 * 1024);
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], &small, hammer, context))
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

/* Others come by, so many that they use every word of the page, and take and give. */
static int fill(int number, void *context)
{
	struct shared *s = context;
	uint64_t random = (uint64_t)number + 1;

	while (!s->stop) {
		uint64_t who = ground_random(&random) % 1000000;
		struct str name = { (const char *)&who, sizeof who };

		page_take(page, &passing, name, now_us);
		if (who % 3 == 0)
			page_give(page, &passing, name, now_us);
		atomic_fetch_add(&s->filled, 1);
	}
	return 0;
}

static void hammer_by_processes(struct shared *s)
{
	pid_t children[PROCESSES];

	for (int i = 0; i < PROCESSES; i++)
		children[i] = ground_child(hammer_by_threads, i, s);
	s->go = 1;
	for (int i = 0; i < PROCESSES; i++)
		assert_int_equal(ground_wait(children[i]), 0);
}

static void of_all_who_hammer_one_bucket_exactly_its_tokens_get_through(void **state)
{
	struct shared *s = ground_shared(sizeof *s);

	(void)state;
	hammer_by_processes(s);
	assert_int_equal(s->through, TOKENS);
	munmap(s, sizeof *s);
}

static void they_do_also_while_others_fill_the_whole_page(void **state)
{
	struct shared *s = ground_shared(sizeof *s);
	pid_t fillers[FILLERS];
	size_t used = 0;

	(void)state;
	for (int i = 0; i < FILLERS; i++)
		fillers[i] = ground_child(fill, i, s);
	while (s->filled < 300000)
		usleep(1000);
	hammer_by_processes(s);
	s->stop = 1;
	for (int i = 0; i < FILLERS; i++)
		assert_int_equal(ground_wait(fillers[i]), 0);
	for (size_t i = 0; i < BUCKET_SETS; i++)
		for (size_t k = 0; k < BUCKET_WAYS; k++)
			used += page->buckets[i][k] != 0;
	assert_true(used > (size_t)BUCKET_SETS * BUCKET_WAYS * 99 / 100);
	assert_int_equal(s->through, TOKENS);
	/* And is still full when they have gone. */
	assert_true(page_take(page, &hammered, STR("one bucket"), now_us) > 0);
	munmap(s, sizeof *s);
}

static int hammer_until_killed(int number, void *context)
{
	struct shared *s = context;
	uint64_t random = (uint64_t)number + 77;

	while (getpid() > 0) {
		char name[64];

		if (page_take(page, &hammered, STR("one bucket"), now_us) == 0)
			atomic_fetch_add(&s->through, 1);
		snprintf(name, sizeof name, "route %d", (int)(ground_random(&random) % 50));
		metric_count(page_metric(page, name), 200, 10);
	}
	return 1;
}

static void killing_holders_harms_nothing(void **state)
{
	struct shared *s = ground_shared(sizeof *s);
	uint64_t random = 0x5eed0004;
	int again = 0, named = 0;

	(void)state;
	for (int i = 0; i < KILLED; i++) {
		pid_t child = ground_child(hammer_until_killed, i, s);

		usleep((useconds_t)(ground_random(&random) % 6000));
		kill(child, SIGKILL);
		assert_int_equal(ground_wait(child), 1000 + SIGKILL);
	}
	/* One that died between taking and counting took without being counted: one each. */
	while (page_take(page, &hammered, STR("one bucket"), now_us) == 0)
		s->through++;
	assert_in_range(s->through, TOKENS - KILLED, TOKENS);
	while (page_take(page, &hammered, STR("one bucket"), now_us + 7200 * second) == 0)
		again++;
	assert_int_equal(again, TOKENS);
	/* Names that were being written are lost, all others still count. */
	for (int i = 0; i < 50; i++) {
		char name[64];

		snprintf(name, sizeof name, "route %d", i);
		named += page_metric(page, name) != NULL;
	}
	assert_int_equal(named, 50);
	munmap(s, sizeof *s);
}

/* --- the file
 * -------------------------------------------------------------------------------------------------
 */

static void a_page_is_found_again_and_is_its_owners_alone(void **state)
{
	static const struct rate rate = { "test", 1, 900, 0 };
	struct page *again = page_open(dir);
	char path[128];
	struct stat st;

	(void)state;
	assert_non_null(again);
	assert_int_equal(page_take(page, &rate, STR("me"), now_us), 0);
	assert_true(page_take(again, &rate, STR("me"), now_us) > 0);
	page_close(again);
	snprintf(path, sizeof path, "%s/page", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, sizeof *page);
}

static int files_in(const char *where)
{
	char command[128];
	FILE *list;
	int n = 0;

	snprintf(command, sizeof command, "ls -A %s", where);
	list = popen(command, "r");
	assert_non_null(list);
	for (int c; (c = getc(list)) != EOF;)
		n += c == '\n';
	pclose(list);
	return n;
}

static void a_page_of_another_layout_or_size_is_replaced(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, sizeof(struct page) - 1,
		sizeof(struct page) + 1 };
	uint64_t layout = page->shared.layout;
	char path[128];

	(void)state;
	snprintf(path, sizeof path, "%s/page", dir);
	for (size_t i = 0; i < COUNT(sizes) + 1; i++) {
		struct page *fresh;

		page->shared.layout = layout;
		if (i < COUNT(sizes))
			assert_int_equal(truncate(path, (off_t)sizes[i]), 0);
		else
			page->shared.layout++;
		fresh = page_open(dir);
		EXPECT(fresh && fresh->shared.layout == layout && fresh->key[0] && fresh->key[1],
			"%zu", i);
		EXPECT(files_in(dir) == 1, "%zu", i);
		page_close(page);
		page = fresh;
	}
}

static void pages_have_keys_of_their_own(void **state)
{
	char other_dir[DIR_BYTES];
	struct page *other;

	(void)state;
	ground_dir(other_dir);
	other = page_open(other_dir);
	assert_non_null(other);
	assert_memory_not_equal(other->key, page->key, sizeof page->key);
	page_close(other);
	ground_remove(other_dir);
}

static void no_page_is_made_where_there_is_no_directory(void **state)
{
	char path[5000];

	(void)state;
	snprintf(path, sizeof path, "%s/none", dir);
	assert_null(page_open(path));
	assert_int_equal(errno, ENOENT);
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = 0;
	assert_null(page_open(path));
	/* A link could lead anywhere. */
	snprintf(path, sizeof path, "%s/page", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/tmp/bellhop-unit-nowhere", path), 0);
	assert_null(page_open(dir));
}

struct meeting {
	_Atomic int go, opened;
	char dir[DIR_BYTES];
};

static int open_and_say_so(int number, void *context)
{
	struct meeting *m = context;
	struct page *p;

	(void)number;
	while (!m->go)
		sched_yield();
	p = page_open(m->dir);
	if (!p)
		return 1;
	atomic_fetch_add(&p->sessions_ended, 1);
	atomic_fetch_add(&m->opened, 1);
	return 0;
}

static void those_who_make_it_at_once_end_up_with_one(void **state)
{
	enum { ROUNDS = 60, AT_ONCE = 8 };
	struct meeting *m = ground_shared(sizeof *m);
	char path[128];

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		pid_t children[AT_ONCE];
		struct page *p;

		ground_dir(m->dir);
		snprintf(path, sizeof path, "%s/page", m->dir);
		if (i % 2) /* one of no use is there */
			ground_write(path, "old", 3);
		m->go = 0;
		for (int k = 0; k < AT_ONCE; k++)
			children[k] = ground_child(open_and_say_so, k, m);
		m->go = 1;
		for (int k = 0; k < AT_ONCE; k++)
			assert_int_equal(ground_wait(children[k]), 0);
		p = page_open(m->dir);
		EXPECT(p && p->sessions_ended == AT_ONCE, "round %d: %d of %d have the same page",
			i, p ? (int)p->sessions_ended : -1, AT_ONCE);
		EXPECT(files_in(m->dir) == 1, "round %d", i);
		page_close(p);
		ground_remove(m->dir);
	}
	munmap(m, sizeof *m);
}

static void a_page_of_before_the_machine_restarted_is_replaced(void **state)
{
	struct page *fresh;

	(void)state;
	assert_true(page->shared.boot != 0);
	page->shared.boot++;
	fresh = page_open(dir);
	assert_non_null(fresh);
	assert_int_equal(page->shared.boot, fresh->shared.boot + 1);
	page_close(page);
	page = fresh;
	/* Where one of two processes cannot know, they still have one page. */
	page->shared.boot = 0;
	fresh = page_open(dir);
	assert_non_null(fresh);
	page->sessions_ended = 7;
	assert_int_equal(fresh->sessions_ended, 7);
	page_close(fresh);
}

static void moments_of_a_clock_that_started_again_do_not_block(void **state)
{
	static const struct rate rate = { "test", 3, 900, 0 };
	const int64_t before = now_us + 30 * 86400 * second;
	int through = 0;

	(void)state;
	/* The machine ran for a month; everybody had used up everything. */
	for (long long i = 0; i < 100000; i++) {
		struct str who = { (const char *)&i, sizeof i };

		while (page_take(page, &rate, who, before) == 0)
			continue;
	}
	for (long long i = 0; i < 100; i++) {
		struct str who = { (const char *)&i, sizeof i };

		for (int k = 0; k < 5; k++)
			through += page_take(page, &rate, who, now_us) == 0;
	}
	assert_int_equal(through, 100 * 3);
}

/* --- counters
 * -------------------------------------------------------------------------------------------------
 */

enum { COUNTERS = 16, COUNTS = 2000 };

static int count_answers(int number, void *context)
{
	struct meeting *m = context;

	while (!m->go)
		sched_yield();
	for (int i = 0; i < COUNTS; i++) {
		char name[METRIC_NAME];

		snprintf(name, sizeof name, "program=\"users\",route=\"/%d\"", i % 10);
		metric_count(page_metric(page, name), 100 * (1 + i % 5), i % 3 ? 251 : 6000000);
	}
	(void)number;
	return 0;
}

static void metrics_of_many_processes_are_counted_exactly(void **state)
{
	struct meeting *m = ground_shared(sizeof *m);
	uint64_t classes[5] = { 0 }, fast = 0, slow = 0, sum_us = 0;
	pid_t children[COUNTERS];

	(void)state;
	for (int i = 0; i < COUNTERS; i++)
		children[i] = ground_child(count_answers, i, m);
	m->go = 1;
	for (int i = 0; i < COUNTERS; i++)
		assert_int_equal(ground_wait(children[i]), 0);
	for (int i = 0; i < METRICS_MAX; i++) {
		for (int k = 0; k < 5; k++)
			classes[k] += page->metrics[i].by_class[k];
		fast += page->metrics[i].bins[1];
		slow += page->metrics[i].bins[METRIC_BINS];
		sum_us += page->metrics[i].sum_us;
	}
	for (int k = 0; k < 5; k++)
		EXPECT(classes[k] == COUNTERS * COUNTS / 5, "class %d: %d", k, (int)classes[k]);
	assert_int_equal(fast, COUNTERS * (COUNTS - (COUNTS + 2) / 3));
	assert_int_equal(slow, COUNTERS * ((COUNTS + 2) / 3));
	assert_int_equal(sum_us, fast * 251 + slow * 6000000);
	munmap(m, sizeof *m);
}

static void an_answer_is_counted_in_its_class_and_bin(void **state)
{
	struct metric *m = page_metric(page, "one");

	(void)state;
	assert_ptr_equal(page_metric(page, "one"), m);
	assert_ptr_not_equal(page_metric(page, "on"), m);
	for (int i = 0; i < METRIC_BINS; i++) {
		metric_count(m, 204, metric_bin_us[i]);
		EXPECT(m->bins[i] == 1, "bin %d", i);
		metric_count(m, 599, metric_bin_us[i] + 1);
		EXPECT(m->bins[i + 1] == 1, "bin %d", i + 1);
		m->bins[i + 1] = 0;
	}
	metric_count(m, 99, 0);
	metric_count(m, 600, 0);
	metric_count(m, -1, 0);
	assert_int_equal(m->by_class[1], METRIC_BINS);
	assert_int_equal(m->by_class[4], METRIC_BINS);
	assert_int_equal(m->by_class[0] + m->by_class[2] + m->by_class[3], 0);
}

static void a_full_table_of_counters_says_so(void **state)
{
	char name[METRIC_NAME * 2];

	(void)state;
	for (int i = 0; i < METRICS_MAX; i++) {
		snprintf(name, sizeof name, "counter %d", i);
		assert_non_null(page_metric(page, name));
	}
	assert_null(page_metric(page, "one more"));
	assert_non_null(page_metric(page, "counter 7"));
	/* A name that is too long is cut the same way each time. */
	page->metrics[0].state = 0;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = 0;
	assert_ptr_equal(page_metric(page, name), &page->metrics[0]);
	assert_ptr_equal(page_metric(page, name), &page->metrics[0]);
}

/* --- waiting
 * ---------------------------------------------------------------------------------------------- */

static int wait_for_the_bell(int number, void *context)
{
	int64_t began = clock_us();

	(void)context;
	page_wait(&page->places_bell, 0, 5 * second);
	if (page->places_bell != 1)
		return 1;
	(void)number;
	return clock_us() - began < 4 * second ? 0 : 2;
}

static void sleepers_of_other_processes_are_woken(void **state)
{
	pid_t children[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		children[i] = ground_child(wait_for_the_bell, i, NULL);
	usleep(20000);
	page->places_bell = 1;
	page_wake(&page->places_bell, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ground_wait(children[i]), 0);
}

static void waiting_ends_at_once_or_in_time(void **state)
{
	int64_t began = clock_us();

	(void)state;
	page_wait(&page->places_bell, 1, 5 * second); /* it has changed already */
	assert_true(clock_us() - began < 4 * second);
	began = clock_us();
	page_wait(&page->places_bell, 0, 20000);
	assert_in_range(clock_us() - began, 20000, 2 * second);
}

#define WITH_PAGE(test) cmocka_unit_test_setup_teardown(test, make_page, leave_page)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PAGE(a_burst_is_let_through_and_then_a_token_at_a_time),
		WITH_PAGE(a_burst_that_is_not_said_is_the_count),
		WITH_PAGE(what_and_who_have_buckets_of_their_own),
		WITH_PAGE(a_limit_of_zero_is_none),
		WITH_PAGE(giving_back_gives_exactly_one),
		WITH_PAGE(the_wait_that_is_named_is_long_enough_and_not_a_second_longer),
		WITH_PAGE(rates_hold_over_a_long_time),
		WITH_PAGE(of_all_who_hammer_one_bucket_exactly_its_tokens_get_through),
		WITH_PAGE(they_do_also_while_others_fill_the_whole_page),
		WITH_PAGE(killing_holders_harms_nothing),
		WITH_PAGE(a_page_is_found_again_and_is_its_owners_alone),
		WITH_PAGE(a_page_of_another_layout_or_size_is_replaced),
		WITH_PAGE(pages_have_keys_of_their_own),
		WITH_PAGE(no_page_is_made_where_there_is_no_directory),
		WITH_PAGE(those_who_make_it_at_once_end_up_with_one),
		WITH_PAGE(a_page_of_before_the_machine_restarted_is_replaced),
		WITH_PAGE(moments_of_a_clock_that_started_again_do_not_block),
		WITH_PAGE(metrics_of_many_processes_are_counted_exactly),
		WITH_PAGE(an_answer_is_counted_in_its_class_and_bin),
		WITH_PAGE(a_full_table_of_counters_says_so),
		WITH_PAGE(sleepers_of_other_processes_are_woken),
		WITH_PAGE(waiting_ends_at_once_or_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
