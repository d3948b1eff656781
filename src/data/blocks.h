/* Sums over data: float64 over fixed blocks of 1,024 rows, each owned by one rank, then the tree over blocks. */
#ifndef LS_DATA_BLOCKS_H
#define LS_DATA_BLOCKS_H

#include "context/context.h"

#include <stdint.h>

#define LS_BLOCK_ROWS 1024

typedef struct ls_blocks {
    int64_t rows;
    int64_t count; /* of all ranks */
    int64_t first; /* this rank's: first .. last-1 */
    int64_t last;
} ls_blocks;

/* Local. Rank r of P owns blocks floor(r B / P) .. floor((r + 1) B / P) - 1. */
ls_blocks ls_blocks_of_rank(int64_t rows, int rank, int size);

/* Rows [*first, *first + *count) of block b; of a rank's blocks together. */
void ls_blocks_rows(const ls_blocks *blocks, int64_t block, int64_t *first, int64_t *count);
void ls_blocks_own_rows(const ls_blocks *blocks, int64_t *first, int64_t *count);

/* Fills value (width doubles, zeroed) with the block's sums: its rows in order, one after the other. */
typedef void (*ls_block_function)(void *user, int64_t block, double *value);

/* Collective. sum (width) over all blocks in tree order, on all ranks. */
ls_status ls_blocks_sum(ls_context *context, const ls_blocks *blocks, int64_t width, ls_block_function function,
                        void *user, double *sum);
/* The same with a bound on the bytes of other ranks' sums that are held at a time, for its tests. */
ls_status ls_blocks_sum_within(ls_context *context, const ls_blocks *blocks, int64_t width, int64_t most_bytes,
                               ls_block_function function, void *user, double *sum);

#endif
