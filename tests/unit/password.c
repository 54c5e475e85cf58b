#include "ground.h"

#include "core/clock.h"
#include "web/password.h"

#include <crypt.h>
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>

enum { PLACES = 2, PROCESSES = 6, THREADS = 3, HASHES = 6, HOLD_US = 3000 };

/* Stands in front of the system's: counts how many are at it at once, in all processes, and does
 * the work or only takes its time. */
static struct watch {
	_Atomic int at_once, most, calls, pretend;
} * watch;

char *crypt_r(const char *phrase, const char *setting, struct crypt_data *data)
{
	static char *(*real)(const char *, const char *, struct crypt_data *);
	int now = atomic_fetch_add(&watch->at_once, 1) + 1, most = watch->most;
	char *out = data->output;

	while (now > most && !atomic_compare_exchange_weak(&watch->most, &most, now))
		continue;
	atomic_fetch_add(&watch->calls, 1);
	if (watch->pretend) {
		usleep(HOLD_US);
		snprintf(out, sizeof data->output, "%sx", setting);
	} else {
		if (!real)
			*(void **)&real = dlsym(RTLD_NEXT, "crypt_r");
		out = real(phrase, setting, data);
	}
	atomic_fetch_sub(&watch->at_once, 1);
	return out;
}

static struct conf c;
static struct page *page;
static struct arena arena;
static char dir[DIR_BYTES];

static int make_place(void **state)
{
	struct buf problem = BUF_INIT(256);

	(void)state;
	ground_dir(dir);
	if (!conf_read(&c, "account", &problem))
		return -1;
	snprintf(c.run_dir, sizeof c.run_dir, "%s", dir);
	c.password_places = PLACES;
	c.threads = 64;
	page = page_open(dir);
	arena_init(&arena);
	watch = ground_shared(sizeof *watch);
	return page ? 0 : -1;
}

static int leave_place(void **state)
{
	(void)state;
	page_close(page);
	arena_free(&arena);
	ground_remove(dir);
	munmap(watch, sizeof *watch);
	return 0;
}

static struct str repeated(char with, size_t n)
{
	char *p = arena_alloc(&arena, n + 1);

	memset(p, with, n);
	return (struct str){ p, n };
}

/* A hash as another system made it. */
static struct str hash_of(const char *password, const char *prefix, unsigned long cost)
{
	char setting[CRYPT_GENSALT_OUTPUT_SIZE];
	struct crypt_data data = { 0 };

	assert_non_null(crypt_gensalt_rn(
		prefix, cost, "0123456789abcdef0123456789abcdef", 32, setting, sizeof setting));
	return arena_copy(&arena, str_of(crypt_r(password, setting, &data)));
}

/* --- what can be one
 * ---------------------------------------------------------------------------------------- */

static void a_new_password_has_8_characters_to_256_bytes_of_text(void **state)
{
	static const struct {
		size_t bytes;
		bool bcrypt;
		const char *why;
	} rows[] = {
		{ 0, false, "is too short: 8 characters at least" },
		{ 7, false, "is too short: 8 characters at least" },
		{ 8, false, NULL },
		{ 72, false, NULL },
		{ 73, false, NULL },
		{ 256, false, NULL },
		{ 257, false, "is too long: 256 bytes at most" },
		{ 100000, false, "is too long: 256 bytes at most" },
		{ 7, true, "is too short: 8 characters at least" },
		{ 8, true, NULL },
		{ 72, true, NULL },
		{ 73, true, "is too long: 72 bytes at most" },
		{ 257, true, "is too long: 256 bytes at most" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *why;

		snprintf(c.password_scheme, sizeof c.password_scheme, "%s",
			rows[i].bcrypt ? "bcrypt" : "yescrypt");
		why = password_refusal(&c, repeated('x', rows[i].bytes), 8, 256);
		EXPECT((!why && !rows[i].why) ||
				(why && rows[i].why && strcmp(why, rows[i].why) == 0),
			"%zu bytes: %s", rows[i].bytes, why);
	}
	assert_string_equal(password_refusal(&c, STR("пароль!"), 8, 256),
		"is too short: 8 characters at least");
	assert_null(password_refusal(&c, STR("пароль!?"), 8, 256));
	/* Who logs in may have one from before. */
	assert_string_equal(password_refusal(&c, STR(""), 1, 256), "must not be empty");
	assert_null(password_refusal(&c, repeated('x', 73), 1, 256));
}

static void a_password_is_whole_utf8_without_nul(void **state)
{
	static const struct str bad[] = { STR("12345678\0"),
		STR("\0"
		    "12345678"),
		STR("1234\0"
		    "5678"),
		STR("12345678\xff"), STR("12345678\xc0\xaf"), STR("12345678\xed\xa0\x80"),
		STR("1234567\xc3") };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const char *why = password_refusal(&c, bad[i], 8, 256);

		EXPECT(why && strcmp(why, "must be valid UTF-8 without NUL") == 0, "row %zu", i);
	}
	assert_null(password_refusal(&c, STR("гаслочко"), 8, 256));
	assert_null(password_refusal(&c, STR("\n\t \x01pass"), 8, 256));
}

