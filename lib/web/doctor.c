#include "web/doctor.h"

#include "core/page.h"
#include "data/leftover.h"
#include "data/migrate.h"
#include "data/walls.h"
#include "web/keys.h"
#include "web/tidy.h"

#include <errno.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct visit {
	const struct conf *conf;
	struct buf *report;
	int troubles;
};

static void find(struct visit *v, const char *kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void find(struct visit *v, const char *kind, const char *format, ...)
{
	char text[900];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	buf_printf(v->report, "%-8s%s\n", kind, text);
	v->troubles += strcmp(kind, "TROUBLE") == 0;
}

static void look_at_settings(struct visit *v)
{
	struct stat st;

	if (!v->conf->file[0]) {
		find(v, "note", "no settings file: BELLHOP_CONF is not set");
		return;
	}
	if (stat(v->conf->file, &st) == 0 && st.st_mode & 077)
		find(v, "TROUBLE", "settings: others can read %s; chmod 600 it", v->conf->file);
	else
		find(v, "ok", "settings: %s", v->conf->file);
}

static void look_at_directory(struct visit *v, const char *name, const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		find(v, "TROUBLE", "%s: %s is not there; make it: mkdir -m 700 -p '%s'", name, path,
			path);
	else if (access(path, W_OK))
		find(v, "TROUBLE", "%s: %s cannot be written", name, path);
	else if (st.st_mode & 077)
		find(v, "TROUBLE", "%s: others can look into %s; chmod 700 it", name, path);
	else
		find(v, "ok", "%s: %s", name, path);
}

static void look_at_page(struct visit *v)
{
	struct page *p = page_open(v->conf->run_dir);

	if (!p) {
		find(v, "TROUBLE", "shared page: %s/page: %s", v->conf->run_dir, strerror(errno));
		return;
	}
	find(v, "ok", "shared page: limits and logouts count across programs");
	page_close(p);
}

static void look_at_keys(struct visit *v)
{
	const char *why = NULL;
	struct keys *k = keys_open(v->conf->keys_dir, true, &why);

	if (k)
		find(v, "ok", "signing keys: %s", v->conf->keys_dir);
	else
		find(v, "TROUBLE", "signing keys: %s: %s", v->conf->keys_dir, why);
	keys_free(k);
}

static bool look_at_schema(struct visit *v)
{
	struct buf problem = BUF_INIT(4096);
	int missing = migrate_missing(v->conf, &problem);

	if (missing < 0)
		find(v, "TROUBLE", "database: %.*s", (int)problem.n, problem.p);
	else if (missing)
		find(v, "TROUBLE", "schema: %d steps are missing; run: bellhop migrate", missing);
	else
		find(v, "ok", "database: answers, and the schema is up to date");
	buf_free(&problem);
	return missing >= 0;
}

/* Programs stand beside each other, whatever the directory is called. */
static bool is_installed(const char *program)
{
	char self[CONF_TEXT_MAX], path[CONF_TEXT_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	if (n <= 0)
		return false;
	self[n] = 0;
	snprintf(path, sizeof path, "%s/%s", dirname(self), program);
	return access(path, X_OK) == 0;
}

/* What lies there and belongs to nothing, and what is missing there. */
static void look_at_files(struct visit *v)
{
	struct conf c = *v->conf;
	const char *directory = c.files_dir;
	int64_t left = 0, missing = 0, contents_n = 0;
	struct arena a;
	struct db *db;
	enum err e;

	conf_account("files", c.db_user, c.db_password);
	db = db_new(&c);
	arena_init(&a);
	e = tidy_directory(db, &a, directory, false, &left);
	if (e == OK)
		e = tidy_missing(db, &a, directory, &contents_n, &missing);
	if (e != OK)
		find(v, "TROUBLE", "files: %s cannot be looked through", directory);
	else if (missing)
		find(v, "TROUBLE", "files: %lld of %lld are not in %s any more; restore them",
			(long long)missing, (long long)contents_n, directory);
	else if (left)
		find(v, "TROUBLE",
			"files: %lld leftovers in %s; the program files clears them away when it "
			"starts",
			(long long)left, directory);
	else
		find(v, "ok", "files: %lld, all there, and nothing else", (long long)contents_n);
	arena_free(&a);
	db_free(db);
}

/* Which programs could read what only `account` should? */
static void look_at_walls(struct visit *v)
{
	struct conf c = *v->conf;
	int alone = 0, shared = 0;

	for (int i = 0; conf_programs[i]; i++) {
		bool own = is_installed(conf_programs[i]) &&
			   conf_account(conf_programs[i], c.db_user, c.db_password);
		bool privileged = strcmp(conf_programs[i], "account") == 0;
		int open;

		if (!own) {
			shared += is_installed(conf_programs[i]);
			continue;
		}
		alone++;
		open = walls_open(&c);
		if (open < 0)
			find(v, "TROUBLE",
				"wall: the database does not let %s in as %s; run: bellhop migrate",
				conf_programs[i], c.db_user);
		else if (privileged && open < 2)
			find(v, "TROUBLE",
				"wall: account cannot read its own tables; run: bellhop migrate");
		else if (!privileged && open > 0)
			find(v, "TROUBLE",
				"wall: %s can read secrets of account; run: bellhop migrate",
				conf_programs[i]);
	}
	if (alone)
		find(v, "ok", "walls: %d programs have database accounts of their own", alone);
	if (shared)
		find(v, "note",
			"walls: %d programs share the account %s, which can read password hashes",
			shared, v->conf->db_user);
}

static void look_at_process(struct visit *v)
{
	if (geteuid() == 0)
		find(v, "note",
			"running as root: programs started like this have all rights; use an "
			"account of their own");
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0)
		find(v, "ok", "Landlock: programs are confined to the files of their job");
	else
		find(v, "note",
			"Landlock: not in this kernel; programs can open what their user can");
}

int doctor(const struct conf *c, struct buf *report)
{
	struct visit v = { .conf = c, .report = report };

	look_at_settings(&v);
	look_at_directory(&v, "run", c->run_dir);
	look_at_directory(&v, "keys", c->keys_dir);
	look_at_page(&v);
	look_at_keys(&v);
	if (look_at_schema(&v)) {
		look_at_walls(&v);
		look_at_files(&v);
	}
	look_at_process(&v);
	return v.troubles;
}
