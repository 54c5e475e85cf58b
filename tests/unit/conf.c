#include "ground.h"

#include "core/conf.h"

/* A file of settings of its own for each test, named by BELLHOP_CONF. */
static char dir[DIR_BYTES], path[128];

static int make_place(void **state)
{
	(void)state;
	ground_dir(dir);
	snprintf(path, sizeof path, "%s/bellhop.conf", dir);
	setenv("BELLHOP_CONF", path, 1);
	return 0;
}

static int leave_place(void **state)
{
	(void)state;
	ground_remove(dir);
	unsetenv("BELLHOP_CONF");
	return 0;
}

/* Reads `text` as `program` sees it; returns what is wrong with it, "" for nothing. */
static const char *problem_of(const char *program, struct str text, struct conf *c)
{
	static char words[4200];
	struct buf problem = BUF_INIT(4096);
	bool good;

	ground_write(path, text.p, text.n);
	good = conf_read(c, program, &problem);
	snprintf(words, sizeof words, "%.*s", (int)problem.n, problem.p ? problem.p : "");
	EXPECT(good == (problem.n == 0), "%s", words);
	buf_free(&problem);
	return words;
}

static void without_a_file_every_setting_has_its_default(void **state)
{
	struct buf problem = BUF_INIT(4096);
	struct conf c;

	(void)state;
	unsetenv("BELLHOP_CONF");
	assert_true(conf_read(&c, "users", &problem));
	assert_int_equal(problem.n, 0);
	assert_string_equal(c.file, "");
	assert_string_equal(c.db_socket, "");
	assert_string_equal(c.db_host, "localhost");
	assert_int_equal(c.db_port, 3306);
	assert_string_equal(c.db_user, "bellhop");
	assert_string_equal(c.db_password, "");
	assert_string_equal(c.run_dir, "/run/bellhop");
	assert_string_equal(c.log_file, "-");
	assert_int_equal(c.access_s, 900);
	assert_int_equal(c.refresh_days, 30);
	assert_string_equal(c.password_scheme, "yescrypt");
	assert_int_equal(c.password_places, 2);
	assert_int_equal(c.reads_burst, 400);
	assert_int_equal(c.threads, 8);
}

static void values_of_the_file_are_taken(void **state)
{
	struct conf c;

	(void)state;
	assert_string_equal(problem_of("users",
				    STR("\xef\xbb\xbf; a comment\n# another\n\n"
					"[database]\r\nsocket = /x/y.sock\r\n"
					"port=1\n  \n[paths]\nrun = /run/x ; why\n"
					"[limits]\nreads = 0\nwrites: 1000\n"
					"[users]\nthreads = 256\n[paths]\nkeys = /k"),
				    &c),
		"");
	assert_string_equal(c.file, path);
	assert_string_equal(c.db_socket, "/x/y.sock");
	assert_int_equal(c.db_port, 1);
	assert_string_equal(c.run_dir, "/run/x");
	assert_string_equal(c.keys_dir, "/k"); /* a section may come back */
	assert_int_equal(c.reads, 0);
	assert_int_equal(c.writes, 1000);
	assert_int_equal(c.threads, 256);
}

