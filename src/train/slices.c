/* Vectors of the block's length that live once over the job, each rank having its slice. */
#include "train/slices.h"

#include <math.h>
#include <string.h>

enum { TAG = 900 }; /* of messages with slices */

bool ls_slices_whole(const ls_trainer *t)
{
    return ls_reduce_replicated(t->reduce) || ls_comm_size(t->context->comm) == 1;
}

/* Part by part, each to its place. */
static ls_status move_parts(const ls_trainer *t, int rank, float *full, float *slice, bool gather)
{
    ls_comm *comm = t->context->comm;
    const bool root = ls_comm_rank(comm) == 0;
    int64_t at = 0;
    for (int k = 0; k < t->parts; k++) {
        const ls_reduce_range part = ls_reduce_range_of(t->reduce, rank, k);
        const int64_t bytes = (part.last - part.first) * (int64_t)sizeof *full;
        const ls_message message = {root ? rank : 0, TAG, root ? full + part.first : slice + at, bytes};
        if (root && rank == 0 && gather)
            memcpy(full + part.first, slice + at, (size_t)bytes);
        else if (root && rank == 0)
            memmove(slice + at, full + part.first, (size_t)bytes);
        else
            LS_TRY(ls_comm_exchange(comm, root == gather, &message, root != gather, &message, "slices"));
        at += part.last - part.first;
    }
    return LS_OK;
}

ls_status ls_slices_gather(const ls_trainer *t, const float *slice, float *full)
{
    ls_comm *comm = t->context->comm;
    const int rank = ls_comm_rank(comm);
    if (rank != 0)
        return ls_slices_whole(t) ? LS_OK : move_parts(t, rank, NULL, (float *)slice, true);
    for (int r = 0; r < (ls_slices_whole(t) ? 1 : ls_comm_size(comm)); r++)
        LS_TRY(move_parts(t, r, full, (float *)slice, true));
    return LS_OK;
}

ls_status ls_slices_scatter(const ls_trainer *t, float *full, float *slice)
{
    ls_comm *comm = t->context->comm;
    const int rank = ls_comm_rank(comm), size = ls_comm_size(comm);
    if (rank == 0 && full != slice)
        LS_TRY(move_parts(t, 0, full, slice, false));
    if (ls_reduce_replicated(t->reduce))
        return ls_comm_broadcast(comm, 0, slice, (t->slice_last - t->slice_first) * (int64_t)sizeof *slice);
    for (int r = 1; rank == 0 && r < size; r++)
        LS_TRY(move_parts(t, r, full, NULL, false));
    return rank == 0 ? LS_OK : move_parts(t, rank, NULL, slice, false);
}

/* Weights of the parts. */
static bool weights_finite(const ls_trainer *t)
{
    for (int k = 0; k < t->parts; k++)
        for (int64_t i = t->part[k].first; i < t->part[k].last; i++)
            if (!isfinite(t->model->block[i]))
                return false;
    return true;
}

bool ls_slices_finite(const ls_trainer *t)
{
    const int64_t n = t->slice_last - t->slice_first;
    if (!weights_finite(t))
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
