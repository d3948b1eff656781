/* Reading dates. The calendar's arithmetic follows Howard Hinnant, "chrono-compatible low-level date algorithms". */
#include "formats/dates.h"

#include "base/utf8.h"

#include <string.h>
#include <strings.h>

#define DAY_NANOSECONDS 86400000000000

/* What was read so far. */
typedef struct reading {
    const char *c, *end;
    ls_date date;
    int day_of_year;              /* 0: not written */
    int offset;                   /* minutes east of UTC */
    int nanoseconds;              /* of the second */
    bool afternoon, twelve, half; /* PM; hours from 1 to 12; AM or PM was written */
} reading;

/* ---- pieces ---- */

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* least to most digits. */
static bool take_number(reading *r, int least, int most, int *number)
{
    int digits = 0;
    *number = 0;
    for (; digits < most && r->c < r->end && is_digit(*r->c); digits++)
        *number = *number * 10 + (*r->c++ - '0');
    return digits >= least;
}

static bool take_character(reading *r, char c)
{
    const bool there = r->c < r->end && *r->c == c;
    r->c += there;
    return there;
}

static bool take_fraction(reading *r)
{
    int digits = 0;
    r->nanoseconds = 0;
    for (; r->c < r->end && is_digit(*r->c); digits++)
        if (digits < 9)
            r->nanoseconds = r->nanoseconds * 10 + (*r->c++ - '0');
        else
            r->c++; /* below a nanosecond */
    for (int i = digits; i < 9; i++)
        r->nanoseconds *= 10;
    return digits > 0;
}

/* Z, +01:00, +0100 or +01. */
static bool take_offset(reading *r)
{
    int hours, minutes = 0;
    if (take_character(r, 'Z') || take_character(r, 'z'))
        return true;
    const bool west = take_character(r, '-');
    if (!west && !take_character(r, '+'))
        return false;
    if (!take_number(r, 2, 2, &hours))
        return false;
    const bool colon = take_character(r, ':');
    if ((colon || (r->c < r->end && is_digit(*r->c))) && !take_number(r, 2, 2, &minutes))
        return false;
    r->offset = (west ? -1 : 1) * (hours * 60 + minutes);
    return hours < 24 && minutes < 60;
}

static bool take_month_name(reading *r)
{
    static const char *const months[] = {"january", "february", "march",     "april",   "may",      "june",
                                         "july",    "august",   "september", "october", "november", "december"};
    for (int i = 0; i < 12; i++) {
        const size_t whole = strlen(months[i]), rest = (size_t)(r->end - r->c);
        if (rest < 3 || strncasecmp(r->c, months[i], 3) != 0)
            continue;
        r->c += rest >= whole && strncasecmp(r->c, months[i], whole) == 0 ? whole : 3;
        r->date.month = i + 1;
        return true;
    }
    return false;
}

static bool take_half(reading *r)
{
    if (r->end - r->c < 2 || (r->c[1] != 'm' && r->c[1] != 'M'))
        return false;
    r->afternoon = *r->c == 'p' || *r->c == 'P';
    r->half = true;
    r->c += 2;
    return r->afternoon || r->c[-2] == 'a' || r->c[-2] == 'A';
}

/* ---- the calendar ---- */

