/* frames.c - WebSocket frames of a client: whole, in fragments, cut anywhere, and hostile. */
#include "ground.h"
#include "pieces.h"

#include "core/buf.h"

enum { MESSAGE_MAX = 1000, FIN = 0x80, MASKED = 0x80, CONTINUATION = 0, PONG = 10 };

struct seen {
	struct buf messages, replies;
};

static void on_message(void *context, struct str bytes, bool binary)
{
	struct seen *s = context;

	buf_printf(&s->messages, "%c", binary ? 'b' : 't');
	buf_str(&s->messages, bytes);
	buf_byte(&s->messages, '|');
}

static void on_reply(void *context, struct str frame)
{
	buf_str(&((struct seen *)context)->replies, frame);
}

/* first: the first byte of the frame. `announced`: the length it claims. */
static void put_claim(struct buf *to, int first, const char *payload, size_t n, size_t announced)
{
	static const unsigned char mask[4] = { 1, 2, 3, 4 };

	buf_byte(to, (char)first);
	if (announced < 126) {
		buf_byte(to, (char)(MASKED | announced));
	} else {
		buf_byte(to, (char)(MASKED | 126));
		buf_byte(to, (char)(announced >> 8));
		buf_byte(to, (char)announced);
	}
	buf_add(to, mask, sizeof mask);
	for (size_t i = 0; i < n; i++)
		buf_byte(to, (char)(payload[i] ^ mask[i % 4]));
}

static void put(struct buf *to, int first, const char *payload)
{
	put_claim(to, first, payload, strlen(payload), strlen(payload));
}

/* In pieces of so many bytes. */
static bool eat(struct str bytes, size_t piece, struct seen *s)
{
	static const struct frames_reader reader = { on_message, on_reply };
	bool open, left;

	*s = (struct seen){ BUF_INIT(1 << 20), BUF_INIT(1 << 20) };
	open = eat_pieces(&reader, s, MESSAGE_MAX, bytes, piece, &left);
	EXPECT(open || !left, "what is over holds something");
	return open;
}

static void seen_free(struct seen *s)
{
	buf_free(&s->messages);
	buf_free(&s->replies);
}

/* The code of the close frame at the end of what was replied; 0: there is none. */
static unsigned closed_with(const struct seen *s)
{
	for (size_t i = 0; i + 3 < s->replies.n; i++)
		if ((unsigned char)s->replies.p[i] == (FIN | FRAME_CLOSE))
			return (unsigned)(unsigned char)s->replies.p[i + 2] << 8 |
			       (unsigned char)s->replies.p[i + 3];
	return 0;
}

static void messages_are_the_same_however_they_are_cut(void **state)
{
	struct buf bytes = BUF_INIT(1 << 16);
	struct seen s;

	(void)state;
	put(&bytes, FIN | FRAME_TEXT, "hello");
	put(&bytes, FRAME_TEXT, "\xd1");
	put(&bytes, FIN | FRAME_PING, "now");
	put(&bytes, CONTINUATION, "\x8f, сло");
	put(&bytes, FIN | PONG, "");
	put(&bytes, FIN | CONTINUATION, "во");
	put(&bytes, FIN | FRAME_BINARY, "\xff");
	put(&bytes, FIN | FRAME_TEXT, "");
	for (size_t piece = 1; piece <= bytes.n; piece++) {
		assert_true(eat(buf_as_str(&bytes), piece, &s));
		buf_byte(&s.messages, 0);
		assert_string_equal(s.messages.p, "thello|tя, слово|b\xff|t|");
		assert_int_equal(s.replies.n, 5);
		assert_memory_equal(s.replies.p, "\x8a\x03now", 5);
		seen_free(&s);
	}
	buf_free(&bytes);
}

static void what_is_no_frame_ends_it_with_its_code(void **state)
{
	static const struct {
		int first;
		const char *payload;
		size_t announced; /* 0: as long as it is */
		unsigned code;
	} rows[] = {
		{ FIN | FRAME_TEXT, "\xc3\x28", 0, 1007 },
		{ FIN | FRAME_TEXT, "\xed\xa0\x80", 0, 1007 }, /* half of a pair */
		{ FIN | FRAME_TEXT, "\xc0\x80", 0, 1007 },
		{ FIN | FRAME_TEXT, "\xd1", 0, 1007 }, /* not all of it */
		{ FIN | FRAME_TEXT, "x", MESSAGE_MAX + 1, 1009 },
		{ FIN | FRAME_BINARY, "x", 65535, 1009 },
		{ FIN | CONTINUATION, "x", 0, 1002 },
		{ FIN | 3, "x", 0, 1002 },
		{ FIN | 11, "x", 0, 1002 },
		{ FIN | 0x40 | FRAME_TEXT, "x", 0, 1002 }, /* a compression nobody agreed on */
		{ FRAME_PING, "x", 0, 1002 },
		{ FIN | FRAME_PING, "x", 126, 1002 },
		{ FIN | FRAME_CLOSE, "\x03", 0, 1002 },
	};
	struct buf bytes = BUF_INIT(1 << 16);
	struct seen s;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t n = strlen(rows[i].payload);

		for (size_t piece = 1; piece < 20; piece += 9) {
			buf_clear(&bytes);
			put(&bytes, FIN | FRAME_TEXT, "good");
			put_claim(&bytes, rows[i].first, rows[i].payload, n,
				rows[i].announced ? rows[i].announced : n);
			EXPECT(!eat(buf_as_str(&bytes), piece, &s), "row %zu", i);
			EXPECT(closed_with(&s) == rows[i].code, "row %zu: %u", i, closed_with(&s));
			EXPECT(str_is(buf_as_str(&s.messages), "tgood|"), "row %zu", i);
			seen_free(&s);
		}
	}
	buf_free(&bytes);
}

