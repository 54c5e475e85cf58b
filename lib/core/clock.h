/* clock.h - the two clocks there are, and the one way a moment is written. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include "core/str.h"

/* Since the machine started: for durations, deadlines and rates. The same in every process of a
 * machine. */
int64_t clock_us(void);
/* Since 1970, UTC: for what people and other machines read. */
int64_t clock_wall_ms(void);

enum { CLOCK_TEXT_BYTES = 25 };
/* "2026-07-28T13:20:09.896Z" and a NUL. */
void clock_text(int64_t wall_ms, char text[CLOCK_TEXT_BYTES]);
/* Days since 1970-01-01 of a date of the Gregorian calendar, or INT32_MIN where there is no such
 * date. */
int32_t clock_days(int year, int month, int day);

#endif
