#include "data/migrate.h"

#include "core/arena.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mysql.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEPS_MAX = 1000, NAME_BYTES = 128, FILE_MAX = 1 << 20, HEX_BYTES = 65, LOCK_WAIT_S = 60 };

static const char make_history[] =
	"CREATE TABLE IF NOT EXISTS schema_step (name VARCHAR(127) NOT NULL, digest CHAR(64) NOT "
	"NULL, "
	"applied_at DATETIME(3) NOT NULL, PRIMARY KEY (name)) "
	"ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin";

struct step {
	char name[NAME_BYTES];
	char digest[HEX_BYTES]; /* in the database; empty: not applied */
};

struct migration {
	const struct conf *conf;
	struct buf *problem;
	void (*say)(const char *words);
	MYSQL *link;
	struct arena arena;
	struct step *steps;
	int n;
};

static enum err say_database(struct migration *m, const char *doing)
{
	buf_printf(m->problem, "%.200s: %.500s", doing, mysql_error(m->link));
	return ERR_INTERNAL;
}

static enum err connect_admin(struct migration *m)
{
	const struct conf *c = m->conf;
	bool admin = c->db_admin_user[0] != 0;

	m->link = mysql_init(NULL);
	if (!m->link)
		return ERR_INTERNAL;
	mysql_options(m->link, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	if (mysql_real_connect(m->link, c->db_socket[0] ? NULL : c->db_host,
		    admin ? c->db_admin_user : c->db_user,
		    admin ? c->db_admin_password : c->db_password, c->db_name, (unsigned)c->db_port,
		    c->db_socket[0] ? c->db_socket : NULL, CLIENT_MULTI_STATEMENTS))
		return OK;
	buf_printf(m->problem, "the database does not let us in: %.500s", mysql_error(m->link));
	return ERR_DATABASE_AWAY;
}

/* Several statements at once; the server tells them apart, so routines need no delimiter of their
 * own. */
static enum err run(struct migration *m, struct str text, const char *doing)
{
	int more = 0;

	if (mysql_real_query(m->link, text.p, text.n))
		return say_database(m, doing);
	while (more == 0) {
		MYSQL_RES *result = mysql_store_result(m->link);

		if (!result && mysql_field_count(m->link))
			return say_database(m, doing);
		mysql_free_result(result);
		more = mysql_next_result(m->link);
	}
	return more > 0 ? say_database(m, doing) : OK;
}

static enum err read_file(struct migration *m, const char *name, struct str *text)
{
	char path[CONF_TEXT_MAX + NAME_BYTES + 2];
	struct stat st;
	ssize_t n = -1;
	char *bytes;
	int fd;

	snprintf(path, sizeof path, "%s/%s", m->conf->schema_dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size <= FILE_MAX) {
		bytes = arena_alloc(&m->arena, (size_t)st.st_size + 1);
		n = read(fd, bytes, (size_t)st.st_size);
		*text = (struct str){ bytes, (size_t)(n > 0 ? n : 0) };
	}
	if (fd >= 0)
		close(fd);
	if (n >= 0)
		return OK;
	buf_printf(m->problem, "%s cannot be read: %s", path, strerror(errno));
	return ERR_INTERNAL;
}

static void digest_of(struct str text, char hex[HEX_BYTES])
{
	unsigned char bytes[32];

	EVP_Digest(text.p, text.n, bytes, NULL, EVP_sha256(), NULL);
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct step *)a)->name, ((const struct step *)b)->name);
}

/* "0001_people.sql": four digits first. */
static bool is_step(const char *name)
{
	size_t n = strlen(name);

	return n > 9 && n < NAME_BYTES && strspn(name, "0123456789") == 4 && name[4] == '_' &&
	       strcmp(name + n - 4, ".sql") == 0;
}

static enum err list_steps(struct migration *m)
{
	DIR *d = opendir(m->conf->schema_dir);
	struct dirent *entry;

