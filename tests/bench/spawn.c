/* spawn - runs a plain CGI program again and again, one after the other, and says how long each
 * took from fork to the end of its output and of itself.
 *
 *     spawn TIMES PROGRAM
 *
 * The request is in the environment, and each answer must begin with "Status: 200". Prints one line
 * of JSON. In C because what starts processes must itself cost little. */
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMES_MAX = 100000 };

extern char **environ;

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static double run_once(char *program, posix_spawn_file_actions_t *files, const int ends[2])
{
	static const char good[] = "Status: 200";
	char *argv[] = { program, NULL }, answer[65536];
	double begin = now_ms();
	size_t n = 0;
	int status;
	pid_t pid;

	if (posix_spawn(&pid, program, files, NULL, argv, environ))
		fail(program);
	/* Its copy of the writing end is the last one, so reading ends with the program. */
	close(ends[1]);
	for (ssize_t got = 1; got > 0 && n < sizeof answer; n += (size_t)got) {
		got = read(ends[0], answer + n, sizeof answer - n);
		if (got < 0)
			fail("read");
	}
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0 || n < sizeof good ||
		memcmp(answer, good, sizeof good - 1) != 0) {
		fprintf(stderr, "spawn: %s answered %.*s\n", program, (int)(n < 500 ? n : 500),
			answer);
		exit(1);
	}
	return now_ms() - begin;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	long times = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	struct rusage used;
	double *ms, cpu_ms;

	if (times < 1 || times > TIMES_MAX) {
		fprintf(stderr, "usage: spawn TIMES PROGRAM\n");
		return 1;
	}
	ms = calloc((size_t)times, sizeof *ms);
	if (!ms)
		fail("spawn");
	for (long i = 0; i < times; i++) {
		posix_spawn_file_actions_t files;
		int ends[2];

		if (pipe2(ends, O_CLOEXEC))
			fail("pipe");
		posix_spawn_file_actions_init(&files);
		posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
		posix_spawn_file_actions_adddup2(&files, ends[1], STDOUT_FILENO);
		ms[i] = run_once(argv[2], &files, ends);
		posix_spawn_file_actions_destroy(&files);
	}
	qsort(ms, (size_t)times, sizeof *ms, by_size);
	getrusage(RUSAGE_CHILDREN, &used);
	cpu_ms = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
		 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
	printf("{\"times\":%ld,\"min_ms\":%.3f,\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"max_ms\":%.3f,"
	       "\"cpu_ms\":%.3f}\n",
		times, ms[0], ms[times / 2], ms[times * 9 / 10], ms[times - 1],
		cpu_ms / (double)times);
	free(ms);
	return 0;
}
