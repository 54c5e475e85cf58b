/* range.c - parts of a file as they are asked for. */
#include "ground.h"

#include "web/range.h"

static void parts_are_found_within_the_file(void **state)
{
	static const struct {
		const char *header;
		int64_t size;
		enum range_outcome outcome;
		int n;
		struct range first, last;
	} rows[] = {
		{ "bytes=0-0", 10, RANGE_SOME, 1, { 0, 0 }, { 0, 0 } },
		{ "bytes=2-5", 10, RANGE_SOME, 1, { 2, 5 }, { 2, 5 } },
		{ "bytes=2-", 10, RANGE_SOME, 1, { 2, 9 }, { 2, 9 } },
		{ "bytes=-3", 10, RANGE_SOME, 1, { 7, 9 }, { 7, 9 } },
		{ "bytes=-30", 10, RANGE_SOME, 1, { 0, 9 }, { 0, 9 } },
		{ "bytes=9-99999999999999999999999", 10, RANGE_SOME, 1, { 9, 9 }, { 9, 9 } },
		{ "Bytes= 0-1 ,\t3-4", 10, RANGE_SOME, 2, { 0, 1 }, { 3, 4 } },
		{ "bytes=5-6,0-1", 10, RANGE_SOME, 2, { 5, 6 }, { 0, 1 } },
		{ "bytes=20-30,1-2", 10, RANGE_SOME, 1, { 1, 2 }, { 1, 2 } },
		{ "bytes=0-9223372036854775807", INT64_MAX, RANGE_SOME, 1, { 0, INT64_MAX - 1 },
			{ 0, INT64_MAX - 1 } },
		{ "bytes=10-", 10, RANGE_NONE_SUCH },
		{ "bytes=-0", 10, RANGE_NONE_SUCH },
		{ "bytes=10-20,99-,-0", 10, RANGE_NONE_SUCH },
		{ "bytes=", 10, RANGE_WHOLE },
		{ "bytes=,", 10, RANGE_WHOLE },
		{ "bytes=-", 10, RANGE_WHOLE },
		{ "bytes=3-2", 10, RANGE_WHOLE },
		{ "bytes=1", 10, RANGE_WHOLE },
		{ "bytes=a-b", 10, RANGE_WHOLE },
		{ "bytes=1-2x", 10, RANGE_WHOLE },
		{ "bytes=--1", 10, RANGE_WHOLE },
		{ "bytes=0-5,x", 10, RANGE_WHOLE },
		{ "bytes=0-5,3-9", 10, RANGE_WHOLE },
		{ "items=0-5", 10, RANGE_WHOLE },
		{ "bytes", 10, RANGE_WHOLE },
		{ NULL, 10, RANGE_WHOLE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct range ranges[RANGES_MAX];
		int n = -1;

		EXPECT(range_read(str_of(rows[i].header), rows[i].size, ranges, &n) ==
				rows[i].outcome,
			"row %zu", i);
		EXPECT(n == rows[i].n, "row %zu: %d", i, n);
		if (n > 0) {
			EXPECT(ranges[0].first == rows[i].first.first, "row %zu", i);
			EXPECT(ranges[0].last == rows[i].first.last, "row %zu", i);
			EXPECT(ranges[n - 1].first == rows[i].last.first, "row %zu", i);
			EXPECT(ranges[n - 1].last == rows[i].last.last, "row %zu", i);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found_within_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
