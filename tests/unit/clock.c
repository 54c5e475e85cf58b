#include "ground.h"

#include "core/clock.h"

#include <time.h>

static int length_of(int year, int month)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 400 == 0 || (year % 4 == 0 && year % 100 != 0);

	return lengths[month - 1] + (leap && month == 2);
}

static void every_day_follows_the_day_before(void **state)
{
	int32_t expected = -719162; /* 0001-01-01 */

	(void)state;
	for (int year = 1; year <= 9999; year++)
		for (int month = 1; month <= 12; month++)
			for (int day = 1; day <= length_of(year, month); day++, expected++)
				if (clock_days(year, month, day) != expected)
					EXPECT(false, "%04d-%02d-%02d", year, month, day);
	assert_int_equal(clock_days(1970, 1, 1), 0);
	assert_int_equal(clock_days(2000, 3, 1), 11017);
	assert_int_equal(clock_days(9999, 12, 31), 2932896);
}

static void days_that_are_not_in_the_calendar_are_refused(void **state)
{
	static const int rows[][3] = { { 2023, 2, 29 }, { 1900, 2, 29 }, { 2100, 2, 29 },
		{ 2000, 2, 30 }, { 2001, 4, 31 }, { 2001, 1, 0 }, { 2001, 1, 32 }, { 2001, 0, 1 },
		{ 2001, 13, 1 }, { 0, 1, 1 }, { 10000, 1, 1 }, { -1, 1, 1 }, { 2001, -1, 1 },
		{ 2001, 1, -1 }, { INT32_MAX, 1, 1 }, { INT32_MIN, 1, 1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(clock_days(rows[i][0], rows[i][1], rows[i][2]) == INT32_MIN, "row %zu", i);
	assert_true(clock_days(2000, 2, 29) != INT32_MIN);
}

static void a_moment_is_written_in_utc_with_milliseconds(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1, "1970-01-01T00:00:00.001Z" },
		{ 999, "1970-01-01T00:00:00.999Z" },
		{ 86399999, "1970-01-01T23:59:59.999Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 1785244809896, "2026-07-28T13:20:09.896Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	};
	char text[CLOCK_TEXT_BYTES];

	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	for (size_t i = 0; i < COUNT(rows); i++) {
		clock_text(rows[i].ms, text);
		EXPECT(strcmp(text, rows[i].text) == 0, "%s", text);
	}
	unsetenv("TZ");
	tzset();
}

/* Each day of two whole eras of the calendar, beside libc. */
static void a_moment_is_written_as_libc_would(void **state)
{
	char text[CLOCK_TEXT_BYTES], expected[64];

	(void)state;
	for (int64_t day = clock_days(1600, 1, 1); day < clock_days(2400, 1, 1); day++) {
		int64_t ms = day * 86400000 + (day * 7919 % 86400000 + 86400000) % 86400000;
		int64_t rest = (ms % 1000 + 1000) % 1000;
		time_t seconds = (time_t)((ms - rest) / 1000);
		struct tm t;

		gmtime_r(&seconds, &t);
		snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
			t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
			(int)rest);
		clock_text(ms, text);
		EXPECT(strcmp(text, expected) == 0, "%s, not %s", text, expected);
	}
}

static void clocks_go_forward_and_the_wall_clock_tells_the_time(void **state)
{
	int64_t last = clock_us(), began = last;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_us();

		assert_true(now >= last);
		last = now;
	}
	usleep(3000);
	assert_true(clock_us() - began >= 3000);
	assert_true(llabs(clock_wall_ms() / 1000 - (int64_t)time(NULL)) <= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_day_follows_the_day_before),
		cmocka_unit_test(days_that_are_not_in_the_calendar_are_refused),
		cmocka_unit_test(a_moment_is_written_in_utc_with_milliseconds),
		cmocka_unit_test(a_moment_is_written_as_libc_would),
		cmocka_unit_test(clocks_go_forward_and_the_wall_clock_tells_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
