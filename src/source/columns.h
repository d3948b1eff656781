/* Columns chosen by number, range or name: what stands between the brackets of "/table[0:10,weight,-1]". */
#ifndef LS_SOURCE_COLUMNS_H
#define LS_SOURCE_COLUMNS_H

#include "hdf5/h5.h"

/* Local. `text` is a list separated by commas, in the order wanted, of
 *   N      a column, counted from 0; a negative one from the end
 *   A:B    columns A to B-1, as in Python; A: and :B and : go to the ends
 *   NAME   the column of that name (a name wins over a number), or all columns of the field of that name where it is a
 *          compound or an array; in quotes where it has commas, brackets or quotes (column_words.h)
 * Names are those of a compound's fields (ls_h5_field_names), of pandas' blockN_items beside blockN_values, or the
 * first of the dataset's attributes column_names, columns, feature_names and names that has a text for each column.
 * `width` is the number of columns of the dataset (several axes are flattened). *ranges is freed with ls_memory_free.
 * LS_ERR_DATA names file, dataset and what is wrong, and the nearest name. */
ls_status ls_columns_choose(ls_h5_file *file, const char *path, int64_t width, const char *text, ls_h5_range **ranges,
                            int *count);

/* Local. The dataset's column names, from where it says above; *count is 0 and *names NULL when it has none (or not
 * `width` of them). Freed with ls_memory_free. */
ls_status ls_columns_names(ls_h5_file *file, const char *path, int64_t width, char ***names, int *count);

#endif
