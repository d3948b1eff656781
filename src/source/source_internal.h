/* What the source*.c files share about reading rows. */
#ifndef LS_SOURCE_SOURCE_INTERNAL_H
#define LS_SOURCE_SOURCE_INTERNAL_H

#include "source/source.h"

/* Rows of y that are held as 64-bit integers or doubles on their way to other types. */
#define LS_SOURCE_BLOCK 8192
#define LS_SOURCE_NAME  5200 /* a file's path and a dataset's */

/* What is read, and as which numbers. */
typedef enum ls_source_quantity {
    LS_SOURCE_FEATURES,        /* float32 */
    LS_SOURCE_FEATURE_NUMBERS, /* float64 */
    LS_SOURCE_STORED,          /* features as x_stored says */
    LS_SOURCE_TARGETS,         /* float32 */
    LS_SOURCE_TARGET_NUMBERS,  /* float64 */
    LS_SOURCE_TARGET_INTEGERS  /* int64 */
} ls_source_quantity;

/* Local. Rows [first, first + count) of the part, nothing checked. */
ls_status ls_source_read_rows(const ls_source *source, ls_h5_file *file, ls_source_quantity what, int64_t first,
                              int64_t count, void *values);
/* Local. LS_ERR_DATA unless the part has such rows; unless it has targets. */
ls_status ls_source_check_range(const ls_source *source, int64_t first, int64_t count);
ls_status ls_source_need_targets(const ls_source *source);

#endif
