/* Texts that people mean as numbers, but that are none as a table is read: with a decimal comma, groups of digits, a
 * percent sign, a currency. For messages that say how to read them. */
#ifndef LS_FORMATS_ALMOST_H
#define LS_FORMATS_ALMOST_H

#include "base/text.h"
#include "formats/fields.h"

/* Ways to write a number, from the plainest on: decimal point or comma, groups or none. */
#define LS_WRITINGS 8
/* A decimal comma, and groups with commas between them: "1,200" may be either. */
#define LS_WRITING_COMMA  1
#define LS_WRITING_GROUPS 2

/* Local. The set of ways (bit i: way i) in which the text is a number, 0 for none. `sign` gets the percent sign or
 * currency that stands in front or behind ("%", "$"), else "". */
unsigned ls_almost_number(const char *text, int64_t length, char sign[8]);

/* Of a set of ways, the one to advise where numbers are read as `fields` say: one with their decimal comma or point
 * before the others, and then the plainest. With `real`, numbers with a fraction were read so, and a way with the other
 * is none. -1: none is left. */
int ls_almost_choose(unsigned set, const ls_fields *fields, bool real);

/* "--decimal ,": the options with which numbers are read so, in place of those in `fields`; and what such numbers have:
 * "a decimal comma". */
void ls_almost_put_options(int writing, const ls_fields *fields, ls_text *text);
const char *ls_almost_name(int writing);

#endif
