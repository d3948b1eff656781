/* Formats that people write dates in: days, each with one of some times behind it, and times alone. */
#include "formats/dates.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const day_formats[] = {"%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y",
                                          "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%y", "%m/%d/%y", "%d.%m.%y",
                                          "%d %b %Y", "%b %d %Y", "%b %d, %Y"};
static const char *const time_formats[] = {"", " %H:%M", " %H:%M:%S", " %I:%M %p"};
static const char *const alone_formats[] = {"%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p"};
#define DAYS  ((int)(sizeof day_formats / sizeof day_formats[0]))
#define TIMES ((int)(sizeof time_formats / sizeof time_formats[0]))
#define ALONE ((int)(sizeof alone_formats / sizeof alone_formats[0]))
_Static_assert(DAYS *TIMES + ALONE == LS_DATE_GUESSES && LS_DATE_GUESSES <= 64, "guesses are bits of a set");

const char *ls_date_guess(int number, char *buffer)
{
    if (number >= DAYS * TIMES)
        return strcpy(buffer, alone_formats[number - DAYS * TIMES]);
    (void)snprintf(buffer, 32, "%s%s", day_formats[number % DAYS], time_formats[number / DAYS]);
    return buffer;
}

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* Hours, a colon and two digits: 16:9 is none. */
static bool may_be_time(const char *text, int64_t length, int digits)
{
    return digits < 3 && length >= digits + 3 && text[digits] == ':' && is_digit(text[digits + 1]) &&
           is_digit(text[digits + 2]);
}

/* Tells nearly all other texts: one or two digits with a separator or a blank behind them, four with a separator, or
 * the beginning of a month's name. */
static bool may_be(const char *text, int64_t length)
{
    static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    int digits = 0;
    while (digits < 5 && digits < length && is_digit(text[digits]))
        digits++;
    if (digits > 0 && length <= 24 && may_be_time(text, length, digits))
        return true;
    if (length < 6 || length > 24)
        return false;
    if (digits > 0)
        return digits < 3 ? strchr("/.- ", text[digits]) != NULL : digits == 4 && strchr("/.", text[4]) != NULL;
    for (const char *m = months; *m != '\0'; m += 3)
        if (strncasecmp(m, text, 3) == 0)
            return true;
    return false;
}

uint64_t ls_date_guesses(const char *text, int64_t length, uint64_t among)
{
    uint64_t found = 0;
    char format[32];
    ls_date date;
    if (!may_be(text, length))
        return 0;
    for (int i = 0; i < LS_DATE_GUESSES; i++)
        if ((among >> i & 1) != 0 && ls_date_parse(ls_date_guess(i, format), text, length, &date))
            found |= (uint64_t)1 << i;
    return found;
}
