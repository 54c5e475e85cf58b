#include "web/jail.h"

#include "core/log.h"
#include "web/password.h"
#include "web/route.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define KEEP_FILES                                                                                 \
	(READ_FILES | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |                \
		LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define ALL_FILES                                                                                  \
	(KEEP_FILES | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                 \
		LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                       \
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |                      \
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)

/* Closes fd; one that could not be had allows nothing. */
static void allow_at(int rules, int fd, uint64_t what)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access = what, .parent_fd = fd };

	if (fd < 0)
		return;
	syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(fd);
}

static void allow(int rules, const char *path, uint64_t what)
{
	allow_at(rules, open(path, O_PATH | O_CLOEXEC), what);
}

static void allow_log(int rules, const char *log_file)
{
	char path[CONF_TEXT_MAX];

	if (strcmp(log_file, "-") == 0)
		return;
	snprintf(path, sizeof path, "%s", log_file);
	allow(rules, dirname(path), LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG);
}

/* What all programs share there is open already, but for the one file that is opened anew by each
 * who hashes a password; and the tape of the messages is not for all. */
static void allow_run(int rules, const struct host *host)
{
	if (host->program->is_daemon)
		allow(rules, host->conf.run_dir, KEEP_FILES | LANDLOCK_ACCESS_FS_MAKE_SOCK);
	else
		allow_at(rules, password_places(&host->conf),
			LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
}

void jail_enter(const struct host *host)
{
	const struct conf *c = &host->conf;
	struct landlock_ruleset_attr handled = { .handled_access_fs = ALL_FILES };
	char public_keys[CONF_TEXT_MAX + 8];
	int rules;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
	rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	if (rules < 0) {
		log_say("warning",
			"this kernel has no Landlock (%s): the program can open what its user can",
			strerror(errno));
		return;
	}
#ifdef __SANITIZE_ADDRESS__
	allow(rules, "/", READ_FILES); /* to name the lines of what it finds */
#endif
	/* What the C library, OpenSSL and the database client open late: names, certificates,
	 * plugins. */
	allow(rules, "/etc", READ_FILES);
	allow(rules, "/usr", READ_FILES);
	allow(rules, "/lib", READ_FILES);
	allow(rules, "/dev/urandom", LANDLOCK_ACCESS_FS_READ_FILE);
	allow(rules, "/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
	allow_run(rules, host);
	if (host->program->stores)
		allow(rules, c->files_dir, KEEP_FILES);
	allow_log(rules, c->log_file);
	snprintf(public_keys, sizeof public_keys, "%s/public", c->keys_dir);
	allow(rules, public_keys, READ_FILES);
	if (host->program->signs)
		allow(rules, c->keys_dir, READ_FILES);
	if (syscall(SYS_landlock_restrict_self, rules, 0))
		log_say("warning", "Landlock: %s: the program can open what its user can",
			strerror(errno));
	close(rules);
}
