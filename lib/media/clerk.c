#include "media/clerk.h"

#include "media/cell.h"
#include "media/picture.h"
#include "media/sniff.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	FILES_MAX = 4, /* in, clean, thumb, and where the answer goes */
	ANSWER_MS = 60000,
	TRIES_MAX = 3,
	PICTURES_MAX = 2, /* decoded at once: each may take much memory */
};

static struct {
	pthread_mutex_t lock;
	int socket; /* to the clerk; -1: there is none */
	pid_t pid;
	sem_t pictures;
} desk = { .lock = PTHREAD_MUTEX_INITIALIZER, .socket = -1 };

/* --- the clerk's side --- */

static void do_job(const struct clerk_order *o, struct clerk_answer *a)
{
	switch (o->job) {
	case CLERK_SNIFF: a->outcome = sniff(o->in, a->mime); break;
	case CLERK_PICTURE: a->outcome = picture_look(o, a); break;
	}
}

/* The child: numbers its files from 3 on, so that nothing else is left open. */
static void work(struct clerk_order *o, const int *files, int n)
{
	struct clerk_answer a = { .outcome = ERR_INTERNAL };
	int moved[FILES_MAX], out;

	for (int i = 0; i < n; i++)
		moved[i] = fcntl(files[i], F_DUPFD_CLOEXEC, CELL_FILES + FILES_MAX);
	for (int i = 0; i < n; i++)
		dup2(moved[i], CELL_FILES + i);
	out = CELL_FILES;
	o->in = CELL_FILES + 1;
	o->clean = n > 2 ? CELL_FILES + 2 : -1;
	o->thumb = n > 3 ? CELL_FILES + 3 : -1;
	if (cell_enter(CELL_FILES + n))
		do_job(o, &a);
	if (write(out, &a, sizeof a) != (ssize_t)sizeof a)
		_exit(1);
	_exit(0);
}

static int take_order(int socket, struct clerk_order *o, int files[FILES_MAX])
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * FILES_MAX)];
	} control;
	struct iovec bytes = { o, sizeof *o };
	struct msghdr m = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	struct cmsghdr *c;
	ssize_t got;
	size_t n = 0;

	do
		got = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof *o)
		return -1;
	c = CMSG_FIRSTHDR(&m);
	if (c && c->cmsg_type == SCM_RIGHTS)
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	if (n)
		memcpy(files, CMSG_DATA(c), n * sizeof(int));
	return (int)n;
}

/* Splits a child off for each order, until the other side has closed. */
static void serve_orders(int socket)
{
	struct clerk_order order;
	int files[FILES_MAX], n;

	while ((n = take_order(socket, &order, files)) >= 0) {
		if (n >= 2 && fork() == 0)
			work(&order, files, n);
		for (int i = 0; i < n; i++)
			close(files[i]);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
	}
}

static void be_clerk(int socket)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGTERM, SIGPIPE };
	int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	prctl(PR_SET_NAME, "files-clerk", 0, 0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* It ends when the program does, whatever the terminal or the keeper of the site says. */
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	/* Above all the socket that requests come in by: it must die with the program. */
	dup2(nowhere, STDIN_FILENO);
	dup2(nowhere, STDOUT_FILENO);
#ifndef __SANITIZE_ADDRESS__
	dup2(nowhere, STDERR_FILENO);
#endif
	socket = dup2(socket, CELL_FILES);
	cell_close_from(CELL_FILES + 1);
	fcntl(socket, F_SETFD, FD_CLOEXEC);
	sniff_open();
	serve_orders(socket);
	_exit(0);
}

/* --- the program's side --- */

static bool hire(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return false;
	desk.pid = fork();
	if (desk.pid == 0)
		be_clerk(pair[1]);
	close(pair[1]);
	if (desk.pid < 0) {
		close(pair[0]);
		return false;
	}
	desk.socket = pair[0];
	return true;
}

