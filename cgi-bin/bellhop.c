/* bellhop - the command line: what the owner of a site does by hand, or a script does.
 *
 * Not a web program: it reads the same settings, and ends with 0 (done), 1 (failed), 2 (wrong usage
 * or settings) or 3 (the database does not answer). */
#include "core/conf.h"
#include "core/random.h"
#include "data/event.h"
#include "data/migrate.h"
#include "data/person.h"
#include "data/upkeep.h"
#include "web/doctor.h"
#include "web/doorman.h"
#include "web/fields.h"
#include "web/keys.h"
#include "web/password.h"
#include "web/version.h"

#include <errno.h>
#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum { DONE = 0, FAILED = 1, USAGE = 2, AWAY = 3, LINE_MAX_BYTES = 1024, TRIM_DAYS_MAX = 36500 };

static const char help[] =
	"usage: bellhop COMMAND\n"
	"\n"
	"  migrate                 bring the database to this version: tables, accounts, grants\n"
	"  doctor                  look at everything and say what is wrong, or which walls stand\n"
	"  user add EMAIL FIRSTNAME LASTNAME [USERNAME]\n"
	"                          make an account; the password is asked for, or read from a "
	"pipe\n"
	"  user password LOGIN     set a new password and end all sessions\n"
	"  restored                after the database was restored from a backup: every client "
	"loads "
	"afresh\n"
	"  trim [--days N]         index what was said, and drop what is older than N days from "
	"the "
	"log;\n"
	"                          without N as log_days in [site] says\n"
	"  keys rotate             make a new signing key; the one before stays valid until the "
	"next\n"
	"  programs FOLDER PROGRAM...\n"
	"                          run these programs until SIGTERM, each behind FOLDER/NAME.sock; "
	"one\n"
	"                          that dies is started again, and whoever asks meanwhile waits\n"
	"  config check            read the settings and say what is wrong with them\n"
	"  config                  print all settings with defaults and meanings\n"
	"  version\n"
	"\n"
	"Settings are read from the file that BELLHOP_CONF names; BELLHOP_SECTION_NAME overrides "
	"one.\n"
	"Ends with 0: done, 1: failed, 2: wrong usage or settings, 3: the database does not "
	"answer.\n";

static int complain(int code, const char *what, struct str why)
{
	fprintf(stderr, "bellhop: %s%s%.*s\n", what, why.n ? ": " : "", STR_ARG(why));
	return code;
}

static int after(enum err e, const char *what, struct str why)
{
	if (e == OK)
		return DONE;
	return complain(e == ERR_DATABASE_AWAY ? AWAY : FAILED, what, why);
}

static void say(const char *words)
{
	printf("bellhop: %s\n", words);
	fflush(stdout);
}

static int do_migrate(const struct conf *c)
{
	struct buf problem = BUF_INIT(4096);
	enum err e = migrate(c, say, &problem);
	int code = after(e, "migrate", buf_as_str(&problem));

	buf_free(&problem);
	return code;
}

static int do_rotate(const struct conf *c)
{
	char kid[KID_MAX];
	const char *why = "";

	if (!keys_rotate(c->keys_dir, kid, &why)) {
		fprintf(stderr, "bellhop: keys: %s: %s (%s)\n", c->keys_dir, why, strerror(errno));
		return FAILED;
	}
	printf("bellhop: new signing key %s\n", kid);
	return DONE;
}

/* --- people --- */

/* From a terminal unseen, else from standard input. */
static bool read_password(char line[LINE_MAX_BYTES])
{
	struct termios seen, unseen;
	bool terminal = tcgetattr(STDIN_FILENO, &seen) == 0;
	bool got;

	if (terminal) {
		fputs("New password: ", stderr);
		unseen = seen;
		unseen.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen);
	}
	got = fgets(line, LINE_MAX_BYTES, stdin) != NULL;
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &seen);
		fputc('\n', stderr);
	}
	if (got)
		line[strcspn(line, "\r\n")] = 0;
	return got;
}

struct desk {
	struct conf conf;
	struct page *page;
	struct arena arena;
	struct db *db;
};

/* With the rights of the program whose business it is. */
static bool desk_open(struct desk *d, const struct conf *c, const char *whose)
{
	d->conf = *c;
	conf_account(whose, d->conf.db_user, d->conf.db_password);
	d->page = page_open(c->run_dir);
	if (!d->page) {
		complain(FAILED, c->run_dir, str_of(strerror(errno)));
		return false;
	}
	user_presence(d->page, c->away_s);
	d->db = db_new(&d->conf);
	arena_init(&d->arena);
	event_watch(d->page, NULL);
	return true;
}

