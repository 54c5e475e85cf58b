#include "web/tidy.h"

#include "core/clock.h"
#include "data/leftover.h"
#include "web/gate.h"
#include "web/spare.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOKED_AT = DB_ROWS_MAX / 2, EVERY_MS = 600000 };

static struct host *site;

struct look {
	struct db *db;
	struct arena *arena;
	int directory;
	bool remove;
	int64_t left;
	struct str names[LOOKED_AT];
	size_t n;
};

/* Whether somebody is at it. Locked here, nobody begins to be: names are never used twice. */
static int lock(const struct look *l, struct str name)
{
	int file = openat(l->directory, name.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (file >= 0 && flock(file, LOCK_EX | LOCK_NB)) {
		close(file);
		return -1;
	}
	return file;
}

/* Its process may have named it in a row since, and let go: so it is asked for again, under lock.
 */
static enum err look_closely(struct look *l, struct str name)
{
	int file = lock(l, name);
	bool known = true;
	enum err e;

	if (file < 0)
		return OK;
	e = leftover_known(l->db, l->arena, &name, 1, &known);
	if (e == OK && !known) {
		l->left++;
		if (l->remove)
			unlinkat(l->directory, name.p, 0);
	}
	close(file);
	return e;
}

static enum err look_at_some(struct look *l)
{
	bool known[LOOKED_AT];
	enum err e = leftover_known(l->db, l->arena, l->names, l->n, known);

	for (size_t i = 0; i < l->n && e == OK; i++)
		if (!known[i])
			e = look_closely(l, l->names[i]);
	l->n = 0;
	arena_clear(l->arena);
	return e;
}

enum err tidy_directory(
	struct db *db, struct arena *a, const char *directory, bool remove, int64_t *left)
{
	struct look l = { .db = db, .arena = a, .remove = remove };
	DIR *d = opendir(directory);
	struct dirent *entry;
	enum err e = OK;

	*left = 0;
	if (!d)
		return ERR_INTERNAL;
	l.directory = dirfd(d);
	while (e == OK && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		l.names[l.n++] = arena_copy(a, str_of(entry->d_name));
		if (l.n == LOOKED_AT)
			e = look_at_some(&l);
	}
	if (e == OK)
		e = look_at_some(&l);
	closedir(d);
	*left = l.left;
	return e;
}

static bool lies_there(int directory, struct str place, int64_t size)
{
	struct stat st;

	return !place.p || (fstatat(directory, place.p, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
				   (size < 0 || st.st_size == size));
}

enum err tidy_missing(
	struct db *db, struct arena *a, const char *directory, int64_t *n, int64_t *missing)
{
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct lying *all = NULL;
	int64_t after = 0;
	size_t some = 1;
	enum err e = dir < 0 ? ERR_INTERNAL : OK;

	*n = *missing = 0;
	while (e == OK && some) {
		arena_clear(a);
		e = leftover_contents(db, a, after, &all, &some);
		for (size_t i = 0; e == OK && i < some; i++) {
			after = all[i].id;
			*n += 1;
			*missing += !lies_there(dir, all[i].place, all[i].size) ||
				    !lies_there(dir, all[i].thumb_place, -1);
		}
	}
	if (dir >= 0)
		close(dir);
	return e;
}

static void remove_place(const char *directory, struct str place)
{
	char path[CONF_TEXT_MAX + 64];

	if (place.n && snprintf(path, sizeof path, "%s/%.*s", directory, STR_ARG(place)) <
			       (int)sizeof path)
		unlink(path);
}

/* Whether it is time to look at everything again: when the program has started, for the one before
 * it may have died; then now and then. Processes of one request go by the age of a file. */
static bool is_due(void)
{
	static bool looked;
	char path[CONF_TEXT_MAX + 16];
	struct stat st;
	bool fresh;
	int file;

	snprintf(path, sizeof path, "%s/.tidied", site->conf.files_dir);
	fresh = stat(path, &st) == 0 && clock_wall_ms() - st.st_mtim.tv_sec * 1000 < EVERY_MS;
	if (fresh && (looked || !gate_is_fastcgi()))
		return false;
	looked = true;
	file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (file >= 0) {
		futimens(file, NULL);
		close(file);
	}
	return true;
}

static enum err look_at_everything(struct db *db, struct arena *a)
{
	const struct conf *c = &site->conf;
	int64_t from = 0, left;
	enum err e = OK;

	if (c->unused_days)
		do {
			e = leftover_expire(db, a, c->unused_days, &from);
			arena_clear(a);
		} while (e == OK && from);
	return e == OK ? tidy_directory(db, a, c->files_dir, true, &left) : e;
}

/* One piece: an orphan; when there is none, the large look, when it is time for that. */
static enum err tidy(struct db *db, struct arena *a, struct host *host, bool *more)
{
	struct remains r = { { NULL, 0 }, { NULL, 0 } };
	enum err e = leftover_take(db, a, &r, more);

	(void)host;
	remove_place(site->conf.files_dir, r.place);
	remove_place(site->conf.files_dir, r.thumb_place);
	if (e != OK || *more || !is_due())
		return e;
	*more = true; /* what has expired left orphans */
	return look_at_everything(db, a);
}

void tidy_open(struct host *host)
{
	site = host;
	spare_open(host, tidy);
}

void tidy_close(void)
{
	spare_close();
}
