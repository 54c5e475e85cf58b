/* What a child may still do once it is shut in. Address sanitizer cannot live behind the filter of
 * system calls, so tests/run.sh runs this one as it is released, too. */
#include "media/cell.h"

#include "ground.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GOOD = 0, NOT_SHUT_IN = 100 };

/* What the child says of itself: its exit status, or minus the signal that ended it. */
static int shut_in(int (*body)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (!cell_enter(CELL_FILES))
			_exit(NOT_SHUT_IN);
		_exit(body());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int count_files(void)
{
	for (int fd = CELL_FILES; fd < 1000; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return fd;
	return GOOD;
}

static void other_files_are_closed(void **state)
{
	int other = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(other >= CELL_FILES);
	assert_int_equal(shut_in(count_files), GOOD);
	assert_true(fcntl(other, F_GETFD) >= 0);
	close(other);
}

static int say_and_wait(void)
{
	char byte = 0;

	return write(STDOUT_FILENO, &byte, 1) == 1 && read(STDIN_FILENO, &byte, 1) == 0 ? GOOD : 1;
}

/* Its limits are read from outside: within it cannot even ask. */
static void its_time_is_limited(void **state)
{
	int in[2], out[2], status;
	struct rlimit cpu;
	char byte;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(in) | pipe(out), 0);
	child = fork();
	if (child == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		_exit(cell_enter(CELL_FILES) ? say_and_wait() : NOT_SHUT_IN);
	}
	close(in[0]);
	assert_int_equal(read(out[0], &byte, 1), 1);
	assert_int_equal(prlimit(child, RLIMIT_CPU, NULL, &cpu), 0);
	assert_in_range(cpu.rlim_max, 1, 10);
	close(in[1]);
	close(out[0]);
	close(out[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#ifndef __SANITIZE_ADDRESS__
static int take_memory(void)
{
	for (int mb = 0; mb < 4096; mb += 64)
		if (mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			    0) == MAP_FAILED)
			return GOOD;
	return 1;
}

static void its_memory_is_limited(void **state)
{
	(void)state;
	assert_int_equal(shut_in(take_memory), GOOD);
}

/* Each by its number, so that nothing of libc stands between. The first that goes through. */
static int break_out(void)
{
	static const long calls[] = { SYS_openat, SYS_socket, SYS_connect, SYS_sendto, SYS_execve,
		SYS_clone, SYS_kill, SYS_ptrace, SYS_unlinkat, SYS_linkat, SYS_renameat2,
		SYS_fchmodat, SYS_mkdirat, SYS_mount, SYS_setrlimit, SYS_prctl, SYS_bpf,
		SYS_io_uring_setup, SYS_process_vm_readv, SYS_memfd_create, SYS_dup, SYS_ioctl,
		SYS_getdents64 };

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (syscall(calls[i], AT_FDCWD, "/etc/passwd", 0, 0, 0, 0) >= 0 || errno != EPERM)
			return (int)i + 1;
	return GOOD;
}

static void nothing_but_its_files_can_be_reached(void **state)
{
	(void)state;
	assert_int_equal(shut_in(break_out), GOOD);
}

static int work(void)
{
	char *p = malloc(1 << 20);

	if (!p || pwrite(STDERR_FILENO, "", 0, 0) < 0)
		return errno == ESPIPE ? GOOD : 1;
	free(p);
	return GOOD;
}

static void its_work_can_be_done(void **state)
{
	(void)state;
	assert_int_equal(shut_in(work), GOOD);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(other_files_are_closed),
		cmocka_unit_test(its_time_is_limited),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(its_memory_is_limited),
		cmocka_unit_test(nothing_but_its_files_can_be_reached),
		cmocka_unit_test(its_work_can_be_done),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
