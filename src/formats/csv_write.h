/* Fields of CSV text (RFC 4180), as csv.h reads them. */
#ifndef LS_FORMATS_CSV_WRITE_H
#define LS_FORMATS_CSV_WRITE_H

#include "base/text.h"

/* Appends a field, in quotes where it needs them: so that reading it gives the same text, spaces at its ends included.
 * `prefix`: text without quotes and commas that stands in front within the field. */
void ls_csv_put_field(ls_text *text, const char *prefix, const char *field);

#endif
