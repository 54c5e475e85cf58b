#include "ground.h"

#include "web/keys.h"

#include <pthread.h>
#include <time.h>

static char dir[DIR_BYTES], public_dir[DIR_BYTES + 8];
static struct arena arena;

static int make_place(void **state)
{
	(void)state;
	ground_dir(dir);
	snprintf(public_dir, sizeof public_dir, "%s/public", dir);
	arena_init(&arena);
	return 0;
}

static int leave_place(void **state)
{
	(void)state;
	arena_free(&arena);
	ground_remove(dir);
	return 0;
}

static void rotate(char kid[KID_MAX])
{
	const char *why = NULL;

	usleep(2000); /* names tell them apart by the millisecond */
	EXPECT(keys_rotate(dir, kid, &why), "%s", why);
}

static struct keys *opened(bool sign)
{
	const char *why = NULL;
	struct keys *k = keys_open(dir, sign, &why);

	EXPECT(k, "%s", why);
	return k;
}

static bool verifies(struct keys *k, const char *kid)
{
	struct str pem;

	return keys_verifying(k, &arena, str_of(kid), &pem) &&
	       str_starts(pem, "-----BEGIN PUBLIC KEY-----\n");
}

static bool signs_with(struct keys *k, const char *kid)
{
	struct str name, pem;

	return keys_signing(k, &arena, &name, &pem) && str_is(name, kid) &&
	       str_starts(pem, "-----BEGIN PRIVATE KEY-----\n");
}

static void without_keys_nothing_opens(void **state)
{
	const char *why = NULL;

	(void)state;
	assert_null(keys_open(dir, true, &why));
	assert_non_null(strstr(why, "bellhop keys rotate"));
	assert_null(keys_open("/nonexistent", false, &why));
	assert_non_null(strstr(why, "bellhop keys rotate"));
	assert_int_equal(mkdir(public_dir, 0700), 0);
	assert_null(keys_open(dir, false, &why));
	keys_free(NULL);
}

static void the_newest_key_signs_and_the_one_before_still_verifies(void **state)
{
	char first[KID_MAX], second[KID_MAX], third[KID_MAX];
	struct keys *account, *users;

	(void)state;
	rotate(first);
	account = opened(true);
	users = opened(false);
	assert_true(signs_with(account, first));
	assert_true(verifies(users, first));
	rotate(second);
	assert_true(strcmp(second, first) > 0);
	/* Both have noticed, without a restart. */
	assert_true(signs_with(account, second));
	assert_true(verifies(users, second));
	assert_true(verifies(users, first));
	rotate(third);
	assert_true(signs_with(account, third));
	assert_true(verifies(users, third));
	assert_true(verifies(users, second));
	assert_false(verifies(users, first));
	assert_false(verifies(account, first));
	keys_free(account);
	keys_free(users);
}

static int count_files(const char *where)
{
	char command[128];
	FILE *list;
	int n = 0;

	snprintf(command, sizeof command, "find %s -maxdepth 1 -type f", where);
	list = popen(command, "r");
	assert_non_null(list);
	for (int c; (c = getc(list)) != EOF;)
		n += c == '\n';
	pclose(list);
	return n;
}

static void keys_are_their_owners_alone_and_two_are_kept(void **state)
{
	char kid[KID_MAX], path[256];
	struct stat st;

	(void)state;
	for (int i = 0; i < 5; i++)
		rotate(kid);
	assert_int_equal(count_files(dir), 2);
	assert_int_equal(count_files(public_dir), 2);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	snprintf(path, sizeof path, "%s/%s.pem", dir, kid);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(strspn(kid, "0123456789TZabcdef-"), strlen(kid));
}

static void who_verifies_never_holds_a_private_key(void **state)
{
	char kid[KID_MAX];
	struct str name, pem;
	struct keys *users;

	(void)state;
	rotate(kid);
	users = opened(false);
	assert_false(keys_signing(users, &arena, &name, &pem));
	assert_true(verifies(users, kid));
	keys_free(users);
}

