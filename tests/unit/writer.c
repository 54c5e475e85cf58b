#include "ground.h"

#include "core/arena.h"
#include "core/writer.h"
#include "web/body.h"

#include <json.h>

enum { STRUCTURES = 3000, TEXT_POINTS = 24 };

static const uint64_t seed = 0x5eed0001;

static void encode(struct buf *to, uint32_t point)
{
	if (point < 0x80) {
		buf_byte(to, (char)point);
	} else if (point < 0x800) {
		buf_byte(to, (char)(0xc0 | point >> 6));
		buf_byte(to, (char)(0x80 | (point & 63)));
	} else if (point < 0x10000) {
		buf_byte(to, (char)(0xe0 | point >> 12));
		buf_byte(to, (char)(0x80 | (point >> 6 & 63)));
		buf_byte(to, (char)(0x80 | (point & 63)));
	} else {
		buf_byte(to, (char)(0xf0 | point >> 18));
		buf_byte(to, (char)(0x80 | (point >> 12 & 63)));
		buf_byte(to, (char)(0x80 | (point >> 6 & 63)));
		buf_byte(to, (char)(0x80 | (point & 63)));
	}
}

/* Any text without NUL, rich in what JSON has to escape. */
static struct str random_text_of(struct arena *a, uint64_t *random)
{
	static const uint32_t awkward[] = { '"', '\\', '/', '\n', '\r', '\t', '\b', '\f', 1, 0x1f,
		0x7f, 0x80, 0x2028, 0xfeff, 0xffff, 0x10000, 0x1f600, 0x10ffff, 'u', '<' };
	struct buf b = BUF_INIT(4 * TEXT_POINTS);
	struct str s;

	for (uint64_t n = ground_random(random) % TEXT_POINTS; n > 0; n--) {
		uint64_t r = ground_random(random);
		uint32_t point =
			r % 2 ? awkward[r / 2 % COUNT(awkward)] : (uint32_t)(r / 2 % 0x110000);

		encode(&b, point >= 0xd800 && point <= 0xdfff ? 'x' : point ? point : 'y');
	}
	s = arena_copy(a, buf_as_str(&b));
	buf_free(&b);
	return s;
}

struct both {
	struct arena arena;
	struct writer j;
	uint64_t random;
};

/* The same value written by the writer and built by json-c; both get it under `key`, or at their
 * end. */
static void attach(struct json_object *parent, const char *key, struct json_object *value)
{
	if (key)
		json_object_object_add(parent, key, value);
	else
		json_object_array_add(parent, value);
}

static void make_value(struct both *b, struct json_object *parent, const char *key, int depth);

static void make_members(struct both *b, struct json_object *parent, bool named, int depth)
{
	int n = (int)(ground_random(&b->random) % 6);

	for (int i = 0; i < n; i++) {
		char name[16];

		snprintf(name, sizeof name, "k%d", i);
		make_value(b, parent, named ? name : NULL, depth);
	}
}

static void make_value(struct both *b, struct json_object *parent, const char *key, int depth)
{
	struct writer *j = &b->j;
	uint64_t r = ground_random(&b->random);
	struct json_object *o;
	struct str s;
	int64_t n;

	switch (r % (depth < 7 ? 7 : 5)) {
	case 0:
		put_null(j, key);
		attach(parent, key, NULL);
		break;
	case 1:
		put_bool(j, key, r >> 32 & 1);
		attach(parent, key, json_object_new_boolean(r >> 32 & 1));
		break;
	case 2:
		n = (int64_t)(ground_random(&b->random) >> (r >> 32 & 63));
		n = n % 9007199254740992 * (r >> 40 & 1 ? 1 : -1);
		put_int(j, key, n);
		attach(parent, key, json_object_new_int64(n));
		break;
	case 3:
	case 4:
		s = random_text_of(&b->arena, &b->random);
		put_str(j, key, s);
		attach(parent, key, json_object_new_string_len(s.p, (int)s.n));
		break;
	case 5:
		put_object(j, key);
		o = json_object_new_object();
		attach(parent, key, o);
		make_members(b, o, true, depth + 1);
		put_object_end(j);
		break;
	default:
		put_array(j, key);
		o = json_object_new_array();
		attach(parent, key, o);
		make_members(b, o, false, depth + 1);
		put_array_end(j);
		break;
	}
}

static void what_is_written_reads_back_as_the_same(void **state)
{
	struct both b = { .random = seed };

	(void)state;
	arena_init(&b.arena);
	for (int i = 0; i < STRUCTURES; i++) {
		struct buf text = BUF_INIT(1 << 20);
		struct json_object *expected = json_object_new_object(), *got = NULL;
		uint64_t began = b.random;
		const char *why = NULL;
		enum err e;

		b.j = (struct writer){ .to = &text };
		put_object(&b.j, NULL);
		make_members(&b, expected, true, 1);
		put_object_end(&b.j);
		/* Through our own door: what we write we would accept. */
		e = body_parse(buf_as_str(&text), &got, &why);
		EXPECT(e == OK && json_object_equal(expected, got),
			"structure %d, state %llx: %.*s: %s", i, (unsigned long long)began,
			(int)text.n, text.p, why ? why : "another value");
		json_object_put(expected);
		json_object_put(got);
		buf_free(&text);
		arena_clear(&b.arena);
	}
	arena_free(&b.arena);
}

static void each_kind_has_its_form(void **state)
{
	struct buf b = BUF_INIT(4096);
	struct writer j = { .to = &b };

	(void)state;
	put_object(&j, NULL);
	put_str(&j, "absent", (struct str){ NULL, 0 });
	put_str(&j, "empty", STR(""));
	put_z(&j, "none", NULL);
	put_z(&j, "z", "a\"b\\c/\n\t\r\b\x1f\x7f");
	put_str(&j, "nul", STR("a\0b"));
	put_int(&j, "least", INT64_MIN);
	put_bool(&j, "yes", true);
	put_bool(&j, "no", false);
	put_time(&j, "never", 0);
	put_time(&j, "when", 1785244809896);
	put_raw(&j, "raw", STR("[1,{}]"));
	put_array(&j, "list");
	put_int(&j, NULL, 1);
	put_array(&j, NULL);
	put_array_end(&j);
	put_object(&j, NULL);
	put_object_end(&j);
	put_null(&j, NULL);
	put_array_end(&j);
	put_object(&j, "last");
	put_int(&j, "x", 0);
	put_object_end(&j);
	put_object_end(&j);
	buf_byte(&b, 0);
	assert_string_equal(b.p,
		"{\"absent\":null,\"empty\":\"\",\"none\":null,"
		"\"z\":\"a\\\"b\\\\c/\\n\\t\\r\\u0008\\u001f\x7f\",\"nul\":\"a\\u0000b\","
		"\"least\":-9223372036854775808,\"yes\":true,\"no\":false,\"never\":null,"
		"\"when\":\"2026-07-28T13:20:09.896Z\",\"raw\":[1,{}],"
		"\"list\":[1,[],{},null],\"last\":{\"x\":0}}");
	buf_free(&b);
}

static void too_much_is_seen_by_who_uses_it(void **state)
{
	struct buf b = BUF_INIT(64);
	struct writer j = { .to = &b };

	(void)state;
	put_array(&j, NULL);
	for (int i = 0; i < 100; i++)
		put_z(&j, NULL, "some text");
	put_array_end(&j);
	assert_true(b.over);
	assert_true(b.n <= 64);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_reads_back_as_the_same),
		cmocka_unit_test(each_kind_has_its_form),
		cmocka_unit_test(too_much_is_seen_by_who_uses_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