static void a_problem_is_named_with_its_line(void **state)
{
	static const struct {
		struct str text;
		int line;
		const char *words;
	} rows[] = {
		{ STR("[database]\nsokcet = /x\n"), 2, "there is no setting sokcet in [database]" },
		{ STR("\n\n[databse]\nport = 1\n"), 4, "there is no setting port in [databse]" },
		{ STR("port = 1\n"), 1, "there is no setting port in []" },
		{ STR("[Database]\nport = 1\n"), 2, "there is no setting port in [Database]" },
		{ STR("[database]\nPort = 1\n"), 2, "there is no setting Port in [database]" },
		{ STR("[PROGRAM]\nuser = x\n"), 2, "there is no setting user in [PROGRAM]" },
		{ STR("[users]\nport = 1\n"), 2, "there is no setting port in [users]" },
		{ STR("[database]\nthreads = 1\n"), 2,
			"there is no setting threads in [database]" },
		{ STR("[database]\nport = 0\n"), 2,
			"port in [database] must be a whole number from 1 to 65535" },
		{ STR("[database]\nport = 65536\n"), 2,
			"port in [database] must be a whole number from 1 to 65535" },
		{ STR("[database]\nport =\n"), 2,
			"port in [database] must be a whole number from 1 to 65535" },
		{ STR("[database]\nport = 33O6\n"), 2,
			"port in [database] must be a whole number from 1 to 65535" },
		{ STR("[database]\nport = 0x10\n"), 2,
			"port in [database] must be a whole number from 1 to 65535" },
		{ STR("[database]\nport = +1\n"), 2,
			"port in [database] must be a whole number from 1 to 65535" },
		{ STR("[database]\nport = 1.0\n"), 2,
			"port in [database] must be a whole number from 1 to 65535" },
		{ STR("[database]\nport = 1 2\n"), 2,
			"port in [database] must be a whole number from 1 to 65535" },
		{ STR("[limits]\nreads = -1\n"), 2,
			"reads in [limits] must be a whole number from 0 to 1000" },
		{ STR("[limits]\nreads_burst = 99999999999999999999\n"), 2,
			"reads_burst in [limits] must be a whole number from 1 to 100000" },
		{ STR("[passwords]\nscheme = md5\n"), 2,
			"scheme in [passwords] must be yescrypt or bcrypt" },
		{ STR("[passwords]\nscheme =\n"), 2,
			"scheme in [passwords] must be yescrypt or bcrypt" },
		{ STR("[database]\nname = "
		      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"),
			2, "name in [database] may have at most 64 characters" },
		{ STR("[database]\nport = 1\nport = 2\n"), 3,
			"port in [database] stands there twice" },
		{ STR("[database]\nport = 1\n[paths]\nrun = /x\n[database]\nport = 1\n"), 6,
			"port in [database] stands there twice" },
		{ STR("[paths]\nrun = /x\n  /y\n"), 3, "run in [paths] stands there twice" },
		{ STR("[users]\nuser = a\n[users]\nuser = b\n"), 4,
			"user in [users] stands there twice" },
		{ STR("[database\nport = 1\n"), 1, "neither [section] nor name = value" },
		{ STR("[database]\nport\n"), 2, "neither [section] nor name = value" },
		{ STR("[database]\nport = 1\n\n\nbad = 1\nworse = 1\n"), 5,
			"there is no setting bad in [database]" },
		/* Those of other programs are checked like one's own. */
		{ STR("[account]\nthreads = 0\n"), 2,
			"threads in [account] must be a whole number from 1 to 256" },
		{ STR("[account]\nusr = x\n"), 2, "there is no setting usr in [account]" },
		{ STR("[database]\npassword = a\0b\n"), 2,
			"a line may have at most 198 bytes, none of them NUL" },
	};
	char expected[512];
	struct conf c;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = problem_of("users", rows[i].text, &c);

		snprintf(expected, sizeof expected, "%s:%d: %s", path, rows[i].line, rows[i].words);
		EXPECT(strcmp(got, expected) == 0, "%zu: \"%s\" for \"%s\"", i, got, expected);
	}
}

static void a_line_that_the_parser_would_cut_is_refused(void **state)
{
	char text[1024], expected[256];
	struct conf c;

	(void)state;
	for (int n = 150; n < 600; n++) {
		int all = snprintf(
			text, sizeof text, "[database]\nport = 1\n[paths]\nrun = /%0*d\n", n, 0);
		const char *got = problem_of("users", (struct str){ text, (size_t)all }, &c);
		int line = n + 7;

		snprintf(expected, sizeof expected,
			"%s:4: a line may have at most 198 bytes, none of them NUL", path);
		EXPECT(strcmp(got, line <= 198 ? "" : expected) == 0, "%d: %s", n, got);
		if (line <= 198)
			EXPECT((int)strlen(c.run_dir) == n + 1, "%d: %s", n, c.run_dir);
	}
}

static void sections_of_other_programs_are_not_taken(void **state)
{
	static const struct str text = STR("[account]\nuser = acc\npassword = p1\nthreads = 3\n"
					   "[users]\nuser = usr\npassword = p2\n"
					   "[database]\nuser = all\npassword = p0\n");
	char user[81], password[129];
	struct conf c;

	(void)state;
	assert_string_equal(problem_of("users", text, &c), "");
	assert_string_equal(c.db_user, "usr");
	assert_string_equal(c.db_password, "p2");
	assert_int_equal(c.threads, 8);
	assert_string_equal(problem_of("account", text, &c), "");
	assert_string_equal(c.db_user, "acc");
	assert_string_equal(c.db_password, "p1");
	assert_int_equal(c.threads, 3);
	assert_string_equal(problem_of("health", text, &c), "");
	assert_string_equal(c.db_user, "all");
	assert_string_equal(c.db_password, "p0");

	assert_true(conf_account("account", user, password));
	assert_string_equal(user, "acc");
	assert_string_equal(password, "p1");
	assert_false(conf_account("health", user, password));
	assert_string_equal(user, "all");
	assert_string_equal(password, "p0");
}

static void an_own_account_counts_wherever_its_section_stands(void **state)
{
	struct conf c;

	(void)state;
	assert_string_equal(
		problem_of("users",
			STR("[users]\nuser=u\npassword=p\n[database]\nuser=all\npassword=q\n"), &c),
		"");
	assert_string_equal(c.db_user, "u");
	assert_string_equal(c.db_password, "p");
	assert_string_equal(
		problem_of("users",
			STR("[database]\nuser=all\npassword=q\n[users]\nuser=u\npassword=p\n"), &c),
		"");
	assert_string_equal(c.db_user, "u");
	assert_string_equal(c.db_password, "p");
}

