/* Columns of a table that are not what they seem: numbers or dates that would become categories because of a stray
 * field or the way they are written, and categories that would say nothing. */
#ifndef LS_FORMATS_TABLE_REFUSE_H
#define LS_FORMATS_TABLE_REFUSE_H

#include "formats/table_scan.h"

/* Most categories that a column of this role may have. */
int64_t ls_table_categories_most(const ls_table_wishes *wishes, ls_column_role role);

/* Local. After all rows were gone through, the first of which begins on `first_line`. LS_ERR_DATA tells all features
 * and targets at once, each with the way out:
 *
 * - of 20 fields that are not missing 19 are numbers, in any way of writing them, or dates in any; a column of texts
 *   with at most wishes->max_categories categories is taken as it is, though, and so is one of wishes->categories;
 * - the first row is all texts, and all behind it are numbers: a second header, a row of units;
 * - more categories than ls_table_categories_most, or, unless wishes->max_categories says how many, more than 100 that
 *   are more than half of the rows;
 * - something else than dates of the format that was told;
 * - dates as a target. */
ls_status ls_table_refuse(const char *path, const ls_table_wishes *wishes, const ls_encoding *encoding,
                          const ls_table_facts *facts, int64_t first_line);

/* More different texts than are classes or categories without being asked for: more than 100 in fewer than twice as
 * many rows. */
static inline bool ls_table_too_many(int64_t different, int64_t rows)
{
    return different > 100 && different > rows / 2;
}

#endif