/* --- right and wrong
 * ---------------------------------------------------------------------------------------- */

static enum err check(struct str password, struct str hash, bool *old)
{
	*old = false;
	return password_check(&c, page, &arena, password, hash, old);
}

static void a_password_is_right_for_its_own_hash_only(void **state)
{
	static const char *const schemes[][2] = { { "yescrypt", "$y$" }, { "bcrypt", "$2b$11$" } };
	bool old;

	(void)state;
	for (size_t i = 0; i < COUNT(schemes); i++) {
		struct str one, other, password = STR("пароль 😀 one");

		snprintf(c.password_scheme, sizeof c.password_scheme, "%s", schemes[i][0]);
		assert_int_equal(password_hash(&c, page, &arena, password, &one), OK);
		assert_int_equal(password_hash(&c, page, &arena, password, &other), OK);
		assert_false(str_eq(one, other));
		EXPECT(str_starts(one, schemes[i][1]), "%.*s", STR_ARG(one));
		EXPECT(one.n <= 128, "%zu", one.n);
		assert_int_equal(check(password, one, &old), OK);
		assert_false(old);
		assert_int_equal(check(STR("пароль 😀 onf"), one, &old), ERR_WRONG_PASSWORD);
		assert_int_equal(check(STR(""), one, &old), ERR_WRONG_PASSWORD);
		assert_int_equal(check(one, one, &old), ERR_WRONG_PASSWORD);
		assert_false(old);
		/* What would be right up to a NUL is not right. */
		assert_int_equal(check(STR("пароль 😀 one\0"), one, &old), ERR_WRONG_PASSWORD);
		assert_int_equal(check(STR("пароль 😀 one\0more"), one, &old), ERR_WRONG_PASSWORD);
		/* Of the other scheme it is right, and said to be old. */
		snprintf(c.password_scheme, sizeof c.password_scheme, "%s", schemes[1 - i][0]);
		assert_int_equal(check(password, one, &old), OK);
		assert_true(old);
	}
}

static void hashes_of_other_systems_are_right_and_old(void **state)
{
	static const struct {
		const char *password, *hash;
	} rows[] = {
		{ "U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK" },
		{ "U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a" },
		{ "\xff\xff\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e" },
	};
	bool old;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		EXPECT(check(str_of(rows[i].password), str_of(rows[i].hash), &old) == OK && old,
			"row %zu", i);
		EXPECT(check(STR("U*U"), str_of(rows[i].hash), &old) == ERR_WRONG_PASSWORD && !old,
			"row %zu", i);
	}
	/* Ours, but of another cost. */
	assert_int_equal(check(STR("password"), hash_of("password", "$y$", 1), &old), OK);
	assert_true(old);
	snprintf(c.password_scheme, sizeof c.password_scheme, "bcrypt");
	assert_int_equal(check(STR("password"), hash_of("password", "$2b$", 4), &old), OK);
	assert_true(old);
	assert_int_equal(check(STR("password"), hash_of("password", "$2y$", 11), &old), OK);
	assert_true(old);
}

