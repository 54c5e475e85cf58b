#include "core/clock.h"

#include <time.h>

int64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_wall_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static char *put_digits(char *to, int n, unsigned value, char then)
{
	for (int i = n - 1; i >= 0; i--, value /= 10)
		to[i] = (char)('0' + value % 10);
	to[n] = then;
	return to + n + 1;
}

/* Written by hand: an answer has dozens of them, and printf takes its time. */
void clock_text(int64_t wall_ms, char text[CLOCK_TEXT_BYTES])
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm t;

	gmtime_r(&seconds, &t);
	text = put_digits(text, 4, (unsigned)(t.tm_year + 1900), '-');
	text = put_digits(text, 2, (unsigned)(t.tm_mon + 1), '-');
	text = put_digits(text, 2, (unsigned)t.tm_mday, 'T');
	text = put_digits(text, 2, (unsigned)t.tm_hour, ':');
	text = put_digits(text, 2, (unsigned)t.tm_min, ':');
	text = put_digits(text, 2, (unsigned)t.tm_sec, '.');
	text = put_digits(text, 3, (unsigned)(wall_ms % 1000), 'Z');
	*text = 0;
}

int32_t clock_days(int year, int month, int day)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	int32_t y, era_day;

	if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 ||
		day > lengths[month - 1] + (leap && month == 2))
		return INT32_MIN;
	/* Count from the first of March, so that the leap day is the last of its year. */
	y = month > 2 ? year : year - 1;
	era_day = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	return y * 365 + y / 4 - y / 100 + y / 400 + era_day - 719468;
}
