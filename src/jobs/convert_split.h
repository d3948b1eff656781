/* Which rows of a conversion go to the test part. */
#ifndef LS_JOBS_CONVERT_SPLIT_H
#define LS_JOBS_CONVERT_SPLIT_H

#include "jobs/convert.h"
#include "source/selection.h"

typedef struct ls_convert_split {
    int64_t rows;         /* of the test part; 0: there is none */
    uint32_t seed;        /* of rows that are drawn one by one, */
    ls_selection *chosen; /* where this is NULL */
} ls_convert_split;

/* Local. What --test-split and --test-method say. Stratified rows and whole groups are chosen here, for which the
 * targets or groups are read once and held (20 bytes a row, 4 when that is done), and the import is brought back to its
 * first row. LS_ERR_USAGE: nothing to split, a method whose targets or groups are not there, a part without
 * rows. */
ls_status ls_convert_split_choose(ls_context *context, const ls_options *options, ls_conversion *conversion,
                                  ls_convert_split *split);
void ls_convert_split_free(ls_convert_split *split); /* back to {0} */

/* Whether a row goes to the test part, asked row after row: there are rows_left from this one on, and test_left of them
 * are to go there. */
bool ls_convert_split_takes(const ls_convert_split *split, int64_t row, int64_t rows_left, int64_t test_left);

#endif