static void desk_close(struct desk *d)
{
	db_free(d->db);
	arena_free(&d->arena);
	page_close(d->page);
}

static int new_hash(struct desk *d, struct str *hash)
{
	char line[LINE_MAX_BYTES];
	const char *why;
	enum err e;

	if (!read_password(line))
		return complain(USAGE, "no password was given", STR(""));
	why = field_refusal(&d->conf, F_PASSWORD, 8, 256, str_of(line), NULL);
	if (why)
		return complain(USAGE, "the password", str_of(why));
	e = password_hash(&d->conf, d->page, &d->arena, str_of(line), hash);
	explicit_bzero(line, sizeof line);
	return after(e, "hashing failed", STR(""));
}

/* Signing up opens a session; here nobody holds its tokens, so it ends at once. */
static int make_person(struct desk *d, const struct person_new *p, int64_t *id)
{
	struct session_new device = { { NULL, 0 }, { NULL, 0 }, 1 };
	struct session_tokens tokens;
	struct news news = { 0 };
	int64_t last;
	enum err e = person_create(d->db, &d->arena, p, &device, &tokens, id, &last);

	if (e == ERR_EMAIL_TAKEN)
		return complain(FAILED, "this e-mail address has an account", STR(""));
	if (e == ERR_USERNAME_TAKEN)
		return complain(
			FAILED, "this username, or one that looks like it, is taken", STR(""));
	if (e == OK)
		e = session_revoke(d->db, &d->arena, *id, tokens.session_id, &news);
	if (e == OK)
		news_spread(d->page, &news);
	return after(e, "making the account", str_of(db_problem(d->db)));
}

static int do_user_add(const struct conf *c, int n, char **args)
{
	static const struct {
		enum kind kind;
		int min, max;
		const char *name;
	} wanted[] = { { F_EMAIL, 3, 254, "EMAIL" }, { F_LINE, 1, 100, "FIRSTNAME" },
		{ F_LINE, 1, 100, "LASTNAME" }, { F_USERNAME, 3, 32, "USERNAME" } };
	struct str given[4] = { { NULL, 0 } }, hash;
	struct person_new p;
	struct desk d;
	int64_t id = 0;
	int code = DONE;

	if (n < 3 || n > 4)
		return complain(USAGE, "user add EMAIL FIRSTNAME LASTNAME [USERNAME]", STR(""));
	if (!desk_open(&d, c, "account"))
		return FAILED;
	for (int i = 0; i < n && code == DONE; i++) {
		const char *why = field_refusal(c, wanted[i].kind, wanted[i].min, wanted[i].max,
			str_of(args[i]), &given[i]);

		if (why)
			code = complain(USAGE, wanted[i].name, str_of(why));
	}
	if (code == DONE)
		code = new_hash(&d, &hash);
	if (code == DONE) {
		p = (struct person_new){ given[0], given[1], given[2], given[3], { NULL, 0 }, hash,
			c->lobby != 0 };
		code = make_person(&d, &p, &id);
	}
	if (code == DONE)
		printf("bellhop: made user %lld\n", (long long)id);
	desk_close(&d);
	return code;
}

static int do_user_password(const struct conf *c, int n, char **args)
{
	struct login found;
	struct str hash;
	struct desk d;
	struct news news = { 0 };
	int code;
	enum err e;

	if (n != 1)
		return complain(USAGE, "user password LOGIN", STR(""));
	if (!desk_open(&d, c, "account"))
		return FAILED;
	e = person_login(d.db, &d.arena, str_of(args[0]), &found);
	code = e == ERR_NOT_FOUND ? complain(FAILED, "there is no such account", STR(""))
				  : after(e, "looking for the account", str_of(db_problem(d.db)));
	if (code == DONE)
		code = new_hash(&d, &hash);
	if (code == DONE) {
		e = person_set_password(d.db, &d.arena, found.user_id, hash, true, 0, &news);
		code = after(e, "the password was not changed", str_of(db_problem(d.db)));
	}
	if (code == DONE) {
		news_spread(d.page, &news);
		say("password changed, all sessions ended");
	}
	desk_close(&d);
	return code;
}

/* --- the log --- */