static void only_whole_keys_with_proper_names_count(void **state)
{
	static const char *const names[] = { "README", ".pem", "..pem", "x.pem",
		"20990101T000000000Z.txt", "20990101T000000000Z-abcdef.pem.new",
		"20990101T000000000Z-ABCDEF.pem", "20990101T000000000Z-abcdef .pem",
		"2099010120990101209901012099010120990101.pem", "20990101T000000000Z-ffffff.pem~" };
	char kid[KID_MAX], path[256];
	struct keys *k;

	(void)state;
	rotate(kid);
	for (size_t i = 0; i < COUNT(names); i++)
		for (int private = 0; private < 2; private ++) {
			snprintf(path, sizeof path, "%s/%s", private ? dir : public_dir, names[i]);
			ground_write(path, "-----BEGIN PUBLIC KEY-----\n", 27);
		}
	/* A public key whose private half is missing must not be chosen to sign; an empty file is
	 * no key; a private half alone is for nobody. */
	snprintf(path, sizeof path, "%s/20990101T000000000Z-aaaaaa.pem", public_dir);
	ground_write(path, "-----BEGIN PUBLIC KEY-----\n", 27);
	snprintf(path, sizeof path, "%s/20990101T000000000Z-bbbbbb.pem", public_dir);
	ground_write(path, "", 0);
	snprintf(path, sizeof path, "%s/20990101T000000000Z-cccccc.pem", dir);
	ground_write(path, "-----BEGIN PRIVATE KEY-----\n", 28);
	k = opened(true);
	assert_true(signs_with(k, kid));
	assert_true(verifies(k, kid));
	for (size_t i = 0; i < COUNT(names); i++) {
		char name[64];

		snprintf(name, sizeof name, "%s", names[i]);
		assert_false(verifies(k, name));
		if (strchr(name, '.'))
			*strrchr(name, '.') = 0;
		assert_false(verifies(k, name));
	}
	assert_false(verifies(k, "20990101T000000000Z-bbbbbb"));
	assert_false(verifies(k, "20990101T000000000Z-cccccc"));
	assert_false(verifies(k, ""));
	assert_false(verifies(k, "../public/20990101T000000000Z-aaaaaa"));
	keys_free(k);
}

static void a_change_under_the_same_time_stamp_is_noticed(void **state)
{
	char first[KID_MAX], second[KID_MAX];
	struct timespec times[2];
	struct stat st;
	struct keys *k;

	(void)state;
	/* Time stamps move in steps of some milliseconds. A reader that looked between two changes
	 * of one step saw the stamp of the second already. */
	rotate(first);
	k = opened(false);
	assert_int_equal(stat(public_dir, &st), 0);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	rotate(second);
	assert_int_equal(utimensat(AT_FDCWD, public_dir, times, 0), 0);
	assert_true(verifies(k, second));
	keys_free(k);
}

struct reader {
	struct keys *keys;
	_Atomic int stop, bad, rounds;
};

static void *read_on(void *context)
{
	struct reader *r = context;
	struct arena own;

	arena_init(&own);
	while (!r->stop) {
		struct str kid, pem;

		r->bad += !keys_signing(r->keys, &own, &kid, &pem) || !pem.n;
		r->bad += !keys_verifying(r->keys, &own, kid, &pem) || !pem.n;
		r->rounds++;
		arena_clear(&own);
	}
	arena_free(&own);
	return NULL;
}

static void threads_that_read_see_no_half_of_a_rotation(void **state)
{
	struct reader readers[4] = { 0 };
	pthread_t threads[COUNT(readers)];
	struct keys *k;
	char kid[KID_MAX];

	(void)state;
	rotate(kid);
	k = opened(true);
	for (size_t i = 0; i < COUNT(readers); i++) {
		readers[i].keys = k;
		pthread_create(&threads[i], NULL, read_on, &readers[i]);
	}
	/* Each reader ends the round it is in before the next rotation: a key lives through one of
	 * them, so a round that two fall into may rightly find it gone. */
	for (int i = 0; i < 20; i++) {
		int before[COUNT(readers)];

		rotate(kid);
		for (size_t n = 0; n < COUNT(readers); n++)
			before[n] = readers[n].rounds;
		for (size_t n = 0; n < COUNT(readers); n++)
			while (readers[n].rounds == before[n])
				usleep(200);
	}
	for (size_t i = 0; i < COUNT(readers); i++)
		readers[i].stop = 1;
	for (size_t i = 0; i < COUNT(readers); i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(readers[i].bad, 0);
	}
	assert_true(signs_with(k, kid));
	keys_free(k);
}

static void a_directory_that_cannot_be_written_says_so(void **state)
{
	char kid[KID_MAX], path[256];
	const char *why = NULL;

	(void)state;
	assert_false(keys_rotate("/nonexistent/keys", kid, &why));
	assert_string_equal(why, "the directory cannot be made");
	snprintf(path, sizeof path, "%s/file", dir);
	ground_write(path, "x", 1);
	assert_false(keys_rotate(path, kid, &why));
	assert_string_equal(why, "the directory cannot be made");
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, leave_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(without_keys_nothing_opens),
		IN_PLACE(the_newest_key_signs_and_the_one_before_still_verifies),
		IN_PLACE(keys_are_their_owners_alone_and_two_are_kept),
		IN_PLACE(who_verifies_never_holds_a_private_key),
		IN_PLACE(only_whole_keys_with_proper_names_count),
		IN_PLACE(a_change_under_the_same_time_stamp_is_noticed),
		IN_PLACE(threads_that_read_see_no_half_of_a_rotation),
		IN_PLACE(a_directory_that_cannot_be_written_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
