/* Sums over data, block by block. */
#include "data/blocks.h"

#include "base/fpenv.h"
#include "base/memory.h"
#include "base/tree.h"
#include "comm/agree.h"
#include "comm/treesum.h"

#include <string.h>

/* What a rank gathers of all ranks' sums, in fewer messages; more of them climb the tree. */
#define GATHERED_BYTES ((int64_t)256 << 10)

ls_blocks ls_blocks_of_rank(int64_t rows, int rank, int size)
{
    const int64_t count = (rows + LS_BLOCK_ROWS - 1) / LS_BLOCK_ROWS;
    return (ls_blocks){rows, count, count * rank / size, count * (rank + 1) / size};
}

void ls_blocks_rows(const ls_blocks *blocks, int64_t block, int64_t *first, int64_t *count)
{
    const int64_t end = (block + 1) * LS_BLOCK_ROWS < blocks->rows ? (block + 1) * LS_BLOCK_ROWS : blocks->rows;
    *first = block * LS_BLOCK_ROWS;
    *count = end - *first;
}

void ls_blocks_own_rows(const ls_blocks *blocks, int64_t *first, int64_t *count)
{
    const int64_t end = blocks->last * LS_BLOCK_ROWS < blocks->rows ? blocks->last * LS_BLOCK_ROWS : blocks->rows;
    *first = blocks->first * LS_BLOCK_ROWS;
    *count = blocks->last > blocks->first ? end - *first : 0;
}

ls_status ls_blocks_sum_within(ls_context *context, const ls_blocks *blocks, int64_t width, int64_t most_bytes,
                               ls_block_function function, void *user, double *sum)
{
    double *values = NULL, *value = NULL;
    ls_treesum *ranks = NULL;
    ls_tree_stack stack;
    const ls_division division = ls_division_plain(blocks->count, ls_comm_size(context->comm));
    ls_status status = ls_memory_allocate(&values, LS_TREE_MAX_NODES * width, sizeof *values, "block sums");
    if (status == LS_OK)
        status = ls_memory_allocate(&value, width, sizeof *value, "block sums");
    if (status == LS_OK)
        status = ls_treesum_create(context->comm, &division, width, most_bytes, "sums over the data", &ranks);
    LS_TRY_CLEANUP(ls_agree(context->comm, status));

    const ls_fpenv saved = ls_fpenv_enter();
    ls_tree_stack_start(&stack, width, values);
    for (int64_t b = blocks->first; b < blocks->last; b++) {
        memset(value, 0, (size_t)width * sizeof *value);
        function(user, b, value);
        ls_tree_stack_push(&stack, b, value);
    }
    status = ls_treesum_run(ranks, width, values, sum);
    ls_fpenv_leave(saved);
cleanup:
    ls_memory_free(values);
    ls_memory_free(value);
    ls_treesum_destroy(ranks);
    return status;
}

ls_status ls_blocks_sum(ls_context *context, const ls_blocks *blocks, int64_t width, ls_block_function function,
                        void *user, double *sum)
{
    return ls_blocks_sum_within(context, blocks, width, GATHERED_BYTES, function, user, sum);
}