	if (!d) {
		buf_printf(
			m->problem, "%s cannot be read: %s", m->conf->schema_dir, strerror(errno));
		return ERR_INTERNAL;
	}
	m->steps = arena_alloc(&m->arena, sizeof *m->steps * STEPS_MAX);
	while (m->n < STEPS_MAX && (entry = readdir(d)))
		if (is_step(entry->d_name))
			snprintf(m->steps[m->n++].name, NAME_BYTES, "%.*s", NAME_BYTES - 1,
				entry->d_name);
	closedir(d);
	qsort(m->steps, (size_t)m->n, sizeof *m->steps, by_name);
	if (m->n)
		return OK;
	buf_printf(m->problem, "%s holds no steps", m->conf->schema_dir);
	return ERR_INTERNAL;
}

/* What was applied; `grants`: the digest of the grants in force. */
static enum err read_history(struct migration *m, char grants[HEX_BYTES])
{
	static const char read[] = "SELECT name, digest FROM schema_step";
	MYSQL_RES *result;
	MYSQL_ROW row;

	if (mysql_real_query(m->link, read, sizeof read - 1) ||
		!(result = mysql_store_result(m->link)))
		return say_database(m, "reading what was applied");
	while ((row = mysql_fetch_row(result))) {
		if (strcmp(row[0], "grants") == 0)
			snprintf(grants, HEX_BYTES, "%s", row[1]);
		for (int i = 0; i < m->n; i++)
			if (strcmp(row[0], m->steps[i].name) == 0)
				snprintf(m->steps[i].digest, HEX_BYTES, "%s", row[1]);
	}
	mysql_free_result(result);
	return OK;
}

static enum err remember(struct migration *m, const char *name, const char *digest)
{
	struct str text = arena_printf(&m->arena,
		"REPLACE INTO schema_step (name, digest, applied_at) VALUES ('%s', '%s', "
		"UTC_TIMESTAMP(3))",
		name, digest);

	return run(m, text, name);
}

static enum err apply(struct migration *m, struct step *s)
{
	char digest[HEX_BYTES], words[NAME_BYTES + 32];
	struct str text = { NULL, 0 };
	enum err e = read_file(m, s->name, &text);

	if (e != OK)
		return e;
	digest_of(text, digest);
	if (s->digest[0] && strcmp(s->digest, digest) != 0) {
		buf_printf(m->problem,
			"%s was changed after it had been applied; put it back and write the "
			"change as a new step",
			s->name);
		return ERR_CONFLICT;
	}
	if (s->digest[0])
		return OK;
	snprintf(words, sizeof words, "applying %s", s->name);
	m->say(words);
	e = run(m, text, s->name);
	return e == OK ? remember(m, s->name, digest) : e;
}

/* --- grants --- */

static struct str quoted(struct migration *m, const char *text)
{
	size_t n = strlen(text);
	char *to = arena_alloc(&m->arena, 2 * n + 3);

	to[0] = '\'';
	n = mysql_real_escape_string(m->link, to + 1, text, n);
	to[n + 1] = '\'';
	return (struct str){ to, n + 2 };
}

/* Through a Unix socket everybody is at localhost; over TCP the web host's name is not known here.
 */
static struct str account_of(struct migration *m, const char *user)
{
	return arena_printf(&m->arena, "%.*s@'%s'", STR_ARG(quoted(m, user)),
		m->conf->db_socket[0] ? "localhost" : "%");
}

static void make_accounts(struct migration *m, struct buf *sql, struct str accounts[])
{
	char user[81], password[129];

	for (int i = 0; conf_programs[i]; i++) {
		struct str account, secret;

		accounts[i] = (struct str){ NULL, 0 };
		if (!conf_account(conf_programs[i], user, password))
			continue;
		account = accounts[i] = account_of(m, user);
		secret = quoted(m, password);
		buf_z(sql, "CREATE USER IF NOT EXISTS ");
		buf_str(sql, account);
		buf_z(sql, ";\nALTER USER ");
		buf_str(sql, account);
		buf_z(sql, " IDENTIFIED BY ");
		buf_str(sql, secret);
		buf_z(sql, ";\nREVOKE ALL PRIVILEGES, GRANT OPTION FROM ");
		buf_str(sql, account);
		buf_z(sql, ";\n");
	}
}

/* One statement with {names} filled in; false where it is for a program without an account of its
 * own. */
static bool fill_in(
	struct migration *m, struct str statement, const struct str accounts[], struct buf *sql)
{
	struct buf filled = BUF_INIT(FILE_MAX);
	bool wanted = true;