static void the_environment_goes_before_the_file(void **state)
{
	static const struct str text = STR("[database]\nport = 1\nuser = all\n[limits]\nreads = 5\n"
					   "[users]\nuser = usr\npassword = pw\nthreads = 3\n");
	struct conf c;

	(void)state;
	setenv("BELLHOP_DATABASE_PORT", "2", 1);
	setenv("BELLHOP_USERS_THREADS", "4", 1);
	setenv("BELLHOP_ACCOUNT_THREADS", "5", 1);
	setenv("BELLHOP_PATHS_RUN", "/from/env", 1);
	assert_string_equal(problem_of("users", text, &c), "");
	assert_int_equal(c.db_port, 2);
	assert_int_equal(c.reads, 5);
	assert_int_equal(c.threads, 4);
	assert_string_equal(c.run_dir, "/from/env");
	/* The shared account is one thing, this program's own another. */
	setenv("BELLHOP_DATABASE_USER", "env", 1);
	assert_string_equal(problem_of("users", text, &c), "");
	assert_string_equal(c.db_user, "usr");
	assert_string_equal(problem_of("health", text, &c), "");
	assert_string_equal(c.db_user, "env");
	setenv("BELLHOP_USERS_USER", "own", 1);
	assert_string_equal(problem_of("users", text, &c), "");
	assert_string_equal(c.db_user, "own");
	assert_string_equal(c.db_password, "pw");
	unsetenv("BELLHOP_USERS_USER");
	unsetenv("BELLHOP_DATABASE_USER");

	setenv("BELLHOP_DATABASE_PORT", "none", 1);
	assert_string_equal(problem_of("users", text, &c),
		"BELLHOP_DATABASE_PORT must be a whole number from 1 to 65535");
	setenv("BELLHOP_DATABASE_PORT", "", 1);
	assert_string_equal(problem_of("users", text, &c),
		"BELLHOP_DATABASE_PORT must be a whole number from 1 to 65535");
	unsetenv("BELLHOP_DATABASE_PORT");
	setenv("BELLHOP_USERS_THREADS", "257", 1);
	assert_string_equal(problem_of("users", text, &c),
		"BELLHOP_USERS_THREADS must be a whole number from 1 to 256");
	unsetenv("BELLHOP_USERS_THREADS");
	setenv("BELLHOP_PASSWORDS_SCHEME", "plain", 1);
	assert_string_equal(problem_of("users", text, &c),
		"BELLHOP_PASSWORDS_SCHEME must be yescrypt or bcrypt");
	unsetenv("BELLHOP_PASSWORDS_SCHEME");
	unsetenv("BELLHOP_ACCOUNT_THREADS");
	unsetenv("BELLHOP_PATHS_RUN");
}

static void a_file_that_cannot_be_read_stops_the_start(void **state)
{
	struct buf problem = BUF_INIT(4096);
	char expected[256], long_path[700];
	struct conf c;

	(void)state;
	snprintf(expected, sizeof expected, "%s: cannot be read", path);
	assert_false(conf_read(&c, "users", &problem));
	assert_true(str_is(buf_as_str(&problem), expected));
	buf_clear(&problem);
	setenv("BELLHOP_CONF", dir, 1); /* can be opened, but not read */
	snprintf(expected, sizeof expected, "%s: cannot be read", dir);
	assert_false(conf_read(&c, "users", &problem));
	assert_true(str_is(buf_as_str(&problem), expected));
	buf_clear(&problem);
	snprintf(long_path, sizeof long_path, "/%0*d", 600, 0);
	setenv("BELLHOP_CONF", long_path, 1);
	assert_false(conf_read(&c, "users", &problem));
	assert_true(str_is(buf_as_str(&problem), "BELLHOP_CONF is too long"));
	buf_free(&problem);
}

static void what_is_described_is_a_file_of_the_defaults(void **state)
{
	struct buf text = BUF_INIT(1 << 16), none = BUF_INIT(64);
	struct conf described, standard;

	(void)state;
	conf_describe(&text);
	assert_false(text.over);
	assert_string_equal(problem_of("account", buf_as_str(&text), &described), "");
	unsetenv("BELLHOP_CONF");
	assert_true(conf_read(&standard, "account", &none));
	memset(described.file, 0, sizeof described.file);
	assert_memory_equal(&described, &standard, sizeof standard);
	buf_free(&text);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, leave_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(without_a_file_every_setting_has_its_default),
		IN_PLACE(values_of_the_file_are_taken),
		IN_PLACE(a_problem_is_named_with_its_line),
		IN_PLACE(a_line_that_the_parser_would_cut_is_refused),
		IN_PLACE(sections_of_other_programs_are_not_taken),
		IN_PLACE(an_own_account_counts_wherever_its_section_stands),
		IN_PLACE(the_environment_goes_before_the_file),
		IN_PLACE(a_file_that_cannot_be_read_stops_the_start),
		IN_PLACE(what_is_described_is_a_file_of_the_defaults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
