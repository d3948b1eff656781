/* Dates and times as text, and as numbers: proleptic Gregorian calendar, no locale, exact. */
#ifndef LS_FORMATS_DATES_H
#define LS_FORMATS_DATES_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* A moment: as it is written, and where it is in time. */
typedef struct ls_date {
    int year, month, day; /* from 1 */
    int hour, minute, second;
    int64_t days;        /* since 1970-01-01 in UTC */
    int64_t nanoseconds; /* since midnight, in UTC */
} ls_date;

/* What a date can become, in the order of their features. */
typedef enum ls_date_part {
    LS_DATE_DAYS, /* since 1970-01-01 UTC, with the time as their fraction */
    LS_DATE_YEAR,
    LS_DATE_MONTH,   /* from 1 */
    LS_DATE_DAY,     /* of the month */
    LS_DATE_WEEKDAY, /* Monday is 0 */
    LS_DATE_HOUR,
    LS_DATE_MINUTE,
    LS_DATE_SECOND, /* whole */
    LS_DATE_PARTS
} ls_date_part;

/* Those that times of day have, as a set (bit i: part i). */
#define LS_DATE_TIME_PARTS (1u << LS_DATE_DAYS | 1u << LS_DATE_HOUR | 1u << LS_DATE_MINUTE | 1u << LS_DATE_SECOND)

/* Local. Reads all of a text. Without a format (NULL) as ISO 8601 has it: 2021-03-04, perhaps with a time behind a T or
 * a blank: 12:30, 12:30:15 or 12:30:15.25, and with Z, +01:00, +0100 or +01 behind it. With one, by strptime's letters:
 * %Y (four digits) %y (69 to 99 are 19..) %m %d %j %H %I %p %M %S %f (fraction of a second) %b %B (English, short or
 * long) %z %%; a blank stands for any number of them. Without an offset the time is UTC. A time without a day is one of
 * 1970-01-01, so that its days are the part of the day that has passed. */
bool ls_date_parse(const char *format, const char *text, int64_t length, ls_date *date);

/* Local. Whether ls_date_parse can go by a format: LS_ERR_USAGE names the letter that it does not know, or says that
 * there is neither a year nor, alone, a time of day, or that it is not UTF-8. */
ls_status ls_date_check_format(const char *format);
/* Whether a format has a time of day and no day; NULL has one. */
bool ls_date_is_time(const char *format);

/* The part as a number. The days are rounded to float64, and others exact. */
double ls_date_value(const ls_date *date, ls_date_part part);
/* "days", "year", ...; -1 for a word that is none. */
const char *ls_date_part_name(ls_date_part part);
int ls_date_find_part(const char *word);

/* Formats that dates other than ISO 8601's, and times of day, are often written in, number 0 to LS_DATE_GUESSES - 1. */
#define LS_DATE_GUESSES 57
/* Buffer of 32 bytes; returns buffer. */
const char *ls_date_guess(int number, char *buffer);
/* Local. Those of the set `among` (bit i: number i) that read the text. */
uint64_t ls_date_guesses(const char *text, int64_t length, uint64_t among);

#endif