static int do_restored(const struct conf *c)
{
	struct log_state state;
	struct desk d;
	enum err e;
	int code;

	if (!desk_open(&d, c, "messages"))
		return FAILED;
	e = event_new_epoch(d.db);
	if (e == OK)
		e = event_state(d.db, &d.arena, &state);
	if (e == OK) {
		event_follow(d.page, &state);
		event_ring(d.page, state.head);
		printf("bellhop: the log goes on at %lld in epoch %lld\n", (long long)state.head,
			(long long)state.epoch);
	}
	code = after(e, "the log", str_of(db_problem(d.db)));
	desk_close(&d);
	return code;
}

static int do_trim(const struct conf *c, int n, char **args)
{
	int64_t days = c->log_days, trimmed = 0;
	struct desk d;
	int code;

	if (n && (n != 2 || strcmp(args[0], "--days") != 0 || !str_int(str_of(args[1]), &days) ||
			 days < 0 || days > TRIM_DAYS_MAX))
		return complain(USAGE, "trim [--days N]", STR(""));
	if (!n && !days) {
		say("the log is kept for ever; nothing was trimmed");
		return DONE;
	}
	if (!desk_open(&d, c, "messages"))
		return FAILED;
	code = after(upkeep_all(d.db, &d.arena, d.page, days, &trimmed), "trim",
		str_of(db_problem(d.db)));
	if (code == DONE)
		printf("bellhop: trimmed %lld events\n", (long long)trimmed);
	desk_close(&d);
	return code;
}

static int do_config(void)
{
	struct buf all = BUF_INIT(65536);

	conf_describe(&all);
	fwrite(all.p, 1, all.n, stdout);
	buf_free(&all);
	return DONE;
}

static int do_doctor(const struct conf *c)
{
	struct buf report = BUF_INIT(65536);
	int troubles = doctor(c, &report);

	fwrite(report.p, 1, report.n, stdout);
	buf_free(&report);
	return troubles ? FAILED : DONE;
}

static int do_programs(int n, char **args)
{
	if (n < 2)
		return complain(USAGE, "programs FOLDER PROGRAM...", STR(""));
	return doorman(args[0], args + 1, (size_t)n - 1) ? DONE : FAILED;
}

static bool is(int argc, char **argv, const char *first, const char *second)
{
	return argc > 1 && strcmp(argv[1], first) == 0 &&
	       (!second || (argc > 2 && strcmp(argv[2], second) == 0));
}

static int command(int argc, char **argv)
{
	struct buf problem = BUF_INIT(4096);
	struct conf c;
	int code = USAGE;

	if (is(argc, argv, "config", NULL) && argc == 2)
		return do_config();
	if (!conf_read(&c, "bellhop", &problem))
		complain(USAGE, "settings", buf_as_str(&problem));
	else if (is(argc, argv, "config", "check") && argc == 3)
		code = DONE;
	else if (is(argc, argv, "migrate", NULL) && argc == 2)
		code = do_migrate(&c);
	else if (is(argc, argv, "doctor", NULL) && argc == 2)
		code = do_doctor(&c);
	else if (is(argc, argv, "restored", NULL) && argc == 2)
		code = do_restored(&c);
	else if (is(argc, argv, "trim", NULL))
		code = do_trim(&c, argc - 2, argv + 2);
	else if (is(argc, argv, "programs", NULL))
		code = do_programs(argc - 2, argv + 2);
	else if (is(argc, argv, "keys", "rotate") && argc == 3)
		code = do_rotate(&c);
	else if (is(argc, argv, "user", "add"))
		code = do_user_add(&c, argc - 3, argv + 3);
	else if (is(argc, argv, "user", "password"))
		code = do_user_password(&c, argc - 3, argv + 3);
	else
		fputs(help, stderr);
	buf_free(&problem);
	return code;
}

int main(int argc, char **argv)
{
	int code;

	if (is(argc, argv, "--help", NULL) || is(argc, argv, "help", NULL)) {
		fputs(help, stdout);
		return DONE;
	}
	if (is(argc, argv, "version", NULL) || is(argc, argv, "--version", NULL)) {
		puts("bellhop " BELLHOP_VERSION);
		return DONE;
	}
	/* The library begins with the first connection: who holds sockets has none, and no need of
	 * 1 MB for OpenSSL. */
	code = command(argc, argv);
	mysql_library_end();
	return code;
}
