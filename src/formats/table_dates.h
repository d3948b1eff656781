/* What users say about the dates of a table. */
#ifndef LS_FORMATS_TABLE_DATES_H
#define LS_FORMATS_TABLE_DATES_H

#include "formats/encoding.h"
#include "formats/table_gather.h"

typedef struct ls_table_dates {
    ls_date_formats any; /* formats that are not of certain columns */
    char **text;         /* (texts) owned */
    int64_t texts;
} ls_table_dates;

/* Local. From "[COLUMN=]FORMAT, ...": a format with a comma is written in quotes. What is said of a column goes into
 * its place of gathered (encoding->count), which borrows from *dates. LS_ERR_USAGE. */
ls_status ls_table_dates_take(const char *path, const char *list, const ls_encoding *encoding, ls_gathered *gathered,
                              ls_table_dates *dates);
void ls_table_dates_free(ls_table_dates *dates); /* back to {0} */

/* Local. LS_ERR_USAGE when a format that is not of a certain column is that of none. */
ls_status ls_table_dates_check(const char *path, const ls_table_dates *dates, const ls_encoding *encoding,
                               const ls_gathered *gathered);

/* Local. A set of parts from "year, month": 0 for an empty list. LS_ERR_USAGE. */
ls_status ls_table_date_parts(const char *list, unsigned *parts);

#endif