static void bcrypt_does_not_pass_what_it_would_cut(void **state)
{
	struct str hash = hash_of(repeated('x', 72).p, "$2b$", 4);
	bool old;

	(void)state;
	assert_int_equal(check(repeated('x', 72), hash, &old), OK);
	assert_int_equal(check(repeated('x', 71), hash, &old), ERR_WRONG_PASSWORD);
	assert_int_equal(check(repeated('x', 73), hash, &old), ERR_WRONG_PASSWORD);
	assert_int_equal(check(repeated('x', 256), hash, &old), ERR_WRONG_PASSWORD);
	/* yescrypt takes all of it. */
	hash = hash_of(repeated('x', 256).p, "$y$", 1);
	assert_int_equal(check(repeated('x', 256), hash, &old), OK);
	assert_int_equal(check(repeated('x', 255), hash, &old), ERR_WRONG_PASSWORD);
}

static void what_is_no_hash_is_never_right(void **state)
{
	static const char *const hashes[] = { "", "x", "*", "*0", "*1", "!", "password", "$", "$$",
		"$y$", "$y$j9T$", "$y$j9T$salt$", "$2b$", "$2b$11$",
		"$2b$99$abcdefghijklmnopqrstuv", "$9$salt$hash",
		"$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA",
		"$2b$11$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lw",
		"{SHA}W6ph5Mm5Pz8=" };
	static const char *const passwords[] = { "", "x", "*", "*0", "password", "$y$" };
	bool old;

	(void)state;
	for (size_t i = 0; i < COUNT(hashes); i++)
		for (size_t k = 0; k < COUNT(passwords); k++)
			EXPECT(check(str_of(passwords[k]), str_of(hashes[i]), &old) ==
						ERR_WRONG_PASSWORD &&
					!old,
				"%s for %s", passwords[k], hashes[i]);
	for (size_t k = 0; k < COUNT(passwords); k++)
		assert_int_equal(check(str_of(passwords[k]), (struct str){ NULL, 0 }, &old),
			ERR_WRONG_PASSWORD);
}

static int by_size(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

	return (one > other) - (one < other);
}

static int64_t usual_us(struct str hash)
{
	int64_t took[5];
	bool old;

	for (size_t i = 0; i < COUNT(took); i++) {
		int64_t began = clock_us();

		assert_int_equal(check(STR("another password"), hash, &old), ERR_WRONG_PASSWORD);
		took[i] = clock_us() - began;
	}
	qsort(took, COUNT(took), sizeof *took, by_size);
	return took[0]; /* the least disturbed */
}

static void nobody_takes_as_long_as_somebody(void **state)
{
	int64_t somebody = 0, nobody = 0;
	struct str hash;

	(void)state;
	assert_int_equal(password_hash(&c, page, &arena, STR("password"), &hash), OK);
	for (int attempt = 0; attempt < 4; attempt++) {
		somebody = usual_us(hash);
		nobody = usual_us((struct str){ NULL, 0 });
		if (nobody * 4 > somebody * 3 && somebody * 4 > nobody * 3)
			return;
	}
	EXPECT(false, "%lld us for somebody, %lld us for nobody", (long long)somebody,
		(long long)nobody);
}

/* --- places
 * -------------------------------------------------------------------------------------------------
 */

static void *hash_some(void *context)
{
	struct arena own;
	struct str hash;

	(void)context;
	arena_init(&own);
	for (int done = 0; done < HASHES;)
		done += password_hash(&c, page, &own, STR("password"), &hash) == OK;
	arena_free(&own);
	return NULL;
}

static int hash_by_threads(int number, void *context)
{
	pthread_t threads[THREADS];

	(void)number;
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, hash_some, context);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static void no_more_hash_at_once_than_there_are_places(void **state)
{
	(void)state;
	for (int places = 1; places <= 3; places++) {
		c.password_places = places;
		watch->pretend = 1;
		watch->calls = watch->most = 0;
		ground_children(PROCESSES, hash_by_threads, NULL);
		assert_int_equal(watch->calls, PROCESSES * THREADS * HASHES);
		assert_int_equal(watch->at_once, 0);
		assert_int_equal(watch->most, places);
	}
}

