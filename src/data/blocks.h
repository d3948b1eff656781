/* Sums over data: float64 over fixed blocks of 1,024 rows, each owned by one rank, then the tree over blocks. */
#ifndef LS_DATA_BLOCKS_H
#define LS_DATA_BLOCKS_H

#include "base/division.h"
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

/* The same blocks where each rank has a run of rows that ends anywhere. The sum of a block that several ranks have rows
 * of goes from rank to rank, each of which goes on with its rows, so that the bits are the same. */
typedef struct ls_block_runs {
    int64_t first, last; /* rows first .. last-1 are this rank's */
    int before, after;   /* ranks with the rows before and behind these, where a block lies in both; -1: none */
    ls_blocks blocks;    /* those whose last row is this rank's */
    ls_division division;
} ls_block_runs;

/* Local. begin (size + 1): rank r has rows begin[r] .. begin[r + 1] - 1, perhaps none; the same on all ranks. */
ls_status ls_block_runs_create(const int64_t *begin, int rank, int size, ls_block_runs *runs);
void ls_block_runs_free(ls_block_runs *runs); /* {0} is accepted, and left */
/* Where the ranks' runs begin when each has whole blocks, as ls_blocks_of_rank says: begin (size + 1). */
void ls_block_runs_whole(int64_t rows, int size, int64_t *begin);

/* Adds rows [first, first + count), all of one block, to value (width doubles), one after the other. */
typedef void (*ls_block_adder)(void *user, int64_t first, int64_t count, double *value);

/* Collective. As ls_blocks_sum. */
ls_status ls_block_runs_sum(ls_context *context, const ls_block_runs *runs, int64_t width, ls_block_adder add,
                            void *user, double *sum);

#endif
