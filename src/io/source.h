/* A source of rows: where features and targets come from and what they look like, before anybody reads them. */
#ifndef LS_IO_SOURCE_H
#define LS_IO_SOURCE_H

#include "base/status.h"
#include "io/h5.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum ls_target_kind {
    LS_TARGET_NONE,
    LS_TARGET_LABELS, /* integers, one a row: (rows) or (rows, 1) */
    LS_TARGET_VALUES  /* numbers (rows, outputs) */
} ls_target_kind;

/* Rows [first, first + rows) of a pair of datasets in a file, or of the caller's arrays. Either `file` is set or `x`.
 */
typedef struct ls_source {
    char file[4096];
    char x_path[1024];
    char y_path[1024]; /* empty: no targets */
    int64_t first;     /* row of the datasets at which this part begins (a split-off tail) */
    int64_t rows;
    int64_t features; /* product of the extents behind the first */
    ls_target_kind target;
    bool integer_target; /* the stored type of y is an integer or boolean */
    int64_t outputs;     /* columns of y; 1 for labels */

    const float *x;        /* (rows, features), borrowed; NULL for files */
    const float *y;        /* (rows, outputs) */
    const int32_t *labels; /* (rows) */

    struct ls_table *table; /* a CSV file, borrowed; `file` is its path, and it is read through this */
} ls_source;

/* Local. Describes x and y of an open file: shapes and types checked against each other (same number of rows, numbers,
 * rank >= 1). y_path NULL or empty: no targets. Integer y with one column counts as labels. LS_ERR_DATA says what is
 * wrong with which dataset. */
ls_status ls_source_describe(ls_h5_file *file, const char *x_path, const char *y_path, ls_source *source);

/* Local. Reads features of part rows [first, first + count) into x (count, features); `file` is the opened
 * source->file, or NULL for arrays. NaN and infinities are LS_ERR_DATA naming file, dataset, row and column. */
ls_status ls_source_read_x(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *x);
/* Local. Targets as float32 (count, outputs); not finite is an error as above. */
ls_status ls_source_read_y(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count, float *y);
/* Local. Targets as class numbers 0 .. classes-1; others are LS_ERR_DATA naming file, dataset, row, value and the
 * range. */
ls_status ls_source_read_labels(const ls_source *source, ls_h5_file *file, int64_t first, int64_t count,
                                int64_t classes, int32_t *labels);
/* Local. The part's first row, for messages and dropout: dataset row of part row r is source->first + r. */

/* Local. "digits.h5:/train/x" for messages; buffer of capacity bytes. */
const char *ls_source_name(const ls_source *source, char *buffer, int capacity);

#endif
