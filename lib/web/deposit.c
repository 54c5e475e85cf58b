#include "web/deposit.h"

#include "core/random.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BEGIN_BYTES = 4 << 20, RANDOM_BYTES = 18, PIECE = 65536 };

static enum err failed(void)
{
	return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ERR_STORAGE : ERR_INTERNAL;
}

static void new_place(char place[PLACE_BYTES])
{
	struct arena a;
	struct str text;

	arena_init(&a);
	text = random_text(&a, RANDOM_BYTES);
	snprintf(place, PLACE_BYTES, "%.*s", STR_ARG(text));
	arena_free(&a);
}

static void path_of(
	char path[CONF_TEXT_MAX + PLACE_BYTES], const char *directory, const char *place)
{
	snprintf(path, CONF_TEXT_MAX + PLACE_BYTES, "%s/%s", directory, place);
}

static void begin_hash(struct deposit *d)
{
	d->hash = EVP_MD_CTX_new();
	if (d->hash)
		EVP_DigestInit_ex(d->hash, EVP_sha256(), NULL);
}

/* Between its making and its lock the sweep may have come upon it: what that has locked it takes
 * away, or has done so already. */
static bool is_ours(int fd)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return false;
	return fstat(fd, &st) == 0 && st.st_nlink > 0;
}

static int open_new(char place[PLACE_BYTES], const char *directory)
{
	char path[CONF_TEXT_MAX + PLACE_BYTES];
	int fd;

	for (;;) {
		new_place(place);
		path_of(path, directory, place);
		/* The web server reads it, which may be another user of the same group. */
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
		if (fd < 0 || is_ours(fd))
			return fd;
		unlink(path);
		close(fd);
	}
}

enum err deposit_open(struct deposit *d, const char *directory, bool hashed)
{
	*d = (struct deposit){ .fd = -1 };
	d->fd = open_new(d->place, directory);
	if (d->fd < 0) {
		d->place[0] = 0;
		return failed();
	}
	if (hashed)
		begin_hash(d);
	return !hashed || d->hash ? OK : ERR_INTERNAL;
}

enum err deposit_add(struct deposit *d, const void *bytes, size_t n)
{
	const char *p = bytes;

	if (d->hash)
		EVP_DigestUpdate(d->hash, bytes, n);
	while (n > 0) {
		ssize_t put = write(d->fd, p, n);

		if (put < 0 && errno != EINTR)
			return failed();
		if (put <= 0)
			continue;
		p += put;
		n -= (size_t)put;
		d->n += put;
	}
	if (d->n - d->begun >= BEGIN_BYTES) {
		sync_file_range(d->fd, d->begun, d->n - d->begun, SYNC_FILE_RANGE_WRITE);
		d->begun = d->n;
	}
	return OK;
}

static void end_hash(struct deposit *d)
{
	if (d->hash)
		EVP_DigestFinal_ex(d->hash, d->digest, NULL);
	EVP_MD_CTX_free(d->hash);
	d->hash = NULL;
}

enum err deposit_keep(struct deposit *d, const char *directory)
{
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err e = OK;

	end_hash(d);
	if (fdatasync(d->fd) || dir < 0 || fsync(dir))
		e = failed();
	if (dir >= 0)
		close(dir);
	return e;
}

enum err deposit_measure(struct deposit *d)
{
	unsigned char piece[PIECE];
	ssize_t got;

	begin_hash(d);
	if (!d->hash)
		return ERR_INTERNAL;
	d->n = 0;
	while ((got = pread(d->fd, piece, sizeof piece, d->n)) > 0) {
		EVP_DigestUpdate(d->hash, piece, (size_t)got);
		d->n += got;
	}
	return got < 0 ? ERR_INTERNAL : OK;
}

/* The name first: while it is there the lock holds. */
void deposit_drop(struct deposit *d, const char *directory)
{
	char path[CONF_TEXT_MAX + PLACE_BYTES];

	if (d->place[0]) {
		path_of(path, directory, d->place);
		unlink(path);
	}
	deposit_leave(d);
}

void deposit_leave(struct deposit *d)
{
	end_hash(d);
	if (d->fd >= 0)
		close(d->fd);
	*d = (struct deposit){ .fd = -1 };
}
