/* Saving a trainer. Slots that are spread over ranks travel to rank 0. */
#include "train/checkpoint.h"

#include "base/fault.h"
#include "base/memory.h"
#include "comm/agree.h"
#include "data/encoded.h"
#include "store/modelfile.h"
#include "store/sealed.h"
#include "train/counting.h"
#include "train/observer_state.h"
#include "train/saved_state.h"
#include "train/slices.h"

#include <math.h>

static ls_status check_finite(const ls_trainer *t)
{
    if (ls_slices_finite(t))
        return LS_OK;
    return ls_fail(LS_ERR_NUMERIC,
                   "weights or optimizer slots are not finite after step %lld; no checkpoint is written",
                   (long long)ls_trainer_steps(t));
}

/* ---- writing ---- */

static ls_status write_state(ls_h5_file *file, const ls_trainer *t, int64_t log_length,
                             const ls_observer_images *images)
{
    const int64_t shards = t->set.plan.shards, two = 2;
    LS_TRY(ls_h5_set_text(file, "/lockstep", "recipe", t->recipe));
    if (t->changes.text)
        LS_TRY(ls_h5_set_text(file, "/lockstep", LS_CHECKPOINT_CHANGES, t->changes.text));
    LS_TRY(ls_saved_state_write(file, t, log_length));
    LS_TRY(ls_h5_write_uint64(file, "/lockstep/fingerprint", 1, &shards, t->fingerprint));
    LS_TRY(ls_h5_write_uint64(file, LS_CHECKPOINT_VALIDATION, 1, &two, t->validation_fingerprint));
    return ls_observer_state_write(file, t, images);
}

/* What a file is to hold. */
typedef struct contents {
    bool checkpoint;
    int64_t log_length;
    const ls_snapshot *snapshot; /* this rank's part of weights and slots */
    /* rank 0's: the whole of those, (network->trainable) each, where its part is not */
    float *weights;
    float *slots[LS_OPTIMIZER_SLOTS];
    ls_observer_images observers;
} contents;

/* Rank 0's part: everything from the temporary file to its final name. */
static ls_status write_file(const ls_trainer *t, const char *path, const contents *c)
{
    ls_sealed sealed;
    ls_modelfile_optimizer optimizer = {
        .optimizer = &c->snapshot->optimizer, .schedule = &t->schedule, .rate = c->snapshot->rate};
    ls_modelblock weights = {.values = t->model->block};
    if (c->snapshot->weights)
        weights = (ls_modelblock){.values = c->weights ? c->weights : c->snapshot->weights,
                                  .statistics = c->snapshot->statistics};
    for (int k = 0; k < t->slot_count; k++)
        optimizer.slot[k] = c->slots[k] ? c->slots[k] : c->snapshot->slots[k];
    LS_TRY(ls_sealed_create(path, &sealed));
    ls_status status = ls_modelfile_write(sealed.file, c->checkpoint ? "checkpoint" : "model", t->model->network,
                                          &weights, &optimizer);
    if (status == LS_OK)
        status = ls_encoded_write_model(sealed.file, t->model->encoding);
    if (status == LS_OK && c->checkpoint)
        status = write_state(sealed.file, t, c->log_length, &c->observers);
    if (status == LS_OK)
        return ls_sealed_commit(&sealed);
    ls_sealed_abandon(&sealed);
    return status;
}

/* Local. Rank 0's room. */
static ls_status make_room(const ls_trainer *t, contents *c)
{
    const int64_t n = t->model->network->trainable;
    if (ls_slices_whole(t) || ls_comm_rank(t->context->comm) != 0)
        return LS_OK;
    if (c->snapshot->weights)
        LS_TRY(ls_memory_allocate(&c->weights, n, sizeof(float), "checkpoint"));
    for (int k = 0; k < t->slot_count; k++)
        LS_TRY(ls_memory_allocate(&c->slots[k], n, sizeof(float), "checkpoint"));
    return LS_OK;
}

/* Collective. */
static ls_status gather(const ls_trainer *t, contents *c)
{
    if (ls_slices_whole(t))
        return LS_OK;
    if (c->snapshot->weights)
        LS_TRY(ls_slices_gather(t, c->snapshot->weights, c->weights));
    for (int k = 0; k < t->slot_count; k++)
        LS_TRY(ls_slices_gather(t, c->snapshot->slots[k], c->slots[k]));
    return LS_OK;
}

static ls_status write_any(ls_trainer *t, const char *path, contents *c)
{
    ls_comm *comm = t->context->comm;
    ls_status status = ls_fault("checkpoint");
    if (status == LS_OK)
        status = check_finite(t);
    if (status == LS_OK)
        status = make_room(t, c);
    LS_TRY_CLEANUP(ls_agree(comm, status));
    LS_TRY_CLEANUP(gather(t, c));
    if (c->checkpoint)
        LS_TRY_CLEANUP(ls_counting_sum(t));
    if (c->checkpoint)
        LS_TRY_CLEANUP(ls_observer_state_gather(t, &c->observers));
    status = ls_agree(comm, ls_comm_rank(comm) == 0 ? write_file(t, path, c) : LS_OK);
cleanup:
    ls_observer_state_free(&c->observers);
    ls_memory_free(c->weights);
    for (int k = 0; k < t->slot_count; k++)
        ls_memory_free(c->slots[k]);
    return status;
}

/* The trainer as it is. */
static ls_snapshot present(const ls_trainer *t)
{
    return (ls_snapshot){.optimizer = t->optimizer, .rate = t->rate, .slots = t->slots};
}

ls_status ls_checkpoint_write(ls_trainer *trainer, const char *path, int64_t log_length)
{
    const ls_snapshot snapshot = present(trainer);
    contents c = {.checkpoint = true, .log_length = log_length, .snapshot = &snapshot};
    return write_any(trainer, path, &c);
}

ls_status ls_checkpoint_write_model(ls_trainer *trainer, const char *path)
{
    const ls_snapshot snapshot = present(trainer);
    return ls_checkpoint_write_snapshot(trainer, path, &snapshot);
}

ls_status ls_checkpoint_write_snapshot(ls_trainer *trainer, const char *path, const ls_snapshot *snapshot)
{
    contents c = {.snapshot = snapshot};
    return write_any(trainer, path, &c);
}

ls_status ls_trainer_save(ls_trainer *trainer, const char *path)
{
    return ls_checkpoint_write(trainer, path, 0);
}
