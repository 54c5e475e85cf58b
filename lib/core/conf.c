#include "core/conf.h"

#include <ctype.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>

enum kind { TEXT, NUMBER };

struct setting {
	const char *section, *key;
	enum kind kind;
	size_t at, size; /* where in struct conf, and for text how much fits */
	const char *standard;
	int64_t min, max;
	const char *meaning;
};

#define AT(member) offsetof(struct conf, member), sizeof(((struct conf *)0)->member)
#define A_TEXT(s, k, member, d, m)                                                                 \
	{                                                                                          \
		s, k, TEXT, AT(member), d, 0, 0, m                                                 \
	}
#define A_NUMBER(s, k, member, d, least, most, m)                                                  \
	{                                                                                          \
		s, k, NUMBER, AT(member), d, least, most, m                                        \
	}

/* Section "PROGRAM" stands for the section with the name of the program that reads. */
static const struct setting settings[] = {
	A_TEXT("database", "socket", db_socket, "",
		"Unix socket of MySQL/MariaDB; empty: host and port are used"),
	A_TEXT("database", "host", db_host, "localhost", "host of the database"),
	A_NUMBER("database", "port", db_port, "3306", 1, 65535, "its TCP port"),
	A_TEXT("database", "name", db_name, "bellhop", "name of the database"),
	A_TEXT("database", "user", db_user, "bellhop",
		"account of programs that have none of their own"),
	A_TEXT("database", "password", db_password, "", "its password"),
	A_NUMBER("database", "idle_s", db_idle_s, "60", 1, 86400,
		"seconds after which a connection that nobody uses is closed, and memory given "
		"back"),
	A_TEXT("database", "admin_user", db_admin_user, "",
		"account that may create tables, accounts and grants; empty: migrate uses `user` "
		"and grants nothing"),
	A_TEXT("database", "admin_password", db_admin_password, "", "its password"),
	A_TEXT("paths", "run", run_dir, "/run/bellhop",
		"directory of the shared page and of locks"),
	A_TEXT("paths", "keys", keys_dir, "/etc/bellhop/keys", "directory of the signing keys"),
	A_TEXT("paths", "files", files_dir, "/var/lib/bellhop/files",
		"directory of uploaded files"),
	A_TEXT("paths", "log", log_file, "-", "log file; -: standard error"),
	A_TEXT("paths", "schema", schema_dir, "/usr/local/share/bellhop/schema",
		"directory of the schema's steps"),
	A_TEXT("http", "origins", origins, "",
		"foreign origins that may call, separated by spaces; * is not taken"),
	A_TEXT("http", "trusted_proxies", trusted_proxies, "",
		"addresses, separated by spaces, whose X-Forwarded-For and X-Forwarded-Proto are "
		"believed"),
	A_TEXT("http", "metrics_token", metrics_token, "",
		"bearer token that reads /health/metrics from elsewhere than this machine"),
	A_NUMBER("tokens", "access_s", access_s, "900", 30, 86400, "seconds an access token lives"),
	A_NUMBER("tokens", "refresh_days", refresh_days, "30", 1, 3650,
		"days an unused session lives"),
	A_TEXT("passwords", "scheme", password_scheme, "yescrypt",
		"how new passwords are hashed: yescrypt or bcrypt"),
	A_NUMBER("passwords", "places", password_places, "2", 1, 64,
		"how many are hashed at once on this machine"),
	A_NUMBER(
		"site", "lobby", lobby, "1", 0, 1, "whether new people come into the room \"all\""),
	A_NUMBER("site", "away_s", away_s, "40", 2, 600,
		"seconds after their last poll or stream for which somebody still counts as "
		"online"),
	A_NUMBER("site", "log_days", log_days, "7", 0, 3650,
		"days that clients may be away and still catch up by their cursor; 0: for ever"),
	A_NUMBER("uploads", "image_mb", image_mb, "20", 0, 2000,
		"largest picture, in MB; 0 here and below: none of the kind is taken"),
	A_NUMBER("uploads", "audio_mb", audio_mb, "50", 0, 2000, "largest sound"),
	A_NUMBER("uploads", "video_mb", video_mb, "200", 0, 2000,
		"largest video; the web server has a limit of its own, which is to be larger"),
	A_NUMBER("uploads", "document_mb", document_mb, "50", 0, 2000, "largest document"),
	A_NUMBER("uploads", "quota_mb", quota_mb, "1024", 0, 1000000,
		"what all files of one person may take; 0: no limit"),
	A_NUMBER("uploads", "megapixels", megapixels, "50", 1, 200,
		"largest picture in millions of pixels"),
	A_NUMBER("uploads", "at_once", uploads, "64", 1, 1000,
		"uploads at the same time per person"),
	A_NUMBER("uploads", "unused_days", unused_days, "7", 0, 3650,
		"days until a file goes that stands in no message; 0: it stays"),
	A_TEXT("uploads", "types", upload_types,
		"jpeg png gif webp mp3 m4a aac ogg flac wav amr mp4 webm mov 3gp mkv avi mpeg pdf "
		"txt csv rtf json zip gz 7z epub doc xls ppt docx xlsx pptx odt ods odp",
		"what is taken; others are refused"),
	A_NUMBER("limits", "login_tries", login_tries, "10", 0, 100000,
		"wrong passwords a quarter of an hour per account; 0 here and below: no limit"),
	A_NUMBER("limits", "registrations", registrations, "20", 0, 100000,
		"registrations an hour per address"),
	A_NUMBER("limits", "messages", messages, "20", 0, 1000, "messages a second per person"),
	A_NUMBER("limits", "messages_burst", messages_burst, "200", 1, 100000,
		"messages at once per person"),
	A_NUMBER("limits", "waits", waits, "5", 0, 1000,
		"polls and event streams that wait at once per person"),
	A_NUMBER("limits", "places", places, "9000", 0, 1000000,
		"polls and event streams that wait at once; below what the web server has of "
		"connections, so that others come through"),
	A_NUMBER("limits", "sockets", sockets, "10", 0, 1000, "sockets at once per person"),
	A_NUMBER("limits", "writes", writes, "30", 0, 1000, "changes a second per person"),
	A_NUMBER("limits", "writes_burst", writes_burst, "100", 1, 100000,
		"changes at once per person"),
	A_NUMBER("limits", "reads", reads, "100", 0, 1000, "reads a second per person"),
	A_NUMBER(
		"limits", "reads_burst", reads_burst, "400", 1, 100000, "reads at once per person"),
	A_NUMBER("bridge", "on", bridge_on, "1", 0, 1,
		"whether `make run` starts the bridge: WebSocket and Socket.IO"),
	A_TEXT("bridge", "socket", bridge_socket, "",
		"its Unix socket, for the web server; empty: bridge.sock in [paths] run"),
	A_NUMBER("bridge", "port", bridge_port, "0", 0, 65535,
		"a TCP port of its own beside that; 0: none"),
	A_TEXT("bridge", "address", bridge_address, "127.0.0.1", "the address of that port"),
	A_NUMBER("bridge", "recovery", bridge_recovery, "1", 0, 1,
		"whether Socket.IO clients recover what they missed (connection state recovery)"),
	A_TEXT("PROGRAM", "user", own_user, "", "database account of this program alone"),
	A_TEXT("PROGRAM", "password", own_password, "", "its password"),
	A_NUMBER("PROGRAM", "threads", threads, "8", 1, 256, "requests served at once"),
};