/* Holds all places, says so, and does not let go. */
static int hold(int number, void *context)
{
	_Atomic int *held = context;
	char path[128];
	int fd;

	snprintf(path, sizeof path, "%s/places", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	for (int i = 0; i < PLACES; i++) {
		struct flock l = {
			.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1
		};

		if (fcntl(fd, F_OFD_SETLK, &l))
			return 1;
	}
	*held = 1;
	sleep(60);
	return number;
}

static pid_t hold_all(_Atomic int *held)
{
	pid_t child;

	*held = 0;
	child = ground_child(hold, 0, (void *)held);
	while (!*held)
		usleep(500);
	return child;
}

struct attempt {
	enum err e;
	int64_t took_us, ended_us;
};

static void *attempt(void *context)
{
	struct attempt *t = context;
	struct arena own;
	struct str hash;
	int64_t began = clock_us();

	arena_init(&own);
	t->e = password_hash(&c, page, &own, STR("password"), &hash);
	t->ended_us = clock_us();
	t->took_us = t->ended_us - began;
	arena_free(&own);
	return NULL;
}

static void a_killed_holder_frees_its_place(void **state)
{
	_Atomic int *held = ground_shared(sizeof *held);
	struct attempt t;
	pthread_t thread;
	pid_t holder;
	int64_t killed_us;

	(void)state;
	watch->pretend = 1;
	holder = hold_all(held);
	pthread_create(&thread, NULL, attempt, &t);
	usleep(50000);
	killed_us = clock_us();
	kill(holder, SIGKILL);
	assert_int_equal(ground_wait(holder), 1000 + SIGKILL);
	pthread_join(thread, NULL);
	assert_int_equal(t.e, OK);
	assert_true(t.ended_us >= killed_us);
	assert_true(t.took_us < 4000000);
	munmap(held, sizeof *held);
}

static void who_finds_no_place_waits_a_little_or_comes_back(void **state)
{
	_Atomic int *held = ground_shared(sizeof *held);
	struct attempt tries[50];
	pthread_t threads[50];
	int at_once = 0, waited = 0;
	pid_t holder;

	(void)state;
	/* 48 may wait. */
	watch->pretend = 1;
	holder = hold_all(held);
	for (size_t i = 0; i < COUNT(tries); i++)
		pthread_create(&threads[i], NULL, attempt, &tries[i]);
	for (size_t i = 0; i < COUNT(tries); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(tries[i].e, ERR_BUSY);
		at_once += tries[i].took_us < 3000000;
		waited += tries[i].took_us >= 8000000;
	}
	kill(holder, SIGKILL);
	ground_wait(holder);
	assert_int_equal(at_once, 2);
	assert_int_equal(waited, 48);
	assert_int_equal(watch->calls, 0);
	munmap(held, sizeof *held);
}

static void without_a_run_directory_it_is_busy(void **state)
{
	struct str hash;
	bool old;

	(void)state;
	snprintf(c.run_dir, sizeof c.run_dir, "%s/none", dir);
	assert_int_equal(password_hash(&c, page, &arena, STR("password"), &hash), ERR_BUSY);
	assert_int_equal(check(STR("password"), (struct str){ NULL, 0 }, &old), ERR_BUSY);
	assert_int_equal(watch->calls, 0);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, leave_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(a_new_password_has_8_characters_to_256_bytes_of_text),
		IN_PLACE(a_password_is_whole_utf8_without_nul),
		IN_PLACE(a_password_is_right_for_its_own_hash_only),
		IN_PLACE(hashes_of_other_systems_are_right_and_old),
		IN_PLACE(bcrypt_does_not_pass_what_it_would_cut),
		IN_PLACE(what_is_no_hash_is_never_right),
		IN_PLACE(nobody_takes_as_long_as_somebody),
		IN_PLACE(no_more_hash_at_once_than_there_are_places),
		IN_PLACE(a_killed_holder_frees_its_place),
		IN_PLACE(who_finds_no_place_waits_a_little_or_comes_back),
		IN_PLACE(without_a_run_directory_it_is_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
