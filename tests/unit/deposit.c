/* deposit.c - bytes on their way to the disk. */
#include "ground.h"

#include "web/deposit.h"

#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

static char dir[DIR_BYTES];

static int make_dir(void **state)
{
	(void)state;
	ground_dir(dir);
	return 0;
}

static int leave_dir(void **state)
{
	(void)state;
	ground_remove(dir);
	return 0;
}

static void path_of(char path[256], const struct deposit *d)
{
	snprintf(path, 256, "%s/%s", dir, d->place);
}

static void what_is_kept_lies_there_with_its_hash(void **state)
{
	static const unsigned char digest[HASH_BYTES] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf,
		0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96,
		0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad };
	struct deposit d, again;
	char path[256], bytes[4];
	struct stat st;
	int fd;

	(void)state;
	assert_int_equal(deposit_open(&d, dir, true), OK);
	assert_int_equal(deposit_open(&again, dir, false), OK);
	assert_string_not_equal(d.place, again.place);
	assert_int_equal(strlen(d.place), PLACE_BYTES - 1);
	assert_int_equal(deposit_add(&d, "a", 1), OK);
	assert_int_equal(deposit_add(&d, "bc", 2), OK);
	assert_int_equal(deposit_keep(&d, dir), OK);
	assert_memory_equal(d.digest, digest, sizeof digest);
	path_of(path, &d);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(read(fd, bytes, sizeof bytes), 3);
	assert_memory_equal(bytes, "abc", 3);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_mode & 07, 0);
	/* Nobody takes it away while its process is at it. */
	assert_int_not_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	deposit_leave(&d);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
	assert_int_equal(access(path, F_OK), 0);
	deposit_drop(&again, dir);
}

static void what_is_dropped_is_gone(void **state)
{
	struct deposit d;
	char path[256];

	(void)state;
	assert_int_equal(deposit_open(&d, dir, true), OK);
	assert_int_equal(deposit_add(&d, "abc", 3), OK);
	path_of(path, &d);
	assert_int_equal(access(path, F_OK), 0);
	deposit_drop(&d, dir);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(d.fd, -1);
	deposit_drop(&d, dir);
}

static void what_another_has_written_is_measured(void **state)
{
	struct deposit d, same;

	(void)state;
	assert_int_equal(deposit_open(&d, dir, false), OK);
	assert_int_equal(deposit_open(&same, dir, true), OK);
	for (int i = 0; i < 50000; i++) {
		assert_int_equal(write(d.fd, "0123456789", 10), 10);
		assert_int_equal(deposit_add(&same, "0123456789", 10), OK);
	}
	assert_int_equal(deposit_measure(&d), OK);
	assert_int_equal(deposit_keep(&d, dir), OK);
	assert_int_equal(deposit_keep(&same, dir), OK);
	assert_int_equal(d.n, 500000);
	assert_memory_equal(d.digest, same.digest, HASH_BYTES);
	deposit_drop(&d, dir);
	deposit_drop(&same, dir);
}

/* A limit on the size of files ends a write as a full disk does. */
static int fill(int number, void *context)
{
	struct rlimit most = { 1 << 20, 1 << 20 };
	static char bytes[65536];
	enum err e = OK;
	struct deposit d;

	(void)number;
	(void)context;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &most);
	if (deposit_open(&d, dir, true) != OK)
		return 1;
	for (int i = 0; i < 20 && e == OK; i++)
		e = deposit_add(&d, bytes, sizeof bytes);
	deposit_drop(&d, dir);
	return e == ERR_STORAGE ? 0 : 2;
}

static void a_full_disk_is_said_to_be_one(void **state)
{
	struct deposit d;

	(void)state;
	assert_int_equal(ground_wait(ground_child(fill, 0, NULL)), 0);
	assert_int_equal(deposit_open(&d, "/nowhere", true), ERR_INTERNAL);
	deposit_drop(&d, "/nowhere");
}

/* --- the sweep --- */

static _Atomic bool sweeping;

/* As lib/web/tidy.c does, but that it knows of no row and never rests. */
static void *sweep(void *context)
{
	while (sweeping) {
		DIR *d = opendir(dir);
		struct dirent *entry;

		while (d && (entry = readdir(d))) {
			int file = openat(dirfd(d), entry->d_name, O_RDONLY | O_CLOEXEC);

			if (entry->d_name[0] != '.' && file >= 0 && !flock(file, LOCK_EX | LOCK_NB))
				unlinkat(dirfd(d), entry->d_name, 0);
			if (file >= 0)
				close(file);
		}
		if (d)
			closedir(d);
	}
	return context;
}

static void what_has_just_been_made_is_not_swept_away(void **state)
{
	enum { ROUNDS = 20000 };
	pthread_t sweeper;
	struct deposit d;
	struct stat st;

	(void)state;
	sweeping = true;
	assert_int_equal(pthread_create(&sweeper, NULL, sweep, NULL), 0);
	for (int i = 0; i < ROUNDS; i++) {
		assert_int_equal(deposit_open(&d, dir, false), OK);
		assert_int_equal(fstat(d.fd, &st), 0);
		EXPECT(st.st_nlink == 1, "round %d", i);
		deposit_drop(&d, dir);
	}
	sweeping = false;
	pthread_join(sweeper, NULL);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, make_dir, leave_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(what_is_kept_lies_there_with_its_hash),
		IN_DIR(what_is_dropped_is_gone),
		IN_DIR(what_another_has_written_is_measured),
		IN_DIR(a_full_disk_is_said_to_be_one),
		IN_DIR(what_has_just_been_made_is_not_swept_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