enum { SETTINGS = sizeof settings / sizeof *settings };

const char *const conf_programs[] = { "account", "users", "chats", "messages", "files", "poll",
	"push", "health", "bridge", "pusher", NULL };

struct reading {
	struct conf *conf;
	const char *program;
	struct buf *problem;
	int line; /* of the first problem */
	int at;   /* the line being looked at, counted by reader() */
	bool seen[SETTINGS];
};

static bool is_program(const char *section)
{
	for (int i = 0; conf_programs[i]; i++)
		if (strcmp(section, conf_programs[i]) == 0)
			return true;
	return false;
}

static const struct setting *find(const char *section, const char *key)
{
	bool program = is_program(section);

	if (strcmp(section, "PROGRAM") == 0)
		return NULL;
	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].key, key) == 0 &&
			(strcmp(settings[i].section, section) == 0 ||
				(program && strcmp(settings[i].section, "PROGRAM") == 0)))
			return &settings[i];
	return NULL;
}

static bool number_fits(const struct setting *s, const char *value)
{
	int64_t n;

	return str_int(str_of(value), &n) && n >= s->min && n <= s->max;
}

/* What is wrong with a value, in words; NULL: nothing. */
static const char *wrong(const struct setting *s, const char *value, char *words, size_t n)
{
	if (s->kind == NUMBER && !number_fits(s, value)) {
		snprintf(words, n, "must be a whole number from %lld to %lld", (long long)s->min,
			(long long)s->max);
		return words;
	}
	if (s->kind == TEXT && strlen(value) >= s->size) {
		snprintf(words, n, "may have at most %zu characters", s->size - 1);
		return words;
	}
	if (strcmp(s->key, "scheme") == 0 && strcmp(value, "yescrypt") != 0 &&
		strcmp(value, "bcrypt") != 0)
		return "must be yescrypt or bcrypt";
	return NULL;
}

static void store(struct conf *c, const struct setting *s, const char *value)
{
	char *at = (char *)c + s->at;

	if (s->kind == NUMBER)
		str_int(str_of(value), (int64_t *)(void *)at);
	else
		snprintf(at, s->size, "%s", value);
}

/* One line of the file. Sections of other programs are checked and passed over. */
static int take(void *context, const char *section, const char *key, const char *value)
{
	struct reading *r = context;
	const struct setting *s = find(section, key);
	const char *why;
	char words[128];

	if (!s) {
		if (r->line == 0)
			buf_printf(r->problem, "there is no setting %s in [%s]", key, section);
	} else if ((why = wrong(s, value, words, sizeof words))) {
		if (r->line == 0)
			buf_printf(r->problem, "%s in [%s] %s", key, section, why);
	} else if (strcmp(s->section, "PROGRAM") == 0 && strcmp(section, r->program) != 0) {
		return 1;
	} else if (r->seen[s - settings]) {
		if (r->line == 0)
			buf_printf(r->problem, "%s in [%s] stands there twice", key, section);
	} else {
		store(r->conf, s, value);
		r->seen[s - settings] = true;
		return 1;
	}
	if (r->line == 0)
		r->line = r->at;
	return 0;
}

