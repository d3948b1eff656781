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

/* Collective. The blocks first .. last - 1 of `blocks` are this rank's, as `division` says too. */
static ls_status sum_divided(ls_context *context, const ls_blocks *blocks, const ls_division *division, int64_t width,
                             int64_t most_bytes, ls_block_function function, void *user, double *sum)
{
    double *values = NULL, *value = NULL;
    ls_treesum *ranks = NULL;
    ls_tree_stack stack;
    ls_status status = ls_memory_allocate(&values, LS_TREE_MAX_NODES * width, sizeof *values, "block sums");
    if (status == LS_OK)
        status = ls_memory_allocate(&value, width, sizeof *value, "block sums");
    if (status == LS_OK)
        status = ls_treesum_create(context->comm, division, width, most_bytes, "sums over the data", &ranks);
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

ls_status ls_blocks_sum_within(ls_context *context, const ls_blocks *blocks, int64_t width, int64_t most_bytes,
                               ls_block_function function, void *user, double *sum)
{
    const ls_division division = ls_division_plain(blocks->count, ls_comm_size(context->comm));
    return sum_divided(context, blocks, &division, width, most_bytes, function, user, sum);
}

ls_status ls_blocks_sum(ls_context *context, const ls_blocks *blocks, int64_t width, ls_block_function function,
                        void *user, double *sum)
{
    return ls_blocks_sum_within(context, blocks, width, GATHERED_BYTES, function, user, sum);
}

/* ---- runs of rows that end anywhere ---- */

/* How many of the blocks end at or before a row. */
static int64_t blocks_before(int64_t row, int64_t rows)
{
    return row == rows ? (rows + LS_BLOCK_ROWS - 1) / LS_BLOCK_ROWS : row / LS_BLOCK_ROWS;
}

void ls_block_runs_whole(int64_t rows, int size, int64_t *begin)
{
    for (int r = 0; r < size; r++) {
        const int64_t first = ls_blocks_of_rank(rows, r, size).first * LS_BLOCK_ROWS;
        begin[r] = first < rows ? first : rows;
    }
    begin[size] = rows;
}

static void find_neighbours(const int64_t *begin, int rank, int size, ls_block_runs *runs)
{
    runs->before = runs->after = -1;
    if (runs->first == runs->last)
        return;
    if (runs->first % LS_BLOCK_ROWS != 0) /* ranks without rows are passed over */
        for (runs->before = rank - 1; begin[runs->before] == runs->first;)
            runs->before--;
    if (runs->last % LS_BLOCK_ROWS != 0 && runs->last < begin[size])
        for (runs->after = rank + 1; begin[runs->after + 1] == runs->last;)
            runs->after++;
}

ls_status ls_block_runs_create(const int64_t *begin, int rank, int size, ls_block_runs *runs)
{
    const int64_t rows = begin[size], count = blocks_before(rows, rows);
    int64_t *block;
    *runs = (ls_block_runs){.first = begin[rank], .last = begin[rank + 1]};
    LS_TRY(ls_memory_allocate(&block, size + 1, sizeof *block, "runs of the ranks"));
    for (int r = 0; r <= size; r++)
        block[r] = blocks_before(begin[r], rows);
    block[0] = 0; /* also where there are no rows */
    runs->blocks = (ls_blocks){rows, count, block[rank], block[rank + 1]};
    find_neighbours(begin, rank, size, runs);
    const ls_status status = ls_division_at(count, size, block, &runs->division);
    ls_memory_free(block);
    return status;
}

void ls_block_runs_free(ls_block_runs *runs)
{
    ls_division_free(&runs->division);
    *runs = (ls_block_runs){0};
}

typedef struct adding {
    const ls_block_runs *runs;
    int64_t width;
    ls_block_adder add;
    void *user;
    double *head; /* (width) what the rank before has come to, in the block that both have rows of */
    double *tail; /* (width) what this one comes to in the block that it shares with the rank behind */
} adding;

/* Goes on with this rank's rows of a block. */
static void add_own(const adding *a, int64_t block, double *value)
{
    int64_t first, count;
    ls_blocks_rows(&a->runs->blocks, block, &first, &count);
    const int64_t last = first + count < a->runs->last ? first + count : a->runs->last;
    if (first < a->runs->first) {
        memcpy(value, a->head, (size_t)a->width * sizeof *value);
        first = a->runs->first;
    }
    a->add(a->user, first, last - first, value);
}

static void add_block(void *user, int64_t block, double *value)
{
    add_own(user, block, value);
}

/* Collective between neighbours. What begins in one rank's rows and ends in another's. A rank with rows in the middle
 * of such a block only waits for the rank before; all others have added theirs before they wait. */
static ls_status hand_on(ls_context *context, const adding *a)
{
    const ls_block_runs *runs = a->runs;
    const int64_t bytes = a->width * (int64_t)sizeof(double), block = runs->last / LS_BLOCK_ROWS;
    const ls_message receive = {runs->before, 0, a->head, bytes}, send = {runs->after, 0, a->tail, bytes};
    const int receives = runs->before >= 0, sends = runs->after >= 0;
    if (receives + sends == 0)
        return LS_OK;
    const bool middle = receives && sends && block * LS_BLOCK_ROWS < runs->first;
    const char *what = "sums over the data";
    if (middle)
        LS_TRY(ls_comm_exchange(context->comm, 1, &receive, 0, NULL, what));
    if (sends)
        add_own(a, block, a->tail);
    return ls_comm_exchange(context->comm, receives && !middle, &receive, sends, &send, what);
}

ls_status ls_block_runs_sum(ls_context *context, const ls_block_runs *runs, int64_t width, ls_block_adder add,
                            void *user, double *sum)
{
    adding a = {.runs = runs, .width = width, .add = add, .user = user};
    ls_status status = ls_memory_allocate(&a.head, 2 * width, sizeof *a.head, "block sums");
    LS_TRY(ls_agree(context->comm, status));
    a.tail = a.head + width;
    const ls_fpenv saved = ls_fpenv_enter();
    status = hand_on(context, &a);
    ls_fpenv_leave(saved);
    if (status == LS_OK)
        status = sum_divided(context, &runs->blocks, &runs->division, width, GATHERED_BYTES, add_block, &a, sum);
    ls_memory_free(a.head);
    return status;
}
