/* What nobody keeps, on its way through the hub, and whom it believes; the log's way is tested
 * through the site. */
#include "ground.h"

#include "core/clock.h"
#include "live/hub.h"

enum { LOBBY = 1, HEARD = 1000, EARS_MAX = 600 };

static struct hub *hub;
static int64_t number;

/* Somebody who listens, and the numbers of what they have heard. */
struct ear {
	struct listener listener;
	int64_t heard[64];
	size_t n, settled;
};

static struct ear ears[EARS_MAX];

static struct ear *ear_of(struct listener *l)
{
	return (struct ear *)(void *)l;
}

static void on_event(struct listener *l, const struct hub_event *e)
{
	ear_of(l)->heard[ear_of(l)->n++ % COUNT(ear_of(l)->heard)] = e->heard;
}

static void on_settled(struct listener *l)
{
	ear_of(l)->settled++;
}

static const struct listener_kind kind = { on_event, on_settled, NULL };

static int open_hub(void **state)
{
	(void)state;
	hub = hub_new(16, 0, HEARD, LOBBY);
	number = HEARD;
	memset(ears, 0, sizeof ears);
	return 0;
}

static int close_hub(void **state)
{
	(void)state;
	hub_free(hub);
	return 0;
}

/* The person of that number, in the lobby and in these chats up to 0, listens to one chat or all.
 */
static struct ear *listen(int64_t user_id, const int64_t *chats, int64_t chat_id)
{
	struct sight_chat in[8] = { { LOBBY, 0, 0 } };
	struct sight s = { .user_id = user_id, .chats = in, .n = 1 };

	for (; *chats; chats++)
		in[s.n++] = (struct sight_chat){ *chats, 0, 0 };
	assert_true(hub_meet(hub, &s, 0));
	ears[user_id].listener =
		(struct listener){ .chat_id = chat_id, .heard = number, .kind = &kind };
	hub_listen(hub, user_id, &ears[user_id].listener);
	return &ears[user_id];
}
#define IN(...) ((const int64_t[]){ __VA_ARGS__ 0 })

static void whisper(int64_t user_id, int64_t chat_id, int64_t *chats, size_t n)
{
	struct hub_event e = { .heard = ++number,
		.user_id = user_id,
		.chat_id = chat_id,
		.at_ms = clock_wall_ms(),
		.type = STR("test"),
		.json = STR("{}"),
		.chat_ids = chats,
		.chat_ids_n = n };

	hub_whisper(hub, &e, 1, number);
}

static void typing_is_for_the_others_in_the_chat(void **state)
{
	struct ear *ann = listen(1, IN(5, ), 0), *bob = listen(2, IN(5, 6, ), 0);
	struct ear *of_six = listen(3, IN(5, 6, ), 6), *eve = listen(4, IN(6, ), 0);

	(void)state;
	whisper(1, 5, NULL, 0);
	assert_int_equal(bob->n, 1);
	assert_int_equal(bob->heard[0], number);
	assert_int_equal(bob->settled, 1);
	assert_int_equal(ann->n + of_six->n + eve->n, 0);
	whisper(2, 6, NULL, 0);
	assert_int_equal(of_six->n, 1);
	assert_int_equal(eve->n, 1);
	whisper(2, LOBBY, NULL, 0);
	assert_int_equal(ann->n, 1);
}

static void who_comes_is_told_once_to_whom_they_share_a_chat_with(void **state)
{
	struct ear *ann = listen(1, IN(5, 6, ), 0), *bob = listen(2, IN(5, 6, ), 0);
	struct ear *of_six = listen(3, IN(5, 6, ), 6), *of_lobby = listen(4, IN(5, ), LOBBY);
	struct ear *eve = listen(5, IN(7, ), 0);

	(void)state;
	whisper(1, 0, NULL, 0);
	assert_int_equal(bob->n, 1);
	assert_int_equal(of_six->n, 1);
	assert_int_equal(ann->n + of_lobby->n + eve->n, 0);
	/* Of somebody whom the hub does not know, the event brings the chats. */
	assert_false(hub_knows(hub, 9));
	whisper(9, 0, (int64_t[]){ LOBBY, 7 }, 2);
	assert_int_equal(eve->n, 1);
	assert_int_equal(bob->n + ann->n, 1);
}

static void in_a_crowd_nobody_is_told_who_comes(void **state)
{
	struct ear *friend = listen(1, IN(5, 6, ), 0), *other;

	(void)state;
	for (int64_t id = 2; id <= HUB_CROWD; id++)
		other = listen(id, IN(5, ), 0);
	whisper(2, 0, NULL, 0);
	assert_int_equal(other->n, 1);
	listen(HUB_CROWD + 1, IN(5, 6, ), 0);
	whisper(HUB_CROWD + 1, 0, NULL, 0);
	assert_int_equal(other->n, 1);
	assert_int_equal(friend->n, 2);
	whisper(2, 5, NULL, 0);
	assert_int_equal(other->n, 2);
}

