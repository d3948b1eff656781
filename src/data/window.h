/* Rows in memory together with their places in the dataset, which key random numbers: all of a rank's, or one window of
 * a shuffled shard. */
#ifndef LS_DATA_WINDOW_H
#define LS_DATA_WINDOW_H

#include "data/rows.h"

typedef struct ls_window {
    ls_rows rows;
    int64_t dataset_first; /* dataset row of rows' row 0 */
    int64_t *dataset_row;  /* (rows.count) of each, when they are no neighbours there; else NULL */
} ls_window;

/* Local. Reads rows [first, first + count) of the part as a network is trained on them; class_weights NULL: as the
 * dataset weighs them. `features`: x of these rows, as ls_holding_take gives it; taken over, also on failure. NULL:
 * they are read as well. */
ls_status ls_window_load(const ls_dataset *dataset, const ls_network *network, const float *class_weights,
                         void *features, int64_t first, int64_t count, ls_window *window);
void ls_window_free(ls_window *window); /* back to {0} */

static inline int64_t ls_window_dataset_row(const ls_window *window, int64_t i)
{
    return window->dataset_row ? window->dataset_row[i] : window->dataset_first + i;
}

/* Rows of bytes_each that are read together where not all of them are kept: a few MB, at most `memory`, whole bands of
 * the file's chunks where that is possible. At least 1. */
int64_t ls_window_at_once(const ls_dataset *dataset, int64_t bytes_each, int64_t memory);
/* How many of [first, first + count) to read first, so that the pieces that follow begin at multiples of at_once. */
int64_t ls_window_piece(const ls_dataset *dataset, int64_t first, int64_t count, int64_t at_once);

#endif
