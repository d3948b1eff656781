/* Sums over the batch, from within the pass. */
#include "train/exchange.h"

#include "base/clock.h"
#include "base/memory.h"

/* What a rank gathers of all ranks' sums, in fewer messages than they take up the tree, and for about the same time. */
#define GATHERED_BYTES ((int64_t)256 << 10)

ls_status ls_exchange_create(const ls_network *network, ls_comm *comm, const ls_division *shards, int nodes,
                             ls_exchange *exchange)
{
    const int64_t width = ls_pass_exchanged(network);
    *exchange = (ls_exchange){0};
    if (width == 0 || ls_comm_size(comm) == 1)
        return LS_OK;
    LS_TRY(ls_memory_allocate(&exchange->sums, (nodes > 0 ? nodes : 1) * width, sizeof *exchange->sums, "statistics"));
    return ls_treesum_create(comm, shards, width, GATHERED_BYTES, "sums of a batch", &exchange->ranks);
}

int64_t ls_exchange_bytes(const ls_network *network, const ls_division *shards)
{
    const int64_t width = ls_pass_exchanged(network);
    if (width == 0 || shards->owners == 1)
        return 0;
    return (shards->subtrees > 0 ? shards->subtrees : 1) * width * (int64_t)sizeof(double) +
           ls_treesum_bytes(shards, width, GATHERED_BYTES);
}

void ls_exchange_free(ls_exchange *exchange)
{
    ls_memory_free(exchange->sums);
    ls_treesum_destroy(exchange->ranks);
    *exchange = (ls_exchange){0};
}

/* Once it has failed the communicator is broken, and every later one fails at once. */
static void sum_over_ranks(void *user, int64_t width, double *sums)
{
    ls_exchange *e = user;
    const double start = ls_clock();
    const ls_status status = ls_treesum_run(e->ranks, width, sums, sums);
    e->status = e->status == LS_OK ? status : e->status;
    e->seconds += ls_clock() - start;
}

const ls_batch_others *ls_exchange_begin(ls_exchange *exchange, int64_t rows, ls_batch_others *others)
{
    exchange->status = LS_OK;
    exchange->seconds = 0;
    *others = (ls_batch_others){rows, exchange->sums, sum_over_ranks, exchange};
    return exchange->ranks ? others : NULL;
}