static void a_length_is_said_in_as_few_bytes_as_it_needs(void **state)
{
	struct seen s;

	(void)state;
	assert_false(eat((struct str){ "\x81\xfe\0\1\0\0\0\0x", 9 }, 3, &s));
	assert_int_equal(closed_with(&s), 1002);
	seen_free(&s);
}

static void what_says_no_code_is_answered_without_one(void **state)
{
	struct buf bytes = BUF_INIT(4096);
	struct seen s;

	(void)state;
	put_claim(&bytes, FIN | FRAME_PING, "\x88\0", 2, 2);
	put(&bytes, FIN | FRAME_CLOSE, "");
	assert_false(eat(buf_as_str(&bytes), 3, &s));
	assert_int_equal(s.replies.n, 6);
	assert_memory_equal(s.replies.p, "\x8a\2\x88\0\x88\0", 6);
	seen_free(&s);
	buf_free(&bytes);
}

static void a_message_of_many_fragments_has_the_same_end(void **state)
{
	struct buf bytes = BUF_INIT(1 << 16);
	char part[100];
	struct seen s;

	(void)state;
	memset(part, 'x', sizeof part);
	put_claim(&bytes, FRAME_TEXT, part, sizeof part, sizeof part);
	for (int i = 0; i < MESSAGE_MAX / (int)sizeof part; i++)
		put_claim(&bytes, CONTINUATION, part, sizeof part, sizeof part);
	assert_false(eat(buf_as_str(&bytes), 7, &s));
	assert_int_equal(closed_with(&s), 1009);
	assert_int_equal(s.messages.n, 0);
	seen_free(&s);
	buf_free(&bytes);
}

static void a_close_is_answered_and_nothing_behind_it_is_heard(void **state)
{
	struct buf bytes = BUF_INIT(1 << 16);
	struct seen s;

	(void)state;
	put(&bytes, FIN | FRAME_TEXT, "last");
	put(&bytes, FIN | FRAME_CLOSE,
		"\x03\xe8"
		"bye");
	put(&bytes, FIN | FRAME_TEXT, "too late");
	assert_false(eat(buf_as_str(&bytes), bytes.n, &s));
	assert_int_equal(closed_with(&s), 1000);
	assert_true(str_is(buf_as_str(&s.messages), "tlast|"));
	seen_free(&s);
	buf_free(&bytes);
}

static void without_a_mask_it_is_no_client(void **state)
{
	struct seen s;

	(void)state;
	assert_false(eat(STR("\x81\x01x"), 3, &s));
	assert_int_equal(closed_with(&s), 1002);
	seen_free(&s);
}

/* One reader is used again for the next socket: nothing of the last one is left in it. */
static void an_end_leaves_nothing_for_the_next(void **state)
{
	static const struct frames_reader reader = { on_message, on_reply };
	struct seen one = { BUF_INIT(4096), BUF_INIT(4096) }, other = one;
	struct buf first = BUF_INIT(4096), second = BUF_INIT(4096);
	struct frames *a = NULL, *b = NULL;

	(void)state;
	put(&first, FRAME_TEXT, "of one ");
	put(&second, FIN | FRAME_TEXT, "of the other");
	for (int i = 0; i < 3; i++) {
		assert_true(frames_eat(&a, &reader, &one, MESSAGE_MAX, buf_as_str(&first)));
		assert_non_null(a);
		assert_true(frames_eat(&b, &reader, &other, MESSAGE_MAX, buf_as_str(&second)));
		assert_null(b);
		buf_clear(&first);
		put(&first, FIN | CONTINUATION, "whole");
		assert_true(frames_eat(&a, &reader, &one, MESSAGE_MAX, buf_as_str(&first)));
		assert_null(a);
		buf_clear(&first);
		put(&first, FRAME_TEXT, "of one ");
	}
	assert_true(
		str_is(buf_as_str(&one.messages), "tof one whole|tof one whole|tof one whole|"));
	assert_true(
		str_is(buf_as_str(&other.messages), "tof the other|tof the other|tof the other|"));
	seen_free(&one);
	seen_free(&other);
	buf_free(&first);
	buf_free(&second);
}

static void heads_that_go_out_say_their_length(void **state)
{
	static const struct {
		size_t n, head_n;
		const char *head;
	} rows[] = {
		{ 0, 2, "\x81\x00" },
		{ 125, 2, "\x81\x7d" },
		{ 126, 4, "\x81\x7e\x00\x7e" },
		{ 65535, 4, "\x81\x7e\xff\xff" },
		{ 65536, 10, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00" },
	};
	unsigned char head[FRAME_HEAD_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		EXPECT(frame_head(head, FRAME_TEXT, rows[i].n) == rows[i].head_n, "row %zu", i);
		EXPECT(memcmp(head, rows[i].head, rows[i].head_n) == 0, "row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_the_same_however_they_are_cut),
		cmocka_unit_test(what_is_no_frame_ends_it_with_its_code),
		cmocka_unit_test(a_length_is_said_in_as_few_bytes_as_it_needs),
		cmocka_unit_test(what_says_no_code_is_answered_without_one),
		cmocka_unit_test(a_message_of_many_fragments_has_the_same_end),
		cmocka_unit_test(a_close_is_answered_and_nothing_behind_it_is_heard),
		cmocka_unit_test(without_a_mask_it_is_no_client),
		cmocka_unit_test(an_end_leaves_nothing_for_the_next),
		cmocka_unit_test(heads_that_go_out_say_their_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
