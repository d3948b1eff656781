/* Saving a trainer. Slots that are spread over ranks travel to rank 0. */
#include "train/checkpoint.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "data/encoded.h"
#include "store/modelfile.h"
#include "store/sealed.h"
#include "train/saved_state.h"

#include <math.h>
#include <string.h>

/* ---- slots over ranks ---- */

/* Collective. Rank 0 gets the whole of a vector of which every rank has its slice; `full` is rank 0's. */
static ls_status gather_slices(ls_trainer *t, const float *slice, float *full)
{
    ls_comm *comm = t->context->comm;
    const int size = ls_comm_size(comm);
    const int64_t n = t->model->network->block;
    float *ordered = NULL; /* slices in rank order, which need not be the block's */
    int64_t *bytes = NULL;
    if (ls_reduce_replicated(t->reduce)) {
        if (ls_comm_rank(comm) == 0)
            memcpy(full, slice, (size_t)n * sizeof *full);
        return LS_OK;
    }
    ls_status status = ls_memory_allocate(&bytes, size, sizeof *bytes, "checkpoint");
    if (status == LS_OK && full)
        status = ls_memory_allocate(&ordered, n, sizeof *ordered, "checkpoint");
    LS_TRY_CLEANUP(ls_agree(comm, status));
    for (int r = 0; r < size; r++) {
        int64_t first, last;
        ls_reduce_slice_of(t->reduce, r, &first, &last);
        bytes[r] = (last - first) * (int64_t)sizeof *full;
    }
    LS_TRY_CLEANUP(ls_comm_gatherv(comm, 0, slice, bytes, ordered));
    for (int64_t r = 0, at = 0; full && r < size; r++) {
        int64_t first, last;
        ls_reduce_slice_of(t->reduce, (int)r, &first, &last);
        memcpy(full + first, ordered + at, (size_t)bytes[r]);
        at += last - first;
    }
cleanup:
    ls_memory_free(ordered);
    ls_memory_free(bytes);
    return status;
}

static ls_status check_finite(const ls_trainer *t)
{
    const int64_t n = t->slice_last - t->slice_first;
    const float *w = t->model->block + t->slice_first;
    for (int64_t i = 0; i < n; i++) {
        bool finite = isfinite(w[i]);
        for (int k = 0; k < t->slot_count; k++)
            finite = finite && isfinite(t->slots[k][i]);
        if (!finite)
            return ls_fail(LS_ERR_NUMERIC,
                           "weights or optimizer slots are not finite after step %lld; no checkpoint is written",
                           (long long)ls_trainer_steps(t));
    }
    return LS_OK;
}

/* ---- writing ---- */

static ls_status write_state(ls_h5_file *file, const ls_trainer *t, int64_t log_length)
{
    const int64_t shards = t->set.plan.shards, two = 2;
    LS_TRY(ls_h5_set_text(file, "/lockstep", "recipe", t->recipe));
    LS_TRY(ls_saved_state_write(file, t, log_length));
    LS_TRY(ls_h5_write_uint64(file, "/lockstep/fingerprint", 1, &shards, t->fingerprint));
    return ls_h5_write_uint64(file, LS_CHECKPOINT_VALIDATION, 1, &two, t->validation_fingerprint);
}

/* Rank 0's part: everything from the temporary file to its final name. */
static ls_status write_file(const ls_trainer *t, const char *path, bool checkpoint, int64_t log_length,
                            float *const *slots)
{
    ls_sealed sealed;
    ls_modelfile_optimizer optimizer = {.optimizer = &t->optimizer, .schedule = &t->schedule, .rate = t->rate};
    for (int k = 0; k < t->slot_count; k++)
        optimizer.slot[k] = slots[k];
    LS_TRY(ls_sealed_create(path, &sealed));
    ls_status status = ls_modelfile_write(sealed.file, checkpoint ? "checkpoint" : "model", t->model->network,
                                          t->model->block, &optimizer);
    if (status == LS_OK)
        status = ls_encoded_write(sealed.file, "/lockstep", t->model->encoding);
    if (status == LS_OK && checkpoint)
        status = write_state(sealed.file, t, log_length);
    if (status == LS_OK)
        return ls_sealed_commit(&sealed);
    ls_sealed_abandon(&sealed);
    return status;
}

static ls_status write_any(ls_trainer *t, const char *path, bool checkpoint, int64_t log_length)
{
    ls_comm *comm = t->context->comm;
    const bool root = ls_comm_rank(comm) == 0;
    const int64_t n = t->model->network->block;
    float *slots[LS_OPTIMIZER_SLOTS] = {NULL};
    ls_status status = ls_fault("checkpoint");
    if (status == LS_OK)
        status = check_finite(t);
    for (int k = 0; status == LS_OK && root && k < t->slot_count; k++)
        status = ls_memory_allocate(&slots[k], n, sizeof(float), "checkpoint");
    LS_TRY_CLEANUP(ls_agree(comm, status));
    for (int k = 0; k < t->slot_count; k++)
        LS_TRY_CLEANUP(gather_slices(t, t->slots[k], slots[k]));
    status = ls_agree(comm, root ? write_file(t, path, checkpoint, log_length, slots) : LS_OK);
cleanup:
    for (int k = 0; k < t->slot_count; k++)
        ls_memory_free(slots[k]);
    return status;
}

ls_status ls_checkpoint_write(ls_trainer *trainer, const char *path, int64_t log_length)
{
    return write_any(trainer, path, true, log_length);
}

ls_status ls_checkpoint_write_model(ls_trainer *trainer, const char *path)
{
    return write_any(trainer, path, false, 0);
}

ls_status ls_trainer_save(ls_trainer *trainer, const char *path)
{
    return ls_checkpoint_write(trainer, path, 0);
}
