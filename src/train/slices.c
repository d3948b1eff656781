/* Vectors of the block's length that live once over the job, each rank having its slice. */
#include "train/slices.h"

#include <math.h>
#include <string.h>

enum { TAG = 900 }; /* of messages with slices */

bool ls_slices_whole(const ls_trainer *t)
{
    return ls_reduce_replicated(t->reduce) || ls_comm_size(t->context->comm) == 1;
}

bool ls_slices_part(const ls_trainer *t, int rank, int number, ls_slice_part *part)
{
    if (number >= t->parts)
        return false;
    const int64_t at = number == 0 ? 0 : part->at + (part->last - part->first);
    const ls_reduce_range range = ls_reduce_range_of(t->reduce, rank, number);
    *part = (ls_slice_part){range.first, range.last, at};
    return true;
}

/* Rank by rank, since slices need not lie in the block as ranks do: each part goes to its place. */
static ls_status gather_parts(const ls_trainer *t, int rank, float *full)
{
    ls_slice_part part;
    for (int k = 0; ls_slices_part(t, rank, k, &part); k++) {
        const ls_message receive = {rank, TAG, full + part.first, (part.last - part.first) * (int64_t)sizeof *full};
        LS_TRY(ls_comm_exchange(t->context->comm, 1, &receive, 0, NULL, "gather"));
    }
    return LS_OK;
}

static ls_status send_parts(const ls_trainer *t, const float *slice)
{
    ls_comm *comm = t->context->comm;
    ls_slice_part part;
    for (int k = 0; ls_slices_part(t, ls_comm_rank(comm), k, &part); k++) {
        const ls_message send = {0, TAG, (void *)(slice + part.at), (part.last - part.first) * (int64_t)sizeof *slice};
        LS_TRY(ls_comm_exchange(comm, 0, NULL, 1, &send, "gather"));
    }
    return LS_OK;
}

ls_status ls_slices_gather(const ls_trainer *t, const float *slice, float *full)
{
    ls_comm *comm = t->context->comm;
    ls_slice_part part;
    if (ls_comm_rank(comm) != 0)
        return ls_slices_whole(t) ? LS_OK : send_parts(t, slice);
    for (int k = 0; ls_slices_part(t, 0, k, &part); k++)
        memcpy(full + part.first, slice + part.at, (size_t)(part.last - part.first) * sizeof *slice);
    for (int r = 1; !ls_slices_whole(t) && r < ls_comm_size(comm); r++)
        LS_TRY(gather_parts(t, r, full));
    return LS_OK;
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
