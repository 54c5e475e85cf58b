/* tape - the newest events in shared memory: what is read was written like that, or is not read. */
#include "ground.h"

#include "core/tape.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EPOCH = 7 };

static char dir[DIR_BYTES];
static struct tape *tape;
static struct arena arena;

/* What an event of that number says: as long as its number likes. */
static struct str words_of(int64_t id, char text[TAPE_DATA_MAX + 1])
{
	size_t n = (size_t)(id * 37 % (TAPE_DATA_MAX + 1));

	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + (id + (int64_t)i) % 26);
	return (struct str){ text, n };
}

static void put(int64_t epoch, int64_t id)
{
	char text[TAPE_DATA_MAX + 1];

	tape_put(tape, &(struct taped){ .epoch = epoch,
			       .id = id,
			       .chat_id = id * 3,
			       .at_ms = id * 5,
			       .data = words_of(id, text) });
}

static bool is_there(int64_t epoch, int64_t id)
{
	char text[TAPE_DATA_MAX + 1];
	struct taped e;

	if (!tape_get(tape, &arena, epoch, id, &e))
		return false;
	assert_int_equal(e.epoch, epoch);
	assert_int_equal(e.id, id);
	assert_int_equal(e.chat_id, id * 3);
	assert_int_equal(e.at_ms, id * 5);
	assert_true(str_eq(e.data, words_of(id, text)));
	arena_clear(&arena);
	return true;
}

static void what_was_put_is_there_until_its_place_is_taken(void **state)
{
	(void)state;
	for (int64_t id = 1; id <= 3 * TAPE_EVENTS; id++) {
		assert_false(is_there(EPOCH, id));
		put(EPOCH, id);
		assert_true(is_there(EPOCH, id));
	}
	for (int64_t id = 1; id <= 3 * TAPE_EVENTS; id++)
		assert_int_equal(is_there(EPOCH, id), id > 2 * TAPE_EVENTS);
	assert_false(is_there(EPOCH, 0));
}

static void another_epoch_has_other_events(void **state)
{
	(void)state;
	put(EPOCH, 5);
	assert_false(is_there(EPOCH + 1, 5));
	put(EPOCH + 1, 5);
	assert_true(is_there(EPOCH + 1, 5));
	assert_false(is_there(EPOCH, 5));
}

static void what_is_too_long_leaves_a_gap(void **state)
{
	char text[TAPE_DATA_MAX + 1] = { 0 };
	struct taped e = { .epoch = EPOCH, .id = 8, .data = { text, sizeof text } };

	(void)state;
	put(EPOCH, 8);
	tape_put(tape, &e);
	assert_false(tape_get(tape, &arena, EPOCH, 8, &e));
	e.data.n--;
	tape_put(tape, &e);
	assert_true(tape_get(tape, &arena, EPOCH, 8, &e));
	assert_int_equal(e.data.n, TAPE_DATA_MAX);
}

static void what_was_unsaid_is_in_no_file(void **state)
{
	char text[TAPE_DATA_MAX + 1], path[DIR_BYTES + 8], all[400000];
	struct str words = words_of(9, text);
	FILE *f;
	size_t n;

	(void)state;
	put(EPOCH, 9);
	tape_wipe(tape, 9 + TAPE_EVENTS); /* another event of the same place */
	assert_true(is_there(EPOCH, 9));
	tape_wipe(tape, 9);
	assert_false(is_there(EPOCH, 9));
	snprintf(path, sizeof path, "%s/tape", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(all, 1, sizeof all, f);
	fclose(f);
	assert_in_range(n, TAPE_EVENTS * TAPE_DATA_MAX, sizeof all - 1);
	assert_null(memmem(all, n, words.p, 16));
}

static void two_programs_have_the_same_tape(void **state)
{
	struct tape *mine = tape;

	(void)state;
	put(EPOCH, 11);
	tape = tape_open(dir);
	assert_non_null(tape);
	assert_true(is_there(EPOCH, 11));
	put(EPOCH, 12);
	tape_close(tape);
	tape = mine;
	assert_true(is_there(EPOCH, 12));
}

/* Writers that race for the same places, as no log lets them, are killed at any moment; what a
 * reader gets is whole all the same. */
static void nothing_torn_is_ever_read(void **state)
{
	enum { WRITERS = 3, LOOKS = 400000, PLACES = 4, ROUNDS = 5 };
	int64_t got = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		pid_t writers[WRITERS];

		for (int w = 0; w < WRITERS; w++) {
			writers[w] = fork();
			if (writers[w] == 0)
				prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (int64_t i = w; writers[w] == 0; i++)
				put(EPOCH, i % PLACES + TAPE_EVENTS * (i % 11));
		}
		for (int64_t i = 0; i < LOOKS / ROUNDS; i++)
			got += is_there(EPOCH, i % PLACES + TAPE_EVENTS * (i % 11));
		for (int w = 0; w < WRITERS; w++) {
			kill(writers[w], SIGKILL);
			waitpid(writers[w], NULL, 0);
		}
	}
	assert_true(got > 0);
}

static void there_is_none_where_there_is_no_directory(void **state)
{
	char path[DIR_BYTES + 8];

	(void)state;
	snprintf(path, sizeof path, "%s/none", dir);
	assert_null(tape_open(path));
	assert_int_equal(errno, ENOENT);
}

static int open_one(void **state)
{
	(void)state;
	ground_dir(dir);
	arena_init(&arena);
	tape = tape_open(dir);
	return tape ? 0 : -1;
}

static int close_one(void **state)
{
	(void)state;
	tape_close(tape);
	arena_free(&arena);
	ground_remove(dir);
	return 0;
}

#define WITH_TAPE(f) cmocka_unit_test_setup_teardown(f, open_one, close_one)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TAPE(what_was_put_is_there_until_its_place_is_taken),
		WITH_TAPE(another_epoch_has_other_events),
		WITH_TAPE(what_is_too_long_leaves_a_gap),
		WITH_TAPE(what_was_unsaid_is_in_no_file),
		WITH_TAPE(two_programs_have_the_same_tape),
		WITH_TAPE(nothing_torn_is_ever_read),
		WITH_TAPE(there_is_none_where_there_is_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
