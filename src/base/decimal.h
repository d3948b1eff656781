/* Decimal numbers in long texts, read fast: the same double that strtod gives in the C locale, for a piece of text that
 * need not end in NUL. */
#ifndef LS_BASE_DECIMAL_H
#define LS_BASE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

/* How a number is written: "12", "-3" or "+0" against "1.0", "2e3". */
typedef enum ls_decimal_form {
    LS_DECIMAL_NONE,    /* no number at all */
    LS_DECIMAL_INTEGER, /* a sign and at most 18 digits: fits int64_t */
    LS_DECIMAL_REAL     /* with a point, an exponent or more digits; also inf and infinity, in any case */
} ls_decimal_form;

/* Reads [begin, end), all of it: a sign, digits with at most one point among them, an exponent. Correctly rounded to
 * nearest even, whatever its length. A magnitude above the largest double is no number. The thread must round to
 * nearest (base/fpenv.h). */
ls_decimal_form ls_decimal_parse(const char *begin, const char *end, double *value);

/* The form alone; faster, since nothing is rounded. "1e999" counts as a number here. */
ls_decimal_form ls_decimal_form_of(const char *begin, const char *end);

#endif
