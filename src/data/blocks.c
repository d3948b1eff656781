/* Sums over data, block by block. */
#include "data/blocks.h"

#include "base/fpenv.h"
#include "base/memory.h"
#include "base/tree.h"
#include "comm/agree.h"

#include <string.h>

/* What a rank gathers at a time of all ranks' sums: with a thousand ranks those of wide layers would take gigabytes. */
#define GATHERED_BYTES ((int64_t)8 << 20)

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

/* All ranks' subtrees, left to right, and room for their sums. Every rank knows everybody's, since who owns which block
 * is arithmetic. */
typedef struct gathering {
    int count;           /* of all ranks */
    int before;          /* of the ranks before this one */
    ls_tree_node *nodes; /* (count) */
    int *of_rank;        /* (size) how many of them */
    int64_t *bytes;      /* (size) of a slice */
    int64_t columns;     /* of a slice */
    double *partials;    /* (count, columns) */
} gathering;

static void release(gathering *g)
{
    ls_memory_free(g->nodes);
    ls_memory_free(g->of_rank);
    ls_memory_free(g->bytes);
    ls_memory_free(g->partials);
}

/* Local, and everything that may fail: once all ranks have come through it, none can miss in the exchange. */
static ls_status prepare(const ls_context *context, const ls_blocks *blocks, int64_t width, int64_t most_bytes,
                         gathering *g)
{
    const int rank = ls_comm_rank(context->comm), size = ls_comm_size(context->comm);
    ls_tree_node nodes[LS_TREE_MAX_NODES];
    LS_TRY(ls_memory_allocate(&g->of_rank, size, sizeof *g->of_rank, "block sums"));
    for (int r = 0; r < size; r++) {
        const ls_blocks theirs = ls_blocks_of_rank(blocks->rows, r, size);
        g->of_rank[r] = ls_tree_nodes(theirs.first, theirs.last, nodes);
        g->before += r < rank ? g->of_rank[r] : 0;
        g->count += g->of_rank[r];
    }
    const int64_t fitting = most_bytes / (int64_t)sizeof(double) / (g->count > 0 ? g->count : 1);
    g->columns = fitting < 1 ? 1 : fitting < width ? fitting : width;
    LS_TRY(ls_memory_allocate(&g->nodes, g->count, sizeof *g->nodes, "block sums"));
    LS_TRY(ls_memory_allocate(&g->bytes, size, sizeof *g->bytes, "block sums"));
    LS_TRY(ls_memory_allocate(&g->partials, g->count * g->columns, sizeof *g->partials, "block sums"));
    for (int r = 0, at = 0; r < size; r++) {
        const ls_blocks theirs = ls_blocks_of_rank(blocks->rows, r, size);
        at += ls_tree_nodes(theirs.first, theirs.last, nodes);
        memcpy(g->nodes + at - g->of_rank[r], nodes, (size_t)g->of_rank[r] * sizeof *nodes);
    }
    return LS_OK;
}

/* Collective. `mine` (this rank's subtrees, width) of every rank, summed over all ranks' subtrees, a slice of the
 * columns after the other: columns never meet in a sum, so no bit depends on where they are cut. */
static ls_status sum_over_ranks(ls_context *context, gathering *g, int64_t width, const double *mine, double *sum)
{
    const int size = ls_comm_size(context->comm);
    for (int64_t first = 0; first < width; first += g->columns) {
        const int64_t columns = width - first < g->columns ? width - first : g->columns;
        double *own = g->partials + g->before * columns;
        for (int r = 0; r < size; r++)
            g->bytes[r] = g->of_rank[r] * columns * (int64_t)sizeof *own;
        for (int k = 0; k < g->of_rank[ls_comm_rank(context->comm)]; k++)
            memcpy(own + k * columns, mine + k * width + first, (size_t)columns * sizeof *own);
        LS_TRY(ls_comm_allgatherv(context->comm, own, g->bytes, g->partials));
        ls_tree_sum(g->nodes, g->count, columns, g->partials, sum + first);
    }
    return LS_OK;
}

ls_status ls_blocks_sum_within(ls_context *context, const ls_blocks *blocks, int64_t width, int64_t most_bytes,
                               ls_block_function function, void *user, double *sum)
{
    double *values = NULL, *value = NULL;
    gathering g = {0};
    ls_tree_stack stack;
    ls_status status = ls_memory_allocate(&values, LS_TREE_MAX_NODES * width, sizeof *values, "block sums");
    if (status == LS_OK)
        status = ls_memory_allocate(&value, width, sizeof *value, "block sums");
    if (status == LS_OK)
        status = prepare(context, blocks, width, most_bytes, &g);
    LS_TRY_CLEANUP(ls_agree(context->comm, status));

    const ls_fpenv saved = ls_fpenv_enter();
    ls_tree_stack_start(&stack, width, values);
    for (int64_t b = blocks->first; b < blocks->last; b++) {
        memset(value, 0, (size_t)width * sizeof *value);
        function(user, b, value);
        ls_tree_stack_push(&stack, b, value);
    }
    status = sum_over_ranks(context, &g, width, values, sum);
    ls_fpenv_leave(saved);
cleanup:
    ls_memory_free(values);
    ls_memory_free(value);
    release(&g);
    return status;
}

ls_status ls_blocks_sum(ls_context *context, const ls_blocks *blocks, int64_t width, ls_block_function function,
                        void *user, double *sum)
{
    return ls_blocks_sum_within(context, blocks, width, GATHERED_BYTES, function, user, sum);
}
