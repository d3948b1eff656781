/* A second table of the kind of one that was converted before: its columns are what they were there, by name, and
 * nothing is guessed. */
#ifndef LS_FORMATS_TABLE_LIKE_H
#define LS_FORMATS_TABLE_LIKE_H

#include "formats/csv.h"
#include "formats/encoding.h"
#include "formats/unknown.h"

/* Start from {.of = ENCODING}, which is borrowed. */
typedef struct ls_table_like {
    const ls_encoding *of;
    const ls_column **column; /* (columns of the table) what each is there; NULL: nothing; owned */
    ls_unknown unknown;       /* categories of features that are not among them, where that is allowed */
} ls_table_like;

void ls_table_like_free(ls_table_like *like); /* back to {0} */

/* Local. Gives the columns of a table, which have names only, their roles, and the header that they are to have; with
 * `targets` false targets are left out. LS_ERR_DATA lists columns that are missing. */
ls_status ls_table_like_assign(ls_table_like *like, const char *path, bool targets, ls_encoding *encoding);

/* Local. Notes a field of column i, which is not missing: a category that is not known, where that is allowed; else the
 * field is refused, with its line, when it is read through the encoding. */
ls_status ls_table_like_see(ls_table_like *like, int64_t i, const ls_csv_field *field, bool *first);

/* Local. Gives features and targets their kinds, categories, offsets and rules of dates. */
ls_status ls_table_like_settle(const ls_table_like *like, ls_encoding *encoding);

#endif