static int64_t days_before(int year, int month, int day)
{
    const int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static int month_length(int year, int month)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return lengths[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static bool place_day_of_year(reading *r)
{
    int day = r->day_of_year, month = 1;
    while (month <= 12 && day > month_length(r->date.year, month))
        day -= month_length(r->date.year, month++);
    r->date.month = month;
    r->date.day = day;
    return month <= 12;
}

/* Checks what was read, and finds its place in time. */
static bool finish(reading *r, ls_date *date)
{
    ls_date *d = &r->date;
    if (r->c != r->end || (r->day_of_year > 0 && !place_day_of_year(r)))
        return false;
    if (d->month < 1 || d->month > 12 || d->day < 1 || d->day > month_length(d->year, d->month))
        return false;
    if (r->twelve) {
        if (d->hour < 1 || d->hour > 12)
            return false;
        d->hour = d->hour % 12 + (r->afternoon ? 12 : 0);
    }
    if (d->hour > 23 || d->minute > 59 || d->second > 60) /* 60: a leap second, the next minute's first */
        return false;
    int64_t minutes = d->hour * 60 + d->minute - r->offset, days = days_before(d->year, d->month, d->day);
    int64_t nanoseconds = (minutes * 60 + d->second) * 1000000000 + r->nanoseconds;
    for (; nanoseconds < 0; days--)
        nanoseconds += DAY_NANOSECONDS;
    for (; nanoseconds >= DAY_NANOSECONDS; days++)
        nanoseconds -= DAY_NANOSECONDS;
    d->days = days;
    d->nanoseconds = nanoseconds;
    *date = *d;
    return true;
}

/* ---- formats ---- */

static bool take_iso(reading *r)
{
    ls_date *d = &r->date;
    if (!take_number(r, 4, 4, &d->year) || !take_character(r, '-') || !take_number(r, 2, 2, &d->month) ||
        !take_character(r, '-') || !take_number(r, 2, 2, &d->day))
        return false;
    if (r->c == r->end)
        return true;
    if (!take_character(r, 'T') && !take_character(r, 't') && !take_character(r, ' '))
        return false;
    if (!take_number(r, 2, 2, &d->hour) || !take_character(r, ':') || !take_number(r, 2, 2, &d->minute))
        return false;
    if (take_character(r, ':')) {
        if (!take_number(r, 2, 2, &d->second))
            return false;
        if ((take_character(r, '.') || take_character(r, ',')) && !take_fraction(r))
            return false;
    }
    return r->c == r->end || take_offset(r);
}

static bool take_letter(reading *r, char letter)
{
    ls_date *d = &r->date;
    switch (letter) {
    case 'Y':
        return take_number(r, 4, 4, &d->year);
    case 'y':
        if (!take_number(r, 2, 2, &d->year))
            return false;
        d->year += d->year >= 69 ? 1900 : 2000; /* as POSIX has it */
        return true;
    case 'm':
        return take_number(r, 1, 2, &d->month);
    case 'd':
        return take_number(r, 1, 2, &d->day);
    case 'j':
        return take_number(r, 1, 3, &r->day_of_year) && r->day_of_year > 0;
    case 'I':
        r->twelve = true;
        return take_number(r, 1, 2, &d->hour);
    case 'H':
        return take_number(r, 1, 2, &d->hour);
    case 'M':
        return take_number(r, 1, 2, &d->minute);
    case 'S':
        return take_number(r, 1, 2, &d->second);
    case 'f':
        return take_fraction(r);
    case 'b':
    case 'B':
        return take_month_name(r);
    case 'p':
        return take_half(r);
    case 'z':
        return take_offset(r);
    default:
        return take_character(r, letter); /* %% */
    }
}

bool ls_date_parse(const char *format, const char *text, int64_t length, ls_date *date)
{
    reading r = {.c = text, .end = text + length, .date = {.year = 1970, .month = 1, .day = 1}};
    if (format == NULL)
        return take_iso(&r) && finish(&r, date);
    for (const char *f = format; *f != '\0'; f++) {
        if (*f == ' ') {
            if (!take_character(&r, ' '))
                return false;
            while (take_character(&r, ' ')) {
            }
        } else if (*f != '%' ? !take_character(&r, *f) : !take_letter(&r, *++f)) {
            return false;
        }
    }
    return finish(&r, date);
}

/* Whether one of the letters is behind a percent sign. */
static bool has_letter(const char *format, const char *letters)
{
    for (const char *f = strchr(format, '%'); f != NULL && f[1] != '\0'; f = strchr(f + 2, '%'))
        if (strchr(letters, f[1]) != NULL)
            return true;
    return false;
}

bool ls_date_is_time(const char *format)
{
    return format != NULL && has_letter(format, "HI") && !has_letter(format, "YymdjbBz");
}

ls_status ls_date_check_format(const char *format)
{
    if (!ls_utf8_valid(format)) /* it is kept as JSON, which would keep another one */
        return ls_fail(LS_ERR_USAGE, "the date format '%s' is not UTF-8, which text of tables is", format);
    for (const char *f = format; *f != '\0'; f++) {
        if (*f != '%')
            continue;
        f++;
        if (*f == '\0' || strchr("YymdjHIpMSfbBz%", *f) == NULL)
            return ls_fail(
                LS_ERR_USAGE,
                "the date format '%s' has %%%c; known are %%Y %%y %%m %%d %%j %%H %%I %%p %%M %%S %%f %%b %%B "
                "%%z and %%%%",
                format, *f == '\0' ? ' ' : *f);
    }
    if (has_letter(format, "Yy") || ls_date_is_time(format))
        return LS_OK;
    return ls_fail(LS_ERR_USAGE,
                   "the date format '%s' has no year (%%Y, %%y); for example: %%d.%%m.%%Y, or for times of day: "
                   "%%H:%%M:%%S",
                   format);
}

/* ---- as numbers ---- */

double ls_date_value(const ls_date *date, ls_date_part part)
{
    switch (part) {
    case LS_DATE_YEAR:
        return date->year;
    case LS_DATE_MONTH:
        return date->month;
    case LS_DATE_DAY:
        return date->day;
    case LS_DATE_WEEKDAY: { /* 1970-01-01 was a Thursday */
        const int64_t days = days_before(date->year, date->month, date->day) + 3;
        return (double)(days - 7 * (days >= 0 ? days / 7 : -((6 - days) / 7)));
    }
    case LS_DATE_HOUR:
        return date->hour;
    case LS_DATE_MINUTE:
        return date->minute;
    case LS_DATE_SECOND:
        return date->second;
    default:
        return (double)date->days + (double)date->nanoseconds / (double)DAY_NANOSECONDS;
    }
}

static const char *const part_names[LS_DATE_PARTS] = {"days",    "year", "month",  "day",
                                                      "weekday", "hour", "minute", "second"};

const char *ls_date_part_name(ls_date_part part)
{
    return part_names[part];
}

int ls_date_find_part(const char *word)
{
    for (int i = 0; word != NULL && i < LS_DATE_PARTS; i++)
        if (strcmp(part_names[i], word) == 0)
            return i;
    return -1;
}
