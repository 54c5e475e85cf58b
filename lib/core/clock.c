#include "core/clock.h"

#include <time.h>

enum { DAY_MS = 86400000 };

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

/* The day behind clock_days(): years are counted from the first of March, in eras of 400. */
static void day_of(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int in_era = (int)(z - era * 146097);
	int years = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int in_year = in_era - (365 * years + years / 4 - years / 100);
	int march = (5 * in_year + 2) / 153;

	*day = in_year - (153 * march + 2) / 5 + 1;
	*month = march < 10 ? march + 3 : march - 9;
	*year = (int)(era * 400) + years + (*month <= 2);
}

static char *digits(char *to, int64_t n, int width, char behind)
{
	for (int i = width - 1; i >= 0; i--, n /= 10)
		to[i] = (char)('0' + n % 10);
	to[width] = behind;
	return to + width + 1;
}

/* By hand: there are fifty moments in a page of messages, and gmtime and printf took longer than
 * all else that is written there. */
void clock_text(int64_t wall_ms, char text[CLOCK_TEXT_BYTES])
{
	int64_t days = (wall_ms >= 0 ? wall_ms : wall_ms - (DAY_MS - 1)) / DAY_MS;
	int64_t ms = wall_ms - days * DAY_MS;
	int year, month, day;

	day_of(days, &year, &month, &day);
	text = digits(text, year, 4, '-');
	text = digits(text, month, 2, '-');
	text = digits(text, day, 2, 'T');
	text = digits(text, ms / 3600000, 2, ':');
	text = digits(text, ms / 60000 % 60, 2, ':');
	text = digits(text, ms / 1000 % 60, 2, '.');
	text = digits(text, ms % 1000, 3, 'Z');
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
