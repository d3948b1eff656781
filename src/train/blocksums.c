/* Norm blocks' sums from their owners to all ranks. */
#include "train/blocksums.h"

#include "base/memory.h"

#include <string.h>

static ls_norm_run blocks_of(const ls_norms *norms, const ls_reduce *reduce, int rank)
{
    int64_t first, last;
    ls_reduce_slice_of(reduce, rank, &first, &last);
    return (ls_norm_run){ls_norms_block_at(norms, first), ls_norms_block_at(norms, last)};
}

ls_status ls_blocksums_create(const ls_norms *norms, ls_comm *comm, const ls_reduce *reduce, int width,
                              ls_blocksums *sums)
{
    ls_status status;
    const ls_norm_run own = blocks_of(norms, reduce, ls_comm_rank(comm));
    *sums = (ls_blocksums){.comm = comm, .ranks = ls_comm_size(comm), .first = own.first, .last = own.last};
    if (ls_reduce_replicated(reduce))
        return LS_OK;
    LS_TRY_CLEANUP(ls_memory_allocate(&sums->of_rank, sums->ranks, sizeof *sums->of_rank, "block sums"));
    LS_TRY_CLEANUP(ls_memory_allocate(&sums->bytes, sums->ranks, sizeof *sums->bytes, "block sums"));
    LS_TRY_CLEANUP(ls_memory_allocate(&sums->gathered, norms->count * width, sizeof *sums->gathered, "block sums"));
    for (int r = 0; r < sums->ranks; r++)
        sums->of_rank[r] = blocks_of(norms, reduce, r);
    return LS_OK;
cleanup:
    ls_blocksums_free(sums);
    return status;
}

void ls_blocksums_free(ls_blocksums *sums)
{
    ls_memory_free(sums->of_rank);
    ls_memory_free(sums->bytes);
    ls_memory_free(sums->gathered);
    *sums = (ls_blocksums){0};
}

ls_status ls_blocksums_share(ls_blocksums *sums, int width, double *values)
{
    const int64_t size = width * (int64_t)sizeof *values;
    if (!sums->of_rank)
        return LS_OK;
    for (int r = 0; r < sums->ranks; r++)
        sums->bytes[r] = (sums->of_rank[r].last - sums->of_rank[r].first) * size;
    LS_TRY(ls_comm_allgatherv(sums->comm, values + sums->first * width, sums->bytes, sums->gathered));
    const double *from = sums->gathered;
    for (int r = 0; r < sums->ranks; r++) { /* halving's slices are not in rank order */
        memcpy(values + sums->of_rank[r].first * width, from, (size_t)sums->bytes[r]);
        from += sums->bytes[r] / (int64_t)sizeof *from;
    }
    return LS_OK;
}
