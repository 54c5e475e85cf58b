/* ground.h - what every unit test stands on: cmocka, tables that name the row that failed,
 * directories that go away, and children that do one thing at once. */
#ifndef UNIT_GROUND_H
#define UNIT_GROUND_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* assert_true with words that say which row of a table it was. */
#define EXPECT(good, ...)                                                                          \
	do {                                                                                       \
		if (!(good)) {                                                                     \
			print_error(__VA_ARGS__);                                                  \
			print_error(" [%s]\n", #good);                                             \
			fail();                                                                    \
		}                                                                                  \
	} while (0)

enum { DIR_BYTES = 64 };

static inline void ground_dir(char dir[DIR_BYTES])
{
	snprintf(dir, DIR_BYTES, "/tmp/bellhop-unit-XXXXXX");
	assert_non_null(mkdtemp(dir));
}

static inline int ground_remove_one(
	const char *path, const struct stat *st, int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

static inline void ground_remove(const char *dir)
{
	nftw(dir, ground_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void ground_write(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	close(fd);
}

/* Memory that children share with the test, zeroed. */
static inline void *ground_shared(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

/* A child that runs `work` and ends; its result is the exit status. It never comes back into
 * cmocka. */
static inline pid_t ground_child(int (*work)(int number, void *context), int number, void *context)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(work(number, context));
	return child;
}

/* The exit status of a child, or 1000 and the signal that ended it. */
static inline int ground_wait(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

/* n children at once; all must end with 0. */
static inline void ground_children(int n, int (*work)(int number, void *context), void *context)
{
	pid_t children[64];
	int bad = 0;

	assert_true(n <= (int)COUNT(children));
	for (int i = 0; i < n; i++)
		children[i] = ground_child(work, i, context);
	for (int i = 0; i < n; i++)
		bad += ground_wait(children[i]) != 0;
	assert_int_equal(bad, 0);
}

/* The same numbers in every run (xorshift64*), so that what failed once fails again. */
static inline uint64_t ground_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1d;
}

#endif
