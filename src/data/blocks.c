/* Sums over data, block by block. */
#include "data/blocks.h"

#include "base/fpenv.h"
#include "base/memory.h"
#include "base/tree.h"
#include "comm/agree.h"

#include <string.h>

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

/* All ranks' subtree sums, left to right, into partials (nodes, width); every rank knows everybody's nodes, since who
 * owns which block is arithmetic. */
static ls_status gather_nodes(ls_context *context, const ls_blocks *blocks, int64_t width, const double *mine,
                              ls_tree_node **nodes, int *count, double **partials)
{
    const int size = ls_comm_size(context->comm);
    int64_t *bytes = NULL;
    ls_status status;
    *count = 0;
    *nodes = NULL;
    *partials = NULL;
    LS_TRY_CLEANUP(ls_memory_allocate(nodes, (int64_t)size * LS_TREE_MAX_NODES, sizeof **nodes, "block sums"));
    LS_TRY_CLEANUP(ls_memory_allocate(&bytes, size, sizeof *bytes, "block sums"));
    for (int r = 0; r < size; r++) {
        const ls_blocks theirs = ls_blocks_of_rank(blocks->rows, r, size);
        const int n = ls_tree_nodes(theirs.first, theirs.last, *nodes + *count);
        *count += n;
        bytes[r] = n * width * (int64_t)sizeof(double);
    }
    LS_TRY_CLEANUP(ls_memory_allocate(partials, *count * width, sizeof(double), "block sums"));
    status = ls_comm_allgatherv(context->comm, mine, bytes, *partials);
cleanup:
    ls_memory_free(bytes);
    return status;
}

ls_status ls_blocks_sum(ls_context *context, const ls_blocks *blocks, int64_t width, ls_block_function function,
                        void *user, double *sum)
{
    double *values = NULL, *value = NULL, *partials = NULL;
    ls_tree_node *nodes = NULL;
    int count = 0;
    ls_tree_stack stack;
    ls_status status = ls_memory_allocate(&values, LS_TREE_MAX_NODES * width, sizeof *values, "block sums");
    if (status == LS_OK)
        status = ls_memory_allocate(&value, width, sizeof *value, "block sums");
    status = ls_agree(context->comm, status);
    if (status != LS_OK)
        goto cleanup;

    const ls_fpenv saved = ls_fpenv_enter();
    ls_tree_stack_start(&stack, width, values);
    for (int64_t b = blocks->first; b < blocks->last; b++) {
        memset(value, 0, (size_t)width * sizeof *value);
        function(user, b, value);
        ls_tree_stack_push(&stack, b, value);
    }
    status = gather_nodes(context, blocks, width, values, &nodes, &count, &partials);
    if (status == LS_OK)
        ls_tree_sum(nodes, count, width, partials, sum);
    ls_fpenv_leave(saved);
    status = ls_agree(context->comm, status);
cleanup:
    ls_memory_free(values);
    ls_memory_free(value);
    ls_memory_free(nodes);
    ls_memory_free(partials);
    return status;
}