/* Feeds lines to the INI parser and counts them, so that a problem can be named with its line. The
 * parser would cut a long line in silence. */
static char *reader(char *to, int room, void *stream)
{
	FILE *f = ((void **)stream)[0];
	struct reading *r = ((void **)stream)[1];
	char *line = fgets(to, room, f);
	size_t n = line ? strlen(line) : 0;

	if (!line)
		return NULL;
	r->at++;
	if ((n > 0 && line[n - 1] == '\n') || feof(f))
		return line;
	if (r->line == 0) {
		r->line = r->at;
		buf_printf(
			r->problem, "a line may have at most %d bytes, none of them NUL", room - 2);
	}
	return NULL;
}

static bool from_file(struct reading *r)
{
	struct conf *c = r->conf;
	FILE *f = fopen(c->file, "re");
	void *stream[2] = { f, r };
	int line;

	if (!f) {
		buf_printf(r->problem, "%s: cannot be read", c->file);
		return false;
	}
	line = ini_parse_stream(reader, stream, take, r);
	if (ferror(f)) {
		buf_clear(r->problem);
		buf_printf(r->problem, "%s: cannot be read", c->file);
		fclose(f);
		return false;
	}
	fclose(f);
	if (line == 0 && r->line == 0)
		return true;
	/* What the parser itself stumbles over, take() never sees. */
	if (r->line == 0 || (line > 0 && line < r->line)) {
		r->line = line;
		buf_clear(r->problem);
		buf_z(r->problem, "neither [section] nor name = value");
	}
	/* The place goes in front of the words. */
	{
		struct buf whole = BUF_INIT(4096);

		buf_printf(&whole, "%s:%d: ", c->file, r->line);
		buf_str(&whole, buf_as_str(r->problem));
		buf_clear(r->problem);
		buf_str(r->problem, buf_as_str(&whole));
		buf_free(&whole);
	}
	return false;
}

static void upper(char *z)
{
	for (; *z; z++)
		*z = (char)toupper((unsigned char)*z);
}

static bool from_environment(struct reading *r)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *s = &settings[i];
		const char *section = strcmp(s->section, "PROGRAM") == 0 ? r->program : s->section;
		char name[128], words[128];
		const char *value, *why;

		snprintf(name, sizeof name, "BELLHOP_%s_%s", section, s->key);
		upper(name);
		value = getenv(name);
		if (!value)
			continue;
		why = wrong(s, value, words, sizeof words);
		if (why) {
			buf_printf(r->problem, "%s %s", name, why);
			return false;
		}
		store(r->conf, s, value);
	}
	return true;
}

bool conf_read(struct conf *c, const char *program, struct buf *problem)
{
	struct reading r = { .conf = c, .program = program, .problem = problem };
	const char *file = getenv("BELLHOP_CONF");

	memset(c, 0, sizeof *c);
	for (size_t i = 0; i < SETTINGS; i++)
		if (strcmp(settings[i].section, "PROGRAM") != 0 || settings[i].kind == NUMBER)
			store(c, &settings[i], settings[i].standard);
	if (file && snprintf(c->file, sizeof c->file, "%s", file) >= (int)sizeof c->file) {
		buf_z(problem, "BELLHOP_CONF is too long");
		return false;
	}
	if ((c->file[0] && !from_file(&r)) || !from_environment(&r))
		return false;
	/* Whatever the order of the sections: one's own account counts before the shared one. */
	if (c->own_user[0]) {
		memcpy(c->db_user, c->own_user, sizeof c->db_user);
		memcpy(c->db_password, c->own_password, sizeof c->db_password);
	}
	return true;
}

bool conf_account(const char *program, char user[81], char password[129])
{
	struct buf ignored = BUF_INIT(4096);
	struct conf shared, own;

	conf_read(&shared, "bellhop", &ignored);
	conf_read(&own, program, &ignored);
	buf_free(&ignored);
	memcpy(user, own.db_user, sizeof own.db_user);
	memcpy(password, own.db_password, sizeof own.db_password);
	return strcmp(shared.db_user, own.db_user) != 0;
}

void conf_describe(struct buf *to)
{
	const char *section = "";

	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *s = &settings[i];

		if (strcmp(section, s->section) != 0) {
			section = s->section;
			if (strcmp(section, "PROGRAM") == 0)
				buf_z(to, "\n; one section per program: [account], [users], "
					  "[health] …\n[account]\n");
			else
				buf_printf(to, "%s[%s]\n", i ? "\n" : "", section);
		}
		buf_printf(to, "; %s\n%s = %s\n", s->meaning, s->key, s->standard);
	}
}