	while (statement.p && wanted) {
		struct str text = str_cut(&statement, '{'), name;

		buf_str(&filled, text);
		if (!statement.p)
			break;
		name = str_cut(&statement, '}');
		if (str_is(name, "database")) {
			buf_printf(&filled, "`%s`", m->conf->db_name);
			continue;
		}
		wanted = false;
		for (int i = 0; conf_programs[i]; i++)
			if (str_is(name, conf_programs[i]) && accounts[i].p) {
				buf_str(&filled, accounts[i]);
				wanted = true;
			}
	}
	if (wanted) {
		buf_str(sql, buf_as_str(&filled));
		buf_z(sql, ";");
	}
	buf_free(&filled);
	return wanted;
}

/* Comments go first: they may hold a semicolon. */
static struct str without_comments(struct migration *m, struct str text)
{
	struct buf out = BUF_INIT(FILE_MAX);
	struct str copy;

	while (text.p) {
		struct str line = str_cut(&text, '\n');

		if (str_starts(line, "--"))
			continue;
		buf_str(&out, line);
		buf_byte(&out, '\n');
	}
	copy = arena_copy(&m->arena, buf_as_str(&out));
	buf_free(&out);
	return copy;
}

static enum err apply_grants(struct migration *m, const char *in_force)
{
	struct buf sql = BUF_INIT(FILE_MAX);
	struct str accounts[16] = { { NULL, 0 } }, text = { NULL, 0 };
	char digest[HEX_BYTES];
	enum err e;

	if (!m->conf->db_admin_user[0])
		return OK;
	e = read_file(m, "grants.sql", &text);
	if (e != OK)
		return e;
	make_accounts(m, &sql, accounts);
	text = without_comments(m, text);
	while (text.p) {
		struct str statement = str_cut(&text, ';');

		if (text.p)
			fill_in(m, statement, accounts, &sql);
	}
	digest_of(buf_as_str(&sql), digest);
	if (strcmp(digest, in_force) != 0 && sql.n) {
		m->say("granting each program what it needs");
		e = run(m, buf_as_str(&sql), "grants.sql");
		if (e == OK)
			e = remember(m, "grants", digest);
	}
	explicit_bzero(sql.p, sql.n);
	buf_free(&sql);
	return e;
}

static enum err lock(struct migration *m)
{
	char text[96];
	MYSQL_RES *result;
	MYSQL_ROW row;
	bool got;

	snprintf(text, sizeof text, "SELECT GET_LOCK(CONCAT(DATABASE(), '.migrate'), %d)",
		LOCK_WAIT_S);
	if (mysql_query(m->link, text) || !(result = mysql_store_result(m->link)))
		return say_database(m, "waiting for another migration");
	row = mysql_fetch_row(result);
	got = row && row[0] && strcmp(row[0], "1") == 0;
	mysql_free_result(result);
	if (got)
		return OK;
	buf_z(m->problem, "another migration is running and does not end");
	return ERR_CONTENTION;
}

enum err migrate(const struct conf *c, void (*say)(const char *words), struct buf *problem)
{
	struct migration m = { .conf = c, .problem = problem, .say = say };
	char grants[HEX_BYTES] = "";
	enum err e;

	arena_init(&m.arena);
	e = connect_admin(&m);
	if (e == OK)
		e = lock(&m);
	if (e == OK)
		e = run(&m, str_of(make_history), "making the table of steps");
	if (e == OK)
		e = list_steps(&m);
	if (e == OK)
		e = read_history(&m, grants);
	for (int i = 0; e == OK && i < m.n; i++)
		e = apply(&m, &m.steps[i]);
	if (e == OK)
		e = apply_grants(&m, grants);
	mysql_close(m.link);
	arena_free(&m.arena);
	return e;
}

int migrate_missing(const struct conf *c, struct buf *problem)
{
	struct migration m = { .conf = c, .problem = problem };
	char grants[HEX_BYTES] = "";
	int missing = -1;

	arena_init(&m.arena);
	if (connect_admin(&m) == OK && list_steps(&m) == OK && read_history(&m, grants) == OK) {
		missing = 0;
		for (int i = 0; i < m.n; i++)
			missing += m.steps[i].digest[0] == 0;
	}
	mysql_close(m.link);
	arena_free(&m.arena);
	return missing;
}