static void what_was_missed_is_told_again_as_it_was(void **state)
{
	struct ear *bob = listen(2, IN(5, 6, ), 0);
	struct ear again = { .listener = { .heard = number, .kind = &kind } };
	struct ear of_six = { .listener = { .heard = number, .kind = &kind, .chat_id = 6 } };
	struct ear late = { .listener = { .kind = &kind } };

	(void)state;
	listen(1, IN(5, ), 0);
	listen(3, IN(7, ), 0);
	whisper(1, 5, NULL, 0);
	whisper(3, 7, NULL, 0);
	whisper(3, 0, NULL, 0);
	whisper(1, 0, NULL, 0);
	whisper(2, 5, NULL, 0);
	whisper(9, 0, (int64_t[]){ 6 }, 1);
	hub_whisper_again(hub, 2, &again.listener);
	assert_int_equal(again.n, 3);
	assert_memory_equal(again.heard, bob->heard, sizeof *again.heard * 3);
	assert_int_equal(again.listener.heard, number);
	hub_whisper_again(hub, 2, &of_six.listener);
	assert_int_equal(of_six.n, 1);
	assert_int_equal(of_six.heard[0], number);
	/* Beyond what is kept there is nothing to tell. */
	for (int i = 0; i < HUB_WHISPERS; i++)
		whisper(1, 7, NULL, 0);
	assert_int_equal(hub_heard_from(hub, HEARD), number);
	assert_int_equal(hub_heard_from(hub, number - 1), number - 1);
	late.listener.heard = hub_heard_from(hub, number - 1);
	hub_whisper_again(hub, 3, &late.listener);
	assert_int_equal(late.n, 1);
}

/* The database is killed, and what these people had just read of it never happened: the log goes on
 * with the same numbers, of other things. */
static void only_the_log_says_who_came_and_went_behind_it(void **state)
{
	struct sight_chat in[] = { { 5, 1, 0 }, { 6, 0, 1 } };
	struct sight s = { .user_id = 1, .chats = in, .n = COUNT(in) };
	struct hub_event said[] = {
		{ .id = 1, .chat_id = 5, .type = STR("message"), .json = STR("{}") },
		{ .id = 2, .chat_id = 6, .type = STR("message"), .json = STR("{}") },
	};
	struct listener *l = &ears[1].listener;

	(void)state;
	assert_true(hub_meet(hub, &s, 0));
	*l = (struct listener){ .kind = &kind };
	hub_listen(hub, 1, l);
	hub_feed(hub, &said[0], 1);
	assert_int_equal(ears[1].n, 0);
	hub_feed(hub, &said[1], 1);
	assert_int_equal(ears[1].n, 1);
	assert_int_equal(l->position, 2);
}

/* Nobody was here meanwhile: what was before is the database's to tell. */
static void behind_a_skip_everything_begins_there(void **state)
{
	struct hub_event said = { .chat_id = 5, .type = STR("message"), .json = STR("{}") };
	struct sight s = { .user_id = 1 };
	struct ear *ann = listen(1, IN(5, ), 0);

	(void)state;
	said.id = 1;
	hub_feed(hub, &said, 1);
	assert_int_equal(ann->settled, 1);
	hub_leave(hub, &ann->listener);
	assert_true(hub_can_serve(hub, 1, 0));
	hub_skip(hub, 100);
	assert_int_equal(hub_head(hub), 100);
	assert_false(hub_knows(hub, 1));
	assert_false(hub_meet(hub, &s, 99));
	assert_true(hub_meet(hub, &s, 100));
	assert_false(hub_can_serve(hub, 1, 99));
	assert_true(hub_can_serve(hub, 1, 100));
	said.id = 101;
	hub_feed(hub, &said, 1);
	assert_int_equal(hub_head(hub), 101);
}

static int turns[EARS_MAX];

static void count_turn(int64_t user_id)
{
	turns[user_id]++;
}

static void everybody_who_listens_has_their_turn(void **state)
{
	(void)state;
	for (int64_t id = 1; id < 300; id++)
		listen(id, IN(5, ), 0);
	hub_leave(hub, &ears[7].listener);
	for (size_t part = 0; part < 10; part++)
		hub_each(hub, part, 10, count_turn);
	for (int id = 1; id < 300; id++)
		EXPECT(turns[id] == (id != 7), "%d had %d turns", id, turns[id]);
}

#define WITH_HUB(test) cmocka_unit_test_setup_teardown(test, open_hub, close_hub)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HUB(typing_is_for_the_others_in_the_chat),
		WITH_HUB(who_comes_is_told_once_to_whom_they_share_a_chat_with),
		WITH_HUB(in_a_crowd_nobody_is_told_who_comes),
		WITH_HUB(what_was_missed_is_told_again_as_it_was),
		WITH_HUB(only_the_log_says_who_came_and_went_behind_it),
		WITH_HUB(behind_a_skip_everything_begins_there),
		WITH_HUB(everybody_who_listens_has_their_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
