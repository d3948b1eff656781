/* Which rows of a dataset are kept, when they are not one contiguous range: one bit a row, and counts to find the k-th
 * kept row and the rank of a row quickly. Changed first, then counted (ls_selection_count_rows), then only asked. */
#ifndef LS_SOURCE_SELECTION_H
#define LS_SOURCE_SELECTION_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ls_selection ls_selection;

/* Local. A selection from `rows` dataset rows, all of them kept or none. Owned by the caller until
 * ls_selection_destroy, and by everybody who calls ls_selection_share. */
ls_status ls_selection_create(int64_t rows, bool kept, ls_selection **selection);
ls_selection *ls_selection_share(ls_selection *selection); /* one owner more; NULL gives NULL. Not thread-safe */
void ls_selection_destroy(ls_selection *selection);        /* one owner less; NULL is accepted */

/* Local. Keeps or drops one row. */
void ls_selection_set(ls_selection *selection, int64_t row, bool kept);
/* The bits themselves, row r in bit r % 64 of word r / 64, for filling over ranks. Bits beyond the rows are ignored. */
uint64_t *ls_selection_words(ls_selection *selection);
int64_t ls_selection_word_count(const ls_selection *selection);
/* Local. To be called after changes and before anything below. */
void ls_selection_count_rows(ls_selection *selection);

int64_t ls_selection_rows(const ls_selection *selection);  /* of the dataset */
int64_t ls_selection_count(const ls_selection *selection); /* kept */
bool ls_selection_has(const ls_selection *selection, int64_t row);
/* Dataset row of kept row k, 0 <= k < count. */
int64_t ls_selection_row(const ls_selection *selection, int64_t k);
/* Kept rows in front of dataset row `row`, 0 <= row <= rows. */
int64_t ls_selection_rank(const ls_selection *selection, int64_t row);
/* The first kept row from `row` on; `rows` when there is none. */
int64_t ls_selection_next(const ls_selection *selection, int64_t row);
/* Whether the kept rows first .. first + count - 1 are neighbours in the dataset. */
bool ls_selection_contiguous(const ls_selection *selection, int64_t first, int64_t count);

/* Reads dataset rows [row, row + count) into values. */
typedef ls_status (*ls_selection_reader)(void *user, int64_t row, int64_t count, void *values);

/* Local. Reads kept rows [first, first + count) of row_bytes each into values, one behind the other, with as few reads
 * as is sensible: runs of rows straight into their place, rows with short gaps between them through a buffer. */
ls_status ls_selection_read(const ls_selection *selection, int64_t first, int64_t count, size_t row_bytes,
                            ls_selection_reader read, void *user, void *values);

#endif
