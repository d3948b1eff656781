/* Texts that people mean as numbers, but that are none as a table is read: with a decimal comma, groups of digits, a
 * percent sign, a currency. For messages that say how to read them. */
#ifndef LS_FORMATS_ALMOST_H
#define LS_FORMATS_ALMOST_H

#include "formats/fields.h"

/* Ways to write a number, from the plainest on: decimal point or comma, groups or none. */
#define LS_WRITINGS 8
/* A decimal comma, and groups with commas between them: "1,200" may be either. */
#define LS_WRITING_COMMA  1
#define LS_WRITING_GROUPS 2
/* The set of those with a decimal point, for numbers that have one. */
#define LS_WRITINGS_POINT 0x55u

/* Local. The set of ways (bit i: way i) in which the text is a number, 0 for none. `sign` gets the percent sign or
 * currency that stands in front or behind ("%", "$"), else "". */
unsigned ls_almost_number(const char *text, int64_t length, char sign[8]);

/* "--decimal ,", and what numbers written so have: "a decimal comma". */
const char *ls_almost_option(int writing);
const char *ls_almost_name(int writing);

#endif