static void dismiss(void)
{
	if (desk.socket < 0)
		return;
	close(desk.socket);
	desk.socket = -1;
	waitpid(desk.pid, NULL, 0);
}

void clerk_open(bool ahead)
{
	sem_init(&desk.pictures, 0, PICTURES_MAX);
	if (ahead)
		hire();
}

void clerk_close(void)
{
	dismiss();
	sem_destroy(&desk.pictures);
}

static bool send_order(const struct clerk_order *o, const int *files, int n)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * FILES_MAX)];
	} control = { 0 };
	struct iovec bytes = { (void *)(uintptr_t)o, sizeof *o };
	struct msghdr m = { .msg_iov = &bytes,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)n) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)n);
	memcpy(CMSG_DATA(c), files, sizeof(int) * (size_t)n);
	return sendmsg(desk.socket, &m, MSG_NOSIGNAL) == (ssize_t)sizeof *o;
}

/* A clerk that was killed is replaced; the new one is split off from a program with threads then,
 * which is safe for what it does: it allocates memory, and takes no lock that they could hold. */
static bool place_order(const struct clerk_order *o, const int *files, int n, pid_t *clerk)
{
	bool placed;

	pthread_mutex_lock(&desk.lock);
	placed = desk.socket >= 0 && send_order(o, files, n);
	if (!placed) {
		dismiss();
		placed = hire() && send_order(o, files, n);
	}
	*clerk = desk.pid;
	pthread_mutex_unlock(&desk.lock);
	return placed;
}

/* What dies on its way has no answer: then the file is at fault. false: there is none. */
static bool await(int from, struct clerk_answer *a)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	struct clerk_answer got;
	bool answered = false;

	a->outcome = ERR_INVALID;
	if (poll(&p, 1, ANSWER_MS) == 1 && read(from, &got, sizeof got) == (ssize_t)sizeof got) {
		*a = got;
		answered = true;
		a->mime[CLERK_MIME - 1] = 0;
		a->placeholder[CLERK_PLACEHOLDER - 1] = 0;
	}
	return answered;
}

/* Whether the clerk that was given an order is no more: it may have been dying when the order
 * reached it. A file cannot bring that about, since its child can signal nobody else. */
static bool has_died(pid_t clerk)
{
	struct pollfd p = { .events = POLLRDHUP };
	bool died;

	pthread_mutex_lock(&desk.lock);
	p.fd = desk.socket;
	died = desk.socket < 0 || desk.pid != clerk || (poll(&p, 1, 0) == 1 && p.revents);
	if (died && desk.pid == clerk)
		dismiss();
	pthread_mutex_unlock(&desk.lock);
	return died;
}

/* false: the order is lost, and may be placed again. */
static bool ask_once(const struct clerk_order *o, struct clerk_answer *a)
{
	int answer[2], files[FILES_MAX], n = 0;
	bool placed, answered = false;
	pid_t clerk;

	*a = (struct clerk_answer){ .outcome = ERR_INTERNAL };
	if (pipe2(answer, O_CLOEXEC))
		return true;
	files[n++] = answer[1];
	files[n++] = o->in;
	if (o->clean >= 0)
		files[n++] = o->clean;
	if (o->thumb >= 0)
		files[n++] = o->thumb;
	placed = place_order(o, files, n, &clerk);
	close(answer[1]);
	if (placed)
		answered = await(answer[0], a);
	close(answer[0]);
	return answered || !placed || !has_died(clerk);
}

enum err clerk_ask(const struct clerk_order *o, struct clerk_answer *a)
{
	bool waits = o->job == CLERK_PICTURE;

	while (waits && sem_wait(&desk.pictures) && errno == EINTR)
		continue;
	for (int tries = 0; tries < TRIES_MAX; tries++)
		if (ask_once(o, a))
			break;
	if (waits)
		sem_post(&desk.pictures);
	return a->outcome;
}
