#include "web/doorman.h"

#include "core/arena.h"
#include "core/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	WAITING_MAX = 4096, /* as many as the kernel allows */
	YOUNG_US = 250000,
	FIRST_PAUSE_US = 20000,
	LONGEST_PAUSE_US = 5000000,
};

struct door {
	char *path; /* of the program */
	const char *name;
	struct sockaddr_un at;
	int fd;
	pid_t pid; /* 0: nobody is behind it */
	int64_t began_us, pause_us, due_us;
};

struct doors {
	struct door *all;
	size_t n;
	bool ending;
};

static bool complain(const char *what)
{
	fprintf(stderr, "bellhop: %s: %s\n", what, strerror(errno));
	return false;
}

static bool open_door(struct door *d, const char *run_dir)
{
	const char *slash = strrchr(d->path, '/');
	int n;

	d->name = slash ? slash + 1 : d->path;
	d->at.sun_family = AF_UNIX;
	n = snprintf(d->at.sun_path, sizeof d->at.sun_path, "%s/%s.sock", run_dir, d->name);
	if (n >= (int)sizeof d->at.sun_path) {
		errno = ENAMETOOLONG;
		return complain(run_dir);
	}
	if (access(d->path, X_OK))
		return complain(d->path);
	unlink(d->at.sun_path);
	d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (d->fd < 0 || bind(d->fd, (struct sockaddr *)&d->at, sizeof d->at) ||
		listen(d->fd, WAITING_MAX))
		return complain(d->at.sun_path);
	return true;
}

/* In the child. It is told to end should the doorman be killed: another one opens doors of its own.
 */
static void become(const struct door *d, pid_t doorman)
{
	char *argv[] = { d->path, NULL };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (getppid() == doorman && dup2(d->fd, STDIN_FILENO) == STDIN_FILENO)
		execv(d->path, argv);
	complain(d->path);
	_exit(127);
}

static void start(struct door *d)
{
	pid_t doorman = getpid(), pid = fork();

	if (pid == 0)
		become(d, doorman);
	if (pid < 0)
		complain(d->name);
	d->pid = pid > 0 ? pid : 0;
	d->began_us = clock_us();
	d->due_us = d->began_us + LONGEST_PAUSE_US; /* where it could not be started */
}

/* Once is bad luck. What dies young again and again is given more and more time. */
static void plan(struct door *d)
{
	int64_t now_us = clock_us();

	if (now_us - d->began_us > YOUNG_US)
		d->pause_us = 0;
	d->due_us = now_us + d->pause_us;
	d->pause_us = d->pause_us ? 2 * d->pause_us : FIRST_PAUSE_US;
	if (d->pause_us > LONGEST_PAUSE_US)
		d->pause_us = LONGEST_PAUSE_US;
}

static void say_how(const struct door *d, int status)
{
	if (WIFSIGNALED(status))
		fprintf(stderr, "bellhop: %s was ended by signal %d and is started again\n",
			d->name, WTERMSIG(status));
	else
		fprintf(stderr, "bellhop: %s ended with %d and is started again\n", d->name,
			WEXITSTATUS(status));
}

static void reap(struct doors *doors)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < doors->n; i++) {
			struct door *d = &doors->all[i];

			if (d->pid != pid)
				continue;
			d->pid = 0;
			if (doors->ending)
				continue;
			say_how(d, status);
			plan(d);
		}
}

static void tell_all(const struct doors *doors, int signal)
{
	for (size_t i = 0; i < doors->n; i++)
		if (doors->all[i].pid)
			kill(doors->all[i].pid, signal);
}

/* Starts who is due; the microseconds until the next one is, -1: nobody will be. */
static int64_t start_due(struct doors *doors)
{
	int64_t next_us = -1;

	for (size_t i = 0; i < doors->n && !doors->ending; i++) {
		struct door *d = &doors->all[i];
		int64_t left_us = d->due_us - clock_us();

		if (!d->pid && left_us <= 0)
			start(d);
		else if (!d->pid && (next_us < 0 || left_us < next_us))
			next_us = left_us;
	}
	return next_us;
}

static bool anybody(const struct doors *doors)
{
	for (size_t i = 0; i < doors->n; i++)
		if (doors->all[i].pid)
			return true;
	return false;
}

static void watch(struct doors *doors, const sigset_t *signals)
{
	while (!doors->ending || anybody(doors)) {
		int64_t us = start_due(doors);
		struct timespec most = { us / 1000000, us % 1000000 * 1000 };
		int got = us < 0 ? sigwaitinfo(signals, NULL) : sigtimedwait(signals, NULL, &most);

		if (got == SIGHUP)
			tell_all(doors, SIGHUP);
		if (got == SIGTERM || got == SIGINT) {
			doors->ending = true;
			tell_all(doors, SIGTERM);
		}
		reap(doors);
	}
}

bool doorman(const char *run_dir, char **paths, size_t n)
{
	struct doors doors = { .all = must_alloc(sizeof *doors.all * n), .n = n };
	sigset_t signals;
	bool good = true;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (size_t i = 0; i < n; i++) {
		doors.all[i].path = paths[i];
		good = good && open_door(&doors.all[i], run_dir);
	}
	if (good)
		watch(&doors, &signals);
	for (size_t i = 0; i < n; i++)
		if (doors.all[i].fd > 0) {
			unlink(doors.all[i].at.sun_path);
			close(doors.all[i].fd);
		}
	free(doors.all);
	return good;
}
