/* The database layer where there is no database. What it does with one, the API tests show. */
#include "ground.h"

#include "data/db.h"
#include "data/migrate.h"
#include "data/walls.h"

#include <mysql.h>

static struct conf c;
static struct arena arena;
static char dir[DIR_BYTES];
static struct sql one = SQL("SELECT 1 FROM dual WHERE 1 = ?");

static int make_place(void **state)
{
	struct buf problem = BUF_INIT(256);

	(void)state;
	ground_dir(dir);
	arena_init(&arena);
	if (!conf_read(&c, "users", &problem))
		return -1;
	snprintf(c.db_socket, sizeof c.db_socket, "%s/no.sock", dir);
	snprintf(c.schema_dir, sizeof c.schema_dir, "%s", dir);
	return 0;
}

static int leave_place(void **state)
{
	(void)state;
	arena_free(&arena);
	ground_remove(dir);
	mysql_library_end();
	return 0;
}

static void arguments_keep_absent_and_empty_apart(void **state)
{
	(void)state;
	assert_int_equal(as_text(((struct str){ NULL, 0 })).kind, ARG_NULL);
	assert_int_equal(as_bytes(((struct str){ NULL, 0 })).kind, ARG_NULL);
	assert_int_equal(as_text(STR("")).kind, ARG_TEXT);
	assert_int_equal(as_bytes(STR("")).kind, ARG_BYTES);
	assert_int_equal(as_int(INT64_MIN).kind, ARG_INT);
	assert_int_equal(as_int(INT64_MIN).n, INT64_MIN);
}

static int ran;

static enum err count(struct db *db, void *context)
{
	(void)db;
	(void)context;
	ran++;
	return OK;
}

static void everything_says_that_the_database_is_away(void **state)
{
	struct db *db = db_new(&c);
	struct rows r;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(db_ping(db), ERR_DATABASE_AWAY);
		assert_true(strlen(db_problem(db)) > 10);
		assert_int_equal(db_run(db, &one, as_int(1)), ERR_DATABASE_AWAY);
		assert_int_equal(db_select(db, &arena, &one, &r, as_int(1)), ERR_DATABASE_AWAY);
		assert_int_equal(r.n, 0);
		assert_int_equal(db_transaction(db, count, count, NULL), ERR_DATABASE_AWAY);
	}
	assert_int_equal(ran, 0); /* neither was begun, nor asked whether it happened */
	assert_false(db_duplicate(db, "x"));
	db_free(db);
	db_free(NULL);
}

static void a_host_that_does_not_answer_is_away_as_well(void **state)
{
	struct db *db = db_new(&c);

	(void)state;
	c.db_socket[0] = 0;
	snprintf(c.db_host, sizeof c.db_host, "127.0.0.1");
	c.db_port = 1;
	assert_int_equal(db_ping(db), ERR_DATABASE_AWAY);
	snprintf(c.db_host, sizeof c.db_host, "no-such-host.invalid");
	assert_int_equal(db_ping(db), ERR_DATABASE_AWAY);
	db_free(db);
}

/* What listens there is no database: it says something else, or nothing and goes. */
static void who_speaks_another_language_is_away_too(void **state)
{
	struct db *db = db_new(&c);

	(void)state;
	ground_write(c.db_socket, "not even a socket", 17);
	assert_int_equal(db_ping(db), ERR_DATABASE_AWAY);
	db_free(db);
}

static int look_beyond_the_answer(int number, void *context)
{
	struct rows none = { 0 };

	(void)context;
	close(STDERR_FILENO);
	if (number == 0)
		row_int(&none, 0, 0);
	else
		row_str(&none, 1, 0);
	return 0;
}

static void looking_beyond_an_answer_ends_the_process(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_not_equal(ground_wait(ground_child(look_beyond_the_answer, i, NULL)), 0);
}

static int said;

static void say(const char *words)
{
	(void)words;
	said++;
}

static void no_step_is_taken_without_a_database(void **state)
{
	struct buf problem = BUF_INIT(4096);
	char path[128];

	(void)state;
	snprintf(path, sizeof path, "%s/0001_x.sql", dir);
	ground_write(path, "CREATE TABLE x (x INT);", 23);
	assert_int_equal(migrate(&c, say, &problem), ERR_DATABASE_AWAY);
	assert_int_equal(said, 0);
	assert_true(str_starts(buf_as_str(&problem), "the database does not let us in: "));
	buf_clear(&problem);
	assert_int_equal(migrate_missing(&c, &problem), -1);
	assert_true(problem.n > 0);
	buf_free(&problem);
	assert_int_equal(walls_open(&c), -1);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, leave_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(arguments_keep_absent_and_empty_apart),
		IN_PLACE(everything_says_that_the_database_is_away),
		IN_PLACE(a_host_that_does_not_answer_is_away_as_well),
		IN_PLACE(who_speaks_another_language_is_away_too),
		IN_PLACE(looking_beyond_an_answer_ends_the_process),
		IN_PLACE(no_step_is_taken_without_a_database),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
