/* Hashes of the windows that stream from a file, taken when all rows were looked at first, so that a file that somebody
 * rewrites or cuts meanwhile is noticed when its rows are read again: libhdf5 gives zeros for what is not there any
 * more. */
#ifndef LS_DATA_WINDOWSUMS_H
#define LS_DATA_WINDOWSUMS_H

#include "data/rows.h"
#include "source/shards.h"

typedef struct ls_windowsums ls_windowsums;

/* Local. For shards first .. last - 1 of the plan. */
ls_status ls_windowsums_create(const ls_shards *plan, int64_t first, int64_t last, ls_windowsums **sums);
void ls_windowsums_destroy(ls_windowsums *sums); /* NULL is accepted */

/* Local. The next rows of the j-th of the shards, as the first look sees them: from its first row on, in order, one
 * shard after the other. */
void ls_windowsums_see(ls_windowsums *sums, int64_t j, const ls_rows *rows);

/* Local. A window of the j-th shard, read again. LS_ERR_DATA, naming file and rows: it has changed. By any thread. */
ls_status ls_windowsums_check(const ls_windowsums *sums, const ls_dataset *dataset, int64_t j, const ls_rows *rows);

#endif
