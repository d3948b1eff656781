/* Shard arithmetic (DESIGN "Shards"): which rows a shard has, which of them a step takes.
 * Pure functions of the recipe; nothing here depends on the number of ranks (base/division.h
 * says which have which shards). */
#ifndef LS_SOURCE_SHARDS_H
#define LS_SOURCE_SHARDS_H

#include "base/status.h"

#include <stdint.h>

typedef struct ls_shards {
    int64_t rows;   /* N, training rows */
    int64_t shards; /* V = 2^k */
    int bits;       /* k */
    int64_t batch;  /* rows of a step, at most */
    int64_t steps;  /* S = ceil(N / batch), steps of an epoch */
    int64_t window; /* rows of a shuffle window */
} ls_shards;

/* Local. `shards` 0: default (batch / 32 rounded down to a power of two, at least 8, at most 1024, never more than the
 * batch). `window` 0: default (floor(2^30 / (4 * features * V)), at least 256). A batch larger than N counts as N.
 * LS_ERR_USAGE: shards not a power of two, or more than the batch, or above 65536; LS_ERR_DATA: no rows. */
ls_status ls_shards_plan(int64_t rows, int64_t features, int64_t batch, int64_t shards, int64_t window,
                         ls_shards *plan);

/* Rows of shard v: q = floor(N / V), one more when rev(v) < N mod V. Shards are contiguous: ls_shards_first(v) is the
 * first row of shard v, and ls_shards_first(V) = N. O(1) or O(bits). */
int64_t ls_shards_rows(const ls_shards *plan, int64_t shard);
int64_t ls_shards_first(const ls_shards *plan, int64_t shard);

/* c_v(s) = floor((T_s + V - 1 - rev(v)) / V), T_s = floor(s * N / S): step s (0 .. S-1) takes shard v's shuffled rows
 * c_v(s) .. c_v(s+1) - 1. */
int64_t ls_shards_cursor(const ls_shards *plan, int64_t shard, int64_t step);
/* The same in two parts, for steps in a hurry: T_s, what a shard lags behind (V - 1 - rev(v)), and the cursor of both.
 */
int64_t ls_shards_rows_before(const ls_shards *plan, int64_t step);
int64_t ls_shards_lag(const ls_shards *plan, int64_t shard);
static inline int64_t ls_shards_cursor_of(const ls_shards *plan, int64_t rows_before, int64_t lag)
{
    return (int64_t)(((uint64_t)rows_before + (uint64_t)lag) >> plan->bits);
}
/* Rows of step s over all shards: T_{s+1} - T_s. */
int64_t ls_shards_step_rows(const ls_shards *plan, int64_t step);

#endif
