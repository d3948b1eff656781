/* Vectors of the block's length that live once over the job, each rank having its slice. */
#include "train/slices.h"

#include <math.h>
#include <string.h>

enum { TAG = 900 }; /* of messages with slices */

bool ls_slices_whole(const ls_trainer *t)
{
    return ls_reduce_replicated(t->reduce) || ls_comm_size(t->context->comm) == 1;
}

/* Of rank 0's whole vector what another rank has. */
static ls_message part(const ls_trainer *t, int rank, float *full)
{
    int64_t first, last;
    ls_reduce_slice_of(t->reduce, rank, &first, &last);
    return (ls_message){
        .peer = rank, .tag = TAG, .data = full + first, .bytes = (last - first) * (int64_t)sizeof *full};
}

/* Rank by rank, since slices need not lie in the block as ranks do: each goes to its place. */
ls_status ls_slices_gather(const ls_trainer *t, const float *slice, float *full)
{
    ls_comm *comm = t->context->comm;
    const int rank = ls_comm_rank(comm), size = ls_comm_size(comm);
    const int64_t own = (t->slice_last - t->slice_first) * (int64_t)sizeof *slice;
    const bool whole = ls_slices_whole(t);
    if (rank == 0)
        memcpy(full + t->slice_first, slice, (size_t)own);
    for (int r = 1; rank == 0 && !whole && r < size; r++) {
        const ls_message receive = part(t, r, full);
        LS_TRY(ls_comm_exchange(comm, 1, &receive, 0, NULL, "gather"));
    }
    const ls_message send = {.peer = 0, .tag = TAG, .data = (void *)slice, .bytes = own};
    return rank == 0 || whole ? LS_OK : ls_comm_exchange(comm, 0, NULL, 1, &send, "gather");
}

ls_status ls_slices_scatter(const ls_trainer *t, float *full, float *slice)
{
    ls_comm *comm = t->context->comm;
    const int rank = ls_comm_rank(comm), size = ls_comm_size(comm);
    const int64_t own = (t->slice_last - t->slice_first) * (int64_t)sizeof *slice;
    if (rank == 0 && full != slice)
        memcpy(slice, full + t->slice_first, (size_t)own);
    if (ls_reduce_replicated(t->reduce))
        return ls_comm_broadcast(comm, 0, slice, own);
    for (int r = 1; rank == 0 && r < size; r++) {
        const ls_message send = part(t, r, full);
        LS_TRY(ls_comm_exchange(comm, 0, NULL, 1, &send, "checkpoint"));
    }
    const ls_message receive = {.peer = 0, .tag = TAG, .data = slice, .bytes = own};
    return rank == 0 ? LS_OK : ls_comm_exchange(comm, 1, &receive, 0, NULL, "checkpoint");
}

bool ls_slices_finite(const ls_trainer *t)
{
    const int64_t n = t->slice_last - t->slice_first;
    const float *w = t->model->block + t->slice_first;
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(w[i]))
            return false;
    for (int k = 0; k < t->slot_count; k++)
        for (int64_t i = 0; i < n; i++)
            if (!isfinite(t->slots[k][i]))
                return false;
    for (int64_t i = t->model->network->trainable; i < t->model->network->block; i++)
        if (!isfinite(t->model->block[i]))
            return false;
    return true;
}
