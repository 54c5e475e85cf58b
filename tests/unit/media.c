/* media - which types are taken, which way up a picture is, and how it becomes smaller. What
 * becomes of whole files the API tests show. */
#include "ground.h"

#include "media/exif.h"
#include "media/format.h"
#include "media/raster.h"
#include "media/types.h"

static struct conf standard(void)
{
	struct buf problem = BUF_INIT(1024);
	struct conf c;

	unsetenv("BELLHOP_CONF");
	assert_true(conf_read(&c, "files", &problem));
	buf_free(&problem);
	return c;
}

static void types_are_those_of_the_settings(void **state)
{
	static const struct {
		const char *found, *mime;
	} rows[] = {
		{ "image/png", "image/png" },
		{ "audio/x-wav", "audio/wav" },
		{ "application/ogg", "audio/ogg" },
		{ "video/x-m4v", "video/mp4" },
		{ "text/plain", "text/plain" },
		{ "image/svg+xml", NULL },
		{ "text/html", NULL },
		{ "text/xml", NULL },
		{ "application/xhtml+xml", NULL },
		{ "application/x-sharedlib", NULL },
		{ "image/", NULL },
		{ "", NULL },
	};
	struct conf c = standard();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct media *m = media_find(&c, str_of(rows[i].found));

		EXPECT((m != NULL) == (rows[i].mime != NULL), "row %zu", i);
		EXPECT(!m || strcmp(m->mime, rows[i].mime) == 0, "row %zu", i);
	}
	assert_null(media_unknown(&c).p);
	assert_int_equal(media_max_of_all(&c), 200 << 20);
	c.audio_mb = 0;
	assert_null(media_find(&c, STR("audio/mpeg")));
	snprintf(c.upload_types, sizeof c.upload_types, "png svg");
	assert_null(media_find(&c, STR("image/jpeg")));
	assert_null(media_find(&c, STR("image/svg+xml")));
	assert_true(str_is(media_unknown(&c), "svg"));
}

static void only_what_is_seen_and_heard_is_shown_in_place(void **state)
{
	(void)state;
	assert_true(media_is_inline(STR("image/png")));
	assert_true(media_is_inline(STR("audio/ogg")));
	assert_true(media_is_inline(STR("video/mp4")));
	assert_false(media_is_inline(STR("application/pdf")));
	assert_false(media_is_inline(STR("text/plain")));
}

#define LITTLE(tag, type, value) "II*\0\x08\0\0\0\x01\0" tag type "\x01\0\0\0" value "\0\0\0\0\0\0"

static void orientation_is_what_exif_says_if_that_makes_sense(void **state)
{
	static const struct {
		struct str block;
		int orientation;
	} rows[] = {
		{ { LITTLE("\x12\x01", "\x03\0", "\x06"), 26 }, 6 },
		{ { "Exif\0\0" LITTLE("\x12\x01", "\x03\0", "\x08"), 32 }, 8 },
		{ { "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x03\0\0", 22 }, 3 },
		{ { LITTLE("\x12\x01", "\x03\0", "\x09"), 26 }, 1 },
		{ { LITTLE("\x12\x01", "\x03\0", "\0"), 26 }, 1 },
		{ { LITTLE("\x12\x01", "\x04\0", "\x06"), 26 }, 1 },
		{ { LITTLE("\x13\x01", "\x03\0", "\x06"), 26 }, 1 },
		{ { LITTLE("\x12\x01", "\x03\0", "\x06"), 20 }, 1 },
		{ { "II*\0\xff\xff\xff\xff", 8 }, 1 },
		{ { "II*\0\x08\0\0\0\xff\xff", 10 }, 1 },
		{ { "nonsense", 8 }, 1 },
		{ { "Exif", 4 }, 1 },
		{ { "", 0 }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *copy = malloc(rows[i].block.n + 1); /* so that reading beyond it is seen */

		memcpy(copy, rows[i].block.p, rows[i].block.n);
		EXPECT(exif_orientation((struct str){ copy, rows[i].block.n }) ==
				rows[i].orientation,
			"row %zu", i);
		free(copy);
	}
}

/* Found by fuzzing: behind RIFF and WEBP stands what libwebp takes for a picture, 0x2f first, and
 * who goes from chunk to chunk for one of a name that nobody knows. */
static void a_webp_begins_with_a_chunk(void **state)
{
	char bytes[] = "RIFF\x16\0\0\0WEBP/P8X\x0a\0\0\0\x0a\0\0\0\x1f\0\0\x0f\0\0";
	struct shape shape;

	(void)state;
	assert_false(format_webp.look((struct str){ bytes, sizeof bytes - 1 }, &shape));
	memcpy(bytes + 12, "VP8X", 4);
	assert_true(format_webp.look((struct str){ bytes, sizeof bytes - 1 }, &shape));
}

static void a_smaller_picture_is_the_mean_of_the_larger(void **state)
{
	/* Black and white in turn, and one that cannot be seen and so does not count. */
	static const unsigned char rows[2][4 * PIXEL] = {
		{ 0, 0, 0, 255, 255, 255, 255, 255, 9, 9, 9, 0, 100, 50, 0, 255 },
		{ 255, 255, 255, 255, 0, 0, 0, 255, 100, 50, 0, 255, 9, 9, 9, 0 },
	};
	static const unsigned char small[2 * PIXEL] = { 128, 128, 128, 255, 100, 50, 0, 128 };
	struct shrink s;

	(void)state;
	shrink_begin(&s, 4, 2, 2);
	assert_int_equal(s.to.width, 2);
	assert_int_equal(s.to.height, 1);
	shrink_row(&s, rows[0]);
	assert_false(shrink_end(&s));
	shrink_row(&s, rows[1]);
	assert_true(shrink_end(&s));
	assert_memory_equal(s.to.pixels, small, sizeof small);
	free(s.to.pixels);
	free(s.sums);
}

static void turning_four_times_is_not_turning(void **state)
{
	static const unsigned char pixels[6 * PIXEL] = { 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0,
		0, 0, 5, 0, 0, 0, 6, 0, 0, 0 };
	static const int first[] = {
		[1] = 1, [2] = 3, [3] = 6, [4] = 4, [5] = 1, [6] = 4, [7] = 6, [8] = 3
	};

	(void)state;
	for (int how = 1; how <= 8; how++) {
		struct raster r = raster_new(3, 2), next;

		memcpy(r.pixels, pixels, sizeof pixels);
		for (int i = 0; i < 4; i++, r = next) {
			next = raster_turn(r, how);
			EXPECT(i || next.pixels[0] == first[how], "orientation %d", how);
			EXPECT(next.width == (how < 5 ? r.width : r.height), "orientation %d", how);
			if (next.pixels != r.pixels)
				free(r.pixels);
		}
		assert_memory_equal(r.pixels, pixels, sizeof pixels);
		free(r.pixels);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_those_of_the_settings),
		cmocka_unit_test(only_what_is_seen_and_heard_is_shown_in_place),
		cmocka_unit_test(orientation_is_what_exif_says_if_that_makes_sense),
		cmocka_unit_test(a_webp_begins_with_a_chunk),
		cmocka_unit_test(a_smaller_picture_is_the_mean_of_the_larger),
		cmocka_unit_test(turning_four_times_is_not_turning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
