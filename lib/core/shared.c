#include "core/shared.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct wanted {
	const char *path;
	uint64_t layout;
	size_t size;
	bool (*init)(void *shared);
};

static struct shared_head *map(int fd, size_t size)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) || st.st_size != (off_t)size) {
		errno = EINVAL;
		return NULL;
	}
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return p == MAP_FAILED ? NULL : p;
}

/* Moments in it are of a clock that starts again with the machine. What the run before has left
 * would seem to be of a time to come. */
static uint64_t boot_now(void)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	unsigned char text[36];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
	uint64_t hashed = 0xcbf29ce484222325;

	if (fd >= 0)
		close(fd);
	for (ssize_t i = 0; i < n; i++)
		hashed = (hashed ^ text[i]) * 0x100000001b3;
	return n == (ssize_t)sizeof text ? hashed : 0;
}

static bool is_of_use(const struct shared_head *s, uint64_t layout)
{
	uint64_t boot = boot_now();

	return s->layout == layout && (s->boot == boot || !s->boot || !boot);
}

static struct shared_head *open_existing(const struct wanted *w)
{
	int fd = open(w->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct shared_head *s;

	if (fd < 0)
		return NULL;
	s = map(fd, w->size);
	close(fd);
	if (s && !is_of_use(s, w->layout)) {
		munmap(s, w->size);
		errno = EINVAL;
		return NULL;
	}
	return s;
}

/* Made whole under a name of its own, then put in place. */
static bool make(const struct wanted *w)
{
	char fresh[PATH_MAX];
	struct shared_head *s = NULL;
	int fd;
	bool done = false;

	if (snprintf(fresh, sizeof fresh, "%s.%d.%lld", w->path, (int)getpid(),
		    (long long)clock_us()) >= (int)sizeof fresh)
		return false;
	fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	/* Allocated now: a full disk is an error here, not a SIGBUS at some later write. */
	if (posix_fallocate(fd, 0, (off_t)w->size) == 0 && (s = map(fd, w->size)) &&
		(!w->init || w->init(s))) {
		s->layout = w->layout;
		s->boot = boot_now();
		done = rename(fresh, w->path) == 0;
	}
	if (s)
		munmap(s, w->size);
	if (!done)
		unlink(fresh);
	close(fd);
	return done;
}

/* Who finds none of use makes one, unless another was first: one at a time, by a lock on the
 * directory that ends with its holder. */
static struct shared_head *make_one(const char *run_dir, const struct wanted *w)
{
	int dir = open(run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), problem;
	struct shared_head *s;

	if (dir < 0)
		return NULL;
	while (flock(dir, LOCK_EX) && errno == EINTR)
		continue;
	s = open_existing(w);
	if (!s && (errno == ENOENT || errno == EINVAL) && make(w))
		s = open_existing(w);
	problem = errno;
	close(dir);
	errno = problem;
	return s;
}

void *shared_open(const char *run_dir, const char *name, uint64_t layout, size_t size,
	bool (*init)(void *shared))
{
	char path[PATH_MAX];
	struct wanted w = { path, layout, size, init };
	struct shared_head *s;

	if (snprintf(path, sizeof path, "%s/%s", run_dir, name) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	s = open_existing(&w);
	return s || (errno != ENOENT && errno != EINVAL) ? s : make_one(run_dir, &w);
}
