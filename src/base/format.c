/* Numbers, sizes and times as text: shortest round-trip decimals for files, rounded ones for people. */
#include "base/text.h"

#include "base/decimal.h"
#include "base/plain_locale.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE 32

/* "1e+07" -> "1e7", "5e-05" -> "5e-5": the sign and the zeros say nothing. */
static void shorten_exponent(char *buffer)
{
    char *to = strchr(buffer, 'e');
    if (to == NULL)
        return;
    const char *from = ++to;
    if (*from == '-')
        to++;
    from++;
    while (*from == '0')
        from++;
    memmove(to, from, strlen(from) + 1);
}

/* Adds one to the last digit; the caller's numbers are not all nines. */
static void step_up(char *buffer)
{
    char *digit = buffer + strcspn(buffer, "e") - 1;
    for (; *digit == '9' || *digit == '.'; digit--) {
        if (*digit == '9')
            *digit = '0';
    }
    (*digit)++;
}

static double read_back(const char *buffer, bool single)
{
    double value = INFINITY; /* what rounds to no finite number */
    if (single)
        return (double)strtof(buffer, NULL);
    (void)ls_decimal_parse(buffer, buffer + strlen(buffer), &value);
    return value;
}

/* The first number of digits that reads back as the same number. A decimal of DIG digits survives the way
 * through a normal number (that is what DBL_DIG and FLT_DIG promise), so %g, which drops trailing zeros,
 * finds every shorter one at DIG already; denormals have fewer digits and are searched from one on. Below a
 * power of two the numbers lie twice as dense as above, so there the decimal above may read back when the
 * nearest one, below, does not. */
static char *format_shortest(double value, bool single, char *buffer)
{
    if (!isfinite(value))
        return strcpy(buffer, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    int exponent;
    bool normal = fabs(value) >= (single ? (double)FLT_MIN : DBL_MIN);
    bool uneven = normal && fabs(frexp(value, &exponent)) == 0.5;
    int digits = !normal ? 1 : single ? FLT_DIG : DBL_DIG;
    int most = single ? FLT_DECIMAL_DIG : DBL_DECIMAL_DIG;
    ls_plain_locale saved = ls_plain_locale_enter();
    for (; digits <= most; digits++) {
        snprintf(buffer, BUFFER_SIZE, "%.*g", digits, value);
        if (digits == most) /* reads back, as DECIMAL_DIG promises */
            break;
        double back = read_back(buffer, single);
        if (uneven && fabs(back) < fabs(value)) {
            snprintf(buffer, BUFFER_SIZE, "%#.*g", digits, value); /* with the zeros at the end */
            step_up(buffer);
            back = read_back(buffer, single);
        }
        if (back == value)
            break;
    }
    ls_plain_locale_leave(saved);
    shorten_exponent(buffer);
    return buffer;
}

char *ls_format_double(double value, char *buffer)
{
    return format_shortest(value, false, buffer);
}

char *ls_format_float(float value, char *buffer)
{
    return format_shortest((double)value, true, buffer);
}

char *ls_format_bytes(double bytes, char *buffer)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    size_t unit = 0;
    /* from 1023.95 on, one decimal would round to 1024.0 */
    while (unit + 1 < sizeof units / sizeof *units && bytes >= (unit == 0 ? 1023.5 : 1023.95)) {
        bytes /= 1024;
        unit++;
    }
    ls_plain_locale saved = ls_plain_locale_enter();
    snprintf(buffer, BUFFER_SIZE, unit == 0 ? "%.0f %s" : bytes < 1e6 ? "%.1f %s" : "%.1e %s", bytes, units[unit]);
    ls_plain_locale_leave(saved);
    return buffer;
}

char *ls_format_duration(double seconds, char *buffer)
{
    if (!(seconds >= 0 && seconds < 1e15)) /* NaN, negative, endless: a time that is not known */
        return strcpy(buffer, "?");
    ls_plain_locale saved = ls_plain_locale_enter();
    long long whole = (long long)(seconds + 0.5), minutes = (whole + 30) / 60;
    if (seconds <= 0.0005) /* the half would round to 0 */
        snprintf(buffer, BUFFER_SIZE, seconds == 0 ? "0s" : "<1ms");
    else if (seconds < 0.9995)
        snprintf(buffer, BUFFER_SIZE, "%.0fms", 1000 * seconds);
    else if (seconds < 59.95)
        snprintf(buffer, BUFFER_SIZE, "%.1fs", seconds);
    else if (whole < 3600)
        snprintf(buffer, BUFFER_SIZE, "%lldm%02llds", whole / 60, whole % 60);
    else
        snprintf(buffer, BUFFER_SIZE, "%lldh%02lldm", minutes / 60, minutes % 60);
    ls_plain_locale_leave(saved);
    return buffer;
}

char *ls_format_count(double count, char *buffer)
{
    static const char *const units[] = {"", "k", "M", "G", "T", "P", "E"};
    size_t unit = 0;
    if (!(count >= 0 && count < 1e21)) /* NaN, negative, endless */
        return strcpy(buffer, "?");
    for (; unit + 1 < sizeof units / sizeof *units && count >= 999.5; unit++)
        count /= 1000;
    ls_plain_locale saved = ls_plain_locale_enter();
    snprintf(buffer, BUFFER_SIZE, "%.*f%s", count < (unit == 0 ? 9.95 : 99.95) && count > 0 ? 1 : 0, count,
             units[unit]);
    ls_plain_locale_leave(saved);
    return buffer;
}

char *ls_format_score(double value, char *buffer)
{
    if (!isfinite(value))
        return strcpy(buffer, isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    const double size = fabs(value);
    ls_plain_locale saved = ls_plain_locale_enter();
    if (size >= 999.95 && size < 999999.5) /* all digits in front of the point, and no point behind them */
        snprintf(buffer, BUFFER_SIZE, "%.0f", value);
    else
        snprintf(buffer, BUFFER_SIZE, "%#.*g", size > 0 && size < 0.09995 ? 3 : 4, value); /* zeros take room too */
    ls_plain_locale_leave(saved);
    shorten_exponent(buffer);
    return buffer;
}
